/* SPDX-License-Identifier: ISC */
/* talk.h: a conversation in words, one row of a `talk` table. The grammar, with examples, is docs/scenarios.md.
 *
 *   to tls 99.0.0.10:443 name ok.test
 *   says   "GET /a HTTP/1.1\r\nHost: ok.test\r\n\r\n" then "GET /b HTTP/1.1\r\n" / "Host: no.test\r\n\r\n"
 *   hears  "HTTP/1.1 200 *" then "HTTP/1.1 421 *"
 *
 * Words are bytes to send, what must be heard, and what is done between them; `then` cuts both columns into as many
 * turns: a turn begins when what the one before had to hear was heard.
 */
#ifndef HARNESS_TALK_H
#define HARNESS_TALK_H

#include "harness/event_pattern.h"
#include "harness/lex.h"
#include "harness/recipe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALK_NAME_MAX    254
#define TALK_ALPN_MAX    128
#define TALK_WORDS_MAX   64      /* of one cell */
#define TALK_TIMES_MAX   4000000 /* bytes that `times` may make */
#define TALK_RECORDS_MAX 8       /* addresses of a `dns` answer */
#define TALK_ASKED_MAX   4       /* questions of a `dns` query */
#define TALK_HELLO_MAX   16      /* keys of a `hello` */
#define TALK_ALERT_NONE  256     /* no alert of TLS */

enum talk_proto { TALK_TCP, TALK_TLS, TALK_UDP };
enum talk_trust { TALK_TRUST_CA, TALK_TRUST_UPSTREAM, TALK_TRUST_NONE };

/* `to tcp A:P`, `to tls A:P [name N] [alpn A,B] [version V] [trust T]`, `to udp A:P` */
struct talk_to {
	enum talk_proto proto;
	struct endpoint dst;
	char name[TALK_NAME_MAX +
	          1]; /* SNI, and the name in the certificate; "": no SNI, any name */
	char alpn[TALK_ALPN_MAX + 1]; /* "http/1.1" unless given; "": not offered */
	uint16_t version;             /* 0x0303 or 0x0304 alone; 0: both */
	enum talk_trust trust;        /* whose certificates are believed */
};

enum talk_kind {
	TALK_THEN, /* the end of a turn */

	/* says */
	TALK_TEXT,    /* these bytes; $NONCE is replaced */
	TALK_HEX,     /* these bytes */
	TALK_QUERY,   /* a DNS query; over TCP behind its length */
	TALK_HELLO,   /* a TLS ClientHello in its records */
	TALK_SEGMENT, /* what follows is another segment, record or datagram */
	TALK_CLOCK,   /* the backend's clock jumps forward */
	TALK_FIN,     /* the client ends its direction; in TLS close_notify first */
	TALK_ABORT,   /* the client resets the connection */

	/* hears */
	TALK_LIKE,         /* a glob; one response, when it begins with HTTP/, else bytes */
	TALK_HEAD,         /* the same, a response without a body (to HEAD) */
	TALK_ALERT,        /* a fatal alert of TLS */
	TALK_SERVER_HELLO, /* a ServerHello, to `hello` */
	TALK_REPLY,        /* a DNS message */
	TALK_END,          /* the backend ends its direction; in TLS behind close_notify */
	TALK_CUT,          /* it does so in TLS without close_notify */
	TALK_RESET,        /* it resets the connection */
	TALK_CLOSED,       /* any of the three */
	TALK_NOTHING,      /* nothing is said */

	/* the origin's column */
	TALK_GOT, /* a program in the world has printed this */
	TALK_NOT, /* none has */
};

/* One question of a query. */
struct talk_question {
	uint16_t type;
	char name[TALK_NAME_MAX + 64]; /* $NONCE not replaced yet */
};

/* `dns TYPE NAME [and TYPE NAME]... [KEY=VALUE]...` */
struct talk_query {
	struct talk_question asked[TALK_ASKED_MAX];
	unsigned count;
	bool has_id;
	uint16_t id, flags; /* flags: RD unless given */
	uint16_t class;     /* 1 unless given */
	int counted;        /* QDCOUNT, or -1: as many as there are */
	bool edns;          /* an OPT record behind them */
	uint16_t edns_size;
	uint16_t cut;   /* of its end */
	char tail[128]; /* hex digits that follow */
};

/* `dns RCODE [TYPE VALUE]... [ttl RANGE] [empty] [cut]` */
struct talk_reply {
	uint16_t rcode;
	struct {
		uint16_t type;
		uint32_t ip;     /* of A */
		char value[256]; /* else hex digits of the data, or a name */
	} records[TALK_RECORDS_MAX];
	unsigned count;
	bool exactly;   /* records were named, or `empty`: these and no others */
	bool truncated; /* `tc`: TC must be set, else it must not */
	uint32_t ttl_least, ttl_most;
};

enum talk_hello_key {
	HELLO_NAME,      /* one more name in server_name */
	HELLO_NAME_TYPE, /* of all of them; 0 unless given */
	HELLO_NAMES,     /* the extension's body, hex */
	HELLO_AGAIN,     /* a second server_name extension with this name */
	HELLO_ALPN,      /* a,b */
	HELLO_VERSIONS,  /* supported_versions: 0x0304,0x0303; "none": no such extension */
	HELLO_VERSION,   /* legacy_version */
	HELLO_RECORD_VERSION,
	HELLO_CIPHERS,     /* hex */
	HELLO_COMPRESSION, /* hex, length not in it */
	HELLO_SESSION,     /* hex */
	HELLO_EXT,         /* TYPE:HEX, one more extension, behind all others */
	HELLO_LEN,         /* +N or -N: the handshake's length is wrong by so much */
	HELLO_RECORD,      /* records of at most N bytes */
	HELLO_SEGMENT,     /* segments of at most N bytes */
	HELLO_CUT,         /* nothing behind byte N of the whole */
	HELLO_PAD,         /* a padding extension of N bytes, before all others */
	HELLO_TAIL,        /* hex that follows in the same segment */
	HELLO_KEY_COUNT
};

struct talk_hello {
	struct {
		enum talk_hello_key key;
		long number;
		char text[512];
	} keys[TALK_HELLO_MAX];
	unsigned count;
};

/* The words of enum talk_hello_key, and what each is good for; docs/scenarios.md has the same. */
extern const char *const talk_hello_words[HELLO_KEY_COUNT + 1];

struct talk_word {
	enum talk_kind kind;
	char *text;      /* TEXT, HEX, LIKE, HEAD, GOT, NOT */
	size_t times;    /* TEXT */
	uint64_t number; /* CLOCK: ms; ALERT: its number, or TALK_ALERT_NONE: any */
	struct talk_query *query;
	struct talk_reply *reply;
	struct talk_hello *hello;
};

struct talk_words {
	struct talk_word *list;
	size_t count;
};

struct talk {
	struct talk_to to;
	struct talk_words says, hears, origin;
	char *says_text, *hears_text, *to_text; /* as written, for reports */
	bool has_event;
	struct event_pattern event;
};

/* The words behind `to`, up to the end of the line or one of `stop`; false after at least one error. */
bool talk_to_parse(struct lex *lx, uint32_t target, const char *const *stop, struct talk_to *out);
/* The words of a cell, up to its end. What was read is the caller's, also when false is returned after an error. `to`
 * says what can be said and heard; NULL when that is not known. */
bool talk_says_parse(struct lex *lx, const struct talk_to *to, struct talk_words *out);
bool talk_hears_parse(struct lex *lx, const struct talk_to *to, struct talk_words *out);
bool talk_origin_parse(struct lex *lx, struct talk_words *out);
/* The words behind `hello` and `dns` (talk_parse_dns.c, talk_parse_hello.c). */
bool talk_query_parse(struct lex *lx, struct talk_query *out);
bool talk_reply_parse(struct lex *lx, struct talk_reply *out);
bool talk_hello_parse(struct lex *lx, struct talk_hello *out);

/* How many turns the words are. */
size_t talk_turns(const struct talk_words *w);
/* Turn `n`, counted from 0, is the words from the returned place up to *end. */
size_t talk_turn(const struct talk_words *w, size_t n, size_t *end);
/* The words hold one of this kind. */
bool talk_has(const struct talk_words *w, enum talk_kind kind);

void talk_words_free(struct talk_words *w);
void talk_free(struct talk *t);

/* "access_denied" and its number; TALK_ALERT_NONE when there is no such. */
unsigned talk_alert_number(const char *name);
const char *talk_alert_name(unsigned number);
extern const char *const talk_alert_words[];

/* "A", "AAAA" ...; false when the word is neither one of these nor a number. */
bool talk_dns_type(const char *word, uint16_t *out);
extern const char *const talk_rcode_words[];

#endif
