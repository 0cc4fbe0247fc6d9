/* SPDX-License-Identifier: ISC */
/* resolver.h: a resolver of the world, which can also lie in every way. Shares no code with refnat.
 *
 *	resolver           sockets, the log, answers that are late
 *	resolver_message   messages are read and written
 *	resolver_zone      who has which address, and what the names below dns.test do
 */
#ifndef LAB_WORLD_RESOLVER_H
#define LAB_WORLD_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX 65535
#define NAME_SIZE   1024 /* of a name as text, escapes and all */

#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_SOA   6
#define TYPE_TXT   16
#define TYPE_AAAA  28

/* A query, as far as it could be read. */
struct question {
	const uint8_t *message;
	size_t len;
	char name[NAME_SIZE]; /* in lower case, without the last dot */
	char as_came[NAME_SIZE];
	size_t end; /* of the question in the message */
	uint16_t type;
	bool edns; /* it has an OPT, or something else behind the question */
	bool tcp;
	unsigned times; /* this name was asked for before; 0: never */
};

struct message {
	uint8_t bytes[MESSAGE_MAX + 1];
	size_t len;
};

/* What is done with an answer, and a second one, if its length is not 0. */
struct reply {
	struct message first, second;
	unsigned late_ms;
	bool other_port;    /* UDP: sent from a port that was not asked */
	bool other_address; /* UDP: from an address that was not */
	bool hang_up;       /* TCP: closed instead */
};

/* ---- resolver_message.c ---- */

/* False when there is no question in it that can be read. */
bool question_read(struct question *q, const uint8_t *message, size_t len);
/* An answer to it without records: id, flags 0x8180 with `rcode`, the question as it came. */
void message_begin(struct message *m, const struct question *q, unsigned rcode);
/* Records; those of the answer section are counted. `name` as text; NULL: a pointer to the question's. */
void message_record(struct message *m, const char *name, uint16_t type, uint32_t ttl,
                    const void *data, size_t len);
void message_a(struct message *m, const char *name, uint32_t ttl, const char *address);
void message_cname(struct message *m, const char *name, const char *to);
/* Moves the record written last to another section: 1 authority, 2 additional. */
void message_move(struct message *m, int section);
/* An SOA in the authority section, by which a denial is cached for `ttl` seconds. */
void message_soa(struct message *m, uint32_t ttl);
/* An OPT, when the query had one; the last record. */
void message_end(struct message *m, const struct question *q);
void message_set16(struct message *m, size_t at, uint16_t value);

/* ---- resolver_zone.c ---- */

/* What is answered; first.len 0: nothing. */
void zone_answer(const struct question *q, struct reply *out);
void zone_list(void);

#endif
