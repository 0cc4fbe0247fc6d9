/* SPDX-License-Identifier: ISC */
/* reason.c: fuzz target: any number as a reason, a mode, and what records are of; their names go to
 * the audit (ref/reason.h, ref/record.h). */
#include "ref/reason.h"
#include "bytes/rd.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/reason_list.h"
#include "ref/record.h"
#include "ref/version.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static bool is(const char *name, const char *const *words, size_t count, uint32_t number)
{
	return strcmp(name, number < count ? words[number] : "invalid") == 0;
}

static void hold_record(uint32_t number)
{
	static const char *const kinds[] = {"dns", "conn", "http"};
	static const char *const verdicts[] = {"allow",  "deny", "empty",
	                                       "splice", "mitm", "failed"};
	static const char *const types[258] = {
	        [1] = "A",     [2] = "NS",     [5] = "CNAME", [6] = "SOA",  [12] = "PTR",
	        [15] = "MX",   [16] = "TXT",   [28] = "AAAA", [33] = "SRV", [35] = "NAPTR",
	        [64] = "SVCB", [65] = "HTTPS", [255] = "ANY", [257] = "CAA"};
	const uint16_t type = (uint16_t)number;
	const char *name = record_type_name(type), *expected = type < 258 ? types[type] : NULL;

	HOLDS("a kind has its name",
	      is(record_kind_name((enum record_kind)number), kinds, LEN(kinds), number));
	HOLDS("a verdict has its name", is(record_verdict_name((enum record_verdict)number),
	                                   verdicts, LEN(verdicts), number));
	HOLDS("a type of records has its name, or none",
	      name && expected ? !strcmp(name, expected) : name == expected);
}

static void hold_reason(uint32_t number)
{
	const enum reason reason = (enum reason)number;
	const char *name = reason_name(reason);

	HOLDS("a reason has its name",
	      !strcmp(name, number < reason_list_len ? reason_list[number].name : "invalid"));
	HOLDS("a reason is a violation or none",
	      reason_is_violation(reason) ==
	              (number < reason_list_len && reason_list[number].violation));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	uint16_t number;

	HOLDS("the list of reasons is the whole one", reason_list_len == REASON_COUNT);
	HOLDS("there is a version",
	      *VERSION_NUMBER >= '0' && *VERSION_NUMBER <= '9' && *VERSION_NAME);
	while (rd_u16(&r, &number)) {
		/* Beside the number itself one that is far outside of every enum. */
		hold_reason(number);
		hold_reason(UINT32_MAX - number);
		hold_record(number);
	}
	return 0;
}
