/* SPDX-License-Identifier: ISC */
/* events.h: reads and checks the backend's event stream: JSON lines, contract version 1.
 *
 * The stream is the backend's word, never evidence of what crossed. It is held to its form
 * strictly: each line one JSON object of at most 4096 bytes, "v" 1, "ev" from the closed list,
 * "seq" rising by one from the first line, and the first line "ready". A policy that ends the VM is told in this
 * order: "violation", "terminate", "bye"; nothing is allowed behind the first of them.
 */
#ifndef HARNESS_EVENTS_H
#define HARNESS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_LINE_MAX 4096

enum event_kind {
	EVENT_READY,
	EVENT_ALLOW,
	EVENT_DROP,
	EVENT_VIOLATION,
	EVENT_TERMINATE,
	EVENT_CONN,
	EVENT_DNS,
	EVENT_HTTP,
	EVENT_LOG,
	EVENT_BYE,
	EVENT_KIND_COUNT
};

#define EVENT_WORD_MAX 40  /* a reason, the id of a rule */
#define EVENT_TEXT_MAX 257 /* a name, a path */

/* The words of `ev`, in the order of the enum; ends with NULL. */
extern const char *const event_kind_words[EVENT_KIND_COUNT + 1];

/* One event; a field is 0 or "" when the line did not have it. */
struct event {
	enum event_kind kind;
	int64_t seq;
	char proto[16];
	char reason[EVENT_WORD_MAX], rule[EVENT_WORD_MAX]; /* cut when longer than any can be */
	uint32_t src, dst;
	uint16_t sport, dport;
	/* of dns, conn and http */
	char verdict[EVENT_WORD_MAX], detail[EVENT_WORD_MAX];
	char name[EVENT_TEXT_MAX], host[EVENT_TEXT_MAX], path[EVENT_TEXT_MAX];
	char type[EVENT_WORD_MAX], method[EVENT_WORD_MAX];
	int64_t status;     /* -1: none */
	int64_t suppressed; /* denials this line stands for besides itself */
};

struct events {
	char line[EVENT_LINE_MAX + 1];
	size_t len;
	int64_t next_seq;
	unsigned count; /* lines seen */
	bool ready, bye;
	bool violated, terminated;      /* by policy */
	char violation[EVENT_WORD_MAX]; /* the reason of the first violation, fit for a terminal */
	char fault[256];                /* the first breach of the contract, or "" */
};

/* The event says that something was not let through: a drop, a violation, a name, connection or request with the
 * verdict "deny". */
bool event_denies(const struct event *ev);

void events_init(struct events *e);
/* Takes `n` bytes; calls `on_line` for each complete line, with the parsed event or, for a line
 * that breaks the contract, NULL (fault is set then). */
void events_feed(struct events *e, const char *bytes, size_t n,
                 void (*on_line)(void *arg, const char *line, size_t len, const struct event *ev),
                 void *arg);
/* Parses one line; false with a phrase in `why` (256 bytes). */
bool event_parse(const char *line, size_t len, struct event *out, char *why);

#endif
