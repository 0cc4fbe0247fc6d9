/* SPDX-License-Identifier: ISC */
/* ca_main.c: `refnat ca init|show`. */
#include "ref/ca_main.h"

#include "ref/ca.h"
#include "ref/cert.h"
#include "ref/exits.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_S  86400
#define BACK_S 3600

struct wish {
	const char *cert, *key, *name;
	int days;
};

static int usage(const char *why, const char *what)
{
	fprintf(stderr,
	        "refnat: ca: %s%s\n"
	        "usage: refnat ca init --cert FILE --key FILE [--name TEXT] [--days N]\n"
	        "       refnat ca show FILE\n",
	        why, what);
	return EXITS_USAGE;
}

static int failed(const char *path, const char *why)
{
	fprintf(stderr, "refnat: ca: %s: %s\n", path, why);
	return EXITS_ENVIRONMENT;
}

static bool parse_days(const char *text, int *out)
{
	char *end;
	long days;

	if (*text < '0' || *text > '9')
		return false;
	days = strtol(text, &end, 10);
	*out = (int)days;
	return !*end && days >= 1 && days <= CA_DAYS_MAX;
}

/* What X.509 allows in a common name, and a terminal and a log can show. */
static bool is_name(const char *text)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len && len <= CA_NAME_MAX;
}

/* --- init --- */

/* A new file, or NULL with errno: O_EXCL does not follow a link either. */
static FILE *create(const char *path, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Closes, and says whether everything has reached the disk. */
static bool finish(FILE *file, bool written)
{
	const bool flushed = written && fflush(file) == 0 && fsync(fileno(file)) == 0;

	return fclose(file) == 0 && flushed;
}

static bool write_cert(const char *path, X509 *cert)
{
	FILE *file = create(path, 0644);
	bool done;

	if (!file)
		return false;
	errno = 0;
	done = finish(file, PEM_write_X509(file, cert) == 1);
	if (!done)
		unlink(path);
	return done;
}

static int write_files(const struct wish *wish, X509 *cert, EVP_PKEY *key)
{
	FILE *file = create(wish->key, 0600);
	bool done;

	if (!file)
		return failed(wish->key, strerror(errno));
	done = finish(file, PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
	if (done && write_cert(wish->cert, cert))
		return EXITS_OK;
	failed(done ? wish->cert : wish->key, errno ? strerror(errno) : "cannot be written");
	unlink(wish->key);
	return EXITS_ENVIRONMENT;
}

static int init(const struct wish *wish)
{
	const int64_t now_s = (int64_t)time(NULL);
	struct cert_spec spec = {
	        .common_name = wish->name,
	        .key = cert_key(),
	        .not_before_s = now_s - BACK_S,
	        .not_after_s = now_s + (int64_t)wish->days * DAY_S,
	};
	int status = EXITS_ENVIRONMENT;
	X509 *cert;

	spec.issuer_key = spec.key;
	cert = spec.key ? cert_make(&spec) : NULL;
	if (cert)
		status = write_files(wish, cert, spec.key);
	else
		failed(wish->cert, ERR_reason_error_string(ERR_peek_last_error()));
	X509_free(cert);
	EVP_PKEY_free(spec.key);
	return status;
}

static int parse_init(int argc, char *argv[])
{
	struct wish wish = {.name = CA_NAME, .days = CA_DAYS};

	for (int i = 0; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (!value)
			return usage(argv[i], " needs a value");
		if (strcmp(argv[i], "--cert") == 0)
			wish.cert = value;
		else if (strcmp(argv[i], "--key") == 0)
			wish.key = value;
		else if (strcmp(argv[i], "--name") == 0)
			wish.name = value;
		else if (strcmp(argv[i], "--days") != 0)
			return usage("unknown flag ", argv[i]);
		else if (!parse_days(value, &wish.days))
			return usage("--days must be 1 to 3650, not ", value);
	}
	if (!wish.cert || !wish.key)
		return usage(wish.cert ? "--key" : "--cert", " is missing");
	if (!is_name(wish.name))
		return usage("--name must be 1 to 64 printable characters", "");
	return init(&wish);
}

/* --- show --- */

static void print_time(const char *what, const ASN1_TIME *time)
{
	struct tm tm;
	char text[32];

	if (ASN1_TIME_to_tm(time, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		printf("%s %s\n", what, text);
}

static int show(const char *path)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	X509 *cert = ca_read_cert(path);

	if (!cert)
		return EXITS_ENVIRONMENT;
	printf("subject     ");
	X509_NAME_print_ex_fp(stdout, X509_get_subject_name(cert), 0,
	                      XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	printf("\n");
	print_time("not before ", X509_get0_notBefore(cert));
	print_time("not after  ", X509_get0_notAfter(cert));
	printf("key         %s, %d bits\n", EVP_PKEY_get0_type_name(X509_get0_pubkey(cert)),
	       EVP_PKEY_get_bits(X509_get0_pubkey(cert)));
	if (X509_digest(cert, EVP_sha256(), hash, &n)) {
		printf("sha256      ");
		for (unsigned i = 0; i < n; i++)
			printf("%s%02X", i ? ":" : "", hash[i]);
		printf("\n");
	}
	X509_free(cert);
	return EXITS_OK;
}

int ca_main(int argc, char *argv[])
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (argc < 2)
		return usage("init or show is missing", "");
	if (strcmp(argv[1], "init") == 0)
		return parse_init(argc - 2, argv + 2);
	if (strcmp(argv[1], "show") == 0)
		return argc == 3 ? show(argv[2]) : usage("show takes one file", "");
	return usage("unknown sub-command ", argv[1]);
}
