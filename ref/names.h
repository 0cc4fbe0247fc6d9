/* SPDX-License-Identifier: ISC */
/* names.h: the gate's name service: what the guest asks at the gateway's port 53, and what the gate itself
 * must know before it connects.
 *
 * One event loop, the gate's, drives it; nothing here blocks and nothing allocates. All time is the gate's
 * clock in nanoseconds, which never goes back. The parts:
 *
 *	names_rule      what a query gets, before anybody is asked (pure)
 *	names_cache     what the resolver said, for as long as it said (pure)
 *	names_question  one question to the resolver, and what its answer means (pure)
 *	names_up        questions under way: sockets to the resolver
 *	names_guest     the guest's sockets: datagrams, and messages on a stream
 *	names           this: joins them
 *
 * Of a query of the guest: it is read; the policy decides; the record goes out; its ack comes; only then is
 * the resolver asked, and the guest answered. Who gets what (`x` in brackets is the record's reason):
 *
 *	no query, or not answerable		no reply [dns-malformed]
 *	malformed				FORMERR, NOTIMP, BADVERS or, another class, REFUSED [dns-malformed]
 *	a name that is not allowed		NXDOMAIN [name-denied]; also one that is no host name, and one whose
 *						last label is a number
 *	an allowed name, another type than A	NOERROR without records (verdict empty): AAAA, HTTPS, TXT, ANY, ...
 *	A, in dns.hosts				these addresses
 *	A, synthetic, not in dns.hosts		NOERROR without records [name-unknown]
 *	A, forward, not in dns.hosts		what the resolver says; no such name: NXDOMAIN
 *
 * When the answer is refused after the query was allowed there is a second record, and SERVFAIL for the guest:
 * [name-private] when any address of it is not global (dns_addr.h), [resolver-failed] when there is none
 * within NAMES_PATIENCE_NS or it is not sane, [gate-full] when NAMES_LINES_MAX questions are under way.
 *
 * The resolver sees names in the spelling of the policy's own 0x20 bits, a fresh id and a fresh socket for each
 * question, type A, and nothing else of the guest's message.
 */
#ifndef REF_NAMES_H
#define REF_NAMES_H

#include "ref/flow.h"
#include "ref/names_cache.h"
#include "ref/names_question.h"
#include "ref/policy.h"

struct record;

#define NAMES_LINES_MAX   32   /* questions to the resolver under way */
#define NAMES_QUERIES_MAX 256  /* queries of the guest under way; more wait in their sockets */
#define NAMES_WAITS_MAX   1024 /* names_resolve() that wait */
#define NAMES_CLIENTS_MAX                                                                          \
	1024 /* sockets of the guest; a full table closes the idle one not used for longest */
#define NAMES_STREAMS_MAX 32 /* of them TCP */

#define NAMES_PATIENCE_NS                                                                          \
	UINT64_C(5000000000) /* for an answer of the resolver, all tries together */
#define NAMES_STREAM_IDLE_NS                                                                       \
	UINT64_C(10000000000) /* a stream without a whole message is closed then */

#define NAMES_NEVER UINT64_MAX

/* What the gate does for the service. Every function gets `arg`. Tokens are the service's own: the gate hands
 * them back and reads nothing into them; one that is stale is ignored. */
struct names_io {
	void *arg;

	/* Asks the dialer for a socket to the resolver: UDP connected, TCP connecting, both nonblocking.
	 * names_dialled() gets it. False when it cannot even be asked. */
	bool (*dial)(void *arg, uint32_t token, uint8_t proto, uint32_t ip, uint16_t port);

	/* From now on `events` (EPOLLIN, EPOLLOUT, or 0) of `fd` are wanted, level-triggered: names_ready() is
	 * called. The first time it is called for an fd, `fd` is new. */
	void (*watch)(void *arg, uint32_t token, int fd, uint32_t events);
	/* The service closes `fd` right after this. */
	void (*unwatch)(void *arg, uint32_t token, int fd);

	/* Sends the record to the worker; names_recorded() says that it was written. False when it cannot be
	 * sent: then the gate ends, and nothing is answered. */
	bool (*record)(void *arg, uint32_t token, const struct record *record);

	/* What became of a names_resolve() that said NAMES_WAIT, unless names_forget() came first. It may
	 * call names_resolve() and names_forget(). */
	void (*resolved)(void *arg, uint32_t asker, const struct names_result *result);

	/* Fills `out` from the kernel's random numbers. */
	void (*random)(void *arg, void *out, size_t n);
};

/* Some 800 KiB, most of it never touched. The caller's; memory that is all zero but for what names_start()
 * sets. */
struct names;

/* Makes the service ready. `io` and `web` must live as long as it. */
void names_start(struct names *names, const struct names_io *io, const struct policy_web *web);

/* Another policy is in force from now on. The cache is emptied; questions that it would not have put, or not to
 * this resolver, are given up (name-denied, resolver-failed). `web` may be the same memory with other contents. */
void names_change(struct names *names, const struct policy_web *web, uint64_t now_ns);

/* Closes every descriptor. Nobody is told. */
void names_stop(struct names *names);

/* ---- the gate's own questions ---- */

/* Where `name` is (normalised, as of tls_name.h or http1_host.h): in dns.hosts, else, in mode forward, as the
 * resolver says. The name must be allowed (else name-denied), and the record of what it is needed for must have
 * been acked: the resolver may be asked at once. READY and FAILED fill *out; with WAIT, which is for `asker`,
 * io.resolved() does, within NAMES_PATIENCE_NS. */
enum names_status names_resolve(struct names *names, const char *name, uint32_t asker,
                                uint64_t now_ns, struct names_result *out);

/* `asker` does not want to know any more. */
void names_forget(struct names *names, uint32_t asker);

/* ---- the guest's ---- */

/* `fd` is the gate's end of a guest's flow to port 53 of the gateway: for UDP a SOCK_SEQPACKET with one datagram
 * a message, for TCP a SOCK_STREAM. It is the service's now, nonblocking, and closed by it: when the other end
 * is closed, when it is idle, when nonsense came by TCP. False, and fd closed, when the tables are full of what
 * is in use. `key` is the guest's flow, for records. */
bool names_serve(struct names *names, int fd, const struct flow_key *key, uint64_t now_ns);

/* ---- what the gate's loop calls ---- */

/* `events` of a watched descriptor, as epoll says them (EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR). */
void names_ready(struct names *names, uint32_t token, uint32_t events, uint64_t now_ns);

/* The dialer's answer to io.dial(): a descriptor that is the service's now, or -1. The ear of a UDP socket stays
 * with the gate, which closes it in io.unwatch(). It may come for a token that is stale: the descriptor is then
 * closed, and io.unwatch() called for it. */
void names_dialled(struct names *names, uint32_t token, int fd, uint64_t now_ns);

/* The worker has written the record. */
void names_recorded(struct names *names, uint32_t token, uint64_t now_ns);

/* Whether a decision waits for its record to be written. */
bool names_is_recording(const struct names *names);

/* When names_tick() is due next; NAMES_NEVER for not at all. */
uint64_t names_deadline(const struct names *names);
void names_tick(struct names *names, uint64_t now_ns);

/* How much memory struct names takes; names_parts.h has it. */
size_t names_size(void);

#endif
