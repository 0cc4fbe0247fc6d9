/* SPDX-License-Identifier: ISC */
/* pcapng.h: writes pcapng files (draft-ietf-opsawg-pcapng): section header, interfaces, enhanced
 * packets with comments. libpcap writes only the classic format, which has no place for a comment.
 */
#ifndef HARNESS_PCAPNG_H
#define HARNESS_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All return 0, or -1 when the stream is in error. Little-endian blocks, nanosecond timestamps,
 * LINKTYPE_ETHERNET. Interfaces must be written before packets and are numbered from 0. */
int pcapng_write_header(FILE *f, const char *application);
int pcapng_write_interface(FILE *f, const char *name, const char *description);
/* `outbound` sets the direction in epb_flags; `comment` may be NULL. */
int pcapng_write_packet(FILE *f, uint32_t interface, uint64_t t_unix_ns, int outbound,
                        const void *frame, size_t len, const char *comment);

#endif
