/* SPDX-License-Identifier: ISC */
/* tls_name.h: the host name of a server_name extension, in the one spelling that is compared.
 *
 * Accepted: labels of letters, digits and hyphens (RFC 1123 section 2.1), as DNS writes them, 63
 * bytes each and TLS_NAME_MAX together. A name outside of ASCII comes as `xn--` labels (RFC 6066
 * section 3 wants A-labels). One label alone ("localhost") is a name. Declared rules:
 *
 *	case		letters are lowered
 *	trailing dot	one is dropped: RFC 6066 sends none, some clients do. Two are an empty label
 *	underscore	refused: no host name has one, though DNS has
 *	hyphen		refused at either end of a label
 *	IP literals	refused: RFC 6066 forbids them, and they have too many spellings. A name is
 *			one when it holds ':', '[' or ']', or when its last label is a number:
 *			digits, or 0x and any hexadecimal digits, which is what makes inet_aton()
 *			and URL parsers read 192.0.2.1, 3221225985, 0xc0000201, 0300.513 and 1.2
 *			as addresses. No top-level domain is a number (RFC 3696 section 2)
 *
 * NUL, space, '/', '%', bytes above ASCII, and whatever else is neither letter, digit nor hyphen
 * are refused, each with the reason that tls_fault.h has for it. Nothing is decoded.
 */
#ifndef REF_TLS_NAME_H
#define REF_TLS_NAME_H

#include "bytes/rd.h"
#include "ref/tls_fault.h"

#define TLS_NAME_MAX 253 /* without a trailing dot; RFC 1035 section 3.1 less lengths and root */

/* Writes the name, lowered and terminated, to `out`. A refusal leaves `out` as it was. Length comes
 * first, then the labels from left to right, the bytes of each from left to right; whether the last
 * one is a number comes last. */
enum tls_fault tls_name_normalise(struct rd name, char out[TLS_NAME_MAX + 1]);

#endif
