/* SPDX-License-Identifier: ISC */
/* ca_test.c: a CA is made once, and used only when it is one and safe. */
#include "ref/ca_main.h"

#include "ref/ca.h"
#include "ref/exits.h"
#include "ref/tls_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static char folder[] = "/tmp/ca-test-XXXXXX";
static char cert[64], key[64], other_cert[64], other_key[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(cert, sizeof(cert), "%s/ca.pem", folder);
	snprintf(key, sizeof(key), "%s/ca.key", folder);
	snprintf(other_cert, sizeof(other_cert), "%s/other.pem", folder);
	snprintf(other_key, sizeof(other_key), "%s/other.key", folder);
	return 0;
}

static int empty_folder(void **state)
{
	(void)state;
	unlink(cert);
	unlink(key);
	unlink(other_cert);
	unlink(other_key);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int run(int count, const char *const words[])
{
	char text[16][80];
	char *argv[17] = {0};

	for (int i = 0; i < count; i++) {
		snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[i] = text[i];
	}
	return ca_main(count, argv);
}
#define RUN(...)                                                                                   \
	run((int)(sizeof((const char *const[]){"ca", __VA_ARGS__}) / sizeof(char *)),              \
	    (const char *const[]){"ca", __VA_ARGS__})

static bool loads(void)
{
	struct ca ca;
	const bool loaded = ca_load(&ca, cert, key, time(NULL));

	if (loaded)
		ca_free(&ca);
	return loaded;
}

static mode_t mode_of(const char *path)
{
	struct stat stat_of;

	assert_int_equal(stat(path, &stat_of), 0);
	return stat_of.st_mode & 07777;
}

static void a_ca_is_made_and_used(void **state)
{
	const mode_t before = umask(0);
	struct ca ca;

	(void)state;
	assert_int_equal(
	        RUN("init", "--cert", cert, "--key", key, "--name", "Our CA", "--days", "9"),
	        EXITS_OK);
	umask(before);
	assert_int_equal(mode_of(key), 0600);
	assert_true(ca_load(&ca, cert, key, time(NULL)));
	assert_int_equal(X509_get_pathlen(ca.cert), 0);
	assert_true(EVP_PKEY_is_a(ca.key, "EC"));
	assert_int_equal(EVP_PKEY_get_bits(ca.key), 256);
	ca_free(&ca);
	assert_int_equal(RUN("show", cert), EXITS_OK);
}

static void it_is_valid_from_an_hour_ago_for_its_days(void **state)
{
	const int64_t now_s = time(NULL);
	struct ca ca;

	(void)state;
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--days", "9"), EXITS_OK);
	assert_true(ca_load(&ca, cert, key, now_s - 3500));
	ca_free(&ca);
	assert_false(ca_load(&ca, cert, key, now_s - 3700));
	assert_true(ca_load(&ca, cert, key, now_s + 9 * DAY_S - 60));
	ca_free(&ca);
	assert_false(ca_load(&ca, cert, key, now_s + 9 * DAY_S + 60));
}

static void nothing_is_overwritten(void **state)
{
	(void)state;
	assert_int_equal(RUN("init", "--cert", cert, "--key", key), EXITS_OK);
	assert_int_equal(RUN("init", "--cert", cert, "--key", other_key), EXITS_ENVIRONMENT);
	assert_int_equal(access(other_key, F_OK), -1);
	assert_int_equal(RUN("init", "--cert", other_cert, "--key", key), EXITS_ENVIRONMENT);
	assert_int_equal(access(other_cert, F_OK), -1);
	assert_true(loads());
}

static void a_link_is_not_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink(other_key, key), 0);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key), EXITS_ENVIRONMENT);
	assert_int_equal(access(other_key, F_OK), -1);
}

static void a_key_that_others_may_use_is_not_used(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644};

	(void)state;
	assert_int_equal(RUN("init", "--cert", cert, "--key", key), EXITS_OK);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(key, modes[i]), 0);
		assert_false(loads());
	}
	assert_int_equal(chmod(key, 0400), 0);
	assert_true(loads());
}

static void a_key_of_another_certificate_is_not_used(void **state)
{
	struct ca ca;

	(void)state;
	assert_int_equal(RUN("init", "--cert", cert, "--key", key), EXITS_OK);
	assert_int_equal(RUN("init", "--cert", other_cert, "--key", other_key), EXITS_OK);
	assert_false(ca_load(&ca, cert, other_key, time(NULL)));
	assert_false(ca_load(&ca, other_cert, key, time(NULL)));
	assert_true(ca_load(&ca, other_cert, other_key, time(NULL)));
	ca_free(&ca);
}

static void what_is_no_file_of_that_kind_is_not_used(void **state)
{
	struct ca ca;

	(void)state;
	assert_false(loads());
	assert_int_equal(RUN("init", "--cert", cert, "--key", key), EXITS_OK);
	assert_false(ca_load(&ca, key, key, time(NULL)));
	assert_false(ca_load(&ca, cert, cert, time(NULL)));
	assert_false(ca_load(&ca, cert, folder, time(NULL)));
	assert_false(ca_load(&ca, folder, key, time(NULL)));
	assert_false(ca_load(&ca, cert, "/dev/null", time(NULL)));
	assert_int_equal(RUN("show", key), EXITS_ENVIRONMENT);
	assert_int_equal(RUN("show", other_cert), EXITS_ENVIRONMENT);
}

/* Writes a CA's two files by hand. */
static void write_ca(struct paper paper, EVP_PKEY *pkey)
{
	X509 *made;
	FILE *file;

	paper.key = pkey;
	made = paper_make(&paper);
	file = fopen(cert, "w");
	assert_true(PEM_write_X509(file, made));
	fclose(file);
	file = fdopen(open(key, O_WRONLY | O_CREAT | O_TRUNC, 0600), "w");
	assert_true(PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL));
	fclose(file);
	X509_free(made);
}

static void a_certificate_that_may_not_sign_is_not_used(void **state)
{
	EVP_PKEY *ec = cert_key(), *weak = EVP_RSA_gen(1024), *rsa = EVP_RSA_gen(2048);
	const char *const basic = "critical,CA:TRUE", *const usage = "critical,keyCertSign";

	(void)state;
	write_ca((struct paper){.common_name = "ca", .basic = basic, .usage = usage}, ec);
	assert_true(loads());
	write_ca((struct paper){.common_name = "ca", .basic = basic, .usage = usage}, rsa);
	assert_true(loads());
	write_ca((struct paper){.common_name = "ca", .basic = basic, .usage = usage}, weak);
	assert_false(loads());
	write_ca((struct paper){.common_name = "ca", .usage = usage}, ec);
	assert_false(loads());
	write_ca((struct paper){.common_name = "ca", .basic = "CA:FALSE", .usage = usage}, ec);
	assert_false(loads());
	write_ca((struct paper){.common_name = "ca", .basic = basic, .usage = "cRLSign"}, ec);
	assert_false(loads());
	EVP_PKEY_free(ec);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(rsa);
}

static void bad_arguments_are_refused(void **state)
{
	char name[80];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[65] = '\0';
	assert_int_equal(run(1, (const char *const[]){"ca"}), EXITS_USAGE);
	assert_int_equal(RUN("make"), EXITS_USAGE);
	assert_int_equal(RUN("show"), EXITS_USAGE);
	assert_int_equal(RUN("show", cert, cert), EXITS_USAGE);
	assert_int_equal(RUN("init"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert), EXITS_USAGE);
	assert_int_equal(RUN("init", "--key", key), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--what", "1"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--days", "0"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--days", "3651"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--days", "-1"), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--days", "9x"), EXITS_USAGE);
	assert_int_equal(
	        RUN("init", "--cert", cert, "--key", key, "--days", "99999999999999999999"),
	        EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--name", ""), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--name", name), EXITS_USAGE);
	assert_int_equal(RUN("init", "--cert", cert, "--key", key, "--name", "a\nb"), EXITS_USAGE);
	assert_int_equal(access(cert, F_OK), -1);
	assert_int_equal(access(key, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(a_ca_is_made_and_used, empty_folder),
	        cmocka_unit_test_teardown(it_is_valid_from_an_hour_ago_for_its_days, empty_folder),
	        cmocka_unit_test_teardown(nothing_is_overwritten, empty_folder),
	        cmocka_unit_test_teardown(a_link_is_not_followed, empty_folder),
	        cmocka_unit_test_teardown(a_key_that_others_may_use_is_not_used, empty_folder),
	        cmocka_unit_test_teardown(a_key_of_another_certificate_is_not_used, empty_folder),
	        cmocka_unit_test_teardown(what_is_no_file_of_that_kind_is_not_used, empty_folder),
	        cmocka_unit_test_teardown(a_certificate_that_may_not_sign_is_not_used,
	                                  empty_folder),
	        cmocka_unit_test_teardown(bad_arguments_are_refused, empty_folder),
	};

	return cmocka_run_group_tests_name("ca", tests, make_folder, remove_folder);
}
