/* SPDX-License-Identifier: ISC */
/* cert.c: keys and certificates of the laboratory. */
#include "lab/world/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#define STRANGE_OID "1.3.6.1.4.1.99999.1"

EVP_PKEY *cert_make_key(enum cert_key kind)
{
	switch (kind) {
	case CERT_P256:
		return EVP_EC_gen("P-256");
	case CERT_RSA:
		return EVP_RSA_gen(2048);
	case CERT_WEAK:
		return EVP_RSA_gen(1024);
	}
	return NULL;
}

/* One name of the list, with its NUL bytes. */
static GENERAL_NAME *make_name(const char *text, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	unsigned char address[4];
	char buffer[256];
	size_t i;

	if (len >= sizeof(buffer) || !name)
		goto bad;
	memcpy(buffer, text, len);
	buffer[len] = '\0';
	if (strncmp(buffer, "IP:", 3) == 0 && inet_pton(AF_INET, buffer + 3, address) == 1) {
		ASN1_OCTET_STRING *ip = ASN1_OCTET_STRING_new();

		if (!ip || !ASN1_OCTET_STRING_set(ip, address, sizeof(address)))
			goto bad;
		GENERAL_NAME_set0_value(name, GEN_IPADD, ip);
		return name;
	}
	if (strncmp(buffer, "DNS:", 4) == 0) {
		ASN1_IA5STRING *dns = ASN1_IA5STRING_new();

		for (i = 4; i < len; i++)
			if (buffer[i] == '%')
				buffer[i] = '\0';
		if (!dns || !ASN1_STRING_set(dns, buffer + 4, (int)len - 4))
			goto bad;
		GENERAL_NAME_set0_value(name, GEN_DNS, dns);
		return name;
	}
bad:
	GENERAL_NAME_free(name);
	return NULL;
}

static bool add_names(X509 *cert, const char *names)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	bool ok = list != NULL;

	while (ok && *names) {
		size_t len = strcspn(names, ",");
		GENERAL_NAME *name = make_name(names, len);

		ok = name && sk_GENERAL_NAME_push(list, name) > 0;
		names += len + (names[len] == ',');
	}
	ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0) == 1;
	GENERAL_NAMES_free(list);
	return ok;
}

/* An extension as the configuration of OpenSSL's program writes it. */
static bool add(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool ok;

	X509V3_set_ctx(&context, issuer ? issuer : cert, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = extension && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool add_strange(X509 *cert)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(STRANGE_OID, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	bool ok = false;

	if (oid && value && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05", 2))
		extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	if (extension)
		ok = X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ok;
}

static bool add_all(X509 *cert, X509 *issuer, const struct cert_spec *spec)
{
	char basic[64] = "critical,CA:FALSE";

	if (spec->ca && spec->path_len > 0)
		snprintf(basic, sizeof(basic), "critical,CA:TRUE,pathlen:%d", spec->path_len - 1);
	else if (spec->ca)
		snprintf(basic, sizeof(basic), "critical,CA:TRUE");
	if (!add(cert, issuer, NID_basic_constraints, basic) ||
	    !add(cert, issuer, NID_subject_key_identifier, "hash") ||
	    !add(cert, issuer, NID_authority_key_identifier, issuer ? "keyid:always" : "keyid") ||
	    (spec->limits && !add(cert, issuer, NID_name_constraints, spec->limits)) ||
	    (spec->names && !add_names(cert, spec->names)) || (spec->strange && !add_strange(cert)))
		return false;
	if (spec->ca)
		return add(cert, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
	return add(cert, issuer, NID_key_usage,
	           spec->key_usage ? spec->key_usage : "critical,digitalSignature") &&
	       add(cert, issuer, NID_ext_key_usage, spec->usage ? spec->usage : "serverAuth");
}

static bool set_serial(X509 *cert)
{
	unsigned char serial[16];
	BIGNUM *n = NULL;
	bool ok = false;

	if (RAND_bytes(serial, sizeof(serial)) == 1) {
		serial[0] &= 0x7f;
		serial[15] |= 1;
		n = BN_bin2bn(serial, sizeof(serial), NULL);
	}
	if (n)
		ok = BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return ok;
}

X509 *cert_make(const struct cert_spec *spec, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	long from = spec->from_s || spec->to_s ? spec->from_s : -3600;
	long to = spec->from_s || spec->to_s ? spec->to_s : CERT_LIFE_S;
	X509 *cert = X509_new();
	X509_NAME *subject;

	if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_serial(cert) ||
	    !X509_gmtime_adj(X509_getm_notBefore(cert), from) ||
	    !X509_gmtime_adj(X509_getm_notAfter(cert), to) || !X509_set_pubkey(cert, key))
		goto bad;
	subject = X509_get_subject_name(cert);
	if (!X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
	                                (const unsigned char *)"Gauntlet laboratory", -1, -1, 0) ||
	    (spec->subject &&
	     !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	                                 (const unsigned char *)spec->subject, -1, -1, 0)) ||
	    !X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject) ||
	    !add_all(cert, issuer, spec) ||
	    !X509_sign(cert, issuer ? issuer_key : key, spec->sha1 ? EVP_sha1() : EVP_sha256()))
		goto bad;
	return cert;
bad:
	X509_free(cert);
	return NULL;
}

X509 *cert_load(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (!cert)
		fprintf(stderr, "%s: %s: make-ca makes it\n", path,
		        f ? "no certificate" : strerror(errno));
	if (f)
		fclose(f);
	return cert;
}

EVP_PKEY *cert_load_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (!key)
		fprintf(stderr, "%s: %s: make-ca makes it\n", path, f ? "no key" : strerror(errno));
	if (f)
		fclose(f);
	return key;
}
