/* SPDX-License-Identifier: ISC */
/* tls_failure.h: why a TLS connection failed, a closed list of words; and the alerts of who refuses
 * before there is a connection.
 *
 * The words that tls_failure_name() gives are for the audit: added to and retired, never renamed.
 * tls_fault.h is the like list for hellos that are refused as such.
 */
#ifndef REF_TLS_FAILURE_H
#define REF_TLS_FAILURE_H

#include "bytes/wr.h"
#include "ref/tls_fault.h"

enum tls_failure {
	TLS_FAILURE_NONE,

	/* The peer's certificate: tls_failure_is_certificate() */
	TLS_FAILURE_EXPIRED,        /* expired: it, or another of its chain */
	TLS_FAILURE_NOT_YET_VALID,  /* not-yet-valid: the same */
	TLS_FAILURE_SELF_SIGNED,    /* self-signed: by itself, and not in the store */
	TLS_FAILURE_UNKNOWN_CA,     /* unknown-ca: no chain leads to the store */
	TLS_FAILURE_WRONG_NAME,     /* wrong-name: none of its names is the one asked for */
	TLS_FAILURE_NO_SERVER_AUTH, /* no-server-auth: made for another purpose */
	TLS_FAILURE_NOT_A_CA,       /* not-a-ca: signed by what may not sign, or a chain too long */
	TLS_FAILURE_NAME_CONSTRAINT, /* name-constraint: its CA may not sign for the name */
	TLS_FAILURE_WEAK,            /* weak: key or signature below 112 bits */
	TLS_FAILURE_BAD_SIGNATURE,   /* bad-signature */
	TLS_FAILURE_CERTIFICATE,     /* certificate: otherwise wrong, or none */

	/* The handshake */
	TLS_FAILURE_VERSION,      /* version: none in common */
	TLS_FAILURE_CIPHER,       /* cipher: no suite, group or signature in common */
	TLS_FAILURE_ALPN,         /* alpn: http/1.1 is not among what is offered, or not chosen */
	TLS_FAILURE_NAME_CHANGED, /* name-changed: another server_name than was decided upon */
	TLS_FAILURE_MALFORMED,    /* malformed: breaks the protocol, or is none */
	TLS_FAILURE_CUT,          /* cut: ended before the handshake did */

	/* What the peer says is wrong */
	TLS_FAILURE_ALERT_UNKNOWN_CA,  /* alert-unknown-ca: it does not know who signed ours */
	TLS_FAILURE_ALERT_CERTIFICATE, /* alert-certificate: it does not like ours otherwise */
	TLS_FAILURE_ALERT_HANDSHAKE,   /* alert-handshake: version, cipher, ALPN or name */
	TLS_FAILURE_ALERT,             /* alert: anything else */

	TLS_FAILURE_INTERNAL, /* internal: out of memory, or worse */
	TLS_FAILURES,         /* how many there are */
};

/* The word as above; "none" for TLS_FAILURE_NONE, "unknown" for what is no failure. */
const char *tls_failure_name(enum tls_failure failure);

/* Whether it was the peer's certificate. */
bool tls_failure_is_certificate(enum tls_failure failure);

/* Alerts, RFC 8446 section 6.2. */
enum tls_alert {
	TLS_ALERT_UNEXPECTED_MESSAGE = 10,
	TLS_ALERT_DECODE_ERROR = 50,
	TLS_ALERT_ILLEGAL_PARAMETER = 47,
	TLS_ALERT_ACCESS_DENIED = 49,
	TLS_ALERT_PROTOCOL_VERSION = 70,
	TLS_ALERT_INTERNAL_ERROR = 80,
	TLS_ALERT_UNRECOGNIZED_NAME = 112,
	TLS_ALERT_NO_APPLICATION_PROTOCOL = 120,
};

#define TLS_ALERT_LEN 7

/* A fatal alert in a record of its own, in the clear: what answers a hello that is refused. False,
 * and nothing written, when there is no room for TLS_ALERT_LEN bytes. */
WR_MUST_CHECK bool tls_alert_put(struct wr *w, enum tls_alert alert);

/* The alert for a hello with that fault. What is not TLS at all gets none: false. */
bool tls_alert_for(enum tls_fault fault, enum tls_alert *out);

#endif
