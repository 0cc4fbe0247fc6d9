/* SPDX-License-Identifier: ISC */
/* http1_host.h: host and port as a Host field or a target has them (RFC 9110 section 7.2, RFC 3986
 * section 3.2).
 *
 * host_name.h says what a name is; here underscores are letters, because some services have them. It is
 * normalised. A host whose last label is a number is an address to whoever resolves it, never a name.
 * All else is refused (host-name). The port is decimal, 1..65535, without leading zeros; a colon without
 * a port is refused.
 */
#ifndef REF_HTTP1_HOST_H
#define REF_HTTP1_HOST_H

#include "ref/host_name.h"
#include "ref/http1.h"

#define HTTP1_NAME_MAX    HOST_NAME_LEN_MAX
#define HTTP1_LABEL_MAX   HOST_NAME_LABEL_MAX
#define HTTP1_LITERAL_MAX 45 /* the longest IPv6 address in text */

enum http1_host_kind {
	HTTP1_HOST_DNS,      /* a name */
	HTTP1_HOST_IPV4,     /* four decimal numbers, as inet_ntop() writes them */
	HTTP1_HOST_IPV4_ODD, /* a spelling that some read as an address: 127.1, 0x7f000001, 010.0.0.1 */
	HTTP1_HOST_IPV6, /* in brackets, which `name` has not; hexadecimal digits, colons and dots,
	                  * and not looked at further */
};

struct http1_host {
	enum http1_host_kind kind;
	uint16_t port;                 /* 0: there was none */
	char name[HTTP1_NAME_MAX + 1]; /* normalised, ends with NUL */
};

/* HTTP1_NONE, HTTP1_HOST_EMPTY, _USERINFO, _LIST, _NAME or _PORT; only HTTP1_NONE sets *out. */
enum http1_reason http1_host_parse(struct rd value, struct http1_host *out);

#endif
