/* SPDX-License-Identifier: ISC */
/* cert.h: makes keys and certificates for the laboratory: good ones, and those that nobody may trust.
 *
 * For tests only: keys are fresh with each run of make-ca, lie in the build folder and are worth nothing.
 * It shares no code with refnat, which must not be tried with certificates of its own making.
 */
#ifndef LAB_WORLD_CERT_H
#define LAB_WORLD_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>

#define CERT_DAY_S  86400L
#define CERT_LIFE_S (300 * CERT_DAY_S) /* of certificates that are in order; begins an hour ago */

enum cert_key {
	CERT_P256,
	CERT_RSA, /* 2048 bits */
	CERT_WEAK /* RSA of 1024 bits */
};

/* What a certificate says. Zero is an ordinary leaf of a server without a name. */
struct cert_spec {
	const char *subject; /* common name */
	const char *names;  /* "DNS:a.test,IP:99.0.0.10"; `%` in one stands for a NUL byte. NULL: no
	                        subjectAltName at all */
	long from_s, to_s;  /* from now; both 0: CERT_LIFE_S */
	bool ca;            /* may sign others */
	int path_len;       /* ca: at most path_len - 1 more below it; 0: any number */
	const char *limits; /* nameConstraints, as x509v3_config(5); NULL: none */
	const char *usage;  /* extendedKeyUsage of a leaf; NULL: serverAuth */
	const char *key_usage; /* of a leaf; NULL: digitalSignature */
	bool sha1;             /* signed with SHA-1 */
	bool strange;          /* carries a critical extension that nobody knows */
};

/* A new key, or NULL. */
EVP_PKEY *cert_make_key(enum cert_key kind);

/* A certificate for `key`, signed by the issuer's; issuer NULL: by itself. NULL when OpenSSL refuses, or a
 * text above cannot be read. The caller frees it. */
X509 *cert_make(const struct cert_spec *spec, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key);

/* Both from files of make-ca; NULL with a message on stderr. */
X509 *cert_load(const char *path);
EVP_PKEY *cert_load_key(const char *path);

#endif
