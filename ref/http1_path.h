/* SPDX-License-Identifier: ISC */
/* http1_path.h: a path in its one spelling (RFC 3986 sections 3.3 and 6.2.2), for rules to match.
 *
 * The rule: every escape is decoded, what servers disagree about is refused, and each byte is
 * written in one way: pchar (letters, digits, -._~!$&'()*+,=:@) and slash as they are, all others as
 * %XX with capitals. Two paths that a server takes for the same thus never differ, and normalising
 * twice changes nothing. Case is kept: /Admin is not /admin.
 *
 * Refused, escaped or not: control characters, backslash, semicolon (parameters that some servers
 * cut off), segments . and .. and, but for the last, empty ones. Refused when escaped: slash, and
 * a percent sign in front of two hexadecimal digits, which decodes differently the second time.
 * Bytes above 0x7e have no charset here; they become escapes.
 *
 * It is for matching. What goes upstream is the path as the client wrote it.
 */
#ifndef REF_HTTP1_PATH_H
#define REF_HTTP1_PATH_H

#include "bytes/wr.h"
#include "ref/http1.h"

/* Appends the normalised path, at most three times as long. An empty path, as of an absolute-form
 * target, is "/". HTTP1_NONE or one of HTTP1_PATH_*; only HTTP1_NONE moves *out. */
enum http1_reason http1_path_normalise(struct rd path, struct wr *out);

#endif
