/* SPDX-License-Identifier: ISC */
/* tcp.c: fuzz target: the guest's end of one connection alone (ref/tcp.h): segments that lie close to
 * what is expected, a socket that takes and gives as it pleases, time, and a ring that another one has.
 * Whole connections, and what is true of them over time, are the target engine's. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/tcp_events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tcp_events(data, size);
	return 0;
}
