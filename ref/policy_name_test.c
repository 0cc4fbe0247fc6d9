/* SPDX-License-Identifier: ISC */
/* policy_name_test.c: which entry decides about a name, beside a model too simple to be wrong. */
#include "ref/policy_name.h"

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

#define COUNT(table)  (sizeof(table) / sizeof((table)[0]))
#define ENTRIES_MAX   24
#define NAMES_OF_TEST 400

/* A list in words: "+x.test" allows, "-*.x.test" blocks; an exclamation mark in front of the name
 * makes it the organisation's. */
struct list {
	struct policy_name names[ENTRIES_MAX];
	struct policy_web web;
};

static int compare(const void *a, const void *b)
{
	return policy_name_compare(a, b);
}

static void add(struct list *list, const char *word)
{
	struct policy_name *entry = &list->names[list->web.name_count++];

	assert_true(list->web.name_count <= ENTRIES_MAX);
	*entry = (struct policy_name){.block = *word++ == '-'};
	entry->organisation = *word == '!';
	word += entry->organisation;
	entry->below = *word == '*';
	snprintf(entry->name, sizeof(entry->name), "%s", word + (entry->below ? 2 : 0));
	list->web.names = list->names;
}

static struct list *list_of(const char *words)
{
	static struct list list;
	char text[512], *word, *rest = text;

	list = (struct list){0};
	snprintf(text, sizeof(text), "%s", words);
	while ((word = strsep(&rest, " ")))
		if (*word)
			add(&list, word);
	qsort(list.names, list.web.name_count, sizeof(list.names[0]), compare);
	return &list;
}

static void the_most_specific_entry_decides(void **state)
{
	static const struct {
		const char *list, *name;
		enum name_verdict verdict;
	} rows[] = {
	        {"", "ok.test", NAME_DENIED},
	        {"+ok.test", "ok.test", NAME_ALLOWED},
	        {"+ok.test", "a.ok.test", NAME_DENIED},
	        {"+ok.test", "test", NAME_DENIED},
	        {"+ok.test", "book.test", NAME_DENIED},
	        {"+ok.test", "ok.test.evil", NAME_DENIED},
	        {"+ok.test", "k.test", NAME_DENIED},
	        {"+ok.test", "", NAME_DENIED},
	        {"+*.ok.test", "ok.test", NAME_DENIED},
	        {"+*.ok.test", "a.ok.test", NAME_ALLOWED},
	        {"+*.ok.test", "b.a.ok.test", NAME_ALLOWED},
	        {"+*.ok.test", "book.test", NAME_DENIED},
	        {"+*.ok.test", "a.book.test", NAME_DENIED},
	        {"+*.test", "ok.test", NAME_ALLOWED},
	        {"+*.test", "test", NAME_DENIED},
	        {"+test", "test", NAME_ALLOWED},
	        /* Of the same name block wins, wherever it stands. */
	        {"+ok.test -ok.test", "ok.test", NAME_DENIED},
	        {"-ok.test +ok.test", "ok.test", NAME_DENIED},
	        {"+*.ok.test -*.ok.test", "a.ok.test", NAME_DENIED},
	        {"+*.ok.test -*.ok.test", "ok.test", NAME_DENIED},
	        /* A block covers what is below it, ... */
	        {"+*.ok.test -bad.ok.test", "a.ok.test", NAME_ALLOWED},
	        {"+*.ok.test -bad.ok.test", "bad.ok.test", NAME_DENIED},
	        {"+*.ok.test -bad.ok.test", "x.bad.ok.test", NAME_DENIED},
	        {"+*.ok.test -bad.ok.test", "y.x.bad.ok.test", NAME_DENIED},
	        {"+*.ok.test -bad.ok.test", "notbad.ok.test", NAME_ALLOWED},
	        {"+*.test -ok.test", "a.ok.test", NAME_DENIED},
	        /* ... but for what is allowed strictly below it. */
	        {"+*.ok.test -bad.ok.test +x.bad.ok.test", "x.bad.ok.test", NAME_ALLOWED},
	        {"+*.ok.test -bad.ok.test +x.bad.ok.test", "y.bad.ok.test", NAME_DENIED},
	        {"+*.ok.test -bad.ok.test +x.bad.ok.test", "y.x.bad.ok.test", NAME_DENIED},
	        {"+*.ok.test -bad.ok.test +*.bad.ok.test", "x.bad.ok.test", NAME_ALLOWED},
	        {"+*.ok.test -bad.ok.test +*.bad.ok.test", "bad.ok.test", NAME_DENIED},
	        /* A wildcard of the block covers what is below, not the name itself. */
	        {"+ok.test +*.ok.test -*.ok.test", "ok.test", NAME_ALLOWED},
	        {"+*.test -*.ok.test", "ok.test", NAME_ALLOWED},
	        {"+*.test -*.ok.test", "a.ok.test", NAME_DENIED},
	        {"+*.test -*.ok.test +a.ok.test", "a.ok.test", NAME_ALLOWED},
	        {"+*.test -*.ok.test +a.ok.test", "b.ok.test", NAME_DENIED},
	        {"+a.ok.test -ok.test", "a.ok.test", NAME_ALLOWED},
	        {"+a.ok.test -a.ok.test", "a.ok.test", NAME_DENIED},
	        /* Nothing helps against a block of the organisation's but an entry of its own. */
	        {"-!bad.test +a.bad.test", "a.bad.test", NAME_DENIED},
	        {"-!bad.test +*.bad.test", "a.bad.test", NAME_DENIED},
	        {"-!*.bad.test +a.bad.test", "a.bad.test", NAME_DENIED},
	        {"-!*.bad.test +bad.test", "bad.test", NAME_ALLOWED},
	        {"-!*.bad.test +*.a.bad.test", "b.a.bad.test", NAME_DENIED},
	        {"-!*.bad.test -a.bad.test +a.bad.test", "b.a.bad.test", NAME_DENIED},
	        {"-!bad.test +!a.bad.test", "a.bad.test", NAME_ALLOWED},
	        {"-!bad.test +!a.bad.test -a.bad.test", "a.bad.test", NAME_DENIED},
	        {"-!bad.test +a.good.test", "a.good.test", NAME_ALLOWED},
	        {"-bad.test +a.bad.test", "a.bad.test", NAME_ALLOWED},
	        {"-!bad.test +notbad.test", "notbad.test", NAME_ALLOWED},
	        /* One entry in both files is the organisation's. */
	        {"-bad.test -!bad.test +a.bad.test", "a.bad.test", NAME_DENIED},
	        {"-!bad.test -bad.test +a.bad.test", "a.bad.test", NAME_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (policy_name_decide(&list_of(rows[i].list)->web, rows[i].name, NULL) !=
		    rows[i].verdict)
			fail_msg("%s: %s", rows[i].list, rows[i].name);
}

static void names_of_no_list_go_by_the_default(void **state)
{
	struct policy_web *web = &list_of("+*.bad.ok.test -ok.test")->web;
	const struct policy_name *entry = web->names;

	(void)state;
	web->default_allow = true;
	assert_int_equal(policy_name_decide(web, "other.test", &entry), NAME_ALLOWED);
	assert_null(entry);
	assert_int_equal(policy_name_decide(web, "test", &entry), NAME_ALLOWED);
	assert_int_equal(policy_name_decide(web, "ok.test", &entry), NAME_DENIED);
	assert_non_null(entry);
	assert_int_equal(policy_name_decide(web, "", &entry), NAME_DENIED);
	assert_null(entry);
	web->default_allow = false;
	assert_int_equal(policy_name_decide(web, "other.test", &entry), NAME_DENIED);
	assert_int_equal(policy_name_decide(web, "a.bad.ok.test", &entry), NAME_ALLOWED);
	assert_string_equal(entry->name, "bad.ok.test");
	assert_true(entry->below);
}

static void a_name_too_long_is_denied(void **state)
{
	struct policy_web web = {.default_allow = true};
	char name[POLICY_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[POLICY_NAME_MAX + 1] = '\0';
	assert_int_equal(policy_name_decide(&web, name, NULL), NAME_DENIED);
	name[POLICY_NAME_MAX] = '\0';
	assert_int_equal(policy_name_decide(&web, name, NULL), NAME_ALLOWED);
}

/* --- the model --- */

static bool covers(const struct policy_name *entry, const char *name)
{
	const size_t n = strlen(name), len = strlen(entry->name);
	const bool same = strcmp(entry->name, name) == 0;
	const bool below = n > len && name[n - len - 1] == '.' &&
	                   strcmp(name + n - len, entry->name) == 0;

	if (entry->below)
		return below;
	return same || (below && entry->block);
}

/* More specific entries weigh more; of the same weight block does. */
static size_t weight(const struct policy_name *entry)
{
	return 4 * strlen(entry->name) + (entry->below ? 2 : 0) + entry->block;
}

static bool model_allows(const struct policy_web *web, const char *name)
{
	const struct policy_name *best = NULL;

	for (size_t i = 0; i < web->name_count; i++)
		if (covers(&web->names[i], name) &&
		    (!best || weight(&web->names[i]) > weight(best) ||
		     (weight(&web->names[i]) == weight(best) && web->names[i].organisation)))
			best = &web->names[i];
	for (size_t i = 0; i < web->name_count && best && !best->organisation; i++)
		if (web->names[i].organisation && web->names[i].block &&
		    covers(&web->names[i], name))
			return false;
	return best ? !best->block : web->default_allow;
}

static unsigned next(unsigned *state, unsigned below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % below;
}

/* Of few labels, so that names meet. */
static void random_name(unsigned *seed, char *out, size_t size)
{
	static const char *const labels[] = {"a", "b", "ab", "ba"};
	const unsigned depth = 1 + next(seed, 4);
	size_t len = 0;

	for (unsigned i = 0; i < depth; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "." : "",
		                        labels[next(seed, COUNT(labels))]);
}

static void random_list(unsigned *seed, struct list *list)
{
	const unsigned count = next(seed, ENTRIES_MAX);

	*list = (struct list){.web.default_allow = next(seed, 2)};
	for (unsigned i = 0; i < count; i++) {
		char name[32], word[48];

		random_name(seed, name, sizeof(name));
		snprintf(word, sizeof(word), "%c%s%s%s", next(seed, 2) ? '+' : '-',
		         next(seed, 3) ? "" : "!", next(seed, 2) ? "*." : "", name);
		add(list, word);
	}
}

static void random_lists_are_decided_as_by_the_model(void **state)
{
	struct list list;
	const unsigned rounds = quick_share(2000);
	unsigned seed = 1, allowed = 0;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		random_list(&seed, &list);
		qsort(list.names, list.web.name_count, sizeof(list.names[0]), compare);
		for (int i = 0; i < 20; i++) {
			const struct policy_name *entry;
			enum name_verdict verdict;
			char name[32];

			random_name(&seed, name, sizeof(name));
			verdict = policy_name_decide(&list.web, name, &entry);
			if ((verdict == NAME_ALLOWED) != model_allows(&list.web, name))
				fail_msg("round %u: %s", round, name);
			assert_true(!entry || covers(entry, name));
			assert_true(!entry || entry->block == (verdict == NAME_DENIED));
			allowed += verdict == NAME_ALLOWED;
		}
	}
	assert_in_range(allowed, rounds, rounds * 19);
}

/* --- what else there is --- */

static void every_one_of_many_entries_is_found(void **state)
{
	static struct policy_name names[NAMES_OF_TEST];
	struct policy_web web = {.names = names, .name_count = NAMES_OF_TEST};
	const struct policy_name *entry;

	(void)state;
	for (int i = 0; i < NAMES_OF_TEST; i++)
		snprintf(names[i].name, sizeof(names[i].name), "n%03d.test", i);
	for (int i = 0; i < NAMES_OF_TEST; i++) {
		assert_int_equal(policy_name_decide(&web, names[i].name, &entry), NAME_ALLOWED);
		assert_ptr_equal(entry, &names[i]);
	}
	assert_int_equal(policy_name_decide(&web, "n.test", NULL), NAME_DENIED);
	assert_int_equal(policy_name_decide(&web, "n4000.test", NULL), NAME_DENIED);
}

/* The lists end where memory does. */
static void no_search_looks_behind_its_list(void **state)
{
	static const struct policy_name names[] = {{.name = "a.test"}, {.name = "b.test"}};
	static const struct policy_host hosts[] = {{"a.test", 1}, {"b.test", 2}};
	struct guard n = guard_copy(names, sizeof(names)), h = guard_copy(hosts, sizeof(hosts));
	struct policy_web web = {.name_count = COUNT(names), .host_count = COUNT(hosts)};
	size_t count;

	(void)state;
	web.names = (struct policy_name *)(uintptr_t)n.p;
	web.hosts = (struct policy_host *)(uintptr_t)h.p;
	assert_int_equal(policy_name_decide(&web, "b.test", NULL), NAME_ALLOWED);
	assert_int_equal(policy_name_decide(&web, "c.test", NULL), NAME_DENIED);
	assert_int_equal(policy_name_hosts(&web, "b.test", &count)->ip, 2);
	assert_int_equal(count, 1);
	assert_null(policy_name_hosts(&web, "c.test", &count));
	assert_false(policy_name_is_host(&web, 3));
	guard_free(&n);
	guard_free(&h);
}

static void a_block_of_the_users_is_told_even_under_one_of_the_organisations(void **state)
{
	const struct policy_web *web = &list_of("-!bad.test -a.bad.test")->web;
	const struct policy_name *entry;

	(void)state;
	assert_int_equal(policy_name_decide(web, "a.bad.test", &entry), NAME_DENIED);
	assert_string_equal(entry->name, "a.bad.test");
	assert_int_equal(policy_name_decide(web, "b.bad.test", &entry), NAME_DENIED);
	assert_string_equal(entry->name, "bad.test");
}

static void entries_have_an_order(void **state)
{
	static const char *const ascending[] = {"+a", "-a", "+*.a", "-*.a", "+a.a", "+b"};

	(void)state;
	for (size_t i = 0; i < COUNT(ascending); i++)
		for (size_t k = 0; k < COUNT(ascending); k++) {
			const struct policy_name a = list_of(ascending[i])->names[0];
			const struct policy_name b = list_of(ascending[k])->names[0];
			const int order = policy_name_compare(&a, &b);

			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void a_name_is_spliced_when_mode_or_entry_say_so(void **state)
{
	const struct policy_name plain = {.name = "a"}, splice = {.name = "a", .splice = true};
	const struct policy_name block = {.name = "a", .splice = true, .block = true};
	struct policy_web web = {.tls = POLICY_TLS_MITM};

	(void)state;
	assert_false(policy_name_splices(&web, NULL));
	assert_false(policy_name_splices(&web, &plain));
	assert_false(policy_name_splices(&web, &block));
	assert_true(policy_name_splices(&web, &splice));
	web.tls = POLICY_TLS_SPLICE;
	assert_true(policy_name_splices(&web, NULL));
	assert_true(policy_name_splices(&web, &plain));
}

static void hosts_are_found_with_all_their_addresses(void **state)
{
	static struct policy_host hosts[] = {
	        {"a.test", 1}, {"b.test", 2}, {"b.test", 3}, {"b.test", 4}, {"c.test", 9},
	};
	const struct policy_web web = {.hosts = hosts, .host_count = COUNT(hosts)};
	const struct policy_host *found;
	size_t count;

	(void)state;
	for (size_t i = 1; i < COUNT(hosts); i++) {
		assert_true(policy_host_compare(&hosts[i - 1], &hosts[i]) < 0);
		assert_true(policy_host_compare(&hosts[i], &hosts[i - 1]) > 0);
		assert_int_equal(policy_host_compare(&hosts[i], &hosts[i]), 0);
	}
	found = policy_name_hosts(&web, "b.test", &count);
	assert_ptr_equal(found, &hosts[1]);
	assert_int_equal(count, 3);
	assert_ptr_equal(policy_name_hosts(&web, "a.test", &count), &hosts[0]);
	assert_int_equal(count, 1);
	assert_ptr_equal(policy_name_hosts(&web, "c.test", &count), &hosts[4]);
	assert_int_equal(count, 1);
	assert_null(policy_name_hosts(&web, "aa.test", &count));
	assert_int_equal(count, 0);
	assert_null(policy_name_hosts(&web, "d.test", &count));
	assert_int_equal(count, 0);
	assert_true(policy_name_is_host(&web, 1));
	assert_true(policy_name_is_host(&web, 9));
	assert_false(policy_name_is_host(&web, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_most_specific_entry_decides),
	        cmocka_unit_test(names_of_no_list_go_by_the_default),
	        cmocka_unit_test(a_name_too_long_is_denied),
	        cmocka_unit_test(random_lists_are_decided_as_by_the_model),
	        cmocka_unit_test(every_one_of_many_entries_is_found),
	        cmocka_unit_test(no_search_looks_behind_its_list),
	        cmocka_unit_test(a_block_of_the_users_is_told_even_under_one_of_the_organisations),
	        cmocka_unit_test(entries_have_an_order),
	        cmocka_unit_test(a_name_is_spliced_when_mode_or_entry_say_so),
	        cmocka_unit_test(hosts_are_found_with_all_their_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
