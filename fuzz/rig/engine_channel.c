/* SPDX-License-Identifier: ISC */
/* engine_channel.c: bytes between the guest and refnat. */
#include "fuzz/rig/engine_channel.h"

#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_calls.h"
#include "fuzz/rig/engine_memory.h"
#include "fuzz/rig/engine_model.h"

#include <errno.h>

static bool has_messages(void)
{
	return kernel.carrier != LINK_OVER_STREAM;
}

/* --- what the guest sends; a message waits behind its length --- */

static void put(const uint8_t *p, size_t n, bool prefix)
{
	uint8_t *to;

	if (kernel.guest_start == kernel.guest_end)
		kernel.guest_start = kernel.guest_end = 0;
	if (kernel.guest_end + n + 4 > KERNEL_GUEST_MAX)
		return;
	to = kernel.guest + kernel.guest_end;
	if (prefix) {
		set32(to, (uint32_t)n);
		to += 4;
		kernel.guest_end += 4;
	}
	if (n)
		memcpy(to, p, n);
	kernel.guest_end += (uint32_t)n;
}

void channel_put_frame(const uint8_t *p, size_t n)
{
	put(p, n, true);
}

void channel_put_bytes(const uint8_t *p, size_t n)
{
	if (!has_messages())
		put(p, n, false);
	else if (n || kernel.carrier == LINK_OVER_DGRAM) /* elsewhere there is no empty one */
		put(p, n, true);
}

/* --- what refnat reads --- */

/* Where in the stream of frames its reading stands. */
static void follow_stream(const uint8_t *p, size_t n)
{
	while (n && !kernel.bad_length) {
		const size_t take = n < kernel.frame_left ? n : kernel.frame_left;

		if (!kernel.frame_left) {
			kernel.prefix[kernel.prefix_len++] = *p++;
			n--;
			if (kernel.prefix_len < 4)
				continue;
			kernel.prefix_len = 0;
			kernel.frame_left = be32(kernel.prefix);
			kernel.bad_length = !kernel.frame_left ||
			                    kernel.frame_left > LINK_FRAME_MAX;
			continue;
		}
		p += take;
		n -= take;
		kernel.frame_left -= (uint32_t)take;
		kernel.frames += !kernel.frame_left;
	}
}

static ssize_t read_stream(void *to, size_t n, size_t there)
{
	size_t taken = n < there ? n : there;

	taken = kernel.guest_cut && kernel.guest_cut < taken ? kernel.guest_cut : taken;
	HOLDS("the kernel writes to memory of refnat's", memory_is_good(to, n, taken));
	memcpy(to, kernel.guest + kernel.guest_start, taken);
	kernel.guest_start += (uint32_t)taken;
	follow_stream(to, taken);
	return (ssize_t)taken;
}

/* What does not fit is gone. */
static ssize_t read_message(void *to, size_t n)
{
	const uint8_t *message = kernel.guest + kernel.guest_start;
	const size_t len = be32(message), taken = n < len ? n : len;

	HOLDS("the kernel writes to memory of refnat's", memory_is_good(to, n, taken));
	memcpy(to, message + 4, taken);
	kernel.guest_start += 4 + (uint32_t)len;
	kernel.frames++;
	return (ssize_t)taken;
}

/* Nothing is there: for now, or for ever. Who sent datagrams goes without a trace. */
static ssize_t read_nothing(void)
{
	if (!kernel.guest_gone || kernel.carrier == LINK_OVER_DGRAM)
		return kernel_fail(EAGAIN);
	return kernel.carrier == LINK_OVER_TAP ? kernel_fail(EBADFD) : 0;
}

ssize_t channel_read(void *to, size_t n)
{
	const size_t there = kernel.guest_end - kernel.guest_start;

	if (!there)
		return read_nothing();
	return has_messages() ? read_message(to, n) : read_stream(to, n, there);
}

/* --- what it writes --- */

/* How many of `n` bytes the guest's end takes; 0 with errno set. */
static size_t room_for(size_t n)
{
	if (kernel.guest_gone && kernel.carrier == LINK_OVER_DGRAM) {
		kernel.guest_start = kernel.guest_end; /* the kernel forgets what nobody read yet */
		kernel_fail(ECONNREFUSED);
		return 0;
	}
	if (kernel.guest_gone && kernel.carrier == LINK_OVER_TAP) {
		kernel_fail(EBADFD);
		return 0;
	}
	if (!kernel.guest_room || (has_messages() && kernel.guest_room < n)) {
		kernel_fail(EAGAIN);
		return 0;
	}
	return n < kernel.guest_room ? n : kernel.guest_room;
}

/* Bytes that were sent are the kernel's no more: what refnat reads there again is poison. */
ssize_t channel_write(const void *p, size_t n)
{
	const size_t before = has_messages() ? 4 : 0;
	uint8_t *bytes = model.link.out + ((const uint8_t *)p - model.link.out) - before;
	size_t taken;

	HOLDS("the guest gets nothing after there was a reason to stop", !model.over);
	HOLDS("a message is one frame", !before || be32(bytes) == n);
	taken = room_for(n);
	model_on_output();
	if (!taken)
		return -1;
	model_on_guest_takes(before + taken);
	if (kernel.guest_room != UINT32_MAX)
		kernel.guest_room -= (uint32_t)taken;
	memset(bytes, program_poison(), before + taken);
	return (ssize_t)taken;
}

uint32_t channel_events(void)
{
	const bool there = kernel.guest_start != kernel.guest_end;
	const bool ends = kernel.guest_gone && kernel.carrier != LINK_OVER_DGRAM;
	const uint32_t least = has_messages() ? LINK_FRAME_MAX : 1;

	return (there || ends ? EPOLLIN : 0u) | (kernel.guest_room >= least ? EPOLLOUT : 0u);
}
