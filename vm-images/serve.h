/* SPDX-License-Identifier: ISC */
/* serve.h: the guest's end of the agent port, part of PID 1. The protocol is in agent_proto.h.
 *
 * One loop, one thread, fixed tables. It reaps every child of PID 1, whoever started it. */
#ifndef VM_IMAGES_SERVE_H
#define VM_IMAGES_SERVE_H

#include "vm-images/init.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes one message to `port` (nonblocking), waiting for the harness to read at most 30 s. `body`
 * of `n` bytes is made of `a` and `b`, one after the other; either may be empty. False when the
 * port is closed or does not drain: then nobody listens any more. */
bool serve_send(int port, uint8_t type, uint32_t id, const void *a, size_t a_len, const void *b,
                size_t b_len);

/* READY with the steps and failures of `b`. */
bool serve_send_ready(int port, uint32_t id, const struct boot *b);

/* Answers requests until the port closes, POWEROFF comes, or a message cannot be parsed. */
void serve_loop(int port);

#endif
