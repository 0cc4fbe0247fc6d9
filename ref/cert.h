/* SPDX-License-Identifier: ISC */
/* cert.h: makes certificates, the two kinds that refnat signs: CAs and leaves for one name.
 *
 * Both are X.509 version 3, signed with SHA-256, with a random serial of 127 bits (positive and of
 * 16 bytes, RFC 5280 section 4.1.2.2) and subject and authority key identifiers.
 */
#ifndef REF_CERT_H
#define REF_CERT_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A CA has `common_name` as its subject, pathlen 0, keyCertSign and cRLSign. A leaf has an empty
 * subject, a critical subjectAltName DNS:`dns`, serverAuth, digitalSignature and CA:FALSE. */
struct cert_spec {
	const char *common_name; /* of a CA; NULL: a leaf */
	const char *dns;         /* of a leaf, as tls_name_normalise() writes it */
	EVP_PKEY *key;           /* whose public half it is about */
	X509 *issuer;            /* NULL: it signs itself */
	EVP_PKEY *issuer_key;
	int64_t not_before_s, not_after_s; /* seconds since 1970 */
};

/* The caller's; NULL when OpenSSL fails, whose error queue says why. */
X509 *cert_make(const struct cert_spec *spec);

/* Makes a leaf into another one: for spec->dns, with a serial and times of its own, signed again; the
 * rest of `spec` as it was. Ten times as fast as cert_make(), because no key is written anew. False
 * when OpenSSL fails: then the leaf is none any more. */
bool cert_remake(X509 *leaf, const struct cert_spec *spec);

/* A new key on P-256, or NULL. */
EVP_PKEY *cert_key(void);

/* Seconds since 1970, of what stands in a certificate; false for what is no time. */
bool cert_time(const ASN1_TIME *time, int64_t *out);

#endif
