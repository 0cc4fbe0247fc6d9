/* SPDX-License-Identifier: ISC */
/* tls_session.h: sessions of servers that were verified, by name, so that the next connection to one is cheap.
 *
 * A session comes from a handshake in which the server's chain and name were verified by this
 * process. It is used for that very name alone, for TLS_SESSION_LIFE_S at most, and not beyond the
 * time of the server's certificate. A server that does not know it any more is verified anew. Of
 * TLS_SESSIONS_MAX names one session each is kept; the one stored longest ago makes room.
 */
#ifndef REF_TLS_SESSION_H
#define REF_TLS_SESSION_H

#include "ref/tls_name.h"

#include <openssl/ssl.h>
#include <stdint.h>

#define TLS_SESSIONS_MAX   256
#define TLS_SESSION_LIFE_S 300

/* All zero: none yet. */
struct tls_sessions {
	struct tls_session {
		char name[TLS_NAME_MAX + 1]; /* "": free */
		SSL_SESSION *session;
		int64_t stored_s;
		uint64_t number; /* ascending */
	} entries[TLS_SESSIONS_MAX];
	uint64_t number;
};

/* Keeps a session of `name`, of which it takes a reference over; instead of an earlier one. */
void tls_session_put(struct tls_sessions *sessions, const char *name, SSL_SESSION *session,
                     int64_t now_s);

/* The session to try for `name`, which stays the table's; or NULL. `now_s`: seconds since 1970. */
SSL_SESSION *tls_session_get(struct tls_sessions *sessions, const char *name, int64_t now_s);

/* Forgets that of `name`, if there is one. */
void tls_session_drop(struct tls_sessions *sessions, const char *name);

void tls_sessions_free(struct tls_sessions *sessions);

#endif
