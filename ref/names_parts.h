/* SPDX-License-Identifier: ISC */
/* names_parts.h: what the files of the name service share: its tables, and who calls whom.
 *
 *	names.c        start and end, names_resolve(), which file an event is for
 *	names_up.c     lines: questions to the resolver under way, one for each name
 *	names_guest.c  clients: the guest's sockets; what comes out of them and goes into them
 *	names_query.c  queries: from a client's message to its reply
 *
 * A query waits for a record to be written, or for a line, or to be allowed to send a record. Many queries
 * and askers wait for one line. When a line ends it says so to all of them and is free.
 */
#ifndef REF_NAMES_PARTS_H
#define REF_NAMES_PARTS_H

#include "ref/names.h"
#include "ref/names_rule.h"

#define NAMES_MESSAGE_MAX   9216 /* of the guest's: what the largest MTU carries */
#define NAMES_STREAM_IN_MAX 2048 /* a query by TCP, and the two bytes in front of it */
#define NAMES_REPLY_MAX     1024 /* more than any reply has: 16 addresses */
#define NAMES_ANSWER_MAX    8192 /* of the resolver by TCP */
#define NAMES_TRIES         3    /* datagrams for one question */
#define NAMES_RETRY_NS      UINT64_C(1000000000) /* between them */
#define NAMES_FOREIGN_MAX                                                                          \
	64 /* messages that do not belong to the question, and then it is given up */
#define NAMES_CLIENT_PENDING 16 /* queries of one UDP socket under way; of a stream 1 */
#define NAMES_TURN           16 /* datagrams of one client in a row */
#define NAMES_LINGER_NS      UINT64_C(1000000000) /* for the end of a stream that we have ended */

#define NAMES_QUIET_MAX   64 /* sockets that are kept for what comes late */
#define NAMES_RECORDS_MAX 32 /* sent and not written yet: half of what the gate may have */

#define NAMES_NOBODY UINT32_MAX

/* A token: what it is about, a number that grows with each use of the place, and the place. */
enum names_kind { NAMES_KIND_LINE = 1, NAMES_KIND_CLIENT, NAMES_KIND_QUERY };

static inline uint32_t names_token(enum names_kind kind, uint16_t use, uint32_t place)
{
	return (uint32_t)kind << 28 | (uint32_t)use << 12 | place;
}

static inline enum names_kind names_token_kind(uint32_t token)
{
	return (enum names_kind)(token >> 28);
}

static inline uint16_t names_token_use(uint32_t token)
{
	return (uint16_t)(token >> 12);
}

static inline uint32_t names_token_place(uint32_t token)
{
	return token & 0xfff;
}

/* ---- questions under way ---- */

enum names_line_state {
	NAMES_LINE_FREE,
	NAMES_LINE_DIALLING, /* for a socket, UDP or TCP */
	NAMES_LINE_UDP,      /* sent, perhaps more than once */
	NAMES_LINE_SENDING,  /* TCP: connecting, or sending the question */
	NAMES_LINE_READING,  /* TCP: the answer */
};

struct names_line {
	enum names_line_state state;
	uint16_t use;
	bool stream;
	int fd; /* -1: none */
	struct names_question question;
	uint64_t give_up_ns, again_ns;
	unsigned tries, foreign;
	uint8_t bytes
	        [2 + NAMES_ANSWER_MAX]; /* TCP: the question, then the answer, with their lengths */
	size_t done, len;
};

/* A socket whose question is over. Were it closed, our kernel would say to a resolver whose second answer comes
 * late that nobody is there, and so to anybody how long questions last. Nobody reads it. */
struct names_quiet {
	int fd;
	uint64_t until_ns; /* 0: free */
};

struct names_wait {
	bool used;
	uint32_t line; /* token */
	uint32_t asker;
};

/* ---- the guest ---- */

struct names_stream {
	bool used;
	uint8_t in[NAMES_STREAM_IN_MAX];
	uint8_t out[2 + NAMES_REPLY_MAX];
	size_t in_len, out_from, out_to;
};

struct names_client {
	bool used;
	bool finished; /* TCP: the guest's end has come; what it asked before is answered */
	bool closing;  /* TCP: nothing more is served; our end is shut down when all is sent */
	bool shut;     /* TCP: that was done; what comes is thrown away */
	bool blocked;  /* not read, for want of a free query */
	uint16_t use;
	int fd;
	struct flow_key key;
	uint32_t stream;  /* TCP: its place */
	uint32_t pending; /* queries under way */
	uint32_t events;  /* that are watched */
	uint64_t
	        used_ns; /* UDP: when something last came or went; TCP: when its turn to ask began */
};

enum names_query_state {
	NAMES_QUERY_FREE,
	NAMES_QUERY_QUEUED,    /* for a record to be sent */
	NAMES_QUERY_RECORDING, /* for it to be written */
	NAMES_QUERY_ASKING,    /* for a line */
};

struct names_query {
	enum names_query_state state;
	uint16_t use;
	uint32_t client; /* token */
	uint32_t line;   /* token, ASKING */
	uint32_t next;   /* QUEUED: the place behind it */
	struct flow_key key;
	struct names_rule rule;
	enum dns_fault fault; /* of the query, or of the resolver's answer: the record's detail */
	struct dns_query parsed; /* its question points to the bytes below */
	uint8_t question[DNS_QUESTION_MAX];
};

struct names {
	const struct names_io *io;
	const struct policy_web *web;
	uint32_t resolver_ip; /* the policy's, that questions under way are for; 0: not forward */
	uint16_t resolver_port;
	struct names_cache cache;
	struct names_line lines[NAMES_LINES_MAX];
	struct names_quiet quiet[NAMES_QUIET_MAX];
	struct names_wait waits[NAMES_WAITS_MAX];
	struct names_client clients[NAMES_CLIENTS_MAX];
	struct names_stream streams[NAMES_STREAMS_MAX];
	struct names_query queries[NAMES_QUERIES_MAX];
	uint32_t query_count; /* that are not free */
	uint32_t wait_count;
	uint32_t stream_count;
	uint32_t recording;              /* records that are not written yet */
	uint32_t queue_head, queue_tail; /* of QUEUED queries; NAMES_NOBODY */
	bool starved; /* some clients are not read because there was no free query */
};

/* ---- names_up.c ---- */

/* Asks for `name`, or joins who asks for it already: *line is the token. FAILED fills *out. */
enum names_status names_up_ask(struct names *names, const struct dns_name *name, uint64_t now_ns,
                               uint32_t *line, struct names_result *out);

void names_up_ready(struct names *names, uint32_t place, uint32_t events, uint64_t now_ns);
void names_up_dialled(struct names *names, uint32_t place, int fd, uint64_t now_ns);
void names_up_tick(struct names *names, uint64_t now_ns);
uint64_t names_up_deadline(const struct names *names);

/* Gives up what the policy in force now would not have asked; `elsewhere`: all of it. */
void names_up_review(struct names *names, bool elsewhere, uint64_t now_ns);
void names_up_stop(struct names *names);

/* ---- names.c ---- */

/* A line has ended: whoever waits for it is told. */
void names_line_ended(struct names *names, uint32_t line, const struct names_result *result,
                      uint64_t now_ns);

/* What is known without the resolver: dns.hosts, then the cache; else WAIT. `name` is allowed. */
void names_look_up(const struct names *names, const struct dns_name *name, uint64_t now_ns,
                   struct names_result *out);

/* ---- names_query.c ---- */

/* A message of the client. False when there is no room for a query: it is to be offered again. */
bool names_query_take(struct names *names, uint32_t client, struct rd message, uint64_t now_ns);

/* A message that is too large to be read: recorded, not answered. False as above. */
bool names_query_refuse(struct names *names, uint32_t client, uint64_t now_ns);

void names_query_recorded(struct names *names, uint32_t place, uint64_t now_ns);
void names_query_resolved(struct names *names, uint32_t line, const struct names_result *result,
                          uint64_t now_ns);

/* ---- names_guest.c ---- */

/* The reply to a query of this client, if it is still there, or none (`reply.n` is 0); one query less is
 * under way. */
void names_guest_reply(struct names *names, uint32_t client, struct rd reply, uint64_t now_ns);

/* The client of a token, or NULL when it is gone. */
struct names_client *names_guest_find(struct names *names, uint32_t client);

/* Clients that could not be read for want of a free query are read again. */
void names_guest_resume(struct names *names, uint64_t now_ns);

void names_guest_ready(struct names *names, uint32_t place, uint32_t events, uint64_t now_ns);
void names_guest_tick(struct names *names, uint64_t now_ns);
uint64_t names_guest_deadline(const struct names *names);
void names_guest_stop(struct names *names);

#endif
