/* SPDX-License-Identifier: ISC */
/* make_ca.c: `make-ca DIR`: the keys and certificates of the laboratory, made when it is built.
 *
 * Nothing of it is in the repository, nothing is worth stealing. DIR is made, or replaced as a whole when it
 * is of another version of this program or ends its life within a week; else nothing is done (a
 * millisecond).
 *
 *	filter-ca.pem, .key   the CA of the filter under test; guests trust it
 *	world-ca.pem, .key    who vouches for the world's servers; the filter trusts it
 *	other-ca.pem, .key    whom nobody trusts
 *	good.pem              a server that is what it says: ok.test, other.test, api.test, ... (names below)
 *	KIND.pem              one for KIND.bad.test, of the kinds below
 *	empty.pem             no certificate at all
 *
 * A server's file is its chain and then its key. Exit: 0, 1 with a message, 64 usage.
 */
#include "lab/world/cert.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION   "1" /* of what is made: another one replaces it */
#define PATH_SIZE 4096
#define WEEK_S    (7 * CERT_DAY_S)

#define GOOD_NAMES                                                                                 \
	"DNS:ok.test,DNS:other.test,DNS:api.test,DNS:pin.test,DNS:plain.test,DNS:big.test,"        \
	"DNS:git.test,DNS:wild.test,DNS:*.wild.test"

/* Who signs. */
enum issuer {
	BY_WORLD,
	BY_OTHER, /* nobody trusts it */
	BY_ITSELF,
	BY_BETWEEN, /* an intermediate of the world's CA, which is in the chain */
	BY_MISSING, /* the same, and it is not */
	BY_EXPIRED, /* an intermediate whose time is over */
	BY_LEAF,    /* a leaf, which may not */
	BY_SECOND,  /* an intermediate below one that allows none below it */
	BY_NARROW,  /* an intermediate that may sign names of allowed.test alone */
	BY_FITTING, /* one that may sign names of bad.test */
};

static const struct kind {
	const char *name; /* of the file, and of KIND.bad.test */
	enum issuer issuer;
	enum cert_key key;
	struct cert_spec spec; /* without names: KIND.bad.test */
	bool nameless;
} kinds[] = {
        /* in order: controls */
        {.name = "intermediate", .issuer = BY_BETWEEN},
        {.name = "rsa", .key = CERT_RSA},
        {.name = "wildcard", .spec.names = "DNS:*.wildcard.bad.test"},
        {.name = "upper-case", .spec.names = "DNS:UPPER-CASE.BAD.TEST"},
        {.name = "constrained-ok", .issuer = BY_FITTING},
        {.name = "tls12"},
        {.name = "tls13"},
        /* whose time is not now */
        {.name = "expired", .spec = {.from_s = -90 * CERT_DAY_S, .to_s = -CERT_DAY_S}},
        {.name = "not-yet", .spec = {.from_s = 30 * CERT_DAY_S, .to_s = 90 * CERT_DAY_S}},
        {.name = "expired-intermediate", .issuer = BY_EXPIRED},
        /* whom nobody vouches for */
        {.name = "self-signed", .issuer = BY_ITSELF},
        {.name = "unknown-ca", .issuer = BY_OTHER},
        {.name = "missing-intermediate", .issuer = BY_MISSING},
        {.name = "not-a-ca", .issuer = BY_LEAF},
        {.name = "path-length", .issuer = BY_SECOND},
        {.name = "constrained", .issuer = BY_NARROW},
        /* who is somebody else */
        {.name = "wrong-name", .spec.names = "DNS:right-name.bad.test"},
        {.name = "cn-only", .nameless = true},
        {.name = "ip-san", .spec.names = "IP:99.0.1.1"},
        {.name = "nul-name", .spec.names = "DNS:nul-name.bad.test%.evil.test"},
        {.name = "partial-wildcard", .spec.names = "DNS:partial-wild*.bad.test"},
        {.name = "wide-wildcard", .spec.names = "DNS:*.test"},
        {.name = "inner-wildcard", .spec.names = "DNS:inner-wildcard.*.test"},
        {.name = "trailing-dot", .spec.names = "DNS:trailing-dot.bad.test."},
        /* of no use for this */
        {.name = "no-server-auth", .spec.usage = "clientAuth"},
        {.name = "key-usage", .spec.key_usage = "critical,cRLSign"},
        {.name = "critical-extension", .spec.strange = true},
        {.name = "weak-key", .key = CERT_WEAK},
        {.name = "weak-hash", .issuer = BY_BETWEEN, .spec.sha1 = true},
        {.name = "old-tls"},
};

struct maker {
	const char *dir;
	EVP_PKEY *world_key, *other_key, *key, *between_key;
	X509 *world, *other;
};

static void fail(const char *what)
{
	fprintf(stderr, "make-ca: %s: %s\n", what, errno ? strerror(errno) : "OpenSSL refuses");
	exit(1);
}

static FILE *create(const struct maker *m, const char *name, const char *suffix)
{
	char path[PATH_SIZE];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", m->dir, name, suffix);
	f = fopen(path, "wxe");
	if (!f || fchmod(fileno(f), strcmp(suffix, ".key") == 0 ? 0600 : 0644) < 0)
		fail(path);
	return f;
}

static void finish(FILE *f, const char *name)
{
	if (ferror(f) || fclose(f) != 0)
		fail(name);
}

static void save_ca(const struct maker *m, const char *name, X509 *cert, EVP_PKEY *key)
{
	FILE *f = create(m, name, ".pem");

	if (!PEM_write_X509(f, cert))
		fail(name);
	finish(f, name);
	f = create(m, name, ".key");
	if (!PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL))
		fail(name);
	finish(f, name);
}

/* The chain, without NULL, and then the key. */
static void save(const struct maker *m, const char *name, X509 *const chain[3], EVP_PKEY *key)
{
	FILE *f = create(m, name, ".pem");
	int i;

	for (i = 0; i < 3; i++)
		if (chain[i] && !PEM_write_X509(f, chain[i]))
			fail(name);
	if (!PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL))
		fail(name);
	finish(f, name);
}

static X509 *make(const struct cert_spec *spec, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = cert_make(spec, key, issuer, issuer_key);

	if (!cert)
		fail(spec->subject);
	return cert;
}

/* An intermediate of the world's CA; `above` gets the one above it, or NULL. */
static X509 *make_between(const struct maker *m, enum issuer by, X509 **above)
{
	struct cert_spec spec = {.subject = "an intermediate", .ca = true};

	*above = NULL;
	if (by == BY_EXPIRED) {
		spec.from_s = -90 * CERT_DAY_S;
		spec.to_s = -CERT_DAY_S;
	} else if (by == BY_LEAF) {
		spec = (struct cert_spec){.subject = "a leaf", .names = "DNS:leaf.bad.test"};
	} else if (by == BY_NARROW) {
		spec.limits = "critical,permitted;DNS:allowed.test";
	} else if (by == BY_FITTING) {
		spec.limits = "critical,permitted;DNS:bad.test";
	} else if (by == BY_SECOND) {
		const struct cert_spec first = {
		        .subject = "the last one", .ca = true, .path_len = 1};

		*above = make(&first, m->key, m->world, m->world_key);
		return make(&spec, m->between_key, *above, m->key);
	}
	return make(&spec, m->between_key, m->world, m->world_key);
}

static void make_kind(const struct maker *m, const struct kind *kind)
{
	EVP_PKEY *key = kind->key == CERT_P256 ? m->key : cert_make_key(kind->key);
	X509 *chain[3] = {NULL}, *issuer = m->world;
	EVP_PKEY *issuer_key = m->world_key;
	struct cert_spec spec = kind->spec;
	char subject[64], names[80];

	if (!key)
		fail(kind->name);
	snprintf(subject, sizeof(subject), "%s.bad.test", kind->name);
	snprintf(names, sizeof(names), "DNS:%s", subject);
	spec.subject = subject;
	if (!spec.names && !kind->nameless)
		spec.names = names;
	if (kind->issuer == BY_ITSELF) {
		issuer = NULL;
	} else if (kind->issuer == BY_OTHER) {
		issuer = m->other;
		issuer_key = m->other_key;
	} else if (kind->issuer != BY_WORLD) {
		issuer = chain[1] = make_between(m, kind->issuer, &chain[2]);
		issuer_key = m->between_key;
	}
	chain[0] = make(&spec, key, issuer, issuer_key);
	if (kind->issuer == BY_MISSING) {
		X509_free(chain[1]);
		chain[1] = NULL;
	}
	save(m, kind->name, chain, key);
	X509_free(chain[0]);
	X509_free(chain[1]);
	X509_free(chain[2]);
	if (key != m->key)
		EVP_PKEY_free(key);
}

static X509 *make_ca(const struct maker *m, const char *file, const char *subject, EVP_PKEY **key)
{
	const struct cert_spec spec = {.subject = subject, .ca = true};
	X509 *cert;

	*key = cert_make_key(CERT_P256);
	if (!*key)
		fail(subject);
	cert = make(&spec, *key, NULL, NULL);
	save_ca(m, file, cert, *key);
	return cert;
}

static void make_all(const char *dir)
{
	const struct cert_spec good = {.subject = "ok.test", .names = GOOD_NAMES};
	struct maker m = {.dir = dir};
	EVP_PKEY *filter_key;
	X509 *chain[3] = {NULL};
	FILE *f;
	size_t i;

	X509_free(make_ca(&m, "filter-ca", "Gauntlet: the filter's CA", &filter_key));
	EVP_PKEY_free(filter_key);
	m.world = make_ca(&m, "world-ca", "Gauntlet: the world's CA", &m.world_key);
	m.other = make_ca(&m, "other-ca", "Gauntlet: nobody's CA", &m.other_key);
	m.key = cert_make_key(CERT_P256);
	m.between_key = cert_make_key(CERT_P256);
	if (!m.key || !m.between_key)
		fail("a key");
	chain[0] = make(&good, m.key, m.world, m.world_key);
	save(&m, "good", chain, m.key);
	X509_free(chain[0]);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		make_kind(&m, &kinds[i]);
	finish(create(&m, "empty", ".pem"), "empty.pem");
	f = create(&m, "version", "");
	fprintf(f, "%s\n", VERSION);
	finish(f, "version");
	X509_free(m.world);
	X509_free(m.other);
	EVP_PKEY_free(m.world_key);
	EVP_PKEY_free(m.other_key);
	EVP_PKEY_free(m.key);
	EVP_PKEY_free(m.between_key);
}

/* Whether all is there, of this version, and lives for another week. */
static bool is_there(const char *dir)
{
	char path[PATH_SIZE], version[16] = "";
	time_t then = time(NULL) + WEEK_S;
	X509 *cert;
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/version", dir);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(version, sizeof(version), f) && strcmp(version, VERSION "\n") == 0;
	fclose(f);
	if (!ok)
		return false;
	snprintf(path, sizeof(path), "%s/good.pem", dir);
	cert = cert_load(path);
	ok = cert && X509_cmp_time(X509_get0_notAfter(cert), &then) > 0;
	X509_free(cert);
	return ok;
}

/* What make_all() makes, and nothing else. */
static void remove_dir(const char *dir)
{
	static const char *const others[] = {"filter-ca.pem", "filter-ca.key", "world-ca.pem",
	                                     "world-ca.key",  "other-ca.pem",  "other-ca.key",
	                                     "good.pem",      "empty.pem",     "version"};
	char path[PATH_SIZE];
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, others[i]);
		unlink(path);
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.pem", dir, kinds[i].name);
		unlink(path);
	}
	rmdir(dir);
}

int main(int argc, char **argv)
{
	char made[PATH_SIZE], old[PATH_SIZE];
	const char *dir = argc == 2 ? argv[1] : NULL;

	if (!dir || dir[0] == '-') {
		fprintf(stderr, "usage: make-ca DIR\n");
		return 64;
	}
	if (is_there(dir))
		return 0;
	/* Whole, or not at all: others may be reading, or doing the same. */
	snprintf(made, sizeof(made), "%s.new-%d", dir, (int)getpid());
	snprintf(old, sizeof(old), "%s.old-%d", dir, (int)getpid());
	if (mkdir(made, 0755) < 0)
		fail(made);
	make_all(made);
	if (rename(dir, old) < 0 && errno != ENOENT)
		fail(dir);
	if (rename(made, dir) < 0) {
		if (!is_there(dir))
			fail(dir);
		remove_dir(made);
	}
	remove_dir(old);
	return 0;
}
