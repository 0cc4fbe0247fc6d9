/* SPDX-License-Identifier: ISC */
/* ca.c: reads a CA's two files. */
#include "ref/ca.h"

#include "ref/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECURITY_BITS 112

static void *complain(const char *path, const char *what)
{
	fprintf(stderr, "refnat: ca: %s: %s\n", path, what);
	return NULL;
}

static const char *openssl_says(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "not what it should be";
}

/* A passphrase is not asked for: nobody sits there. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

X509 *ca_read_cert(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *cert;

	if (!file)
		return complain(path, strerror(errno));
	ERR_clear_error();
	cert = PEM_read_X509(file, NULL, no_passphrase, NULL);
	fclose(file);
	return cert ? cert : complain(path, openssl_says());
}

/* What is looked at is the open file: a path could be another one by the time it is read. */
static FILE *open_key(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;
	const char *why = NULL;
	FILE *file = NULL;

	if (fd < 0)
		return complain(path, strerror(errno));
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))
		why = "is no regular file";
	else if (stat.st_mode & (S_IRWXG | S_IRWXO))
		why = "others than its owner may use it: chmod 600";
	else if (stat.st_uid != geteuid() && stat.st_uid != 0)
		why = "belongs to another user";
	else
		file = fdopen(fd, "r");
	if (file)
		return file;
	close(fd);
	return complain(path, why ? why : strerror(errno));
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = open_key(path);
	EVP_PKEY *key;

	if (!file)
		return NULL;
	/* No second copy of the key in a buffer that is freed as it is. */
	setvbuf(file, NULL, _IONBF, 0);
	ERR_clear_error();
	key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	fclose(file);
	return key ? key : complain(path, openssl_says());
}

/* NULL when the certificate may sign leaves at that time. */
static const char *find_fault(X509 *cert, int64_t now_s)
{
	int64_t from, to;

	if (!(X509_get_extension_flags(cert) & EXFLAG_BCONS) ||
	    !(X509_get_extension_flags(cert) & EXFLAG_CA))
		return "is no CA's certificate";
	if (!(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		return "may not sign certificates";
	if (!X509_get0_subject_key_id(cert))
		return "has no subject key identifier";
	if (EVP_PKEY_get_security_bits(X509_get0_pubkey(cert)) < SECURITY_BITS)
		return "its key is too weak";
	if (!cert_time(X509_get0_notBefore(cert), &from) ||
	    !cert_time(X509_get0_notAfter(cert), &to))
		return "has no sane time";
	if (now_s < from)
		return "is not valid yet";
	return now_s >= to ? "has expired" : NULL;
}

bool ca_load(struct ca *ca, const char *cert_path, const char *key_path, int64_t now_s)
{
	const char *fault;

	*ca = (struct ca){.cert = ca_read_cert(cert_path)};
	if (!ca->cert)
		return false;
	fault = find_fault(ca->cert, now_s);
	if (fault)
		complain(cert_path, fault);
	else
		ca->key = read_key(key_path);
	if (ca->key && X509_check_private_key(ca->cert, ca->key) != 1) {
		complain(key_path, "is not the key of that certificate");
		EVP_PKEY_free(ca->key);
		ca->key = NULL;
	}
	if (ca->key)
		return true;
	ca_free(ca);
	return false;
}

void ca_free(struct ca *ca)
{
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	*ca = (struct ca){0};
}
