/* SPDX-License-Identifier: ISC */
/* edge_faults.h: what edge.c can do wrong, one name each. For edge.c alone; ci/fakes has the verdict that each must get. */
#ifndef HARNESS_FAKES_EDGE_FAULTS_H
#define HARNESS_FAKES_EDGE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* When what is for 198.18/15 leaks. */
enum leak { LEAK_NONE, LEAK_LATE, LEAK_BEHIND_SENTINEL, LEAK_AT_EXIT, LEAK_BEHIND_BYE };

struct fake {
	const char *name;
	const char *ordering; /* what `describe` says instead of fifo */
	const char *
	        flood; /* what floods: events "log", or "drop" with the endpoints of what crossed */
	enum leak leak;
	int leak_ms;
	int answer_ms[2]; /* from, to: how late each answer to the guest is */
	int ready_ms;     /* how late `ready` is */
	bool tells;       /* the denial of what leaked is reported all the same */
	bool backwards;   /* answers that wait are sent in reverse order */
	bool silent;      /* declares neither --ctl nor an audit */
	bool forgets;     /* a leak that still waits when the channel ends does not happen */
	bool slanders;    /* reports one allowed datagram as dropped, which crossed */
	bool hides;       /* denials of what is for 198.18/15 are not told */
	bool invents;     /* and others are, that never happened */
	bool ready_twice, no_bye, stays, torn, long_line, mac_changes;
};

static const struct fake fakes[] = {
        {.name = "right"},
        {.name = "leaks-1ms-late", .leak = LEAK_LATE, .leak_ms = 1},
        {.name = "leaks-and-says-drop", .leak = LEAK_LATE, .leak_ms = 1, .tells = true},
        {.name = "leaks-50ms-behind-the-last-sentinel",
         .leak = LEAK_BEHIND_SENTINEL,
         .leak_ms = 50},
        {.name = "leaks-at-exit", .leak = LEAK_AT_EXIT},
        {.name = "leaks-behind-bye", .leak = LEAK_BEHIND_BYE},
        {.name = "slow", .answer_ms = {20, 50}},
        {.name = "slow-and-backwards",
         .answer_ms = {20, 20},
         .backwards = true,
         .ordering = "none"},
        {.name = "per-flow-without-sync", .ordering = "per-flow", .silent = true},
        {.name = "fifo-without-sync", .silent = true},
        {.name = "leaks-if-it-lives",
         .leak = LEAK_LATE,
         .leak_ms = 400,
         .forgets = true,
         .ordering = "none",
         .silent = true},
        {.name = "floods-true-events", .flood = "log"},
        {.name = "floods-false-denials", .flood = "drop"},
        {.name = "slanders", .slanders = true},
        {.name = "hides-denials", .hides = true},
        {.name = "invents-denials", .hides = true, .invents = true},
        {.name = "ready-twice", .ready_twice = true},
        {.name = "ready-after-1s", .ready_ms = 1000},
        {.name = "ready-after-6s", .ready_ms = 6000},
        {.name = "long-line", .long_line = true},
        {.name = "torn-lines", .torn = true},
        {.name = "exits-without-bye", .no_bye = true},
        {.name = "says-no-bye-and-stays", .no_bye = true, .stays = true},
        {.name = "mac-changes", .mac_changes = true},
};

#endif
