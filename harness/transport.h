/* SPDX-License-Identifier: ISC */
/* transport.h: the ways in which a backend can be given its frame channel: one for each word that `describe` may hold
 * in `transports`.
 *
 *   word            the harness                                            --frames SPEC
 *   fd              makes a pair of stream sockets, hands one over         fd:N
 *   fd-dgram        the same with datagram sockets                         fd:N
 *   fd-seqpacket    the same with seqpacket sockets                        fd:N
 *   stream-listen   connects, as soon as the backend listens               stream-listen:unix:PATH
 *   stream-connect  listens, before the backend is started                 stream-connect:unix:PATH
 *   dgram           binds REMOTE before, connects to LOCAL when it is there dgram:unix:LOCAL,REMOTE
 *   seqpacket       connects, as soon as the backend listens               seqpacket:unix:PATH
 *   tap             makes vm0 in the backend's namespace                   tap:vm0
 *
 * Paths are in a folder of their own below $TMPDIR (/tmp), which nobody else may enter.
 */
#ifndef HARNESS_TRANSPORT_H
#define HARNESS_TRANSPORT_H

#include "harness/channel.h"
#include "harness/lab.h"

#include <stdbool.h>

enum transport_kind {
	TRANSPORT_FD, /* the default */
	TRANSPORT_FD_DGRAM,
	TRANSPORT_FD_SEQPACKET,
	TRANSPORT_STREAM_LISTEN,
	TRANSPORT_STREAM_CONNECT,
	TRANSPORT_DGRAM,
	TRANSPORT_SEQPACKET,
	TRANSPORT_TAP,
	TRANSPORT_COUNT
};

#define TRANSPORT_DIR_MAX  80 /* so that the paths in it fit an address */
#define TRANSPORT_SPEC_MAX 256

struct transport {
	enum transport_kind kind;
	int backend_fd; /* to hand over as fd:N, -1 when `spec` says it all; the caller closes it */
	char spec[TRANSPORT_SPEC_MAX];
	int fd;                      /* ours, until the channel has it */
	char dir[TRANSPORT_DIR_MAX]; /* "" when there is none */
};

extern const char *const transport_names[]; /* in the order of the enum; ends with NULL */

bool transport_parse(const char *name, enum transport_kind *out);

/* Makes what has to be there before the backend starts. 0, or -1 with a message on stderr and nothing left. */
int transport_open(struct transport *t, enum transport_kind kind, struct lab_link *l);
/* Tries once to meet the backend. true: *c is the channel, call it no more. false: not yet. */
bool transport_join(struct transport *t, struct channel *c);
/* Closes what no channel has taken over and removes the folder. true when the backend had left nothing of its own
 * in it. To be called again is harmless. */
bool transport_close(struct transport *t);

#endif
