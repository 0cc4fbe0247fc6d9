/* SPDX-License-Identifier: ISC */
/* dialer_wire.h: what both ends of the dialer's pairs agree on; the messages are in dialer.h. */
#ifndef REF_DIALER_WIRE_H
#define REF_DIALER_WIRE_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/dialer.h"

#include <sys/socket.h>

#define DIALER_WIRE_REQUEST_LEN 13
#define DIALER_WIRE_ANSWER_LEN  5
#define DIALER_WIRE_ORDER_LEN   9
#define DIALER_WIRE_DONE_LEN    (1 + 8 * ORDER_NUMBERS)

/* Room for two descriptors, aligned as the kernel wants it. */
union dialer_wire_control {
	char bytes[CMSG_SPACE(2 * sizeof(int))];
	struct cmsghdr align;
};

static inline WR_MUST_CHECK bool dialer_wire_put_u64(struct wr *w, uint64_t v)
{
	return wr_u32(w, (uint32_t)(v >> 32)) && wr_u32(w, (uint32_t)v);
}

static inline RD_MUST_CHECK bool dialer_wire_get_u64(struct rd *r, uint64_t *out)
{
	uint32_t high, low;

	if (!rd_u32(r, &high) || !rd_u32(r, &low))
		return false;
	*out = (uint64_t)high << 32 | low;
	return true;
}

/* Waits for the dialer's first word: that it is set up. */
bool dialer_client_greet(const struct dialer *dialer);

#endif
