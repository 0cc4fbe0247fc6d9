/* SPDX-License-Identifier: ISC */
/* minter.c: the minter's process. The gate's end is leaf.c. */
#include "ref/minter.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/ca.h"
#include "ref/cert.h"
#include "ref/exits.h"
#include "ref/tls_name.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY_S   86400
#define STOP_MS 100

/* What the process knows. */
struct mint {
	int pair;
	const struct minter_setup *setup;
	struct ca ca;
	int64_t ca_from_s, ca_to_s;
	EVP_PKEY *leaf_key;
	X509 *leaf; /* the last one, which the next one is made of; or NULL */
};

/* --- leaves --- */

/* Whether a name is in the spelling that tls_name_normalise() writes, and allowed. */
static bool is_allowed(const struct mint *m, const char *name)
{
	char normal[TLS_NAME_MAX + 1];

	return tls_name_normalise(rd_of(name, strlen(name)), normal) == TLS_FAULT_NONE &&
	       strcmp(name, normal) == 0 && m->setup->allows(m->setup->arg, name);
}

/* Within the time of the CA: browsers refuse a leaf that outlives who signed it. */
static bool make_leaf(struct mint *m, const char *name)
{
	const int64_t now_s = (int64_t)time(NULL), from_s = now_s - MINTER_BACK_S;
	const int64_t to_s = now_s + (int64_t)MINTER_DAYS * DAY_S;
	const struct cert_spec spec = {
	        .dns = name,
	        .key = m->leaf_key,
	        .issuer = m->ca.cert,
	        .issuer_key = m->ca.key,
	        .not_before_s = from_s > m->ca_from_s ? from_s : m->ca_from_s,
	        .not_after_s = to_s < m->ca_to_s ? to_s : m->ca_to_s,
	};

	if (now_s >= m->ca_to_s)
		return false;
	if (m->leaf && cert_remake(m->leaf, &spec))
		return true;
	X509_free(m->leaf);
	m->leaf = cert_make(&spec);
	return m->leaf;
}

static bool put_leaf(struct mint *m, const char *name, struct wr *w)
{
	unsigned char *der = NULL;
	const int n = make_leaf(m, name) ? i2d_X509(m->leaf, &der) : -1;
	const bool done = n > 0 && n <= MINTER_DER_MAX && wr_bytes(w, der, (size_t)n);

	ERR_clear_error();
	OPENSSL_free(der);
	return done;
}

/* False when the gate is gone. */
static bool answer(struct mint *m, const char *name)
{
	uint8_t bytes[MINTER_ANSWER_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	const size_t len = strlen(name);

	if (!wr_u8(&w, MINTER_OK) || !wr_u8(&w, (uint8_t)len) || !wr_bytes(&w, name, len))
		return false;
	if (!is_allowed(m, name))
		bytes[0] = MINTER_REFUSED;
	else if (!put_leaf(m, name, &w))
		bytes[0] = MINTER_FAILED;
	return send(m->pair, bytes, w.len, MSG_NOSIGNAL) == (ssize_t)w.len;
}

/* --- the process --- */

/* A message of the gate, of at most `size` bytes; 0 when it has ended or sent another kind. */
static size_t receive(int pair, uint8_t *bytes, size_t size)
{
	ssize_t n;

	do
		n = recv(pair, bytes, size, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	return n > 0 && (size_t)n <= size ? (size_t)n : 0;
}

/* The key that all leaves are about: once, before the first name. */
static bool take_key(struct mint *m)
{
	uint8_t bytes[MINTER_KEY_MAX];
	const unsigned char *p = bytes;
	const size_t n = receive(m->pair, bytes, sizeof(bytes));

	m->leaf_key = n ? d2i_PUBKEY(NULL, &p, (long)n) : NULL;
	return m->leaf_key && p == bytes + n;
}

static bool serve_name(struct mint *m)
{
	char name[TLS_NAME_MAX + 1];
	const size_t n = receive(m->pair, (uint8_t *)name, TLS_NAME_MAX);

	if (!n || memchr(name, '\0', n))
		return false;
	name[n] = '\0';
	return answer(m, name);
}

static int serve(struct mint *m)
{
	const uint8_t greeting = MINTER_OK;

	if (send(m->pair, &greeting, 1, MSG_NOSIGNAL) != 1)
		return EXITS_ENVIRONMENT;
	if (take_key(m))
		while (serve_name(m))
			;
	return EXITS_OK;
}

/* Keeps standard error and the pair. */
static bool keep_only(struct mint *m)
{
	if (dup3(m->pair, 3, O_CLOEXEC) < 0 && m->pair != 3)
		return false;
	m->pair = 3;
	return close_range(0, 1, 0) == 0 && close_range(4, ~0U, 0) == 0;
}

/* OpenSSL loads what it signs with when it does so for the first time: before the sandbox. */
static bool rehearse(struct mint *m)
{
	bool done;

	m->leaf_key = m->ca.key;
	done = make_leaf(m, "rehearsal.test") && make_leaf(m, "encore.test");
	if (!done)
		fprintf(stderr, "refnat: minter: %s\n",
		        ERR_reason_error_string(ERR_peek_last_error()));
	X509_free(m->leaf);
	m->leaf = NULL;
	m->leaf_key = NULL;
	return done;
}

static void __attribute__((noreturn)) child(struct mint *m, pid_t parent)
{
	const struct minter_setup *setup = m->setup;

	/* A parent that died before the prctl is told by getppid(). */
	if (!keep_only(m) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent ||
	    !OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) ||
	    !ca_load(&m->ca, setup->ca_cert, setup->ca_key, (int64_t)time(NULL)) ||
	    !cert_time(X509_get0_notBefore(m->ca.cert), &m->ca_from_s) ||
	    !cert_time(X509_get0_notAfter(m->ca.cert), &m->ca_to_s) || !rehearse(m))
		_exit(EXITS_ENVIRONMENT);
	if (setup->prepare && !setup->prepare(setup->arg))
		_exit(EXITS_ENVIRONMENT);
	_exit(serve(m));
}

/* Waits for the greeting, which the minter sends when all is well. */
static bool is_greeted(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	uint8_t greeting = MINTER_FAILED;
	int n;

	do
		n = poll(&ready, 1, MINTER_START_MS);
	while (n < 0 && errno == EINTR);
	return n == 1 && recv(fd, &greeting, 1, 0) == 1 && greeting == MINTER_OK;
}

bool minter_start(struct minter *minter, const struct minter_setup *setup)
{
	const pid_t parent = getpid();
	struct mint mint = {.setup = setup};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fprintf(stderr, "refnat: minter: %s\n", strerror(errno));
		return false;
	}
	fflush(NULL);
	*minter = (struct minter){.fd = pair[0], .pid = fork()};
	if (!minter->pid) {
		mint.pair = pair[1];
		child(&mint, parent);
	}
	close(pair[1]);
	if (minter->pid < 0)
		fprintf(stderr, "refnat: minter: %s\n", strerror(errno));
	else if (is_greeted(minter->fd))
		return true;
	else
		fprintf(stderr, "refnat: the minter did not start\n");
	minter_stop(minter);
	return false;
}

void minter_stop(struct minter *minter)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	if (minter->fd >= 0)
		close(minter->fd);
	minter->fd = -1;
	if (minter->pid <= 0)
		return;
	for (int ms = 0; ms < STOP_MS && waitpid(minter->pid, NULL, WNOHANG) == 0; ms++)
		nanosleep(&pause, NULL);
	minter->pid = -1;
}
