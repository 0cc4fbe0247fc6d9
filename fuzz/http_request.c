/* SPDX-License-Identifier: ISC */
/* http_request.c: fuzz target: any bytes as a request, head and body (ref/http1_head.h, http1_body.h,
 * http1_path.h, http1_host.h).
 *
 * A second reader (fuzz/rig/http_reader.h) must find the same in them: the answer, the reason, the byte
 * at which it shows, every field, where the body begins and ends and what it is. However the bytes are
 * cut into pieces, the result is the same. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/http_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rd bytes = rd_of(data, size);
	struct http1_head head;

	/* One of all reasons, and some that are none. */
	same_reason((enum http1_reason)(size % (HTTP1_REASON_COUNT + 2)));
	if (same_request(bytes, &head) != HTTP1_OK)
		return 0;
	same_path(http1_at(bytes, head.path));
	if (head.path.len) /* what does not begin with a slash, too */
		same_path(rd_of(data + head.path.at + 1, head.path.len - 1U));
	same_body(rd_of(data + head.scanned, size - head.scanned), head.framing,
	          head.content_length);
	return 0;
}
