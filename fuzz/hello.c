/* SPDX-License-Identifier: ISC */
/* hello.c: fuzz target: any bytes as the beginning of a client's TLS stream (ref/tls_hello.h), against a second
 * reader; and the same hello cut elsewhere, into pieces of a stream and into records. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/hello_model.h"

static struct hello_model model;

static bool is_same(const struct tls_hello *a, const struct tls_hello *b)
{
	return a->fault == b->fault && !strcmp(a->name, b->name) && a->versions == b->versions &&
	       a->session_id_len == b->session_id_len && a->ech == b->ech &&
	       a->early_data == b->early_data && a->pre_shared_key == b->pre_shared_key &&
	       a->alpn.n == b->alpn.n && (!a->alpn.n || !memcmp(a->alpn.p, b->alpn.p, a->alpn.n));
}

/* The first bytes alone: undecided, or what is said of all. */
static void try_less(const uint8_t *data, size_t cut, enum tls_hello_result whole)
{
	static uint8_t scratch[TLS_HELLO_MAX];
	struct tls_hello less;
	const enum tls_hello_result result = tls_hello_parse(rd_of(data, cut), scratch, &less);

	HOLDS("what is decided stays decided",
	      result == TLS_HELLO_MORE || (result == whole && is_same(&less, &model.hello) &&
	                                   less.stream_len == model.hello.stream_len));
	HOLDS("a hello is told as soon as it is there",
	      result == TLS_HELLO_OK || whole != TLS_HELLO_OK || cut < model.hello.stream_len);
}

/* The message in other records: the same is said of it. */
static void try_other_records(uint32_t seed, enum tls_hello_result whole)
{
	static uint8_t scratch[TLS_HELLO_MAX], stream[TLS_HELLO_MAX];
	const size_t n = hello_model_cut(&model, seed, stream, sizeof(stream));
	struct tls_hello cut;

	if (!n)
		return;
	HOLDS("records change nothing", tls_hello_parse(rd_of(stream, n), scratch, &cut) == whole);
	HOLDS("records change nothing of what is read", is_same(&cut, &model.hello));
}

static void try_alert(enum tls_fault fault)
{
	uint8_t bytes[TLS_ALERT_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	enum tls_alert alert = TLS_ALERT_INTERNAL_ERROR;
	const bool answered = tls_alert_for(fault, &alert);

	HOLDS("the fault has its alert", (answered ? (int)alert : -1) == hello_model_alert(fault));
	HOLDS("an alert is one fatal record", tls_alert_put(&w, alert) && w.len == 7 &&
	                                              !memcmp(bytes, "\x15\3\3\0\2\2", 6) &&
	                                              bytes[6] == alert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[TLS_HELLO_MAX];
	struct tls_hello hello;
	const enum tls_hello_result result = tls_hello_parse(rd_of(data, size), scratch, &hello);
	uint32_t chance = 2166136261;

	for (size_t i = 0; i < size && i < 64; i++)
		chance = (chance ^ data[size - 1 - i]) * 16777619;
	hello_model_read(&model, data, size);
	HOLDS("two readers say the same", result == model.result);
	HOLDS("two readers read the same", is_same(&hello, &model.hello));
	HOLDS("two readers end where the hello does", hello.stream_len == model.hello.stream_len);
	if (result == TLS_HELLO_OK && size > hello.stream_len)
		try_less(data, hello.stream_len, result);
	if (model.whole && chance & 0x10000)
		try_other_records(chance, result);
	else if (size)
		try_less(data, chance % size, result);
	if (result == TLS_HELLO_BAD)
		try_alert(hello.fault);
	return 0;
}
