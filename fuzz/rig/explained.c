/* SPDX-License-Identifier: ISC */
/* explained.c: policies to ask about, and what must be true of an explanation. */
#include "fuzz/rig/explained.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/contract.h"
#include "fuzz/rig/reason_list.h"
#include "ref/exits.h"

#include <stdlib.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define HEAD(mode)                                                                                 \
	"{\"version\":1,\"mode\":\"" mode "\",\"vm\":{\"mac\":\"52:54:00:12:34:56\","              \
	"\"ip\":\"192.168.100.2/24\",\"gateway\":\"192.168.100.1\"}"
#define LISTS                                                                                      \
	",\n\"domains\":{\"allow\":[\"a.test\",\"*.b.test\",{\"name\":\"s.test\",\"tls\":"         \
	"\"splice\"}],"                                                                            \
	"\n\"block\":[\"bad.b.test\"]}"
#define ALLOW                                                                                      \
	",\"allow\":[{\"id\":\"u\",\"proto\":\"udp\",\"ip\":\"9.0.0.9\",\"port\":22},\n"           \
	"{\"id\":\"ssh\",\"proto\":\"tcp\",\"ip\":\"9.0.0.9\",\"port\":22}]"
#define HOSTS "\"hosts\":{\"a.test\":[\"9.0.0.9\",\"9.0.0.8\"],\"c.test\":[\"9.0.0.9\"]}"
#define RULES                                                                                      \
	"[{\"id\":\"r\",\"domain\":\"a.test\",\"methods\":[\"GET\"],\"path\":\"/v1/*\","           \
	"\"action\":\"allow\",\"upgrade\":\"websocket\"},\n"                                       \
	"{\"id\":\"s\",\"domain\":\"*.b.test\",\"path\":\"/x\",\"action\":\"block\"}]"

/* The user's, and the organisation's or NULL. */
static const char *const texts[][2] = {
        {HEAD("filtered") LISTS ALLOW
         ",\"dns\":{\"mode\":\"forward\",\"upstream\":\"9.9.9.9:53\"," HOSTS
         "},\n\"tls\":{\"mode\":\"mitm\",\"ca_cert\":\"c\",\"ca_key\":\"k\"},"
         "\"http\":" RULES "}",
         NULL},
        {HEAD("conntrack") LISTS ",\"tls\":{\"mode\":\"splice\"},\"dns\":{\"mode\":\"off\"," HOSTS
                                 "},\"http\":{\"ports\":[80,8080],\"rules\":" RULES "}}",
         "{\"version\":1,\"domains\":{\"block\":[\"no.b.test\"],\"default\":\"allow\"},"
         "\"http\":[{\"id\":\"o\",\"domain\":\"*.b.test\",\"path\":\"/"
         "o*\",\"action\":\"allow\"}]}"},
        {HEAD("direct") ALLOW "}", NULL},
        {HEAD("filtered") LISTS ",\"dns\":{\"mode\":\"synthetic\"," HOSTS "},\"http\":" RULES
                                ",\"tls\":{\"mode\":\"mitm\",\"ca_cert\":\"c\",\"ca_key\":\"k\"}}",
         "{\"version\":1,\n\"domains\":{\"allow\":[\"a.test\",\"d.test\"]},"
         "\"allow\":[{\"id\":\"o\",\"proto\":\"tcp\",\"ip\":\"9.0.0.8\",\"port\":22}]}"},
};

const struct explained *explained_policies(uint8_t which)
{
	static struct explained loaded[LEN(texts)];
	static bool done;

	for (size_t i = 0; i < LEN(texts) && !done; i++) {
		struct policy_files *files = &loaded[i].files;
		const char *user = texts[i][0], *organisation = texts[i][1];

		files->user.source = (struct policy_source){.name = "user.json",
		                                            .text = rd_of(user, strlen(user))};
		files->has_organisation = organisation != NULL;
		if (organisation)
			files->organisation.source = (struct policy_source){
			        .name = "org.json",
			        .text = rd_of(organisation, strlen(organisation))};
		if (policy_load(&files->user.source, policy_files_organisation(files), stderr,
		                &loaded[i].policy) != EXITS_OK)
			abort();
	}
	done = true;
	return &loaded[which % LEN(texts)];
}

static bool is_inside(struct rd text, unsigned long line, unsigned long column)
{
	for (; line > 1; line--) {
		const uint8_t *end = memchr(text.p, '\n', text.n);

		if (!end || !rd_skip(&text, (size_t)(end - text.p) + 1))
			return false;
	}
	return line && column >= 1 && column <= text.n;
}

/* Places read ", FILE:LINE:COLUMN $". */
static void hold_places(const struct policy_source *source, const char *text)
{
	char mark[24];

	snprintf(mark, sizeof(mark), ", %s:", source->name);
	while ((text = strstr(text, mark))) {
		unsigned long line, column;
		char *end;

		text += strlen(mark);
		line = strtoul(text, &end, 10);
		column = *end ? strtoul(end + 1, &end, 10) : 0;
		HOLDS("a place is of a file's",
		      strncmp(end, " $", 2) == 0 && is_inside(source->text, line, column));
	}
}

/* "name     NAME: allowed by", or "denied by"; an address is no name. */
static void hold_name(const struct policy_web *web, const char *text)
{
	char name[POLICY_NAME_MAX + 1], word[16];
	const struct policy_name *entry;
	const char *line = strstr(text, "\nname     ");

	if (!line || sscanf(line + 1, "name     %253[^:]: %15s", name, word) != 2 ||
	    (strcmp(word, "allowed") != 0 && strcmp(word, "denied") != 0))
		return;
	entry = contract_name(web, name);
	HOLDS("a name is allowed or denied as the lists say",
	      !strcmp(word, (entry ? !entry->block : web->default_allow) ? "allowed" : "denied"));
}

static bool is_denial(const char *line)
{
	for (size_t i = 0; i < reason_list_len; i++) {
		char denied[64];

		snprintf(denied, sizeof(denied), "DENIED   %s\n", reason_list[i].name);
		if (strcmp(line, denied) == 0)
			return reason_list[i].violation ||
			       !strcmp(reason_list[i].name, "name-unknown");
	}
	return false;
}

void explained_hold(const struct explained *x, const char *method, const char *url,
                    const char *text, bool allowed)
{
	const size_t method_len = strlen(method), url_len = strlen(url), len = strlen(text);
	const char *last;

	HOLDS("an explanation begins with the request",
	      len > method_len + url_len + 2 && !memcmp(text, method, method_len) &&
	              !memcmp(text + method_len + 1, url, url_len));
	text += method_len + 1 + url_len;
	for (last = text + strlen(text) - 1; last > text && last[-1] != '\n';)
		last--;
	HOLDS("an explanation ends with what was decided",
	      allowed ? strcmp(last, "ALLOWED\n") == 0 : is_denial(last));
	hold_places(&x->files.user.source, text);
	if (x->files.has_organisation)
		hold_places(&x->files.organisation.source, text);
	hold_name(&x->policy.web, text);
}
