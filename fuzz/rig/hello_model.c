/* SPDX-License-Identifier: ISC */
/* hello_model.c: a ClientHello read once more. */
#include "fuzz/rig/hello_model.h"

#include "fuzz/rig/name_model.h"

/* ---- the message, by numbers of bytes from its start ---- */

/* Bytes `at` up to `end` of the message are still to be read. */
struct part {
	const uint8_t *p;
	size_t at, end;
};

static size_t left(const struct part *part)
{
	return part->end - part->at;
}

static uint32_t number(struct part *part, unsigned width)
{
	uint32_t value = 0;

	while (width--)
		value = value * 256 + part->p[part->at++];
	return value;
}

/* The part with its length in front. False when the length does not fit. */
static bool nested(struct part *part, unsigned width, struct part *inside)
{
	size_t len;

	if (left(part) < width)
		return false;
	len = number(part, width);
	if (len > left(part))
		return false;
	*inside = (struct part){part->p, part->at, part->at + len};
	part->at += len;
	return true;
}

static enum tls_fault name_fault(struct part data, char *name)
{
	struct part list, host;

	if (!left(&data))
		return TLS_FAULT_NAME_EMPTY;
	if (!nested(&data, 2, &list) || left(&data))
		return TLS_FAULT_NAME_MALFORMED;
	if (!left(&list))
		return TLS_FAULT_NAME_EMPTY;
	if (number(&list, 1) != 0)
		return TLS_FAULT_NAME_TYPE;
	if (!nested(&list, 2, &host))
		return TLS_FAULT_NAME_MALFORMED;
	if (left(&list))
		return TLS_FAULT_NAME_SECOND;
	return name_model_tls(rd_of(host.p + host.at, left(&host)), name);
}

static enum tls_fault alpn_fault(struct part data, struct rd *alpn)
{
	struct part list, protocol;

	if (!nested(&data, 2, &list) || left(&data) || !left(&list))
		return TLS_FAULT_ALPN;
	*alpn = rd_of(list.p + list.at, left(&list));
	while (left(&list))
		if (!nested(&list, 1, &protocol) || !left(&protocol))
			return TLS_FAULT_ALPN;
	return TLS_FAULT_NONE;
}

static enum tls_fault versions_fault(struct part data, uint8_t *versions)
{
	struct part list;

	if (!nested(&data, 1, &list) || left(&data) || !left(&list) || left(&list) & 1)
		return TLS_FAULT_VERSIONS;
	*versions = 0;
	while (left(&list)) {
		const uint32_t version = number(&list, 2);

		if (version >= 0x0301 && version <= 0x0304)
			*versions |= (uint8_t)(1 << (version - 0x0301));
	}
	return TLS_FAULT_NONE;
}

static enum tls_fault keys_fault(struct part data)
{
	struct part identities, binders;

	return nested(&data, 2, &identities) && left(&identities) && nested(&data, 2, &binders) &&
	                       left(&binders) && !left(&data)
	               ? TLS_FAULT_NONE
	               : TLS_FAULT_EXTENSION_LENGTH;
}

static enum tls_fault extension_fault(uint32_t type, struct part data, struct tls_hello *hello)
{
	if (type == 0)
		return name_fault(data, hello->name);
	if (type == 16)
		return alpn_fault(data, &hello->alpn);
	if (type == 43)
		return versions_fault(data, &hello->versions);
	if (type == 42) {
		hello->early_data = true;
		return left(&data) ? TLS_FAULT_EXTENSION_LENGTH : TLS_FAULT_NONE;
	}
	if (type == 41) {
		hello->pre_shared_key = true;
		return keys_fault(data);
	}
	if (type == 0xfe0d)
		hello->ech = true;
	return TLS_FAULT_NONE;
}

static enum tls_fault extensions_fault(struct part list, struct tls_hello *hello)
{
	uint16_t types[TLS_HELLO_EXTENSIONS_MAX];
	unsigned count = 0;

	while (left(&list)) {
		enum tls_fault fault;
		struct part data;
		uint16_t type;
		bool again = false;

		if (left(&list) < 2)
			return TLS_FAULT_EXTENSION_LENGTH;
		type = (uint16_t)number(&list, 2);
		if (!nested(&list, 2, &data))
			return TLS_FAULT_EXTENSION_LENGTH;
		for (unsigned i = 0; i < count; i++)
			again = again || types[i] == type;
		if (again)
			return type ? TLS_FAULT_EXTENSION_TWICE : TLS_FAULT_NAME_TWICE;
		if (count == TLS_HELLO_EXTENSIONS_MAX)
			return TLS_FAULT_EXTENSIONS_MANY;
		types[count++] = type;
		if (type == 41 && left(&list))
			return TLS_FAULT_PSK_NOT_LAST;
		fault = extension_fault(type, data, hello);
		if (fault)
			return fault;
	}
	return TLS_FAULT_NONE;
}

static enum tls_fault message_fault(struct part body, struct tls_hello *hello)
{
	struct part id, suites, compression, extensions = {0};
	enum tls_fault fault;
	uint32_t version;

	if (left(&body) < 2)
		return TLS_FAULT_HELLO_LENGTH;
	version = number(&body, 2);
	if (version != 0x0303)
		return version > 0x0303 ? TLS_FAULT_VERSION_UNKNOWN : TLS_FAULT_VERSION_OLD;
	if (left(&body) < 32)
		return TLS_FAULT_HELLO_LENGTH;
	body.at += 32;
	if (!nested(&body, 1, &id) || left(&id) > 32 || !nested(&body, 2, &suites) ||
	    !left(&suites) || left(&suites) & 1 || !nested(&body, 1, &compression) ||
	    !left(&compression))
		return TLS_FAULT_HELLO_LENGTH;
	hello->session_id_len = (uint8_t)left(&id);
	hello->versions = TLS_HELLO_TLS12;
	if (left(&body)) {
		if (!nested(&body, 2, &extensions))
			return TLS_FAULT_EXTENSION_LENGTH;
		if (left(&body))
			return TLS_FAULT_TRAILING;
		fault = extensions_fault(extensions, hello);
		if (fault)
			return fault;
	}
	if (!(hello->versions & (TLS_HELLO_TLS12 | TLS_HELLO_TLS13)))
		return TLS_FAULT_VERSION_OLD;
	return hello->name[0] ? TLS_FAULT_NONE : TLS_FAULT_NAME_ABSENT;
}

/* ---- the stream, a byte at a time up to the length of the message ---- */

struct records {
	uint8_t header[5];
	unsigned header_len;
	size_t len; /* of the record, of which so many bytes are still to come: */
	size_t to_come;
	bool first;
};

static enum tls_fault header_fault(const struct records *records)
{
	const uint8_t *h = records->header;

	if (records->header_len == 1 && records->first && h[0] > 127)
		return TLS_FAULT_SSL2;
	if (records->header_len == 1 && h[0] != 22)
		return TLS_FAULT_RECORD_TYPE;
	if (records->header_len == 3 && (h[1] != 3 || h[2] < 1 || h[2] > 3))
		return TLS_FAULT_RECORD_VERSION;
	if (records->header_len == 5 && !h[3] && !h[4])
		return TLS_FAULT_RECORD_EMPTY;
	if (records->header_len == 5 && h[3] * 256 + h[4] > 16384)
		return TLS_FAULT_RECORD_LENGTH;
	return TLS_FAULT_NONE;
}

static size_t body_len(const struct hello_model *model)
{
	return (size_t)model->message[1] << 16 | (size_t)model->message[2] << 8 | model->message[3];
}

/* What the beginning of the message says, with the record that it is in. */
static enum tls_fault beginning_fault(const struct hello_model *model, size_t to_come)
{
	if (model->message_len >= 1 && model->message[0] != 1)
		return TLS_FAULT_NOT_HELLO;
	if (model->message_len < 4)
		return TLS_FAULT_NONE;
	if (body_len(model) + 9 > TLS_HELLO_MAX)
		return TLS_FAULT_TOO_BIG;
	return model->message_len + to_come > body_len(model) + 4 ? TLS_FAULT_TRAILING
	                                                          : TLS_FAULT_NONE;
}

static enum tls_fault take_byte(struct hello_model *model, struct records *records, uint8_t byte)
{
	enum tls_fault fault;

	if (records->to_come) {
		model->message[model->message_len++] = byte;
		records->to_come--;
		return beginning_fault(model, records->to_come);
	}
	records->header[records->header_len++] = byte;
	fault = header_fault(records);
	if (fault || records->header_len < 5)
		return fault;
	records->to_come = records->header[3] * 256u + records->header[4];
	records->header_len = 0;
	records->first = false;
	return beginning_fault(model, records->to_come);
}

/* Behind the beginning of the message all bytes of a record are alike. How many were taken. */
static size_t take_rest(struct hello_model *model, struct records *records, const uint8_t *p,
                        size_t n)
{
	if (n > records->to_come)
		n = records->to_come;
	memcpy(model->message + model->message_len, p, n);
	model->message_len += n;
	records->to_come -= n;
	return n;
}

void hello_model_read(struct hello_model *model, const uint8_t *stream, size_t n)
{
	struct records records = {.first = true};
	enum tls_fault fault = TLS_FAULT_NONE;
	const size_t looked_at = n < TLS_HELLO_MAX ? n : TLS_HELLO_MAX;
	size_t at = 0;

	model->hello = (struct tls_hello){0};
	model->message_len = 0;
	model->whole = false;
	while (at < looked_at && !fault && !model->whole) {
		if (records.to_come && model->message_len >= 4)
			at += take_rest(model, &records, stream + at, looked_at - at);
		else
			fault = take_byte(model, &records, stream[at++]);
		model->whole = !fault && model->message_len >= 4 &&
		               model->message_len == body_len(model) + 4;
	}
	if (model->whole)
		fault = message_fault((struct part){model->message, 4, model->message_len},
		                      &model->hello);
	else if (!fault && n >= TLS_HELLO_MAX)
		fault = TLS_FAULT_TOO_BIG;
	model->result = fault ? TLS_HELLO_BAD : model->whole ? TLS_HELLO_OK : TLS_HELLO_MORE;
	if (model->result != TLS_HELLO_OK)
		model->hello = (struct tls_hello){.fault = fault};
	else
		model->hello.stream_len = at;
}

/* ---- and back ---- */

size_t hello_model_cut(const struct hello_model *model, uint32_t seed, uint8_t *stream, size_t size)
{
	size_t at = 0, n = 0;

	while (at < model->message_len) {
		size_t len;

		seed = seed * 1664525 + 1013904223;
		len = 1 + (seed >> 16) % (seed >> 31 ? 16 : 400);
		if (len > model->message_len - at)
			len = model->message_len - at;
		if (n + 5 + len > size)
			return 0;
		memcpy(stream + n, "\x16\3\1", 3);
		stream[n + 2] = (uint8_t)(1 + seed % 3);
		stream[n + 3] = (uint8_t)(len >> 8);
		stream[n + 4] = (uint8_t)len;
		memcpy(stream + n + 5, model->message + at, len);
		n += 5 + len;
		at += len;
	}
	return n;
}

int hello_model_alert(enum tls_fault fault)
{
	static const int alerts[TLS_FAULTS] = {
	        /* no TLS so far */
	        [TLS_FAULT_NONE] = -1,
	        [TLS_FAULT_SSL2] = -1,
	        [TLS_FAULT_RECORD_TYPE] = -1,
	        [TLS_FAULT_RECORD_VERSION] = -1,
	        [TLS_FAULT_NOT_HELLO] = 10, /* unexpected_message */
	        /* protocol_version */
	        [TLS_FAULT_VERSION_OLD] = 70,
	        [TLS_FAULT_VERSION_UNKNOWN] = 70,
	        /* illegal_parameter */
	        [TLS_FAULT_EXTENSION_TWICE] = 47,
	        [TLS_FAULT_NAME_TWICE] = 47,
	        [TLS_FAULT_PSK_NOT_LAST] = 47,
	        /* unrecognized_name */
	        [TLS_FAULT_NAME_ABSENT] = 112,
	        [TLS_FAULT_NAME_EMPTY] = 112,
	        [TLS_FAULT_NAME_TYPE] = 112,
	        [TLS_FAULT_NAME_SECOND] = 112,
	        [TLS_FAULT_NAME_LONG] = 112,
	        [TLS_FAULT_NAME_NUL] = 112,
	        [TLS_FAULT_NAME_SPACE] = 112,
	        [TLS_FAULT_NAME_SLASH] = 112,
	        [TLS_FAULT_NAME_PERCENT] = 112,
	        [TLS_FAULT_NAME_UNDERSCORE] = 112,
	        [TLS_FAULT_NAME_NOT_ASCII] = 112,
	        [TLS_FAULT_NAME_CHARACTER] = 112,
	        [TLS_FAULT_NAME_ADDRESS] = 112,
	        [TLS_FAULT_LABEL_EMPTY] = 112,
	        [TLS_FAULT_LABEL_LONG] = 112,
	        [TLS_FAULT_LABEL_HYPHEN] = 112,
	};

	return alerts[fault] ? alerts[fault] : 50; /* decode_error */
}
