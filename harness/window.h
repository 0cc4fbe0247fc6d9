/* SPDX-License-Identifier: ISC */
/* window.h: the boot window of one case: what a guest said between power-on and lock-down, and what of it crossed.
 *
 * The tape of a case with `boot` begins before QEMU does, so it holds every frame that the guest ever sent and every
 * packet that left the backend. window_make() puts them in order: to whom, how many, from when to when, and whether the
 * policy's list allows them. It is the list that is asked, whatever the mode: in direct mode everything may cross, and
 * what is not on the list is what stood open.
 *
 *   exposed  from the first packet that crossed and is not on the list to the lock-down, or to the last such packet
 *            when that is later and more than a kernel's acknowledgement or end of a connection. Without such a packet
 *            nothing is said to have been exposed: it is measured, not believed. Lock-down is a claim of the guest, whose set-up has ended well; it is placed where READY came in,
 *            never too early. Where there is no set-up, or where it failed, nothing is locked down, and the guest's
 *            end takes its place when that is known.
 *
 * DIR/windows.jsonl has one object a line, in the order of the cases:
 *
 *   {"name":"boot-window-direct/online","mode":"direct","packages":"online","boot":"cold",
 *    "locked_ms":1812.4,"off_ms":null,"exposed_ms":[1240.1,1812.4],
 *    "marks":[{"name":"QEMU up","ms":38.0,"claim":false}],
 *    "sent":[{"to":"udp 198.18.0.1:53","class":"forbidden","count":2,"first":1240.0,"last":1300.7,
 *             "words":"udp 192.168.100.2:40000 > 198.18.0.1:53 dns A leak.test.","at":[1240.0,1300.7]}],
 *    "crossed":[...]}
 *
 * Times are ms since power-on: since QEMU's process was made. What crossed before that has a negative one. `packages` is
 * prebuilt, offline or online, "none" without a set-up.
 */
#ifndef HARNESS_WINDOW_H
#define HARNESS_WINDOW_H

#include "harness/oracle.h"
#include "harness/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WINDOW_FLOWS    32 /* of each lane; what is sent to more destinations goes into the last one */
#define WINDOW_DOTS     48 /* times that a flow keeps: the first ones, and always the last */
#define WINDOW_MARKS    16
#define WINDOW_POLICIES 8
#define WINDOW_NEVER    (-1.0)

enum window_class {
	WINDOW_ALLOWED, /* to an endpoint on the policy's list */
	WINDOW_LINK, /* meant for the link itself: ARP for the gateway, DHCP, noise of IPv6, a ping of the gateway;
	                on the wire that the provider's own kernel cannot deliver something */
	WINDOW_FORBIDDEN, /* everything else, and on the wire everything that is not allowed */
};

enum window_lane {
	WINDOW_SENT,    /* by the guest, into the frame channel */
	WINDOW_CROSSED, /* out of the backend, onto the wire or the provider's own host */
	WINDOW_LANES,
};

/* Packets to one destination. */
struct window_flow {
	char to[64];     /* "tcp 198.18.0.5:80", "icmp6 ff02::16", "arp 192.168.100.1" */
	char words[200]; /* the first one, as decode_line() tells it */
	enum window_class class;
	unsigned count;
	/* Of those that open something or carry something; a kernel acknowledges and closes its connections when nobody
	 * speaks any more. */
	double first_ms, last_ms;
	double at_ms[WINDOW_DOTS];
	unsigned dots;
};

struct window_mark {
	const char *name;
	double ms;
	bool claim; /* of the guest */
};

struct window {
	struct window_flow flow[WINDOW_LANES][WINDOW_FLOWS];
	size_t flows[WINDOW_LANES];
	unsigned count[WINDOW_LANES], forbidden[WINDOW_LANES];
	double first_leak_ms, last_leak_ms; /* forbidden and crossed; only when there is one */
	double exposed_from, exposed_to;    /* WINDOW_NEVER: nothing was */
};

/* What a window is made of. */
struct window_facts {
	const struct tape *tape;
	const struct oracle *policy; /* its mode does not matter */
	uint64_t power_on_ns;        /* on the tape's clock */
	double locked_ms;            /* or WINDOW_NEVER */
	double off_ms;               /* QEMU had ended; or WINDOW_NEVER */
	/* Frames that hold one of these are the harness's sentinels; NULL or "" for none. */
	const char *sentinel[2];
};

/* Pure. `w` is overwritten; it is 45 KB. */
void window_make(struct window *w, const struct window_facts *f);

/* The class of a frame that the guest sent, or that crossed. */
enum window_class window_class_of(const struct oracle *policy, const struct seen *s,
                                  enum window_lane lane);
const char *window_class_name(enum window_class class);

/* "prebuilt", "offline" or "online" of the options of a `setup`, "?" when they name none of these; "none" for
 * NULL. */
const char *window_packages(const char *setup);

/* Removes DIR/windows.jsonl, which an earlier run may have left. 0, or -1 with a message on stderr. */
int window_clear(const char *dir);

/* ---- for the vm plane ---- */

struct vm_times;

struct window_source {
	const char *suite, *scn_case;
	const char *setup; /* the options of the case's `setup`, or NULL */
	bool restored;
	bool off;           /* the guest has ended by itself, as it does when its set-up fails */
	const char *policy; /* path of the suite's policy */
	/* Paths of those that took its place while the guest ran: what any of them lists is allowed. */
	const char *later[WINDOW_POLICIES];
	const struct tape *tape;
	const struct vm_times *times;
	const char *sentinel[2];
};

/* Writes the window of one case as a line of windows.jsonl. To be called when the batch has been judged and the VM has
 * ended. A policy that cannot be read allows nothing. */
void window_tell(const struct window_source *src, FILE *to);

#endif
