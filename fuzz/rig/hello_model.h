/* SPDX-License-Identifier: ISC */
/* hello_model.h: a ClientHello read once more, from RFC 8446 and the manual in ref/tls_hello.h: records a byte at
 * a time, and the message by numbers of bytes from its start. Slow, and nothing of ref/ is in it but the words
 * for what is wrong. */
#ifndef FUZZ_RIG_HELLO_MODEL_H
#define FUZZ_RIG_HELLO_MODEL_H

#include "ref/tls_failure.h"
#include "ref/tls_hello.h"

struct hello_model {
	enum tls_hello_result result;
	struct tls_hello hello; /* as the parser has to give it; alpn points into `message` */
	uint8_t message[TLS_HELLO_MAX]; /* as far as it has come, without headers of records */
	size_t message_len;
	bool whole; /* all of the message is there: what follows was judged by its contents */
};

void hello_model_read(struct hello_model *model, const uint8_t *stream, size_t n);

/* The message in records of lengths that `seed` decides, at most `size` bytes of stream; how long they
 * are. 0 when they do not fit. */
size_t hello_model_cut(const struct hello_model *model, uint32_t seed, uint8_t *stream,
                       size_t size);

/* The alert that a hello with this fault is answered with, or -1 for silence. */
int hello_model_alert(enum tls_fault fault);

#endif
