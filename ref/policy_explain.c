/* SPDX-License-Identifier: ISC */
/* policy_explain.c: asks the functions that decide, one after the other, and says what they said. */
#include "ref/policy_explain.h"

#include "ref/exits.h"
#include "ref/http1_head.h"
#include "ref/http1_path.h"
#include "ref/ipv4.h"
#include "ref/policy_http.h"
#include "ref/policy_name.h"
#include "ref/reason.h"
#include "ref/tls_name.h"

#include <stdlib.h>
#include <strings.h>

#define PATH_MAX_LEN (3 * HTTP1_TARGET_MAX + 1)

struct explain {
	const struct policy_files *files;
	const struct policy *policy;
	FILE *out;
	json_t *user, *organisation; /* the files' roots; the second may be NULL */
	bool https;
	uint16_t port;
	struct http1_host host;
	const char *method;
	char path[PATH_MAX_LEN]; /* normalised */
	const struct policy_name *entry;
};

/* --- places --- */

static void print_ip(FILE *out, uint32_t ip)
{
	fprintf(out, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

/* ", FILE:LINE:COLUMN $.PATH" */
static void print_place(const struct explain *x, bool organisation, const struct json_step *steps,
                        size_t count)
{
	const struct policy_source *source = organisation ? &x->files->organisation.source
	                                                  : &x->files->user.source;
	const struct json_pos pos = json_pos_find(source->text, steps, count, false);

	fprintf(x->out, ", %s:%u:%u $", source->name, pos.line, pos.column);
	for (size_t i = 0; i < count; i++) {
		if (steps[i].key)
			fprintf(x->out, ".%s", steps[i].key);
		else
			fprintf(x->out, "[%zu]", steps[i].index);
	}
}

/* Where $.object.key stands, or that it stands nowhere. */
static void print_key(const struct explain *x, const char *object, const char *key)
{
	const struct json_step steps[] = {{.key = object}, {.key = key}};
	const bool organisation = json_object_get(json_object_get(x->organisation, object), key) !=
	                          NULL;

	if (organisation || json_object_get(json_object_get(x->user, object), key))
		print_place(x, organisation, steps, 2);
	else
		fprintf(x->out, ", by default ($.%s.%s)", object, key);
}

static void print_entry(const struct explain *x, const struct policy_name *entry)
{
	const struct json_step steps[] = {{.key = "domains"},
	                                  {.key = entry->block ? "block" : "allow"},
	                                  {.index = entry->index}};

	fprintf(x->out, "%s%s", entry->below ? "*." : "", entry->name);
	print_place(x, entry->organisation, steps, 3);
}

static void print_rule(const struct explain *x, const struct policy_http *rule)
{
	const json_t *root = rule->organisation ? x->organisation : x->user;
	const bool object = json_is_object(json_object_get(root, "http"));
	const struct json_step steps[] = {
	        {.key = "http"}, {.key = "rules"}, {.index = rule->index}};
	const struct json_step array[] = {{.key = "http"}, {.index = rule->index}};

	fprintf(x->out, "rule %s", rule->id);
	print_place(x, rule->organisation, object ? steps : array, object ? 3 : 2);
}

/* The entry of `allow` with this id: ids are unique. */
static void print_allow(const struct explain *x, const struct policy_rule *rule)
{
	const json_t *list = json_object_get(x->organisation, "allow");
	const bool organisation = list != NULL;
	struct json_step steps[] = {{.key = "allow"}, {.index = 0}};

	if (!organisation)
		list = json_object_get(x->user, "allow");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *id = json_object_get(json_array_get(list, i), "id");

		if (strcmp(json_string_value(id), rule->id) == 0)
			steps[1].index = i;
	}
	fprintf(x->out, "%s", rule->id);
	print_place(x, organisation, steps, 2);
}

/* --- the question --- */

/* Reads "http[s]://AUTHORITY[PATH][?QUERY]"; *target is what follows the authority. */
static bool split_url(struct explain *x, const char *url, struct rd *authority, const char **target)
{
	const char *begin;

	x->https = strncasecmp(url, "https://", 8) == 0;
	if (!x->https && strncasecmp(url, "http://", 7) != 0)
		return false;
	begin = url + (x->https ? 8 : 7);
	*target = begin + strcspn(begin, "/?#");
	*authority = rd_of(begin, (size_t)(*target - begin));
	return authority->n > 0;
}

/* The head that a client would send, put to the parser that reads the guest's. */
static enum http1_reason parse_request(struct explain *x, struct rd authority, const char *target)
{
	static const struct http1_head empty;
	const int target_len = (int)strcspn(target, "#");
	const size_t size = strlen(x->method) + (size_t)target_len + authority.n + 64;
	struct http1_head head = empty;
	struct wr w = wr_of(x->path, sizeof(x->path) - 1);
	char *text = malloc(size);
	enum http1_reason reason = HTTP1_HEAD_LONG;
	struct rd bytes;

	if (!text)
		return reason;
	snprintf(text, size, "%s %s%.*s HTTP/1.1\r\nHost: %.*s\r\n\r\n", x->method,
	         *target == '/' ? "" : "/", target_len, target, (int)authority.n,
	         (const char *)authority.p);
	bytes = rd_of(text, strlen(text));
	if (http1_head_parse(&head, bytes) == HTTP1_OK)
		reason = http1_path_normalise(http1_at(bytes, head.path), &w);
	else if (head.reason)
		reason = head.reason;
	if (!reason) {
		x->path[w.len] = '\0';
		x->host = head.host;
		x->port = head.host.port ? head.host.port : x->https ? 443 : 80;
	}
	free(text);
	return reason;
}

/* --- the stages: each returns whether the request goes on --- */

static bool deny(const struct explain *x, enum reason reason)
{
	fprintf(x->out, "DENIED   %s\n", reason_name(reason));
	return false;
}

/* The default, or the organisation's list that closes it (policy_merge.h). */
static void print_default(const struct explain *x)
{
	const json_t *domains = json_object_get(x->organisation, "domains");
	const bool closed = json_object_get(domains, "allow") &&
	                    !json_object_get(domains, "default");

	fprintf(x->out, closed ? "a list that leaves it out" : "the default");
	print_key(x, "domains", closed ? "allow" : "default");
}

static bool explain_name(struct explain *x)
{
	const struct policy_web *web = &x->policy->web;
	const enum name_verdict verdict = policy_name_decide(web, x->host.name, &x->entry);
	char sni[TLS_NAME_MAX + 1];

	if (x->host.kind != HTTP1_HOST_DNS) {
		fprintf(x->out, "name     %s: an address is no name, and no list can allow it\n",
		        x->host.name);
		return deny(x, REASON_NAME_DENIED);
	}
	fprintf(x->out, "name     %s: %s by ", x->host.name,
	        verdict == NAME_ALLOWED ? "allowed" : "denied");
	if (x->entry)
		print_entry(x, x->entry);
	else
		print_default(x);
	fputc('\n', x->out);
	if (verdict != NAME_ALLOWED)
		return deny(x, REASON_NAME_DENIED);
	if (x->https && tls_name_normalise(rd_of(x->host.name, strlen(x->host.name)), sni)) {
		fprintf(x->out, "tls      no server can be called %s\n", x->host.name);
		return deny(x, REASON_TLS_MALFORMED);
	}
	return true;
}

static bool explain_dns(const struct explain *x)
{
	const struct policy_web *web = &x->policy->web;
	const struct policy_host *hosts;
	size_t count;

	hosts = policy_name_hosts(web, x->host.name, &count);
	fprintf(x->out, "dns      ");
	if (count) {
		for (size_t i = 0; i < count; i++) {
			fprintf(x->out, "%s", i ? " " : "");
			print_ip(x->out, hosts[i].ip);
		}
		print_key(x, "dns", "hosts");
	} else if (web->dns == POLICY_DNS_FORWARD) {
		fprintf(x->out, "the resolver ");
		print_ip(x->out, web->resolver_ip);
		fprintf(x->out, ":%u is asked", web->resolver_port);
		print_key(x, "dns", "mode");
	} else {
		fprintf(x->out, "no address among the hosts, and no resolver is asked");
		print_key(x, "dns", "mode");
	}
	fputc('\n', x->out);
	if (!count && web->dns != POLICY_DNS_FORWARD)
		return deny(x, REASON_NAME_UNKNOWN);
	if (web->dns == POLICY_DNS_OFF)
		fprintf(x->out, "         the guest itself gets no answer, dns is off\n");
	return true;
}

/* Whether requests are looked at. */
static bool explain_tls(const struct explain *x, enum policy_service service)
{
	const struct policy_web *web = &x->policy->web;
	const bool whole = web->tls == POLICY_TLS_SPLICE;

	fprintf(x->out, "port     %u belongs to %s: names decide, addresses do not count\n",
	        x->port, service == POLICY_SERVICE_TLS ? "tls" : "http");
	if (service == POLICY_SERVICE_HTTP)
		return true;
	if (!policy_name_splices(web, x->entry)) {
		fprintf(x->out, "tls      ends here, requests are looked at");
		print_key(x, "tls", "mode");
		fputc('\n', x->out);
		return true;
	}
	fprintf(x->out, "tls      passes as it is, requests are not looked at");
	if (whole)
		print_key(x, "tls", "mode");
	else
		fprintf(x->out, " (the entry above says so)");
	fputc('\n', x->out);
	return false;
}

static bool explain_request(const struct explain *x)
{
	const struct policy_web *web = &x->policy->web;
	const struct rd method = rd_of(x->method, strlen(x->method));
	const struct rd path = rd_of(x->path, strlen(x->path));
	const struct policy_http *rule;
	const bool allowed = policy_http_decide(web, x->host.name, method, path, &rule);

	fprintf(x->out, "request  %s %s: %s by ", x->method, x->path,
	        allowed ? "allowed" : "denied");
	if (rule)
		print_rule(x, rule);
	else if (allowed)
		fprintf(x->out, "the name: no rule allows anything for it, so all is open");
	else
		fprintf(x->out,
		        "default: rules allow something for the name, and none of them this");
	fputc('\n', x->out);
	if (!allowed)
		return deny(x, REASON_REQUEST_DENIED);
	if (policy_http_allows_websocket(web, x->host.name, method, path))
		fprintf(x->out, "         and may become a websocket\n");
	return true;
}

static bool explain_address(const struct explain *x, uint32_t ip)
{
	const struct policy *policy = x->policy;
	const struct policy_rule *rule = policy_find(policy, IPV4_TCP, ip, x->port);

	fprintf(x->out, "address  tcp ");
	print_ip(x->out, ip);
	fprintf(x->out, ":%u: ", x->port);
	if (rule) {
		fprintf(x->out, "allowed by ");
		print_allow(x, rule);
	} else if (policy->mode == POLICY_DIRECT && policy_is_destination(policy, ip)) {
		fprintf(x->out, "not looked at in mode direct");
	} else {
		fprintf(x->out, "no entry of $.allow has it");
	}
	fputc('\n', x->out);
	return rule || (policy->mode == POLICY_DIRECT && policy_is_destination(policy, ip));
}

/* A port that is nobody's: addresses decide. */
static bool explain_plain(struct explain *x)
{
	const struct policy_host *hosts;
	size_t count;
	uint32_t ip;

	fprintf(x->out, "port     %u belongs to neither tls nor http: addresses decide\n", x->port);
	if (addr_parse_ip4(x->host.name, &ip))
		return explain_address(x, ip) || deny(x, REASON_NOT_ALLOWED);
	hosts = policy_name_hosts(&x->policy->web, x->host.name, &count);
	for (size_t i = 0; i < count; i++)
		if (!explain_address(x, hosts[i].ip))
			return deny(x, REASON_NOT_ALLOWED);
	if (count)
		return true;
	fprintf(x->out,
	        "address  of %s: not known here, ask with the address instead of the name\n",
	        x->host.name);
	return deny(x, REASON_NOT_ALLOWED);
}

static bool explain_stages(struct explain *x)
{
	const struct policy *policy = x->policy;
	enum policy_service service;
	uint32_t ip = UINT32_C(0x01010101); /* whichever: that of a name makes no difference */

	addr_parse_ip4(x->host.name, &ip);
	service = policy_service(policy, IPV4_TCP, ip, x->port);
	if (service != POLICY_SERVICE_TLS && service != POLICY_SERVICE_HTTP)
		return explain_plain(x);
	if ((service == POLICY_SERVICE_TLS) != x->https) {
		fprintf(x->out, "port     %u belongs to %s, where %s is not understood\n", x->port,
		        x->https ? "http" : "tls", x->https ? "tls" : "plain http");
		return deny(x, x->https ? REASON_HTTP_MALFORMED : REASON_TLS_MALFORMED);
	}
	return explain_name(x) && explain_dns(x) &&
	       (!explain_tls(x, service) || explain_request(x));
}

static json_t *parse(const struct policy_source *source)
{
	return source ? json_loadb((const char *)source->text.p, source->text.n, 0, NULL) : NULL;
}

int policy_explain(const struct policy_files *files, const struct policy *policy,
                   const char *method, const char *url, FILE *out)
{
	struct explain x = {.files = files, .policy = policy, .out = out, .method = method};
	enum http1_reason reason;
	const char *target;
	struct rd authority;
	bool allowed;

	if (!split_url(&x, url, &authority, &target)) {
		fprintf(stderr, "refnat: policy: %s: must begin with http://NAME or https://NAME\n",
		        url);
		return EXITS_USAGE;
	}
	fprintf(out, "%s %s\n", method, url);
	reason = parse_request(&x, authority, target);
	if (reason) {
		fprintf(out, "request  malformed: %s\n", http1_reason_word(reason));
		deny(&x, REASON_HTTP_MALFORMED);
		return POLICY_EXPLAIN_DENIED;
	}
	x.user = parse(&files->user.source);
	x.organisation = parse(policy_files_organisation(files));
	allowed = explain_stages(&x);
	if (allowed)
		fprintf(out, "ALLOWED\n");
	json_decref(x.user);
	json_decref(x.organisation);
	return allowed ? EXITS_OK : POLICY_EXPLAIN_DENIED;
}
