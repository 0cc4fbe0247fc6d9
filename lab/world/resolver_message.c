/* SPDX-License-Identifier: ISC */
/* resolver_message.c: DNS messages (RFC 1035 section 4), read loosely and written as told. */
#include "lab/world/resolver.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define HEADER 12

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

void message_set16(struct message *m, size_t at, uint16_t value)
{
	m->bytes[at] = (uint8_t)(value >> 8);
	m->bytes[at + 1] = (uint8_t)value;
}

static void put(struct message *m, const void *data, size_t len)
{
	if (len > MESSAGE_MAX - m->len)
		len = MESSAGE_MAX - m->len;
	memcpy(m->bytes + m->len, data, len);
	m->len += len;
}

static void put16(struct message *m, uint16_t value)
{
	const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(m, bytes, 2);
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");
		uint8_t byte = (uint8_t)len;

		put(m, &byte, 1);
		put(m, name, len);
		name += len + (name[len] == '.');
	}
	put(m, "", 1);
}

/* Labels as text; bytes that are neither letters, digits, _ nor - as \xHH. */
static bool read_name(struct question *q, size_t *at)
{
	char *out = q->as_came;

	while (*at < q->len && q->message[*at] != 0) {
		size_t len = q->message[(*at)++];

		if (len > 63 || len > q->len - *at || out - q->as_came > NAME_SIZE - 300)
			return false;
		if (out > q->as_came)
			*out++ = '.';
		for (; len > 0; len--) {
			uint8_t c = q->message[(*at)++];

			if (isalnum(c) || c == '-' || c == '_')
				*out++ = (char)c;
			else
				out += sprintf(out, "\\x%02x", c);
		}
	}
	*out = '\0';
	return (*at)++ < q->len;
}

bool question_read(struct question *q, const uint8_t *message, size_t len)
{
	size_t at = HEADER, i;

	*q = (struct question){.message = message, .len = len};
	if (len < HEADER || get16(message + 4) == 0 || !read_name(q, &at) || len - at < 4)
		return false;
	for (i = 0; q->as_came[i]; i++)
		q->name[i] = (char)tolower((unsigned char)q->as_came[i]);
	q->type = get16(message + at);
	q->end = at + 4;
	q->edns = get16(message + 10) > 0;
	return true;
}

void message_begin(struct message *m, const struct question *q, unsigned rcode)
{
	m->len = 0;
	put(m, q->message, 2);
	put16(m, (uint16_t)(0x8180 | rcode));
	put16(m, 1);
	put(m, "\0\0\0\0\0", 6);
	put(m, q->message + HEADER, q->end - HEADER);
}

static void count(struct message *m, int section, int by)
{
	size_t at = 6 + 2 * (size_t)section;

	message_set16(m, at, (uint16_t)(get16(m->bytes + at) + by));
}

void message_record(struct message *m, const char *name, uint16_t type, uint32_t ttl,
                    const void *data, size_t len)
{
	if (name)
		put_name(m, name);
	else
		put16(m, 0xc000 | HEADER);
	put16(m, type);
	put16(m, 1);
	put16(m, (uint16_t)(ttl >> 16));
	put16(m, (uint16_t)ttl);
	put16(m, (uint16_t)len);
	put(m, data, len);
	count(m, 0, 1);
}

void message_a(struct message *m, const char *name, uint32_t ttl, const char *address)
{
	struct in_addr a = {0};

	inet_pton(AF_INET, address, &a);
	message_record(m, name, TYPE_A, ttl, &a, 4);
}

void message_cname(struct message *m, const char *name, const char *to)
{
	struct message data = {.len = 0};

	put_name(&data, to);
	message_record(m, name, TYPE_CNAME, 60, data.bytes, data.len);
}

void message_move(struct message *m, int section)
{
	count(m, 0, -1);
	count(m, section, 1);
}

void message_soa(struct message *m, uint32_t ttl)
{
	struct message data = {.len = 0};

	put_name(&data, "ns.test");
	put_name(&data, "admin.test");
	put(&data, "\0\0\0\1\0\0\x0e\x10\0\0\x0e\x10\0\0\x0e\x10", 16);
	put16(&data, (uint16_t)(ttl >> 16));
	put16(&data, (uint16_t)ttl);
	message_record(m, "test", TYPE_SOA, ttl, data.bytes, data.len);
	message_move(m, 1);
}

void message_end(struct message *m, const struct question *q)
{
	if (!q->edns)
		return;
	put(m, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
	count(m, 2, 1);
}
