/* SPDX-License-Identifier: ISC */
/* record.h: what the gate decided about a name, a connection or a request, for the audit.
 *
 * The gate parses strangers' bytes and does not write the event channel. It hands a record to the
 * worker (gate_wire.h), which believes nothing in it: record_get() refuses whatever is not of the
 * lists and alphabets below, so no text of a stranger's reaches an event unlooked at, and none
 * needs escaping there.
 *
 *	kind  text members that may be filled           verdicts
 *	dns   name                                      allow deny empty failed
 *	conn  name                                      splice mitm deny failed
 *	http  name (the host), method, path, rule       allow deny failed
 *
 *	name    [a-z0-9._-]           RECORD_NAME_MAX bytes
 *	method  tchar of RFC 9110     RECORD_METHOD_MAX
 *	path    0x21..0x7e without " and \    RECORD_PATH_MAX; the normalised one, no query
 *	rule    [A-Za-z0-9._-]        POLICY_ID_MAX
 *	detail  [a-z0-9-]             RECORD_DETAIL_MAX; for every kind
 *
 * A denial and a failure have a reason, the other verdicts have none. An empty text is left out of
 * the event.
 */
#ifndef REF_RECORD_H
#define REF_RECORD_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/policy.h"
#include "ref/reason.h"

#define RECORD_NAME_MAX   POLICY_NAME_MAX
#define RECORD_METHOD_MAX 32
#define RECORD_PATH_MAX   256
#define RECORD_DETAIL_MAX 31

/* Bytes of a record on the wire at most. */
#define RECORD_WIRE_MAX                                                                            \
	(20 + 10 + RECORD_NAME_MAX + RECORD_METHOD_MAX + RECORD_PATH_MAX + POLICY_ID_MAX +         \
	 RECORD_DETAIL_MAX)

enum record_kind { RECORD_DNS, RECORD_CONN, RECORD_HTTP, RECORD_KINDS };

enum record_verdict {
	RECORD_ALLOW,
	RECORD_DENY,   /* with reason */
	RECORD_EMPTY,  /* an allowed name, and a type of record that nobody is told */
	RECORD_SPLICE, /* the name is allowed: bytes go on as they are */
	RECORD_MITM,   /* the name is allowed: each request is a record of its own */
	RECORD_FAILED, /* it was allowed, and the world did not let it happen; with reason */
	RECORD_VERDICTS
};

struct record {
	enum record_kind kind;
	enum record_verdict verdict;
	enum reason reason; /* of RECORD_DENY and RECORD_FAILED; else REASON_NONE */
	uint8_t proto;      /* UDP or TCP: the guest's flow ... */
	uint32_t src, dst;  /* ... from the guest, to where it thinks it talks */
	uint16_t sport, dport;
	uint16_t type;   /* dns: of the question */
	uint16_t status; /* http: of the reply that the guest gets; 0: not known yet */
	char name[RECORD_NAME_MAX + 1];
	char method[RECORD_METHOD_MAX + 1];
	char path[RECORD_PATH_MAX + 1];
	char rule[POLICY_ID_MAX + 1];
	char detail[RECORD_DETAIL_MAX + 1];
};

/* "dns"; "allow". Static storage; "invalid" for a value outside the enum. */
const char *record_kind_name(enum record_kind kind);
const char *record_verdict_name(enum record_verdict verdict);

/* "A" for 1 and so on; NULL for a type that has no short name here. Static storage. */
const char *record_type_name(uint16_t type);

/* Fill in a text out of what a parser found: all of it, or nothing when it is not of the alphabet.
 * What is too long is left out, but for a path, which is cut. Letters of a name are made small. */
void record_set_name(struct record *record, struct rd name);
void record_set_method(struct record *record, struct rd method);
void record_set_path(struct record *record, struct rd path);
void record_set_rule(struct record *record, const char *id);
void record_set_detail(struct record *record, const char *word);

/* Whether the policy ends the VM for it, if it does for anything: a denial of what the guest did. */
bool record_is_violation(const struct record *record);

/* Appends at most RECORD_WIRE_MAX bytes; false when there is no room, or the record is none that
 * record_get() would take. */
WR_MUST_CHECK bool record_put(struct wr *w, const struct record *record);

/* False for what is cut short, or is not as above; *r and *out are then of no use. */
RD_MUST_CHECK bool record_get(struct rd *r, struct record *out);

#endif
