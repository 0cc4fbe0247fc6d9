/* SPDX-License-Identifier: ISC */
/* tls_name.h: the host name of a server_name extension, in the one spelling that is compared.
 *
 * host_name.h says what a name is; here an underscore is none of its letters. A trailing dot is
 * dropped: RFC 6066 section 3 sends none, some clients do. It forbids IP literals: a name is one when
 * it holds ':', '[' or ']', or when its last label is a number.
 *
 * NUL, space, '/', '%', bytes above ASCII, and whatever else is neither letter, digit nor hyphen
 * are refused, each with the reason that tls_fault.h has for it. Nothing is decoded.
 */
#ifndef REF_TLS_NAME_H
#define REF_TLS_NAME_H

#include "ref/host_name.h"
#include "ref/tls_fault.h"

#define TLS_NAME_MAX HOST_NAME_LEN_MAX /* without a trailing dot */

/* Writes the name, lowered and terminated, to `out`. A refusal leaves `out` as it was. Length comes
 * first, then the labels from left to right, the bytes of each from left to right; whether the last
 * one is a number comes last. */
enum tls_fault tls_name_normalise(struct rd name, char out[TLS_NAME_MAX + 1]);

#endif
