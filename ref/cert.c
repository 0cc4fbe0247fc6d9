/* SPDX-License-Identifier: ISC */
/* cert.c: makes CAs and leaves. */
#include "ref/cert.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_LEN 16

EVP_PKEY *cert_key(void)
{
	return EVP_EC_gen("P-256");
}

bool cert_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm))
		return false;
	*out = (int64_t)timegm(&tm);
	return true;
}

/* The highest bit is 0, so that the number is positive, and the next is 1, so that it has 16 bytes. */
static bool put_serial(X509 *cert)
{
	uint8_t bytes[SERIAL_LEN];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return done;
}

/* An extension as openssl.cnf writes it. None of the values holds what a stranger wrote: the name's
 * own way is put_name(). */
static bool put_extension(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	const bool done = extension && X509_add_ext(cert, extension, -1);

	X509_EXTENSION_free(extension);
	return done;
}

static bool put_name(X509 *cert, const char *dns)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	bool done = false;

	if (names && name && text && ASN1_STRING_set(text, dns, (int)strlen(dns))) {
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		text = NULL;
		if (sk_GENERAL_NAME_push(names, name)) {
			name = NULL;
			done = X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 1, 0) == 1;
		}
	}
	ASN1_IA5STRING_free(text);
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return done;
}

static bool put_subject(X509 *cert, const char *common_name)
{
	return !common_name ||
	       X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
	                                  (const unsigned char *)common_name, -1, -1, 0) == 1;
}

/* The identifiers are made from the keys, so those must be in the certificates already. */
static bool put_extensions(X509 *cert, const struct cert_spec *spec)
{
	const bool ca = spec->common_name;
	X509V3_CTX context;

	X509V3_set_ctx(&context, spec->issuer ? spec->issuer : cert, cert, NULL, NULL, 0);
	return put_extension(cert, &context, NID_basic_constraints,
	                     ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
	       put_extension(cert, &context, NID_key_usage,
	                     ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
	       (ca || put_extension(cert, &context, NID_ext_key_usage, "serverAuth")) &&
	       put_extension(cert, &context, NID_subject_key_identifier, "hash") &&
	       put_extension(cert, &context, NID_authority_key_identifier, "keyid:always") &&
	       (ca || put_name(cert, spec->dns));
}

/* What differs from leaf to leaf, and the signature, but for the name. */
static bool finish(X509 *cert, const struct cert_spec *spec)
{
	return put_serial(cert) &&
	       ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)spec->not_before_s) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)spec->not_after_s) &&
	       X509_sign(cert, spec->issuer_key, EVP_sha256());
}

static bool fill(X509 *cert, const struct cert_spec *spec)
{
	const X509 *issuer = spec->issuer ? spec->issuer : cert;

	return X509_set_version(cert, X509_VERSION_3) && X509_set_pubkey(cert, spec->key) &&
	       put_subject(cert, spec->common_name) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(issuer)) &&
	       put_extensions(cert, spec) && finish(cert, spec);
}

X509 *cert_make(const struct cert_spec *spec)
{
	X509 *cert = X509_new();

	if (cert && fill(cert, spec))
		return cert;
	X509_free(cert);
	return NULL;
}

bool cert_remake(X509 *leaf, const struct cert_spec *spec)
{
	X509_EXTENSION *old = X509_delete_ext(leaf,
	                                      X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1));

	X509_EXTENSION_free(old);
	return old && put_name(leaf, spec->dns) && finish(leaf, spec);
}
