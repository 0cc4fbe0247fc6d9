/* SPDX-License-Identifier: ISC */
/* tls_bio.h: OpenSSL's view of two queues of bytes (buf.h), so that nothing is copied twice.
 *
 * Reading takes from one queue, writing puts into the other; an empty or a full one is "try again",
 * never an end and never an error.
 */
#ifndef REF_TLS_BIO_H
#define REF_TLS_BIO_H

#include "ref/buf.h"

#include <openssl/bio.h>

/* Where a BIO finds its queues; the caller's, and may be changed between calls of OpenSSL. */
struct tls_bio {
	struct buf *in, *out;
};

/* The functions, to be made once; NULL when there is no memory. BIO_meth_free() is the caller's. */
BIO_METHOD *tls_bio_method(void);

/* A BIO that looks at *queues, which must outlive it; NULL when there is no memory. */
BIO *tls_bio_new(const BIO_METHOD *method, struct tls_bio *queues);

#endif
