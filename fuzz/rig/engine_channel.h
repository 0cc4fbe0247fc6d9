/* SPDX-License-Identifier: ISC */
/* engine_channel.h: the guest's end of the frame channel: a stream, or messages of one frame each, as
 * unix(7) and the kernel's tuntap.rst have them. */
#ifndef FUZZ_RIG_ENGINE_CHANNEL_H
#define FUZZ_RIG_ENGINE_CHANNEL_H

#include "fuzz/rig/engine_kernel.h"

/* A frame of the guest, or bytes that it puts on the channel as they are, which are a frame too where
 * there are messages. No-ops when the channel is full. */
void channel_put_frame(const uint8_t *p, size_t n);
void channel_put_bytes(const uint8_t *p, size_t n);

/* What epoll says of refnat's end; recv or read there, send or write. */
uint32_t channel_events(void);
ssize_t channel_read(void *to, size_t n);
ssize_t channel_write(const void *p, size_t n);

#endif
