/* SPDX-License-Identifier: ISC */
/* escape.h: text from strangers, made safe for a JSON string, an XML document or a terminal.
 *
 * What a backend says ends up in reports and on screens, so nothing is trusted to be UTF-8, let
 * alone printable. A byte that is not part of a well-formed UTF-8 sequence (RFC 3629: no overlong
 * form, no surrogate, nothing above U+10FFFF) becomes U+FFFD.
 */
#ifndef HARNESS_ESCAPE_H
#define HARNESS_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Writes `text` as a JSON string, quotes included (RFC 8259 section 7). NULL is written as null. */
void escape_json(FILE *to, const char *text);

/* Writes `text` so that it can stand between tags or in a double-quoted attribute (XML 1.0 section
 * 2.2). Characters that XML has no way to write become U+FFFD. NULL is written as nothing. */
void escape_xml(FILE *to, const char *text);

/* Copies `len` bytes to `out` (`size` bytes, at least 1, always terminated), as one line that a
 * terminal shows and does not obey: control characters, C1 and DEL included, become dots. What does
 * not fit is left off at a character's boundary. Returns `out`. */
char *escape_line(const void *text, size_t len, char *out, size_t size);

#endif
