/* SPDX-License-Identifier: ISC */
/* dialer_socket.h: sockets that are tied to the uplink and connected to one endpoint, of the kinds that
 * dialer.h describes. */
#ifndef REF_DIALER_SOCKET_H
#define REF_DIALER_SOCKET_H

#include "ref/dialer.h"

/* A socket tied to the uplink, or -1 with errno set. */
int dialer_socket_make(int type, int proto, const char *uplink);

/* Sockets for the endpoint: DIALER_OK, or with *out untouched or closed DIALER_THIS_HOST or
 * DIALER_NO_SOCKET. Whether the policy allows it is the caller's question. */
enum dialer_status dialer_socket_open(const char *uplink, uint8_t proto, uint32_t ip, uint16_t port,
                                      struct dialer_sockets *out);

/* Closes the ones that are not -1. */
void dialer_socket_close(struct dialer_sockets *sockets);

#endif
