/* SPDX-License-Identifier: ISC */
/* leaf_test.c: one mint for a name, however many ask; a bounded cache. The minter is the test's. */
#include "ref/leaf.h"

#include "ref/minter.h"
#include "ref/tls_rig.h"

#include <fcntl.h>
#include <sys/socket.h>

#define NOW 1800000000

struct play {
	struct leaf_cache *cache;
	int minter;
	EVP_PKEY *key;
	int64_t life_s; /* of the leaves that the test mints */
	char told[LEAF_CACHE_MAX + 8][64];
	size_t told_count;
};

static int start(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	const unsigned char *at;
	uint8_t bytes[MINTER_KEY_MAX];
	EVP_PKEY *told;
	ssize_t n;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	p->minter = pair[1];
	p->key = cert_key();
	p->life_s = 90 * DAY_S;
	p->cache = leaf_cache_new(pair[0], p->key);
	assert_non_null(p->cache);
	n = recv(p->minter, bytes, sizeof(bytes), MSG_DONTWAIT);
	at = bytes;
	told = d2i_PUBKEY(NULL, &at, n);
	assert_int_equal(EVP_PKEY_eq(told, p->key), 1);
	EVP_PKEY_free(told);
	*state = p;
	return 0;
}

static int stop(void **state)
{
	struct play *p = *state;

	leaf_cache_free(p->cache);
	EVP_PKEY_free(p->key);
	close(p->minter);
	free(p);
	return 0;
}

static void note(void *arg, const char *name)
{
	struct play *p = arg;

	snprintf(p->told[p->told_count++], sizeof(p->told[0]), "%s", name);
}

/* The next name that the minter is asked for, or "". */
static const char *asked(struct play *p, char name[256])
{
	const ssize_t n = recv(p->minter, name, 255, MSG_DONTWAIT);

	name[n > 0 ? n : 0] = '\0';
	return name;
}

/* An answer for `name`, with `extra` bytes behind it. */
static void reply(struct play *p, enum minter_status status, const char *name, size_t extra)
{
	uint8_t bytes[MINTER_ANSWER_MAX + 100];
	unsigned char *at = bytes + 2 + strlen(name);
	const struct cert_spec spec = {
	        .dns = name,
	        .key = p->key,
	        .issuer_key = p->key,
	        .not_before_s = NOW - 60,
	        .not_after_s = NOW + p->life_s,
	};
	X509 *leaf;

	bytes[0] = (uint8_t)status;
	bytes[1] = (uint8_t)strlen(name);
	memcpy(bytes + 2, name, strlen(name));
	if (status == MINTER_OK) {
		leaf = cert_make(&spec);
		i2d_X509(leaf, &at);
		X509_free(leaf);
	}
	memset(at, 0, extra);
	at += extra;
	assert_int_equal(send(p->minter, bytes, (size_t)(at - bytes), MSG_NOSIGNAL), at - bytes);
}

static enum leaf_result get_at(struct play *p, const char *name, int64_t now_s)
{
	X509 *leaf;
	const enum leaf_result result = leaf_get(p->cache, name, now_s, &leaf);

	assert_int_equal(result == LEAF_READY, leaf != NULL);
	if (leaf)
		assert_int_equal(X509_check_host(leaf, name, 0, 0, NULL), 1);
	return result;
}

static enum leaf_result get(struct play *p, const char *name)
{
	return get_at(p, name, NOW);
}

/* Asks for a name and has it minted. */
static void mint(struct play *p, const char *name)
{
	char text[256];

	assert_int_equal(get(p, name), LEAF_WAIT);
	assert_string_equal(asked(p, text), name);
	reply(p, MINTER_OK, name, 0);
	assert_true(leaf_serve(p->cache, NOW, note, p));
}

static void two_hundred_ask_and_one_is_minted(void **state)
{
	struct play *p = *state;
	char name[256];

	for (int i = 0; i < 200; i++)
		assert_int_equal(get(p, "fresh.test"), LEAF_WAIT);
	assert_string_equal(asked(p, name), "fresh.test");
	assert_string_equal(asked(p, name), "");
	reply(p, MINTER_OK, "fresh.test", 0);
	assert_true(leaf_serve(p->cache, NOW, note, p));
	assert_int_equal(p->told_count, 1);
	assert_string_equal(p->told[0], "fresh.test");
	for (int i = 0; i < 200; i++)
		assert_int_equal(get(p, "fresh.test"), LEAF_READY);
	assert_int_equal(leaf_stats(p->cache).mints, 1);
	assert_int_equal(leaf_stats(p->cache).hits, 200);
}

static void a_name_that_is_refused_is_not_asked_again_at_once(void **state)
{
	struct play *p = *state;
	char name[256];

	assert_int_equal(get(p, "no.test"), LEAF_WAIT);
	assert_string_equal(asked(p, name), "no.test");
	reply(p, MINTER_REFUSED, "no.test", 0);
	assert_true(leaf_serve(p->cache, NOW, note, p));
	assert_string_equal(p->told[0], "no.test");
	assert_int_equal(get(p, "no.test"), LEAF_FAILED);
	assert_string_equal(asked(p, name), "");
	assert_int_equal(get_at(p, "no.test", NOW + LEAF_REFUSED_S), LEAF_WAIT);
	assert_string_equal(asked(p, name), "no.test");
	assert_int_equal(leaf_stats(p->cache).refused, 1);
}

static void a_leaf_is_minted_anew_before_it_expires(void **state)
{
	struct play *p = *state;
	const int64_t renewal = NOW + p->life_s - LEAF_RENEW_S;

	mint(p, "a.test");
	assert_int_equal(get_at(p, "a.test", renewal - 1), LEAF_READY);
	assert_int_equal(get_at(p, "a.test", renewal), LEAF_WAIT);
	p->life_s *= 2;
	reply(p, MINTER_OK, "a.test", 0);
	assert_true(leaf_serve(p->cache, renewal, note, p));
	assert_int_equal(get_at(p, "a.test", renewal), LEAF_READY);
	assert_int_equal(leaf_stats(p->cache).entries, 1);
}

static void leaves_of_a_ca_that_ends_soon_are_used_all_the_same(void **state)
{
	struct play *p = *state;

	p->life_s = 60;
	mint(p, "a.test");
	assert_int_equal(get_at(p, "a.test", NOW + 29), LEAF_READY);
	assert_int_equal(get_at(p, "a.test", NOW + 30), LEAF_WAIT);
}

static const char *number(size_t i)
{
	static char name[32];

	snprintf(name, sizeof(name), "n%zu.test", i);
	return name;
}

static void the_one_asked_for_longest_ago_makes_room(void **state)
{
	struct play *p = *state;

	for (size_t i = 0; i < LEAF_CACHE_MAX; i++)
		mint(p, number(i));
	assert_int_equal(leaf_stats(p->cache).evicted, 0);
	assert_int_equal(get(p, number(0)), LEAF_READY);
	mint(p, "one.more.test");
	assert_int_equal(leaf_stats(p->cache).evicted, 1);
	assert_int_equal(leaf_stats(p->cache).entries, LEAF_CACHE_MAX);
	assert_int_equal(get(p, number(0)), LEAF_READY);
	assert_int_equal(get(p, number(2)), LEAF_READY);
	assert_int_equal(get(p, "one.more.test"), LEAF_READY);
	assert_int_equal(get(p, number(1)), LEAF_WAIT);
}

static void when_all_wait_one_more_is_refused(void **state)
{
	struct play *p = *state;
	char name[256];

	for (size_t i = 0; i < LEAF_CACHE_MAX; i++)
		assert_int_equal(get(p, number(i)), LEAF_WAIT);
	assert_int_equal(get(p, "one.more.test"), LEAF_FAILED);
	assert_int_equal(get(p, number(7)), LEAF_WAIT);
	/* All are minted, in order, and none twice. */
	for (size_t i = 0; i < LEAF_CACHE_MAX; i++) {
		assert_string_equal(asked(p, name), number(i));
		reply(p, i % 2 ? MINTER_OK : MINTER_FAILED, name, 0);
		assert_true(leaf_serve(p->cache, NOW, note, p));
		assert_string_equal(p->told[i], number(i));
	}
	assert_string_equal(asked(p, name), "");
	assert_int_equal(get(p, number(0)), LEAF_FAILED);
	assert_int_equal(get(p, number(1)), LEAF_READY);
	assert_int_equal(get(p, "one.more.test"), LEAF_WAIT);
}

static void what_is_no_name_is_refused(void **state)
{
	struct play *p = *state;
	char name[300];

	memset(name, 'a', sizeof(name));
	name[254] = '\0';
	assert_int_equal(get(p, name), LEAF_FAILED);
	assert_int_equal(get(p, ""), LEAF_FAILED);
	assert_string_equal(asked(p, name), "");
}

static void an_answer_that_was_not_asked_for_ends_it(void **state)
{
	struct play *p = *state;

	reply(p, MINTER_OK, "a.test", 0);
	assert_false(leaf_serve(p->cache, NOW, note, p));
	assert_int_equal(p->told_count, 0);
}

static void an_answer_for_another_name_ends_it(void **state)
{
	struct play *p = *state;

	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	assert_int_equal(get(p, "b.test"), LEAF_WAIT);
	reply(p, MINTER_OK, "b.test", 0);
	assert_false(leaf_serve(p->cache, NOW, note, p));
}

static void an_answer_with_something_behind_it_ends_it(void **state)
{
	struct play *p = *state;

	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	reply(p, MINTER_OK, "a.test", 1);
	assert_false(leaf_serve(p->cache, NOW, note, p));
}

static void a_refusal_with_something_behind_it_ends_it(void **state)
{
	struct play *p = *state;

	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	reply(p, MINTER_REFUSED, "a.test", 1);
	assert_false(leaf_serve(p->cache, NOW, note, p));
}

static void an_answer_too_long_ends_it(void **state)
{
	struct play *p = *state;

	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	reply(p, MINTER_FAILED, "a.test", MINTER_ANSWER_MAX);
	assert_false(leaf_serve(p->cache, NOW, note, p));
}

static void a_status_that_is_none_ends_it(void **state)
{
	struct play *p = *state;

	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	reply(p, (enum minter_status)3, "a.test", 0);
	assert_false(leaf_serve(p->cache, NOW, note, p));
}

static void a_minter_that_is_gone_is_noticed(void **state)
{
	struct play *p = *state;

	assert_true(leaf_serve(p->cache, NOW, note, p));
	close(p->minter);
	assert_int_equal(get(p, "a.test"), LEAF_WAIT);
	assert_false(leaf_serve(p->cache, NOW, note, p));
	p->minter = open("/dev/null", O_RDONLY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	        TEST(two_hundred_ask_and_one_is_minted),
	        TEST(a_name_that_is_refused_is_not_asked_again_at_once),
	        TEST(a_leaf_is_minted_anew_before_it_expires),
	        TEST(leaves_of_a_ca_that_ends_soon_are_used_all_the_same),
	        TEST(the_one_asked_for_longest_ago_makes_room),
	        TEST(when_all_wait_one_more_is_refused),
	        TEST(what_is_no_name_is_refused),
	        TEST(an_answer_that_was_not_asked_for_ends_it),
	        TEST(an_answer_for_another_name_ends_it),
	        TEST(an_answer_with_something_behind_it_ends_it),
	        TEST(a_refusal_with_something_behind_it_ends_it),
	        TEST(an_answer_too_long_ends_it),
	        TEST(a_status_that_is_none_ends_it),
	        TEST(a_minter_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests_name("leaf", tests, NULL, NULL);
}
