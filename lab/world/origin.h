/* SPDX-License-Identifier: ISC */
/* origin.h: a server of the world, HTTP/1.1 with and without TLS, that can also misbehave in every way.
 *
 *	origin          listeners, a thread for each visitor
 *	origin_visit    one connection: bytes in and out, the log
 *	origin_tls      which certificate, by the name that was asked for
 *	origin_http     requests are read, and answered by what their path says
 *	origin_raw      replies that are bytes, word for word: most of the bad ones
 *	origin_ways     replies that are something done
 *
 * Requests are read loosely: who may send what is for the filter in front of it to decide, and the log shows
 * what came. It shares no code with refnat.
 */
#ifndef LAB_WORLD_ORIGIN_H
#define LAB_WORLD_ORIGIN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORIGIN_BUFFER   65536 /* of a visitor; the longest head that is read */
#define ORIGIN_NAME_MAX 256

/* How a connection goes on behind a reply. */
enum origin_after {
	ORIGIN_KEEP,  /* the next request */
	ORIGIN_CLOSE, /* its end, as it should be: close_notify, FIN */
	ORIGIN_CUT,   /* FIN alone */
	ORIGIN_RESET, /* RST */
};

/* One connection. */
struct visit {
	unsigned number; /* 1, 2, ... in the order of their coming */
	int fd;
	SSL *ssl;                   /* NULL: none */
	char name[ORIGIN_NAME_MAX]; /* SNI; "" when there was none */
	const char *fault; /* of this connection before any TLS, see origin_tls.c; NULL: none */
	char end;          /* 0 while it lasts; `c`lean, `k` cut, `r`eset */
	size_t from, to;   /* what was read and not yet taken stands in buffer[from..to) */
	uint8_t buffer[ORIGIN_BUFFER + 1];
};

/* ---- origin_visit.c ---- */

/* Where the log goes beside standard output, which gets the hits alone; NULL: nowhere. 0, or -1 with errno. */
int visit_log_open(const char *path);
/* One line, made whole: `WHAT NUMBER REST`. REST is text that needs no escaping. */
void visit_log(const struct visit *v, const char *what, const char *rest);
/* The same for bytes of the visitor's: quoted, all but printable ASCII as \r, \n or \xHH. */
void visit_log_bytes(const struct visit *v, const char *what, const void *bytes, size_t len);

/* Reads more into the buffer. False at the end of the connection (v->end says which), or when it is full. */
bool visit_fill(struct visit *v);
/* Sends all of it. False when the visitor is gone. */
bool visit_send(struct visit *v, const void *bytes, size_t len);
bool visit_say(struct visit *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says goodbye as told, waits for nothing, and closes. */
void visit_close(struct visit *v, enum origin_after how);

/* ---- origin_tls.c ---- */

/* Once, with the folder of make-ca. False with a message on stderr. */
bool origin_tls_init(const char *dir);
/* What connections of TLS are made of. */
SSL_CTX *origin_tls_context(void);
/* The handshake. False when it failed, or v->fault is to be acted instead. */
bool origin_tls_accept(struct visit *v);

/* ---- origin_http.c ---- */

struct request {
	char *head; /* as it came, with a NUL behind; the first line still has its CR LF */
	size_t head_len;
	char way[32], arg[128]; /* of /do/WAY/ARG */
	bool is_head;           /* its method is HEAD */
	bool chunked;
	uint64_t length; /* of its body, when it is not chunked */
	uint64_t got;    /* bytes of its body that were taken */
	uint64_t chunk;  /* of the chunk at hand */
	bool body_over;
};

/* Serves a connection until its end. */
void origin_serve(struct visit *v);
/* Bytes of the body, in order: how many, at most `size`; 0 at its end, or the connection's. */
size_t request_body(struct visit *v, struct request *r, uint8_t *out, size_t size);
/* A field of the head, without blanks around it, into `out`; false when there is none. */
bool request_field(const struct request *r, const char *name, char *out, size_t size);

/* ---- origin_raw.c, origin_ways.c ---- */

/* Answers as the request's way says; false when there is no such way. */
bool origin_raw(struct visit *v, const struct request *r, enum origin_after *after);
bool origin_way(struct visit *v, struct request *r, enum origin_after *after);
/* The names of all of them, a line each, into `out`. */
void origin_raw_list(char *out, size_t size);
void origin_way_list(char *out, size_t size);
/* The laboratory's bytes: `len` of them from `offset` on. Each 64 bytes begin with their place, so that none
 * can be lost, doubled or moved unseen. */
void origin_pattern(uint64_t offset, uint8_t *out, size_t len);

#endif
