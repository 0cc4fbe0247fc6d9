/* SPDX-License-Identifier: ISC */
/* tls_why.h: what OpenSSL says of a failed handshake or certificate, in our words. */
#ifndef REF_TLS_WHY_H
#define REF_TLS_WHY_H

#include "ref/tls_failure.h"

#include <openssl/types.h>

/* Of a number X509_V_ERR_..., and how far from the peer's own certificate (0) it was found. */
enum tls_failure tls_why_certificate(long error, int depth);

/* Of an error code of the queue (ERR_peek_error()) that is no failed verification. 0, an empty
 * queue, is TLS_FAILURE_INTERNAL. */
enum tls_failure tls_why_error(unsigned long code);

#endif
