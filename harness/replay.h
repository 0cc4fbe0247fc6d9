/* SPDX-License-Identifier: ISC */
/* replay.h: `gauntlet replay`, and capture files read frame by frame.
 *
 * libpcap does the reading: classic pcap and pcapng, both byte orders, Ethernet only. Frames are
 * numbered from 1, as in Wireshark and in a scenario's `replay FILE#NUMBER`.
 */
#ifndef HARNESS_REPLAY_H
#define HARNESS_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct replay_frame {
	uint32_t number;    /* from 1 */
	uint64_t t_unix_ns; /* when it was captured */
	const uint8_t *data;
	size_t len;      /* bytes in `data` */
	size_t wire_len; /* bytes it had; more than `len` when the capture cut it off */
};

#define REPLAY_WHY_MAX 512

/* Calls `each` for every frame of the file, in order; what it is handed lives until it returns.
 * `each` returns false to stop early, which is no error. Returns the number of frames handed out,
 * or -1 with a phrase in `why` (REPLAY_WHY_MAX bytes, without the file's name): the file cannot be
 * opened, is no capture, has another link type than Ethernet, or ends in mid-frame; `each` may have
 * seen the frames before that. */
long replay_load(const char *path, bool (*each)(void *arg, const struct replay_frame *frame),
                 void *arg, char *why);

/* The same for an open stream, which it closes. */
long replay_read(FILE *f, bool (*each)(void *arg, const struct replay_frame *frame), void *arg,
                 char *why);

/* Sends the frames (`wanted`: only this one, 0: all) into a backend that enforces `policy`, and prints what
 * came of them as a timeline; judges nothing. Returns an exit code of run.h (replay_into.c). */
int replay_into(const char *path, uint32_t wanted, const char *backend, const char *policy);

/* The sub-command; argv[0] is its name. Exit code 0, or 2 for a usage error or an unreadable file, and with
 * --backend also 3 and 4 as in run.h. */
int replay_main(int argc, char **argv);

#endif
