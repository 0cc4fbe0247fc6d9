/* SPDX-License-Identifier: ISC */
/* policy_http_test.c: which rule decides about a request, beside a model too simple to be wrong. */
#include "ref/policy_http.h"

#include "bytes/guard.h"
#include "bytes/quick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define RULES_MAX    16

/* Rules in words, separated by semicolons: "+ api.test GET,POST /v1/x" allows, "-" blocks; "!" behind
 * that makes it the organisation's, "w" gives a websocket; "*" stands for any method. */
struct list {
	struct policy_http rules[RULES_MAX];
	struct policy_web web;
};

static int compare(const void *a, const void *b)
{
	return policy_http_compare(a, b);
}

static void set_methods(struct policy_http *rule, char *words)
{
	char *method;

	while (strcmp(words, "*") != 0 && (method = strsep(&words, ",")) != NULL) {
		snprintf(rule->methods[rule->method_count++], sizeof(rule->methods[0]), "%s",
		         method);
		if (!words)
			break;
	}
}

static void add(struct list *list, const char *text)
{
	const size_t index = list->web.rule_count++;
	struct policy_http *rule = &list->rules[index];
	char flags[8], domain[64], methods[64], path[64];

	assert_true(index < RULES_MAX);
	assert_int_equal(sscanf(text, "%7s %63s %63s %63s", flags, domain, methods, path), 4);
	*rule = (struct policy_http){
	        .below = *domain == '*',
	        .block = *flags == '-',
	        .websocket = strchr(flags, 'w') != NULL,
	        .organisation = strchr(flags, '!') != NULL,
	        .prefix = path[strlen(path) - 1] == '*',
	        .index = (uint16_t)index,
	};
	snprintf(rule->id, sizeof(rule->id), "r%zu", index);
	snprintf(rule->domain, sizeof(rule->domain), "%s", domain + (rule->below ? 2 : 0));
	snprintf(rule->path, sizeof(rule->path), "%.*s", (int)strlen(path) - rule->prefix, path);
	set_methods(rule, methods);
	list->web.rules = list->rules;
}

static struct list *list_of(const char *words)
{
	static struct list list;
	char text[512], *word, *rest = text;

	list = (struct list){.web.default_allow = true};
	snprintf(text, sizeof(text), "%s", words);
	while ((word = strsep(&rest, ";")))
		if (*word)
			add(&list, word);
	qsort(list.rules, list.web.rule_count, sizeof(list.rules[0]), compare);
	return &list;
}

static bool ask(const struct policy_web *web, const char *host, const char *method,
                const char *path, const struct policy_http **rule, bool *websocket)
{
	struct guard m = guard_copy(method, strlen(method)), p = guard_copy(path, strlen(path));
	const bool allowed = policy_http_decide(web, host, rd_of(m.p, m.n), rd_of(p.p, p.n), rule);

	assert_int_equal(policy_http_decide(web, host, rd_of(m.p, m.n), rd_of(p.p, p.n), NULL),
	                 allowed);
	*websocket = policy_http_allows_websocket(web, host, rd_of(m.p, m.n), rd_of(p.p, p.n));
	guard_free(&m);
	guard_free(&p);
	return allowed;
}

struct row {
	const char *rules, *request; /* METHOD HOST PATH */
	bool allowed;
	const char *by; /* r and the rule's place in the list; NULL: none */
};

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct list *list = list_of(rows[i].rules);
		char method[32], host[64], path[64] = "";
		const struct policy_http *rule;
		bool websocket, allowed;

		assert_true(sscanf(rows[i].request, "%31s %63s %63s", method, host, path) >= 2);
		allowed = ask(&list->web, host, method, path, &rule, &websocket);
		if (allowed != rows[i].allowed || !rule != !rows[i].by ||
		    (rule && strcmp(rule->id, rows[i].by) != 0))
			fail_msg("%s: %s: %d by %s", rows[i].rules, rows[i].request, allowed,
			         rule ? rule->id : "none");
		assert_false(websocket);
	}
}

static void rules_cover_by_domain_method_and_path(void **state)
{
	static const struct row rows[] = {
	        {"", "GET ok.test /", true, NULL},
	        {"+ ok.test GET /v1/*", "GET ok.test /v1/x", true, "r0"},
	        {"+ ok.test GET /v1/*", "GET ok.test /v1/", true, "r0"},
	        {"+ ok.test GET /v1/*", "GET ok.test /v1", false, NULL},
	        {"+ ok.test GET /v1/*", "GET ok.test /v2/x", false, NULL},
	        {"+ ok.test GET /v1/*", "GET ok.test /", false, NULL},
	        {"+ ok.test GET /v1/*", "GET ok.test /V1/x", false, NULL},
	        {"+ ok.test GET /v1/*", "POST ok.test /v1/x", false, NULL},
	        {"+ ok.test GET /v1/*", "GE ok.test /v1/x", false, NULL},
	        {"+ ok.test GET /v1/*", "GETS ok.test /v1/x", false, NULL},
	        {"+ ok.test GET /v1/*", "GEX ok.test /v1/x", false, NULL},
	        {"+ ok.test GET /v1/*", "BREW ok.test /v1/x", false, NULL},
	        {"+ ok.test GET,POST /v1/*", "POST ok.test /v1/x", true, "r0"},
	        {"+ ok.test GET,POST /v1/*", "GET ok.test /v1/x", true, "r0"},
	        {"+ ok.test GET,POST /v1/*", "PUT ok.test /v1/x", false, NULL},
	        {"+ ok.test * /v1/*", "BREW ok.test /v1/x", true, "r0"},
	        {"+ ok.test GET /v1", "GET ok.test /v1", true, "r0"},
	        {"+ ok.test GET /v1", "GET ok.test /v1/", false, NULL},
	        {"+ ok.test GET /v1", "GET ok.test /v", false, NULL},
	        {"+ ok.test GET /v1*", "GET ok.test /v1", true, "r0"},
	        {"+ ok.test GET /v1*", "GET ok.test /v10", true, "r0"},
	        {"+ ok.test * *", "OPTIONS ok.test *", true, "r0"},
	        {"+ ok.test * /*", "OPTIONS ok.test *", false, NULL},
	        {"+ ok.test * *", "GET ok.test", true, "r0"},
	        {"+ ok.test * /", "GET ok.test", false, NULL},
	        /* Other domains are as open as they were. */
	        {"+ ok.test GET /v1/*", "PUT other.test /x", true, NULL},
	        {"+ ok.test GET /v1/*", "PUT a.ok.test /x", true, NULL},
	        {"+ ok.test GET /v1/*", "PUT test /x", true, NULL},
	        {"+ ok.test GET /v1/*", "PUT book.test /x", true, NULL},
	        {"+ *.ok.test GET /v1/*", "PUT ok.test /x", true, NULL},
	        {"+ *.ok.test GET /v1/*", "PUT a.ok.test /x", false, NULL},
	        {"+ *.ok.test GET /v1/*", "GET b.a.ok.test /v1/x", true, "r0"},
	        {"+ *.ok.test GET /v1/*", "PUT book.test /x", true, NULL},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void a_method_is_all_of_its_bytes(void **state)
{
	const struct policy_web *web = &list_of("+ ok.test GET *")->web;

	(void)state;
	assert_true(policy_http_decide(web, "ok.test", rd_of("GET", 3), rd_of("/", 1), NULL));
	assert_false(policy_http_decide(web, "ok.test", rd_of("GET", 4), rd_of("/", 1), NULL));
	assert_false(policy_http_decide(web, "ok.test", rd_of("", 0), rd_of("/", 1), NULL));
}

static void block_wins_over_allow_in_any_order(void **state)
{
	static const struct row rows[] = {
	        {"- ok.test * /admin*", "GET ok.test /", true, NULL},
	        {"- ok.test * /admin*", "GET ok.test /admin", false, "r0"},
	        {"+ ok.test * /*;- ok.test * /admin*", "GET ok.test /admin", false, "r1"},
	        {"- ok.test * /admin*;+ ok.test * /*", "GET ok.test /admin", false, "r0"},
	        {"- ok.test * /admin*;+ ok.test * /*", "GET ok.test /adm", true, "r1"},
	        {"- ok.test * /*;+ ok.test * /a/b", "GET ok.test /a/b", false, "r0"},
	        {"- *.ok.test * /admin*;+ a.ok.test * /*", "GET a.ok.test /admin", false, "r0"},
	        {"- *.test * /admin*;+ a.ok.test * /*", "GET a.ok.test /admin", false, "r0"},
	        {"- a.ok.test POST *;+ *.ok.test * *", "POST a.ok.test /", false, "r0"},
	        {"- a.ok.test POST *;+ *.ok.test * *", "GET a.ok.test /", true, "r1"},
	        {"- a.ok.test POST *;+ *.ok.test GET *", "PUT a.ok.test /", false, NULL},
	        /* Which of several is named: the longest domain, the first of the file. */
	        {"+ *.test * *;+ ok.test * *;+ ok.test * *", "GET ok.test /", true, "r1"},
	        {"- *.test * *;- ok.test GET *;- ok.test * *", "GET ok.test /", false, "r1"},
	        {"+ *.test * *;+ *.ok.test * *", "GET a.ok.test /", true, "r1"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void the_organisations_rules_and_the_users_must_both_allow(void **state)
{
	static const struct row rows[] = {
	        {"+! ok.test GET *;+ ok.test POST *", "GET ok.test /", false, NULL},
	        {"+! ok.test GET *;+ ok.test POST *", "POST ok.test /", false, NULL},
	        {"+! ok.test GET *;+ ok.test * /v1/*", "GET ok.test /v1/", true, "r0"},
	        {"+ ok.test * /v1/*;+! ok.test GET *", "GET ok.test /v1/", true, "r1"},
	        {"+! ok.test GET *;+ ok.test * /v1/*", "GET ok.test /v2/", false, NULL},
	        {"+! ok.test GET *;+ other.test * /v1/*", "GET ok.test /v2/", true, "r0"},
	        {"+! ok.test GET *;+ other.test * /v1/*", "GET other.test /v1/", true, "r1"},
	        {"+! ok.test GET *;+ other.test * /v1/*", "GET other.test /v2/", false, NULL},
	        {"-! ok.test GET *;+ ok.test * *", "GET ok.test /", false, "r0"},
	        {"-! ok.test GET *;+ ok.test * *", "PUT ok.test /", true, "r1"},
	        {"+! ok.test * *;- ok.test GET *", "GET ok.test /", false, "r1"},
	        {"+! *.test * *;+ ok.test * *", "GET ok.test /", true, "r0"},
	        {"- ok.test * *;-! *.test * *", "GET ok.test /", false, "r1"},
	        {"-! *.test * *;- ok.test * *", "GET ok.test /", false, "r0"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void a_name_that_is_denied_is_denied_whatever_the_rules(void **state)
{
	static struct policy_name names[] = {{.name = "ok.test"}};
	struct policy_web *web = &list_of("+ ok.test GET *;+ no.test GET *")->web;
	const struct policy_http *rule;
	bool websocket;

	(void)state;
	web->default_allow = false;
	web->names = names;
	web->name_count = 1;
	assert_true(ask(web, "ok.test", "GET", "/", &rule, &websocket));
	assert_non_null(rule);
	assert_false(ask(web, "no.test", "GET", "/", &rule, &websocket));
	assert_null(rule);
	assert_false(ask(web, "a.ok.test", "GET", "/", &rule, &websocket));
}

static void a_websocket_needs_a_rule_that_says_so(void **state)
{
	static const struct {
		const char *rules;
		bool websocket;
	} rows[] = {
	        {"", false},
	        {"+ ok.test GET /ws", false},
	        {"+w ok.test GET /ws", true},
	        {"+w ok.test POST /ws", false},
	        {"+w *.test GET /ws", true},
	        {"+ ok.test GET /ws;+w *.test GET /ws", true},
	        {"+w ok.test GET /ws;- ok.test GET /*", false},
	        {"+w other.test GET /ws", false},
	        {"+! ok.test GET /ws;+w ok.test GET /ws", false},
	        {"+!w ok.test GET /ws;+ ok.test GET /ws", false},
	        {"+!w ok.test GET /ws;+w ok.test GET /ws", true},
	        {"+!w ok.test GET /ws", true},
	        {"+! other.test GET /ws;+w ok.test GET /ws", true},
	        {"+! ok.test POST /ws;+w ok.test GET /ws", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct policy_http *rule;
		bool websocket;

		ask(&list_of(rows[i].rules)->web, "ok.test", "GET", "/ws", &rule, &websocket);
		if (websocket != rows[i].websocket)
			fail_msg("%s", rows[i].rules);
	}
}

/* --- the model --- */

static bool covers_domain(const struct policy_http *rule, const char *host)
{
	const size_t n = strlen(host), len = strlen(rule->domain);

	if (!rule->below)
		return strcmp(host, rule->domain) == 0;
	return n > len && host[n - len - 1] == '.' && strcmp(host + n - len, rule->domain) == 0;
}

static bool covers_request(const struct policy_http *rule, const char *method, const char *path)
{
	bool known = !rule->method_count;

	for (unsigned i = 0; i < rule->method_count; i++)
		known = known || strcmp(rule->methods[i], method) == 0;
	return known && (rule->prefix ? strncmp(path, rule->path, strlen(rule->path)) == 0
	                              : strcmp(path, rule->path) == 0);
}

static bool model_allows(const struct policy_web *web, const char *host, const char *method,
                         const char *path)
{
	for (int organisation = 0; organisation < 2; organisation++) {
		bool closed = false, allowed = false;

		for (size_t i = 0; i < web->rule_count; i++) {
			const struct policy_http *rule = &web->rules[i];
			const bool request = covers_request(rule, method, path);

			if (!covers_domain(rule, host))
				continue;
			if (rule->block && request)
				return false;
			if (rule->block || rule->organisation != organisation)
				continue;
			closed = true;
			allowed = allowed || request;
		}
		if (closed && !allowed)
			return false;
	}
	return true;
}

static unsigned next(unsigned *state, unsigned below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % below;
}

static const char *const domains[] = {"a", "b.a", "c.b.a", "ba", "b.b.a", "x"};
static const char *const methods[] = {"GET", "POST", "GETS", "*"};
static const char *const paths[] = {"/", "/a", "/a/b", "/ab", "/a/", "*"};

static void random_rules(unsigned *seed, struct list *list)
{
	const unsigned count = next(seed, RULES_MAX);

	*list = (struct list){.web.default_allow = true};
	for (unsigned i = 0; i < count; i++) {
		char text[128];

		snprintf(text, sizeof(text), "%c%s %s%s %s %s%s", next(seed, 3) ? '+' : '-',
		         next(seed, 3) ? "" : "!", next(seed, 2) ? "*." : "",
		         domains[next(seed, COUNT(domains))], methods[next(seed, COUNT(methods))],
		         paths[next(seed, COUNT(paths))], next(seed, 2) ? "" : "*");
		add(list, text);
	}
	qsort(list->rules, list->web.rule_count, sizeof(list->rules[0]), compare);
}

static void random_rules_decide_as_the_model_does(void **state)
{
	const unsigned rounds = quick_share(2000);
	unsigned seed = 1, allowed = 0;
	struct list list;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		random_rules(&seed, &list);
		for (int i = 0; i < 20; i++) {
			const char *host = domains[next(&seed, COUNT(domains))];
			const char *method = methods[next(&seed, COUNT(methods))];
			const char *path = paths[next(&seed, COUNT(paths))];
			const struct policy_http *rule;
			bool websocket;

			if (ask(&list.web, host, method, path, &rule, &websocket) !=
			    model_allows(&list.web, host, method, path))
				fail_msg("round %u: %s %s %s", round, method, host, path);
			assert_true(!rule || (covers_domain(rule, host) &&
			                      covers_request(rule, method, path)));
			allowed += model_allows(&list.web, host, method, path);
		}
	}
	assert_in_range(allowed, rounds, rounds * 19);
}

static void rules_have_an_order(void **state)
{
	static const char list[] = "+! a * *;+! a * *;+ a * *;+! *.a * *;+ *.a * *;+ b * *";
	const struct list *rules = list_of(list);

	(void)state;
	for (size_t i = 0; i < rules->web.rule_count; i++)
		for (size_t k = 0; k < rules->web.rule_count; k++) {
			const int order = policy_http_compare(&rules->rules[i], &rules->rules[k]);

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
	for (size_t i = 0; i < rules->web.rule_count; i++)
		assert_int_equal(rules->rules[i].index, i);
	rules = list_of("+ a * *;+! a * *");
	assert_true(rules->rules[0].organisation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rules_cover_by_domain_method_and_path),
	        cmocka_unit_test(a_method_is_all_of_its_bytes),
	        cmocka_unit_test(block_wins_over_allow_in_any_order),
	        cmocka_unit_test(the_organisations_rules_and_the_users_must_both_allow),
	        cmocka_unit_test(a_name_that_is_denied_is_denied_whatever_the_rules),
	        cmocka_unit_test(a_websocket_needs_a_rule_that_says_so),
	        cmocka_unit_test(random_rules_decide_as_the_model_does),
	        cmocka_unit_test(rules_have_an_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
