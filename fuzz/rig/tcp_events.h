/* SPDX-License-Identifier: ISC */
/* tcp_events.h: a list of events, of six bytes each, for one connection of ref/tcp.h. */
#ifndef FUZZ_RIG_TCP_EVENTS_H
#define FUZZ_RIG_TCP_EVENTS_H

#include <stddef.h>
#include <stdint.h>

/* The first byte says what the SYN offers. */
void tcp_events(const uint8_t *input, size_t size);

#endif
