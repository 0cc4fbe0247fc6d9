/* SPDX-License-Identifier: ISC */
/* minter_test.c: leaves are what they should be, for names that are allowed, and for nobody else. */
#include "ref/minter.h"

#include "ref/ca.h"
#include "ref/ca_main.h"
#include "ref/exits.h"
#include "ref/leaf.h"
#include "ref/tls_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATIENCE_MS 5000

static char folder[] = "/tmp/minter-test-XXXXXX";
static char cert_path[64], key_path[64];

struct play {
	struct minter minter;
	struct leaf_cache *cache;
	EVP_PKEY *key;
	struct ca ca;
};

static int make_ca(const char *days)
{
	char *argv[] = {strdup("ca"),    strdup("init"),   strdup("--cert"), strdup(cert_path),
	                strdup("--key"), strdup(key_path), strdup("--days"), strdup(days)};
	const int status = ca_main(8, argv);

	for (int i = 0; i < 8; i++)
		free(argv[i]);
	return status;
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(cert_path, sizeof(cert_path), "%s/ca.pem", folder);
	snprintf(key_path, sizeof(key_path), "%s/ca.key", folder);
	return make_ca("400");
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(cert_path);
	unlink(key_path);
	return rmdir(folder);
}

static bool allows_tests(void *arg, const char *name)
{
	const size_t len = strlen(name);

	(void)arg;
	return len > 5 && strcmp(name + len - 5, ".test") == 0 && strcmp(name, "no.test") != 0;
}

static struct minter_setup setup_of(void)
{
	return (struct minter_setup){
	        .ca_cert = cert_path, .ca_key = key_path, .allows = allows_tests};
}

static int start(void **state)
{
	const struct minter_setup setup = setup_of();
	struct play *p = calloc(1, sizeof(*p));

	assert_true(ca_load(&p->ca, cert_path, key_path, time(NULL)));
	assert_true(minter_start(&p->minter, &setup));
	p->key = cert_key();
	p->cache = leaf_cache_new(dup(p->minter.fd), p->key);
	assert_non_null(p->cache);
	*state = p;
	return 0;
}

static int stop(void **state)
{
	struct play *p = *state;

	leaf_cache_free(p->cache);
	minter_stop(&p->minter);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	EVP_PKEY_free(p->key);
	ca_free(&p->ca);
	free(p);
	return 0;
}

static void nothing(void *arg, const char *name)
{
	(void)arg;
	(void)name;
}

static void wait_for(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
}

static X509 *get(struct play *p, const char *name)
{
	X509 *leaf;
	enum leaf_result result;

	while ((result = leaf_get(p->cache, name, time(NULL), &leaf)) == LEAF_WAIT) {
		wait_for(p->minter.fd);
		assert_true(leaf_serve(p->cache, time(NULL), nothing, NULL));
	}
	assert_int_equal(result == LEAF_READY, leaf != NULL);
	return leaf;
}

static bool has(X509 *leaf, int nid, const char *text)
{
	const int i = X509_get_ext_by_NID(leaf, nid, -1);
	BIO *out = BIO_new(BIO_s_mem());
	char *bytes;
	bool same;
	long n;

	assert_true(i >= 0);
	assert_int_equal(X509_get_ext_by_NID(leaf, nid, i), -1);
	X509V3_EXT_print(out, X509_get_ext(leaf, i), 0, 0);
	n = BIO_get_mem_data(out, &bytes);
	same = n == (long)strlen(text) && memcmp(bytes, text, (size_t)n) == 0;
	BIO_free(out);
	return same;
}

static void a_leaf_is_what_it_should_be(void **state)
{
	struct play *p = *state;
	/* Not the first one: that is made differently. */
	X509 *first = get(p, "other.test"), *leaf = get(p, "ok.test");
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(leaf), NULL);

	assert_true(has(first, NID_subject_alt_name, "DNS:other.test"));
	assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
	assert_int_equal(X509_verify(leaf, p->ca.key), 1);
	assert_int_equal(X509_check_issued(p->ca.cert, leaf), X509_V_OK);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(leaf), p->key), 1);
	assert_int_equal(X509_get_signature_nid(leaf), NID_ecdsa_with_SHA256);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(leaf)), 0);
	assert_true(has(leaf, NID_subject_alt_name, "DNS:ok.test"));
	assert_true(has(leaf, NID_ext_key_usage, "TLS Web Server Authentication"));
	assert_true(has(leaf, NID_key_usage, "Digital Signature"));
	assert_true(has(leaf, NID_basic_constraints, "CA:FALSE"));
	assert_non_null(X509_get0_subject_key_id(leaf));
	assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf),
	                                       X509_get0_subject_key_id(p->ca.cert)),
	                 0);
	assert_true(X509_EXTENSION_get_critical(
	        X509_get_ext(leaf, X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1))));
	assert_int_equal(BN_num_bits(number), 127);
	BN_free(number);
}

static void a_leaf_is_valid_now_and_for_no_more_than_398_days(void **state)
{
	struct play *p = *state;
	X509 *leaf = get(p, "ok.test");
	const int64_t now_s = time(NULL);
	int64_t from_s, to_s;

	assert_true(cert_time(X509_get0_notBefore(leaf), &from_s));
	assert_true(cert_time(X509_get0_notAfter(leaf), &to_s));
	assert_in_range(now_s - from_s, MINTER_BACK_S - 60, MINTER_BACK_S + 60);
	assert_in_range(to_s - now_s, MINTER_DAYS * DAY_S - 60, MINTER_DAYS * DAY_S);
	assert_true(to_s - from_s <= 398 * DAY_S);
}

static void serials_differ(void **state)
{
	struct play *p = *state;
	char name[32];
	X509 *leaves[50];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		leaves[i] = get(p, name);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaves[i]),
			                                      X509_get0_serialNumber(leaves[j])),
			                     0);
	}
}

static void names_that_are_not_allowed_get_none(void **state)
{
	static const char *const names[] = {
	        "no.test",  "ok.example", "OK.test", "ok.test.", "a..test",   "*.ok.test",
	        "a b.test", "a/b.test",   "-a.test", "1.2.3.4",  "a%00.test", "\xc3\xa4.test",
	};
	struct play *p = *state;

	assert_non_null(get(p, "ok.test"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_null(get(p, names[i]));
	assert_non_null(get(p, "other.test"));
}

static void a_long_name_gets_one(void **state)
{
	struct play *p = *state;
	char name[254];

	for (int i = 0; i < 253; i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	memcpy(name + 248, ".test", 6);
	assert_non_null(get(p, name));
}

static void a_leaf_does_not_outlive_its_ca(void **state)
{
	const struct minter_setup setup = setup_of();
	struct play p = {.key = cert_key()};
	int64_t leaf_s, ca_s;

	(void)state;
	unlink(cert_path);
	unlink(key_path);
	assert_int_equal(make_ca("9"), EXITS_OK);
	assert_true(ca_load(&p.ca, cert_path, key_path, time(NULL)));
	assert_true(minter_start(&p.minter, &setup));
	p.cache = leaf_cache_new(dup(p.minter.fd), p.key);
	assert_true(cert_time(X509_get0_notAfter(get(&p, "ok.test")), &leaf_s));
	assert_true(cert_time(X509_get0_notAfter(p.ca.cert), &ca_s));
	assert_int_equal(leaf_s, ca_s);
	leaf_cache_free(p.cache);
	minter_stop(&p.minter);
	ca_free(&p.ca);
	EVP_PKEY_free(p.key);
}

/* What the minter does not understand ends it. */
static void expect_end(struct play *p, const void *bytes, size_t n)
{
	uint8_t answer;

	assert_int_equal(send(p->minter.fd, bytes, n, MSG_NOSIGNAL), n);
	wait_for(p->minter.fd);
	assert_int_equal(recv(p->minter.fd, &answer, 1, 0), 0);
}

static void a_name_too_long_ends_it(void **state)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	expect_end(*state, name, 254);
}

static void a_zero_byte_ends_it(void **state)
{
	expect_end(*state, "ok.test\0.test", 13);
}

static void a_second_key_is_no_name(void **state)
{
	struct play *p = *state;
	unsigned char *der = NULL;
	const int n = i2d_PUBKEY(p->key, &der);

	expect_end(p, der, (size_t)n);
	OPENSSL_free(der);
}

static void a_first_message_that_is_no_key_ends_it(void **state)
{
	const struct minter_setup setup = setup_of();
	struct play p = {0};

	(void)state;
	assert_true(minter_start(&p.minter, &setup));
	expect_end(&p, "ok.test", 7);
	minter_stop(&p.minter);
}

static void without_a_safe_ca_it_does_not_start(void **state)
{
	const struct minter_setup setup = setup_of();
	struct minter minter;

	(void)state;
	assert_int_equal(chmod(key_path, 0640), 0);
	assert_false(minter_start(&minter, &setup));
	assert_int_equal(chmod(key_path, 0600), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_true(minter_start(&minter, &setup));
	minter_stop(&minter);
}

static bool fails(void *arg)
{
	(void)arg;
	return false;
}

static void without_its_sandbox_it_does_not_start(void **state)
{
	struct minter_setup setup = setup_of();
	struct minter minter;

	(void)state;
	setup.prepare = fails;
	assert_false(minter_start(&minter, &setup));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	        TEST(a_leaf_is_what_it_should_be),
	        TEST(a_leaf_is_valid_now_and_for_no_more_than_398_days),
	        TEST(serials_differ),
	        TEST(names_that_are_not_allowed_get_none),
	        TEST(a_long_name_gets_one),
	        TEST(a_name_too_long_ends_it),
	        TEST(a_zero_byte_ends_it),
	        TEST(a_second_key_is_no_name),
	        cmocka_unit_test(a_first_message_that_is_no_key_ends_it),
	        cmocka_unit_test(without_a_safe_ca_it_does_not_start),
	        cmocka_unit_test(without_its_sandbox_it_does_not_start),
	        cmocka_unit_test(a_leaf_does_not_outlive_its_ca),
	};

	return cmocka_run_group_tests_name("minter", tests, make_folder, remove_folder);
}
