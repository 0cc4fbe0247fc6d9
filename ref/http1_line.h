/* SPDX-License-Identifier: ISC */
/* http1_line.h: lines of a head, of a request or a reply. Part of http1_head.c and http1_reply.c. */
#ifndef REF_HTTP1_LINE_H
#define REF_HTTP1_LINE_H

#include "ref/http1_head.h"

/* What is wrong with a byte of a head, wherever it stands: HTTP1_BARE_LF, _BARE_CR, _NUL, _CONTROL.
 * `after_cr`: the byte before it, of the same line, is CR. `tab`: one may stand here. */
enum http1_reason http1_line_byte(uint8_t c, bool after_cr, bool tab);

/* Appends the field that a line without its CRLF is to head->fields: HTTP1_OBS_FOLD, _NO_COLON,
 * _SPACE_COLON, _FIELD_NAME, _TOO_MANY_FIELDS. The line is not empty. */
enum http1_reason http1_line_field(struct http1_head *head, struct rd bytes,
                                   struct http1_span line);

/* From one offset to the other. */
struct http1_span http1_span_of(size_t at, size_t end);

/* The offset behind the span. */
size_t http1_span_end(struct http1_span span);

/* Where `c` first stands in the span; its end when it does not. */
size_t http1_find(struct rd bytes, struct http1_span in, uint8_t c);

#endif
