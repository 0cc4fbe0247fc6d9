/* SPDX-License-Identifier: ISC */
/* record.c: fuzz target: any bytes as the gate's records, one behind the other, and as the texts that
 * parsers put into them (ref/record.h). */
#include "ref/record.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/record_rules.h"

/* With fewer bytes there is none, and there is no room for it. */
static void cut(const uint8_t *bytes, size_t shorter, const struct record *record)
{
	uint8_t again[RECORD_WIRE_MAX];
	struct rd r = rd_of(bytes, shorter);
	struct wr w = wr_of(again, shorter);
	struct record out;

	HOLDS("a record that is cut short is none", !record_get(&r, &out));
	HOLDS("a record is not written where there is no room", !record_put(&w, record) && !w.len);
}

/* A record of `len` bytes, which those are. */
static void put_again(const uint8_t *bytes, size_t len, const struct record *record)
{
	const size_t step = len < 80 ? FUZZ_ONE_OF(7) : 29;
	struct record spoiled = *record;
	uint8_t again[RECORD_WIRE_MAX];
	struct wr w = wr_of(again, len);

	HOLDS("a record is written where there is just the room", record_put(&w, record));
	HOLDS("what was read is written as it was", !memcmp(again, bytes, len));
	for (size_t shorter = (len + bytes[len - 1]) % step; shorter < len; shorter += step)
		cut(bytes, shorter, record);
	w = wr_of(again, sizeof(again));
	spoiled.reason = REASON_COUNT;
	HOLDS("a record with a number that is none is not written", !record_put(&w, &spoiled));
	spoiled = *record;
	spoiled.name[0] = '/';
	HOLDS("a record with a name that is none is not written", !record_put(&w, &spoiled));
}

static void hold_record(const struct record *record)
{
	const bool denial = record->verdict == RECORD_DENY;

	HOLDS("a violation is what the guest was denied, never the world's doing",
	      record_is_violation(record) == (denial && reason_is_violation(record->reason)));
	HOLDS("every record has words",
	      strcmp(record_kind_name(record->kind), "invalid") &&
	              strcmp(record_verdict_name(record->verdict), "invalid"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	struct record record;

	record_rules_set(data, size);
	for (;;) {
		const uint8_t *at = r.p;
		const size_t len = record_rules_len(at, r.n);

		HOLDS("a record is taken just where the rules allow it",
		      record_get(&r, &record) == (len > 0));
		if (!len)
			return 0;
		HOLDS("a record ends where its last text does",
		      r.p == at + len && len <= RECORD_WIRE_MAX);
		hold_record(&record);
		put_again(at, len, &record);
	}
}
