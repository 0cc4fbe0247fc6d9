/* SPDX-License-Identifier: ISC */
/* tls_hello.c: records into a message, and the message into what the caller asked for. */
#include "ref/tls_hello.h"

#include "bytes/wr.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HDR_LEN   5
#define RECORD_MAX       16384

#define MESSAGE_CLIENT_HELLO 1
#define MESSAGE_HDR_LEN      4
#define MESSAGE_BODY_MAX     (TLS_HELLO_MAX - RECORD_HDR_LEN - MESSAGE_HDR_LEN)

#define VERSION_TLS10 0x0301
#define VERSION_TLS11 0x0302
#define VERSION_TLS12 0x0303
#define VERSION_TLS13 0x0304

#define RANDOM_LEN     32
#define SESSION_ID_MAX 32
#define NAME_TYPE_HOST 0

enum extension {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d,
};

static enum tls_hello_result refuse(struct tls_hello *out, enum tls_fault why)
{
	*out = (struct tls_hello){.fault = why};
	return TLS_HELLO_BAD;
}

/* ---- records ---- */

/* Consumes the header of a record, if it is all there. Every field is judged as soon as it is. */
static enum tls_hello_result read_record_header(struct rd *stream, bool first, uint16_t *len,
                                                struct tls_hello *out)
{
	uint8_t type;
	uint16_t version;

	if (!rd_u8(stream, &type))
		return TLS_HELLO_MORE;
	if (first && type & 0x80)
		return refuse(out, TLS_FAULT_SSL2);
	if (type != RECORD_HANDSHAKE)
		return refuse(out, TLS_FAULT_RECORD_TYPE);
	if (!rd_u16(stream, &version))
		return TLS_HELLO_MORE;
	if (version < VERSION_TLS10 || version > VERSION_TLS12)
		return refuse(out, TLS_FAULT_RECORD_VERSION);
	if (!rd_u16(stream, len))
		return TLS_HELLO_MORE;
	if (!*len)
		return refuse(out, TLS_FAULT_RECORD_EMPTY);
	if (*len > RECORD_MAX)
		return refuse(out, TLS_FAULT_RECORD_LENGTH);
	return TLS_HELLO_OK;
}

/* What the header of the message says, as far as it is there. `promised` counts the bytes of the
 * message up to the end of the record that came last, whether or not they have arrived. */
static enum tls_hello_result check_message(struct rd message, size_t promised,
                                           struct tls_hello *out)
{
	uint8_t type;
	uint32_t len;

	if (!rd_u8(&message, &type))
		return TLS_HELLO_MORE;
	if (type != MESSAGE_CLIENT_HELLO)
		return refuse(out, TLS_FAULT_NOT_HELLO);
	if (!rd_u24(&message, &len))
		return TLS_HELLO_MORE;
	if (len > MESSAGE_BODY_MAX)
		return refuse(out, TLS_FAULT_TOO_BIG);
	if (promised > MESSAGE_HDR_LEN + len)
		return refuse(out, TLS_FAULT_TRAILING);
	return message.n < len ? TLS_HELLO_MORE : TLS_HELLO_OK;
}

/* Puts the message together, and leaves the stream behind the record in which it ends. */
static enum tls_hello_result gather(struct rd *stream, struct wr *message, struct tls_hello *out)
{
	enum tls_hello_result result;

	do {
		const size_t before = message->len;
		struct rd part;
		uint16_t len = 0;

		result = read_record_header(stream, !before, &len, out);
		if (result != TLS_HELLO_OK)
			return result;
		if (!rd_sub(stream, len < stream->n ? len : stream->n, &part) ||
		    !wr_bytes(message, part.p, part.n))
			return refuse(out, TLS_FAULT_TOO_BIG);
		result = check_message(rd_of(message->p, message->len), before + len, out);
	} while (result == TLS_HELLO_MORE); /* which an empty stream is as well */
	return result;
}

/* ---- extensions ---- */

static enum tls_fault read_server_name(struct rd data, char name[TLS_NAME_MAX + 1])
{
	struct rd list, host;
	uint8_t type;

	if (!data.n)
		return TLS_FAULT_NAME_EMPTY;
	if (!rd_vec16(&data, &list) || data.n)
		return TLS_FAULT_NAME_MALFORMED;
	if (!rd_u8(&list, &type))
		return TLS_FAULT_NAME_EMPTY;
	if (type != NAME_TYPE_HOST)
		return TLS_FAULT_NAME_TYPE;
	if (!rd_vec16(&list, &host))
		return TLS_FAULT_NAME_MALFORMED;
	if (list.n)
		return TLS_FAULT_NAME_SECOND;
	return tls_name_normalise(host, name);
}

static enum tls_fault read_alpn(struct rd data, struct rd *alpn)
{
	struct rd list, protocol;

	if (!rd_vec16(&data, &list) || data.n || !list.n)
		return TLS_FAULT_ALPN;
	*alpn = list;
	while (list.n)
		if (!rd_vec8(&list, &protocol) || !protocol.n)
			return TLS_FAULT_ALPN;
	return TLS_FAULT_NONE;
}

/* Its bit; 0 for those that are not told. */
static uint8_t version_bit(uint16_t version)
{
	switch (version) {
	case VERSION_TLS10:
		return TLS_HELLO_TLS10;
	case VERSION_TLS11:
		return TLS_HELLO_TLS11;
	case VERSION_TLS12:
		return TLS_HELLO_TLS12;
	case VERSION_TLS13:
		return TLS_HELLO_TLS13;
	default:
		return 0;
	}
}

static enum tls_fault read_versions(struct rd data, uint8_t *versions)
{
	struct rd list;
	uint16_t version;

	if (!rd_vec8(&data, &list) || data.n || !list.n || list.n % 2)
		return TLS_FAULT_VERSIONS;
	*versions = 0;
	while (rd_u16(&list, &version))
		*versions |= version_bit(version);
	return TLS_FAULT_NONE;
}

/* Identities and binders, RFC 8446 section 4.2.11: what they are is the server's. */
static enum tls_fault check_pre_shared_key(struct rd data)
{
	struct rd identities, binders;

	if (!rd_vec16(&data, &identities) || !identities.n || !rd_vec16(&data, &binders) ||
	    !binders.n || data.n)
		return TLS_FAULT_EXTENSION_LENGTH;
	return TLS_FAULT_NONE;
}

static enum tls_fault read_extension(uint16_t type, struct rd data, struct tls_hello *out)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return read_server_name(data, out->name);
	case EXTENSION_ALPN:
		return read_alpn(data, &out->alpn);
	case EXTENSION_SUPPORTED_VERSIONS:
		return read_versions(data, &out->versions);
	case EXTENSION_PRE_SHARED_KEY:
		out->pre_shared_key = true;
		return check_pre_shared_key(data);
	case EXTENSION_EARLY_DATA:
		out->early_data = true;
		return data.n ? TLS_FAULT_EXTENSION_LENGTH : TLS_FAULT_NONE;
	case EXTENSION_ECH:
		out->ech = true;
		return TLS_FAULT_NONE;
	default:
		return TLS_FAULT_NONE;
	}
}

static enum tls_fault read_extensions(struct rd list, struct tls_hello *out)
{
	uint16_t seen[TLS_HELLO_EXTENSIONS_MAX];
	size_t count = 0;

	while (list.n) {
		uint16_t type;
		struct rd data;
		enum tls_fault fault;

		if (!rd_u16(&list, &type) || !rd_vec16(&list, &data))
			return TLS_FAULT_EXTENSION_LENGTH;
		for (size_t i = 0; i < count; i++)
			if (seen[i] == type)
				return type == EXTENSION_SERVER_NAME ? TLS_FAULT_NAME_TWICE
				                                     : TLS_FAULT_EXTENSION_TWICE;
		if (count == TLS_HELLO_EXTENSIONS_MAX)
			return TLS_FAULT_EXTENSIONS_MANY;
		seen[count++] = type;
		if (type == EXTENSION_PRE_SHARED_KEY && list.n)
			return TLS_FAULT_PSK_NOT_LAST;
		fault = read_extension(type, data, out);
		if (fault)
			return fault;
	}
	return TLS_FAULT_NONE;
}

/* ---- the message ---- */

static enum tls_fault read_hello(struct rd body, struct tls_hello *out)
{
	struct rd session_id, suites, compression, extensions = {0};
	enum tls_fault fault;
	uint16_t version;

	if (!rd_skip(&body, MESSAGE_HDR_LEN) || !rd_u16(&body, &version))
		return TLS_FAULT_HELLO_LENGTH;
	if (version != VERSION_TLS12)
		return version < VERSION_TLS12 ? TLS_FAULT_VERSION_OLD : TLS_FAULT_VERSION_UNKNOWN;
	if (!rd_skip(&body, RANDOM_LEN) || !rd_vec8(&body, &session_id) ||
	    session_id.n > SESSION_ID_MAX || !rd_vec16(&body, &suites) || !suites.n ||
	    suites.n % 2 || !rd_vec8(&body, &compression) || !compression.n)
		return TLS_FAULT_HELLO_LENGTH;
	out->session_id_len = (uint8_t)session_id.n;
	out->versions = TLS_HELLO_TLS12;
	/* Without any extension their list may be missing too (RFC 5246 section 7.4.1.2). */
	if (body.n && !rd_vec16(&body, &extensions))
		return TLS_FAULT_EXTENSION_LENGTH;
	if (body.n)
		return TLS_FAULT_TRAILING;
	fault = read_extensions(extensions, out);
	if (fault)
		return fault;
	if (!(out->versions & (TLS_HELLO_TLS12 | TLS_HELLO_TLS13)))
		return TLS_FAULT_VERSION_OLD;
	return out->name[0] ? TLS_FAULT_NONE : TLS_FAULT_NAME_ABSENT;
}

enum tls_hello_result tls_hello_parse(struct rd stream, uint8_t scratch[TLS_HELLO_MAX],
                                      struct tls_hello *out)
{
	const bool full = stream.n >= TLS_HELLO_MAX;
	struct rd rest = rd_of(stream.p, full ? TLS_HELLO_MAX : stream.n);
	const size_t looked_at = rest.n;
	struct wr message = wr_of(scratch, TLS_HELLO_MAX);
	enum tls_hello_result result;
	enum tls_fault fault;

	*out = (struct tls_hello){0};
	result = gather(&rest, &message, out);
	if (result == TLS_HELLO_MORE && full)
		return refuse(out, TLS_FAULT_TOO_BIG);
	if (result != TLS_HELLO_OK)
		return result;
	fault = read_hello(rd_of(message.p, message.len), out);
	if (fault)
		return refuse(out, fault);
	out->stream_len = looked_at - rest.n;
	return TLS_HELLO_OK;
}
