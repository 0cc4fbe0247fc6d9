/* SPDX-License-Identifier: ISC */
/* host_name.h: names of hosts in the one spelling that is compared, one rule for all who read them:
 * policies, DNS, server names of TLS, Host fields of HTTP.
 *
 * Accepted: labels of letters, digits and hyphens (RFC 1123 section 2.1), 63 bytes each and
 * HOST_NAME_LEN_MAX together. A name outside of ASCII comes as `xn--` labels. One label alone
 * ("localhost") is a name. Declared rules:
 *
 *	case		letters are lowered
 *	trailing dot	one is dropped; two are an empty label
 *	hyphen		refused at either end of a label
 *	underscore	no host has one, but DNS does; the caller says whether it is a letter
 *	numbers		a name whose last label is digits, or 0x and any hexadecimal digits, even
 *			none, is refused: inet_aton() and URL parsers read 192.0.2.1, 3221225985,
 *			0xc0000201, 0300.513 and 1.2 as addresses, each in a way of its own. No
 *			top-level domain is a number (RFC 3696 section 2)
 *
 * All other bytes are refused. Nothing is decoded.
 */
#ifndef REF_HOST_NAME_H
#define REF_HOST_NAME_H

#include "bytes/rd.h"

#define HOST_NAME_LEN_MAX                                                                          \
	253 /* without a trailing dot; RFC 1035 section 3.1 less lengths and root */
#define HOST_NAME_LABEL_MAX 63

enum host_name_fault {
	HOST_NAME_OK,
	HOST_NAME_EMPTY,        /* there is nothing */
	HOST_NAME_LONG,         /* above HOST_NAME_LEN_MAX bytes */
	HOST_NAME_CHARACTER,    /* a byte that no name has */
	HOST_NAME_LABEL_EMPTY,  /* two dots in a row, a dot in front, or only dots */
	HOST_NAME_LABEL_LONG,   /* above 63 bytes */
	HOST_NAME_LABEL_HYPHEN, /* a label that begins or ends with one */
	HOST_NAME_NUMBER,       /* an IPv4 address to some */
};

enum host_name_rule {
	HOST_NAME_STRICT,
	HOST_NAME_UNDERSCORES, /* they are letters */
};

/* Writes the name, lowered and terminated, to `out`. A refusal leaves `out` as it was, except for
 * HOST_NAME_NUMBER: then it holds what would be a name otherwise. *bad (which may be NULL) is the byte
 * of HOST_NAME_CHARACTER. Length comes first, then the labels from left to right, the bytes of each
 * from left to right; whether the last one is a number comes last. */
enum host_name_fault host_name_normalise(struct rd name, enum host_name_rule rule,
                                         char out[HOST_NAME_LEN_MAX + 1], uint8_t *bad);

/* Whether a label, in lower case, is a number in the sense above. */
bool host_name_is_number(struct rd label);

/* What is wrong, as a clause: "has a character that no name has". Static storage. */
const char *host_name_fault_text(enum host_name_fault fault);

#endif
