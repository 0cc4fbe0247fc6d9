/* SPDX-License-Identifier: ISC */
/* http1_field.h: what the fields mean that parsers of heads must know. Part of http1_head.c. */
#ifndef REF_HTTP1_FIELD_H
#define REF_HTTP1_FIELD_H

#include "ref/http1_head.h"

/* Notes in *head what a field of `bytes` means for it: Host, Content-Length, Transfer-Encoding,
 * Connection, Upgrade, Expect; others mean nothing here. */
enum http1_reason http1_field_take(struct http1_head *head, struct rd bytes,
                                   struct http1_field field);

#endif
