/* SPDX-License-Identifier: ISC */
/* exchange_anew.c: heads written anew, as ref/exchange.h declares it. The order of the fields of framing
 * is refnat's own. */
#include "fuzz/rig/exchange_anew.h"

#include <stdio.h>
#include <strings.h>

static void word(struct talk_flow *flow, const char *text)
{
	talk_text(flow, text);
}

static void number(struct talk_flow *flow, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	word(flow, text);
}

static bool like(struct rd a, struct rd b)
{
	return a.n == b.n && !strncasecmp((const char *)a.p, (const char *)b.p, a.n);
}

static bool is_named(const struct reader_head *head, struct rd name)
{
	for (unsigned i = 0; i < head->count; i++) {
		struct rd list = head->fields[i].value;

		if (!reader_is_like(head->fields[i].name, "connection"))
			continue;
		while (list.n) {
			const uint8_t *comma = memchr(list.p, ',', list.n);
			const size_t n = comma ? (size_t)(comma - list.p) : list.n;

			if (like(reader_trim(rd_of(list.p, n)), name))
				return true;
			list = comma ? rd_of(comma + 1, list.n - n - 1) : rd_of(list.p, 0);
		}
	}
	return false;
}

static void put_fields(struct talk_flow *to, const struct reader_head *head)
{
	static const char *const dropped[] = {"host",
	                                      "content-length",
	                                      "transfer-encoding",
	                                      "connection",
	                                      "upgrade",
	                                      "keep-alive",
	                                      "te",
	                                      "trailer",
	                                      "expect",
	                                      "http2-settings",
	                                      NULL};

	for (unsigned i = 0; i < head->count; i++) {
		const struct rd name = head->fields[i].name;
		bool drops = is_named(head, name);

		for (size_t k = 0; dropped[k]; k++)
			drops = drops || reader_is_like(name, dropped[k]);
		if (drops || (name.n >= 6 && reader_is_like(rd_of(name.p, 6), "proxy-")))
			continue;
		talk_put(to, name);
		word(to, ": ");
		talk_put(to, head->fields[i].value);
		word(to, "\r\n");
	}
}

static void put_length(struct talk_flow *to, uint64_t length)
{
	word(to, "Content-Length: ");
	number(to, length);
	word(to, "\r\n");
}

bool anew_is_asterisk(const struct reader_head *head)
{
	return head->method.n == 7 && !memcmp(head->method.p, "OPTIONS", 7) && !head->path.n &&
	       !head->has_query;
}

void anew_request(struct talk_flow *to, const struct reader_head *head, bool websocket)
{
	talk_put(to, head->method);
	word(to, anew_is_asterisk(head) ? " *" : head->path.n ? " " : " /");
	talk_put(to, head->path);
	word(to, head->has_query ? "?" : "");
	talk_put(to, head->query);
	word(to, " HTTP/1.1\r\nHost: ");
	word(to, head->host.name);
	if (head->host.port) {
		word(to, ":");
		number(to, head->host.port);
	}
	word(to, "\r\n");
	put_fields(to, head);
	if (head->lengths)
		put_length(to, head->length);
	if (head->codings)
		word(to, "Transfer-Encoding: chunked\r\n");
	if (head->expect && (head->codings || head->length))
		word(to, "Expect: 100-continue\r\n");
	if (websocket)
		word(to, "Connection: upgrade\r\nUpgrade: websocket\r\n");
	else if (head->close)
		word(to, "Connection: close\r\n");
	word(to, "\r\n");
}

void anew_reply(struct talk_flow *to, const struct reader_head *reply, bool chunked, bool close)
{
	word(to, "HTTP/1.1 ");
	number(to, reply->status);
	word(to, " ");
	talk_put(to, reply->words);
	word(to, "\r\n");
	put_fields(to, reply);
	if (reply->lengths && reply->status != 204)
		put_length(to, reply->length);
	if (chunked)
		word(to, "Transfer-Encoding: chunked\r\n");
	if (reply->status == 101)
		word(to, "Connection: upgrade\r\nUpgrade: websocket\r\n");
	else if (close)
		word(to, "Connection: close\r\n");
	word(to, "\r\n");
}

static const char *words_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *words;
	} table[] = {
	        {400, "Bad Request"},
	        {403, "Forbidden"},
	        {413, "Content Too Large"},
	        {414, "URI Too Long"},
	        {417, "Expectation Failed"},
	        {421, "Misdirected Request"},
	        {431, "Request Header Fields Too Large"},
	        {501, "Not Implemented"},
	        {502, "Bad Gateway"},
	        {504, "Gateway Timeout"},
	        {505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].words;
	return "";
}

void anew_refusal(struct talk_flow *to, unsigned status, const char *why, bool head)
{
	word(to, "HTTP/1.1 ");
	number(to, status);
	word(to, " ");
	word(to, words_of(status));
	word(to, "\r\nContent-Type: text/plain\r\nContent-Length: ");
	number(to, strlen("refnat: \n") + strlen(why));
	word(to, "\r\nConnection: close\r\n\r\n");
	if (head)
		return;
	word(to, "refnat: ");
	word(to, why);
	word(to, "\n");
}
