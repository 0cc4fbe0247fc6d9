/* SPDX-License-Identifier: ISC */
/* oracle_web.c: to whom the filter answers by itself because names decide there, as a policy says. */
#include "harness/oracle.h"

#include <stdio.h>
#include <string.h>

#define WHY_MAX    256
#define HTTP_PORT  80
#define HTTPS_PORT 443
#define DNS_PORT   53
#define DNS_HEADER 12

static bool fail(char *why, const char *what)
{
	snprintf(why, WHY_MAX, "%s", what);
	return false;
}

static void add_port(struct oracle *o, json_int_t port)
{
	if (o->port_count < ORACLE_PORTS_MAX)
		o->ports[o->port_count++] = (uint16_t)port;
}

/* The list's ports, or the usual one when there is no list. */
static bool add_ports(struct oracle *o, const json_t *list, json_int_t usual)
{
	if (!list) {
		add_port(o, usual);
		return true;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *port = json_array_get(list, i);

		if (!json_is_integer(port) || json_integer_value(port) < 1 ||
		    json_integer_value(port) > 65535)
			return false;
		add_port(o, json_integer_value(port));
	}
	return json_is_array(list);
}

/* "mode" is one of three words, the first of which is off; or -1. */
static int read_mode(const json_t *object, const char *second, const char *third)
{
	const char *mode = json_string_value(json_object_get(object, "mode"));

	if (!object || (mode && strcmp(mode, "off") == 0))
		return 0;
	return mode && (!strcmp(mode, second) || !strcmp(mode, third)) ? 1 : -1;
}

bool oracle_load_web(const json_t *root, struct oracle *o, char *why)
{
	const json_t *tls = json_object_get(root, "tls"), *http = json_object_get(root, "http");
	const int dns = read_mode(json_object_get(root, "dns"), "synthetic", "forward");
	const int intercepts = read_mode(tls, "splice", "mitm");

	if (dns < 0)
		return fail(why, "the mode of dns is not known");
	if (intercepts < 0)
		return fail(why, "the mode of tls is not known");
	if (http && !json_is_object(http) && !json_is_array(http))
		return fail(why, "http is neither an object nor a list");
	o->dns = dns > 0;
	o->port_count = 0;
	if (intercepts && !add_ports(o, json_object_get(tls, "ports"), HTTPS_PORT))
		return fail(why, "tls.ports is not a list of ports");
	if ((intercepts || json_is_object(http)) &&
	    !add_ports(o, json_object_get(http, "ports"), HTTP_PORT))
		return fail(why, "http.ports is not a list of ports");
	return true;
}

/* A header, and the bit that is set in responses is not. */
static bool asks(const struct seen *s)
{
	return s->payload.n >= DNS_HEADER && !(s->payload.p[2] & 0x80);
}

/* The address of a host other than the guest and its gateway: the oracle's own idea of it. */
static bool is_elsewhere(const struct oracle *o, uint32_t ip)
{
	const uint32_t host = ip & ~o->vm_mask;
	const bool near = (ip & o->vm_mask) == (o->vm_ip & o->vm_mask);

	if (ip >> 24 == 0 || ip >> 24 == 127 || ip >> 28 >= 14)
		return false;
	return ip != o->vm_ip && ip != o->gateway && !(near && (!host || host == ~o->vm_mask));
}

bool oracle_serves(const struct oracle *o, const struct seen *s)
{
	if (s->ip_dst == o->gateway)
		return o->dns && s->dport == DNS_PORT &&
		       (s->kind == SEEN_TCP || (s->kind == SEEN_UDP && asks(s)));
	if (s->kind != SEEN_TCP || !is_elsewhere(o, s->ip_dst))
		return false;
	for (size_t i = 0; i < o->port_count; i++)
		if (o->ports[i] == s->dport)
			return true;
	return false;
}
