/* SPDX-License-Identifier: ISC */
/* tls_hello.h: the ClientHello at the beginning of a TCP stream (RFC 8446 sections 4.1.2 and 5.1).
 *
 * For who decides about a connection by the name it asks for, before a byte of it goes anywhere.
 * The stream may be cut anywhere, and the message may be spread over any records: the caller keeps
 * the bytes from the start of the stream, at most TLS_HELLO_MAX, and asks again when there are
 * more. Nothing is decided here but whether this is one well-formed ClientHello of TLS 1.2 or 1.3
 * with one well-formed name. What is ambiguous, so that a server might read another name than we
 * do, is refused; tls_fault.h lists why, tls_name.h has the rules for the name.
 *
 * Read: server_name (RFC 6066), application_layer_protocol_negotiation (RFC 7301),
 * supported_versions, early_data, pre_shared_key, encrypted_client_hello (0xfe0d, RFC 9849; that it
 * is there). Other extensions, those of GREASE (RFC 8701) too, are skipped by their length, but
 * none may come twice. What is offered as cipher suites and keys is the server's to judge.
 *
 * What a caller has to know:
 *
 *	ECH	the name is the outer one. Browsers send a dummy that nobody can tell from the real
 *		thing, so `ech` says that the name need not be the one that the server serves
 *	retry	only the first hello is read. Who passes the bytes on does not see the name of the
 *		second, behind a HelloRetryRequest, unless he looks for it there
 *	behind	what follows the hello in the stream (early data, or what a guest should not send
 *		yet) is not looked at; whether it is there already is chance. It begins at
 *		stream_len
 *
 * Cost: a call walks the headers of the records so far and copies what they carry; extensions are
 * read once, when the message is whole. That is 0.1 us for a hello of OpenSSL. The worst that a guest
 * can do is a byte a record and a segment a byte: 13 us a call, 0.1 s of processor for the 16,000
 * segments. So a caller asks once per read, not per byte, and has a deadline.
 */
#ifndef REF_TLS_HELLO_H
#define REF_TLS_HELLO_H

#include "bytes/rd.h"
#include "ref/tls_fault.h"
#include "ref/tls_name.h"

/* Bytes of the stream in which the hello must end, headers of records included. With post-quantum
 * keys and a ticket hellos are 2 to 4 KB. */
#define TLS_HELLO_MAX            16384
#define TLS_HELLO_EXTENSIONS_MAX 64

/* Versions, a set. Others that are offered (SSL 3.0, GREASE) are not told. */
#define TLS_HELLO_TLS10 0x01
#define TLS_HELLO_TLS11 0x02
#define TLS_HELLO_TLS12 0x04
#define TLS_HELLO_TLS13 0x08

enum tls_hello_result {
	TLS_HELLO_OK,   /* a whole hello: everything below is set, fault is TLS_FAULT_NONE */
	TLS_HELLO_MORE, /* nothing wrong so far; everything below is zero */
	TLS_HELLO_BAD,  /* refused, whatever follows: fault says why, the rest is zero */
};

struct tls_hello {
	enum tls_fault fault;
	char name[TLS_NAME_MAX + 1]; /* normalised, terminated, never empty when OK */
	uint8_t versions;            /* as supported_versions says; without it TLS_HELLO_TLS12 */
	uint8_t session_id_len;      /* 0..32 */
	bool ech;
	bool early_data;
	bool pre_shared_key;
	struct rd alpn;    /* names for rd_vec8(), none empty, none cut; empty when not offered */
	size_t stream_len; /* the hello and its record headers */
};

/* `stream` is what the client sent since the connection began; at most its first TLS_HELLO_MAX bytes
 * are looked at, and so many are never MORE. The handshake message is put together in `scratch`,
 * into which out->alpn points. Both are the caller's; `stream` may go when this returns.
 *
 * What is BAD stays BAD, with the same fault, and what is OK stays OK, however the stream goes on. */
enum tls_hello_result tls_hello_parse(struct rd stream, uint8_t scratch[TLS_HELLO_MAX],
                                      struct tls_hello *out);

#endif
