/* SPDX-License-Identifier: ISC */
/* ca.h: the project's certificate authority: two PEM files. ca_main.h makes them.
 *
 * The CA's key signs leaves that guests believe, so its file is made with mode 0600, is never
 * overwritten, and is not used when anybody but its owner may read or write it. The certificate is
 * public: guests get it (docs/guest.md).
 *
 * `refnat ca init` makes one of ECDSA P-256, self-signed, with pathlen 0. What ca_load() takes may
 * also be RSA or another curve, and an intermediate, if it may sign certificates, has a subject key
 * identifier, and is of 112 bits at least.
 */
#ifndef REF_CA_H
#define REF_CA_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#define CA_DAYS     825 /* when nothing is said */
#define CA_DAYS_MAX 3650
#define CA_NAME     "Gauntlet refnat CA"
#define CA_NAME_MAX 64 /* ub-common-name of RFC 5280 */

struct ca {
	X509 *cert;
	EVP_PKEY *key;
};

/* Reads both. False, with the reason printed and nothing to free, when one cannot be read, when
 * group or others may read or write the key, when the key is not the certificate's, or when
 * the certificate may not sign, or is not valid at `now_s` (seconds since 1970). */
bool ca_load(struct ca *ca, const char *cert_path, const char *key_path, int64_t now_s);
void ca_free(struct ca *ca);

/* The first certificate of a PEM file, the caller's; NULL with the reason printed. */
X509 *ca_read_cert(const char *path);

#endif
