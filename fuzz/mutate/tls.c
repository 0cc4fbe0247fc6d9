/* SPDX-License-Identifier: ISC */
/* tls.c: the mutator's format of what a TLS client sends first: a ClientHello in records.
 *
 * The handshake message is put together and taken apart, down to the names of a server_name extension; when it
 * has been changed it is cut into records again where it was cut before. The notes are these records: their
 * lengths and the lower byte of their versions. What stands behind them, and a record that is cut off, is one
 * plain field.
 */
#include "bytes/wr.h"
#include "fuzz/mutate/core.h"

#define RECORD_HDR_LEN 5
#define RECORD_MAX     16384
#define HANDSHAKE      22
#define RECORDS_MAX    (MUTATE_NOTES - 3)

enum kind {
	KIND_NONE,
	KIND_SUITE,
	KIND_EXTENSION,
	KIND_NAME,
	KIND_PROTOCOL,
	KIND_WORD,
	KIND_SHARE,
	KIND_IDENTITY,
	KIND_BINDER,
};

enum note { NOTE_TAIL, NOTE_TAIL_LEN, NOTE_COUNT, NOTE_RECORD };

/* ---- apart ---- */

static void parse_words(struct mutate_tree *tree, struct rd in, enum kind kind)
{
	struct rd word;

	while (rd_sub(&in, 2, &word))
		mutate_fixed(tree, (uint8_t)kind, word);
	mutate_plain(tree, 0, in);
}

/* Items with a length in front and `before` or `behind` so many bytes of their own. */
static void parse_items(struct mutate_tree *tree, struct rd in, enum kind kind, unsigned width,
                        size_t before, size_t behind)
{
	while (in.n >= before + width) {
		mutate_open(tree, (uint8_t)kind, 0);
		mutate_take(tree, &in, before);
		mutate_vec_plain(tree, width, &in);
		mutate_take(tree, &in, behind);
		mutate_close(tree);
	}
	mutate_plain(tree, 0, in);
}

static void parse_pre_shared_key(struct mutate_tree *tree, struct rd *in)
{
	struct rd inside;

	if (mutate_vec(tree, 2, KIND_IDENTITY, in, &inside)) {
		parse_items(tree, inside, KIND_IDENTITY, 2, 0, 4);
		mutate_close(tree);
	}
	if (mutate_vec(tree, 2, KIND_BINDER, in, &inside)) {
		parse_items(tree, inside, KIND_BINDER, 1, 0, 0);
		mutate_close(tree);
	}
}

static void parse_data(struct mutate_tree *tree, uint16_t type, struct rd in)
{
	static const struct {
		uint16_t type;
		uint8_t list_width, kind, width, before;
	} lists[] = {
	        {0, 2, KIND_NAME, 2, 1},  {16, 2, KIND_PROTOCOL, 1, 0}, {43, 1, KIND_WORD, 0, 0},
	        {10, 2, KIND_WORD, 0, 0}, {13, 2, KIND_WORD, 0, 0},     {51, 2, KIND_SHARE, 2, 2},
	};
	struct rd inside;

	if (type == 41)
		parse_pre_shared_key(tree, &in);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (lists[i].type != type ||
		    !mutate_vec(tree, lists[i].list_width, lists[i].kind, &in, &inside))
			continue;
		if (lists[i].width)
			parse_items(tree, inside, lists[i].kind, lists[i].width, lists[i].before,
			            0);
		else
			parse_words(tree, inside, lists[i].kind);
		mutate_close(tree);
	}
	mutate_plain(tree, 0, in);
}

static void parse_extensions(struct mutate_tree *tree, struct rd in)
{
	while (in.n >= 4) {
		const uint16_t type = (uint16_t)(in.p[0] << 8 | in.p[1]);
		struct rd data;

		mutate_open(tree, KIND_EXTENSION, 0);
		mutate_take(tree, &in, 2);
		if (mutate_vec(tree, 2, 0, &in, &data)) {
			parse_data(tree, type, data);
			mutate_close(tree);
		}
		mutate_close(tree);
	}
	mutate_plain(tree, 0, in);
}

static void parse_hello(struct mutate_tree *tree, struct rd in)
{
	struct rd inside;

	mutate_take(tree, &in, 2 + 32);
	mutate_vec_plain(tree, 1, &in);
	if (mutate_vec(tree, 2, KIND_SUITE, &in, &inside)) {
		parse_words(tree, inside, KIND_SUITE);
		mutate_close(tree);
	}
	mutate_vec_plain(tree, 1, &in);
	if (mutate_vec(tree, 2, KIND_EXTENSION, &in, &inside)) {
		parse_extensions(tree, inside);
		mutate_close(tree);
	}
	mutate_plain(tree, 0, in);
}

/* The records at the beginning of *in, without their headers; then *in is what is behind them. Both are copied,
 * so that they stand in a row. */
static struct rd gather(struct mutate_tree *tree, struct rd *in)
{
	struct wr message = wr_of(mutate_room(tree, in->n), in->n);
	uint32_t count = 0;

	while (count < RECORDS_MAX && in->n >= RECORD_HDR_LEN && in->p[0] == HANDSHAKE &&
	       in->p[1] == 3) {
		const uint8_t version = in->p[2];
		struct rd rest = *in, part;

		if (!rd_skip(&rest, 3) || !rd_vec16(&rest, &part) ||
		    !wr_bytes(&message, part.p, part.n))
			break;
		tree->notes[NOTE_RECORD + count++] = (uint32_t)version << 16 | (uint32_t)part.n;
		*in = rest;
	}
	tree->notes[NOTE_COUNT] = count;
	tree->notes[NOTE_TAIL_LEN] = (uint32_t)in->n;
	if (in->n)
		memcpy(message.p + message.len, in->p, in->n);
	*in = rd_of(message.p + message.len, in->n);
	return rd_of(message.p, message.len);
}

static void parse(struct mutate_tree *tree, struct rd input)
{
	struct rd message = gather(tree, &input), body;

	mutate_take(tree, &message, 1);
	if (mutate_vec(tree, 3, 0, &message, &body)) {
		parse_hello(tree, body);
		mutate_close(tree);
	}
	mutate_plain(tree, 0, message);
	tree->notes[NOTE_TAIL] = mutate_plain(tree, 0, input);
	if (tree->rest) /* it has no field of its own */
		tree->notes[NOTE_TAIL] = 0;
}

/* ---- together ---- */

static bool put_record(struct wr *w, uint32_t version, struct rd *message, size_t n)
{
	struct rd part = {0};

	return rd_sub(message, n, &part) && wr_u8(w, HANDSHAKE) && wr_u8(w, 3) &&
	       wr_u8(w, (uint8_t)version) && wr_u16(w, (uint16_t)n) && wr_bytes(w, part.p, n);
}

/* As long as they were, and the last takes what is left. */
static bool put_records(const struct mutate_tree *tree, struct wr *w, struct rd *message)
{
	const uint32_t count = tree->notes[NOTE_COUNT];

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t note = tree->notes[NOTE_RECORD + i];
		const size_t len = note & 0xffff;
		size_t n = len < message->n ? len : message->n;

		if (i == count - 1 && len <= RECORD_MAX)
			n = message->n < RECORD_MAX ? message->n : RECORD_MAX;
		if ((n || !len) && !put_record(w, note >> 16, message, n))
			return false;
	}
	while (message->n)
		if (!put_record(w, 3, message, message->n < RECORD_MAX ? message->n : RECORD_MAX))
			return false;
	return true;
}

static size_t finish(struct mutate_tree *tree, uint8_t *bytes, size_t size, size_t max)
{
	const uint16_t tail = tree->where[tree->notes[NOTE_TAIL]];
	const size_t message_len = tail ? tree->nodes[tail].at
	                                : size - (size < tree->notes[NOTE_TAIL_LEN]
	                                                  ? size
	                                                  : tree->notes[NOTE_TAIL_LEN]);
	struct rd message = rd_of(bytes, message_len);
	uint8_t *room = tree->notes[NOTE_COUNT] ? mutate_room(tree, max) : NULL;
	struct wr w = wr_of(room, max);

	if (!tree->notes[NOTE_COUNT])
		return size;
	if (!room || !put_records(tree, &w, &message) ||
	    !wr_bytes(&w, bytes + message_len, size - message_len))
		return 0;
	memcpy(bytes, room, w.len);
	return w.len;
}

/* Cuts the message into records elsewhere. */
static void cut(struct mutate_tree *tree)
{
	uint32_t *records = tree->notes + NOTE_RECORD;
	uint32_t *count = tree->notes + NOTE_COUNT;
	const uint32_t at = mutate_below(tree, *count);

	switch (mutate_below(tree, 5)) {
	case 0: /* one of them in two, of which the first may be empty */
	case 1:
		if (!*count || *count == RECORDS_MAX)
			return;
		memmove(records + at + 1, records + at, (*count - at) * sizeof(*records));
		records[at] = (records[at] & 0xff0000) | mutate_below(tree, records[at] & 0xffff);
		records[at + 1] -= records[at] & 0xffff;
		++*count;
		return;
	case 2: /* all alike */
		records[0] = 0x30000 | (1 + mutate_below(tree, 300));
		for (*count = 1; *count < RECORDS_MAX; ++*count)
			records[*count] = records[0];
		return;
	case 3: /* one */
		records[0] = 0x3ffff & (0x30000 | RECORD_MAX);
		*count = 1;
		return;
	default: /* another version */
		records[at] = (records[at] & 0xffff) | mutate_below(tree, 6) << 16;
	}
}

/* ---- anew ---- */

struct text {
	uint8_t len;
	char text[31];
};
#define TEXT(literal)                                                                              \
	{                                                                                          \
		sizeof(literal) - 1, literal                                                       \
	}

/* A name with its type and its length. */
static size_t make_name(struct mutate_tree *tree, uint8_t *out, size_t size)
{
	static const struct text names[] = {
	        TEXT("example.com"),    TEXT("Api.Example.COM."), TEXT("a_b.test"),
	        TEXT("192.0.2.1"),      TEXT("0x7f.1"),           TEXT("a..b"),
	        TEXT("-a.test"),        TEXT("a\0.test"),         TEXT("[::1]"),
	        TEXT("caf\xc3\xa9.fr"), TEXT("a%2e.b"),           TEXT("")};
	const struct text *name = &names[mutate_below(tree, sizeof(names) / sizeof(names[0]))];
	struct wr w = wr_of(out, size);

	return wr_u8(&w, mutate_below(tree, 8) ? 0 : 1) && wr_u16(&w, name->len) &&
	                       wr_bytes(&w, name->text, name->len)
	               ? w.len
	               : 0;
}

/* An extension that is read, or one that is not. */
static size_t make_extension(struct mutate_tree *tree, uint8_t *out, size_t size)
{
	static const struct text extensions[] = {
	        TEXT("\0\x10\0\x0e\0\x0c\2h2\x08http/1.1"),
	        TEXT("\0\x10\0\3\0\1\0"),
	        TEXT("\0\x2b\0\5\4\3\4\3\3"),
	        TEXT("\0\x2b\0\3\2\3\2"),
	        TEXT("\0\x2a\0\0"),
	        TEXT("\0\x2a\0\1\1"),
	        TEXT("\xfe\x0d\0\1\1"),
	        TEXT("\x0a\x0a\0\0"),
	        TEXT("\0\x29\0\x0f\0\7\0\1x\0\0\0\0\0\4\3abc"),
	        TEXT("\0\x17\0\0"),
	        TEXT("\0\0\0\0"),
	        TEXT("\0\0\0\2\0\0"),
	};
	const uint32_t which = mutate_below(tree, 2 * sizeof(extensions) / sizeof(extensions[0]));
	struct wr w = wr_of(out, size);
	size_t n;

	if (which < sizeof(extensions) / sizeof(extensions[0])) {
		memcpy(out, extensions[which].text, extensions[which].len);
		return extensions[which].len;
	}
	n = make_name(tree, out + 6, size - 6);
	return wr_u16(&w, 0) && wr_u16(&w, (uint16_t)(n + 2)) && wr_u16(&w, (uint16_t)n) ? n + 6
	                                                                                 : 0;
}

static size_t make(struct mutate_tree *tree, uint8_t kind, uint8_t *out, size_t size)
{
	static const uint16_t words[] = {0x0300, 0x0301, 0x0302, 0x0303,
	                                 0x0304, 0x0305, 0x0a0a, 0x1301};
	struct wr w = wr_of(out, size);

	if (kind == KIND_EXTENSION)
		return make_extension(tree, out, size);
	if (kind == KIND_NAME)
		return make_name(tree, out, size);
	if (kind == KIND_WORD || kind == KIND_SUITE)
		return wr_u16(&w, words[mutate_below(tree, 8)]) ? w.len : 0;
	if (kind == KIND_IDENTITY)
		return wr_bytes(&w, "\0\1x\0\0\0\0", 7) ? w.len : 0;
	if (kind == KIND_BINDER)
		return wr_bytes(&w, "\1b", 2) ? w.len : 0;
	if (kind == KIND_PROTOCOL)
		return wr_bytes(&w, "\2h2", 3) ? w.len : 0;
	return 0;
}

const struct mutate_format mutate_tls = {
        .name = "tls", .parse = parse, .finish = finish, .make = make, .edit = cut};
