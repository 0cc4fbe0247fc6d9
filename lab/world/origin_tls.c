/* SPDX-License-Identifier: ISC */
/* origin_tls.c: handshakes: which certificate a name gets.
 *
 * KIND.bad.test and all below it: KIND.pem. Other names: a leaf of the world's CA, made when it is first asked
 * for. No name: good.pem. Versions 1.2 and 1.3, but for the kinds tls12, tls13 and old-tls, which have one alone.
 */
#include "lab/world/cert.h"
#include "lab/world/origin.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD  ".bad.test"
#define MADE 4096 /* leaves that are kept */

struct leaf {
	char name[ORIGIN_NAME_MAX]; /* or the kind */
	X509 *cert;
	STACK_OF(X509) * chain; /* above it; NULL: none */
	EVP_PKEY *key;
};

static const char *certs;
static SSL_CTX *context;
static X509 *world;
static EVP_PKEY *world_key, *key; /* the latter of all that is made here */
static struct leaf made[MADE];
static size_t made_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool load(const char *kind, struct leaf *leaf)
{
	char path[4096];
	X509 *cert;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.pem", certs, kind);
	f = fopen(path, "re");
	if (!f)
		return false;
	leaf->cert = PEM_read_X509(f, NULL, NULL, NULL);
	leaf->chain = sk_X509_new_null();
	while (leaf->chain && (cert = PEM_read_X509(f, NULL, NULL, NULL)))
		sk_X509_push(leaf->chain, cert);
	rewind(f);
	leaf->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	ERR_clear_error();
	return leaf->cert && leaf->key;
}

static bool make(const char *name, struct leaf *leaf)
{
	char names[ORIGIN_NAME_MAX + 8];
	const struct cert_spec spec = {.names = names};

	snprintf(names, sizeof(names), "DNS:%s", name);
	leaf->key = key;
	leaf->cert = cert_make(&spec, key, world, world_key);
	return leaf->cert != NULL;
}

/* What stands for a name: good, KIND, or the name itself. */
static void word_of(const char *name, char *out, size_t size)
{
	size_t len = strlen(name), tail = strlen(BAD);
	const char *from;

	if (len == 0 || len > 200) {
		snprintf(out, size, "good");
		return;
	}
	if (len <= tail || strcmp(name + len - tail, BAD) != 0) {
		snprintf(out, size, "%s", name);
		return;
	}
	for (from = name + len - tail; from > name && from[-1] != '.'; from--)
		;
	snprintf(out, size, "%.*s", (int)(name + len - tail - from), from);
}

/* The leaf for a word of word_of(), from those that are there or new. NULL when there is none. */
static const struct leaf *find(const char *word)
{
	const struct leaf *found = NULL;
	struct leaf new = {.cert = NULL};
	size_t i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < made_count && !found; i++)
		if (strcmp(made[i].name, word) == 0)
			found = &made[i];
	if (!found && made_count < MADE &&
	    (strchr(word, '.') ? make(word, &new) : load(word, &new))) {
		snprintf(new.name, sizeof(new.name), "%s", word);
		made[made_count] = new;
		found = &made[made_count++];
	}
	pthread_mutex_unlock(&lock);
	return found;
}

/* The host_name of RFC 6066 section 3, when it is the first of the list; "" else. */
static void read_name(SSL *ssl, char out[ORIGIN_NAME_MAX])
{
	const unsigned char *p;
	size_t len, name, i;

	out[0] = '\0';
	if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &len) || len < 5 ||
	    p[2] != 0)
		return;
	name = (size_t)p[3] << 8 | p[4];
	if (name > len - 5 || name >= ORIGIN_NAME_MAX)
		return;
	for (i = 0; i < name; i++) {
		unsigned char c = p[5 + i];

		out[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c > ' ' && c < 0x7f ? c : '?');
	}
	out[name] = '\0';
}

static const char *fault_of(const char *word)
{
	static const char *const faults[] = {"silent", "garbage", "hangup", "reset"};
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(word, faults[i]) == 0)
			return faults[i];
	return NULL;
}

static void set_versions(SSL *ssl, const char *word)
{
	int version = strcmp(word, "old-tls") == 0 ? TLS1_1_VERSION
	              : strcmp(word, "tls12") == 0 ? TLS1_2_VERSION
	              : strcmp(word, "tls13") == 0 ? TLS1_3_VERSION
	                                           : 0;

	if (version) {
		SSL_set_min_proto_version(ssl, version);
		SSL_set_max_proto_version(ssl, version);
	}
}

static int greet(SSL *ssl, int *alert, void *data)
{
	struct visit *v = SSL_get_app_data(ssl);
	char word[ORIGIN_NAME_MAX];
	const struct leaf *leaf;

	(void)data;
	read_name(ssl, v->name);
	word_of(v->name, word, sizeof(word));
	v->fault = fault_of(word);
	if (v->fault)
		return SSL_CLIENT_HELLO_RETRY;
	leaf = find(word);
	if (!leaf)
		leaf = find("good");
	if (!leaf || SSL_use_cert_and_key(ssl, leaf->cert, leaf->key, leaf->chain, 1) != 1) {
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	set_versions(ssl, word);
	return SSL_CLIENT_HELLO_SUCCESS;
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in,
                  unsigned in_len, void *data)
{
	static const unsigned char http[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)data;
	if (SSL_select_next_proto(&chosen, len, http, sizeof(http) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

bool origin_tls_init(const char *dir)
{
	char path[4096];

	certs = dir;
	snprintf(path, sizeof(path), "%s/world-ca.pem", dir);
	world = cert_load(path);
	snprintf(path, sizeof(path), "%s/world-ca.key", dir);
	world_key = world ? cert_load_key(path) : NULL;
	key = cert_make_key(CERT_P256);
	context = SSL_CTX_new(TLS_server_method());
	if (!world_key || !key || !context)
		return false;
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_security_level(context, 0); /* some kinds are weak */
	SSL_CTX_set_client_hello_cb(context, greet, NULL);
	SSL_CTX_set_alpn_select_cb(context, choose, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
	return true;
}

SSL_CTX *origin_tls_context(void)
{
	return context;
}

bool origin_tls_accept(struct visit *v)
{
	char why[160];
	int n;

	SSL_set_app_data(v->ssl, v);
	SSL_set_fd(v->ssl, v->fd);
	errno = 0;
	n = SSL_accept(v->ssl);
	if (n == 1)
		return true;
	if (!v->fault) {
		unsigned long error = ERR_peek_last_error();
		const char *reason = ERR_reason_error_string(error);

		snprintf(why, sizeof(why), "%s", reason ? reason : errno ? strerror(errno) : "end");
		visit_log(v, "failed", why);
	}
	ERR_clear_error();
	return false;
}
