/* SPDX-License-Identifier: ISC */
/* boot_setup.c: see boot_setup.h. */
#include "harness/boot_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 128

static bool fail(char *why, const char *text)
{
	snprintf(why, GUEST_WHY_MAX, "%s", text);
	return false;
}

/* ---- variables ---- */

/* What the variable at `p`, behind its $, stands for; NULL when there is none of that name. */
static const char *variable(const struct boot_setup *s, const char *p, size_t len)
{
	const struct {
		const char *name, *value, *any;
	} all[] = {{"T", s->target, "198.18.0.1"},
	           {"NONCE", s->nonce, "nonce"},
	           {"LAB", s->lab, "/lab"},
	           {"TMP", s->tmp, "/tmp"}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strlen(all[i].name) == len && !memcmp(all[i].name, p, len))
			return all[i].value ? all[i].value : all[i].any;
	return NULL;
}

static bool expand(const struct boot_setup *s, FILE *to, char *why)
{
	const char *p = s->options;

	while (*p) {
		size_t len = strcspn(p, "$");
		const char *value;

		fwrite(p, 1, len, to);
		p += len;
		if (!*p)
			break;
		len = strspn(++p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		value = variable(s, p, len);
		if (!value)
			return fail(why, "a $ begins one of $T, $NONCE, $LAB and $TMP");
		fputs(value, to);
		p += len;
	}
	return true;
}

/* ---- words ---- */

/* Cuts `text` where it stands. */
static bool cut(char *text, char **argv, int *argc, char *why)
{
	const char *in = text;
	char *out = text;

	for (in += strspn(in, " \t"); *in; in += strspn(in, " \t")) {
		bool quoted = false;

		if (*argc == WORDS_MAX)
			return fail(why, "too many words");
		argv[(*argc)++] = out;
		for (; *in && (quoted || (*in != ' ' && *in != '\t')); in++) {
			if (*in == '\'')
				quoted = !quoted;
			else
				*out++ = *in;
		}
		if (quoted)
			return fail(why, "a ' has no other one behind it");
		in += *in != '\0';
		*out++ = '\0';
	}
	return true;
}

static bool parse(struct guest_config *g, const struct boot_setup *s, char *text, char *policy,
                  char *why)
{
	char *argv[WORDS_MAX + 2] = {(char[]){"guest-config"}, (char[]){"--policy"}, policy};
	char without[64];
	int argc = 3, code;

	if (!cut(text, argv, &argc, why))
		return false;
	if (s->without) {
		snprintf(without, sizeof(without), "--without=%s", s->without);
		argv[argc++] = without;
	}
	argv[argc] = NULL;
	code = guest_config_parse(g, argc, argv, s->dir, why);
	if (code < 0)
		return fail(why, "--help and --rules make no set-up");
	return !code;
}

bool boot_setup_parse(struct guest_config *g, const struct boot_setup *s, char why[GUEST_WHY_MAX])
{
	char *policy = realpath(s->policy, NULL), *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	bool ok = policy && to;

	if (!ok)
		snprintf(why, GUEST_WHY_MAX, "%s: %s", s->policy, strerror(errno));
	ok = ok && expand(s, to, why);
	if (to)
		fclose(to);
	ok = ok && parse(g, s, text, policy, why);
	free(text);
	free(policy);
	return ok;
}
