/* SPDX-License-Identifier: ISC */
/* engine_act_seg.c: segments of a guest, in order or not. */
#include "fuzz/rig/engine_act_seg.h"

#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_tcp.h"

#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

void packet_put_syn_options(struct packet *p, uint8_t which)
{
	static const uint16_t sizes[] = {1460, 536, 64, 40, 9000, 0, 1000, 65535};
	uint8_t *at = p->tcp_options;

	if (which & 1) {
		memcpy(at, "\2\4", 2);
		set16(at + 2, sizes[which >> 3 & 7]);
		at += 4;
	}
	if (which & 2) {
		memcpy(at, "\1\3\3", 3);
		at[3] = which >> 6 ? which >> 5 : 7;
		at += 4;
	}
	if (which & 4) {
		memcpy(at, "\1\1\4\2", 4);
		at += 4;
	}
	p->tcp_option_len = (uint8_t)(at - p->tcp_options);
	if (which & 128)
		p->window = 100;
}

static const struct tcp_conn *pick(uint8_t number)
{
	static const struct tcp_conn none = {.key = {0xc0a86402, 0xcb007132, 40000, 7001, 6}};
	unsigned count = 0;

	for (int i = 0; i < TCP_CONNS; i++)
		count += tcp_conns[i].live;
	for (unsigned i = 0, n = 0; count && i < TCP_CONNS; i++)
		if (tcp_conns[i].live && n++ == number % count)
			return &tcp_conns[i];
	return &none;
}

static void put_sack(struct packet *p, const struct tcp_conn *c, uint8_t value)
{
	const uint32_t left = c->irs + 1 + c->confirmed +
	                      ((value & 15u) ? (value & 15u) * c->mss : 1u);

	p->ack = c->irs + 1 + c->confirmed;
	p->tcp_option_len = 12;
	memcpy(p->tcp_options, "\1\1\5\12", 4);
	set32(p->tcp_options + 4, left);
	set32(p->tcp_options + 8,
	      value & 128 ? c->irs + 1 + c->got : left + (1 + (value >> 4 & 3u)) * c->mss);
}

static void put_flags(struct packet *p, const struct tcp_conn *c, uint8_t kind, size_t *n,
                      uint8_t value)
{
	switch (kind % 16) {
	case 1: /* data */
		p->flags = PSH | ACK;
		return;
	case 2: /* the end, behind data */
		p->flags = FIN | ACK;
		return;
	case 3: /* a RST that counts */
		p->flags = RST | ACK;
		break;
	case 4: /* data behind a gap */
		p->seq += (uint32_t)((1u + (value & 31)) * (*n ? *n : 1));
		return;
	case 5: /* old data */
		p->seq -= value;
		return;
	case 6: /* not all is acknowledged */
		p->ack = c->irs + 1 + c->confirmed + (c->got - c->confirmed) * (value & 7) / 8;
		break;
	case 7: /* no room */
		p->window = 0;
		break;
	case 8:
		put_sack(p, c, value);
		break;
	case 9: /* the SYN once more */
		p->flags = SYN;
		p->seq = c->iss;
		break;
	case 10: /* a new connection */
		p->flags = SYN;
		p->seq += 100000;
		break;
	case 11: /* a RST of somebody who guesses */
		p->flags = RST;
		p->seq += value ? value : 1;
		break;
	case 12: /* data of somebody who guesses */
		p->ack += 70000u + value * 65536u;
		return;
	case 13: /* a small window */
		p->window = value;
		break;
	case 14: /* the end, behind a gap */
		p->flags = FIN | ACK;
		p->seq += 1u + value;
		return;
	case 15: /* nothing is acknowledged */
		p->flags = value & 1 ? PSH : SYN | ACK;
		return;
	default:
		break;
	}
	*n = 0;
}

void packet_put_seg(struct packet *p, uint8_t conn, uint8_t kind, size_t n, uint8_t value)
{
	const struct tcp_conn *c = pick(conn);

	p->src = c->key.guest_ip;
	p->dst = c->key.peer_ip;
	p->sport = c->key.guest_port;
	p->dport = c->key.peer_port;
	p->seq = c->iss + 1 + c->front + (c->fin_sent && c->front >= c->fin_at);
	p->ack = c->irs + 1 + c->got + c->fin_got;
	p->flags = ACK;
	put_flags(p, c, kind, &n, value);
	packet_fill(p, n, true, 0);
}
