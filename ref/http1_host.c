/* SPDX-License-Identifier: ISC */
/* http1_host.c: host and port. */
#include "ref/http1_host.h"

#include "ref/addr.h"

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool take_port(struct rd digits, uint16_t *port)
{
	uint32_t value = 0;

	if (!digits.n || digits.n > 5 || digits.p[0] == '0')
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (!is_digit(digits.p[i]))
			return false;
		value = value * 10 + digits.p[i] - '0';
	}
	*port = (uint16_t)value;
	return value <= 0xffff;
}

static bool take_literal(struct rd literal, struct http1_host *out)
{
	if (!literal.n || literal.n > HTTP1_LITERAL_MAX)
		return false;
	for (size_t i = 0; i < literal.n; i++) {
		const uint8_t c = http1_lower(literal.p[i]);

		if (http1_hex(c) < 0 && c != ':' && c != '.')
			return false;
		out->name[i] = (char)c;
	}
	out->name[literal.n] = '\0';
	out->kind = HTTP1_HOST_IPV6;
	return true;
}

/* How many bytes stand in front of the first `c`; all when there is none. */
static size_t before(struct rd value, uint8_t c)
{
	size_t i = 0;

	while (i < value.n && value.p[i] != c)
		i++;
	return i;
}

static bool take_host(struct rd *value, struct http1_host *out)
{
	enum host_name_fault fault;
	struct rd host;
	uint32_t ip;

	if (value->p[0] == '[')
		return rd_skip(value, 1) && rd_sub(value, before(*value, ']'), &host) &&
		       rd_skip(value, 1) && take_literal(host, out);
	if (!rd_sub(value, before(*value, ':'), &host))
		return false;
	fault = host_name_normalise(host, HOST_NAME_UNDERSCORES, out->name, NULL);
	out->kind = HTTP1_HOST_DNS;
	/* Those who resolve the name take it for an address. */
	if (fault == HOST_NAME_NUMBER)
		out->kind = addr_parse_ip4(out->name, &ip) ? HTTP1_HOST_IPV4 : HTTP1_HOST_IPV4_ODD;
	return !fault || fault == HOST_NAME_NUMBER;
}

enum http1_reason http1_host_parse(struct rd value, struct http1_host *out)
{
	struct http1_host host = {0};

	if (!value.n)
		return HTTP1_HOST_EMPTY;
	for (size_t i = 0; i < value.n; i++) {
		const uint8_t c = value.p[i];

		if (c == '@')
			return HTTP1_HOST_USERINFO;
		if (c == ',' || c == ' ' || c == '\t')
			return HTTP1_HOST_LIST;
	}
	if (!take_host(&value, &host))
		return HTTP1_HOST_NAME;
	if (value.n && (value.p[0] != ':' || !rd_skip(&value, 1) || !take_port(value, &host.port)))
		return HTTP1_HOST_PORT;
	*out = host;
	return HTTP1_NONE;
}
