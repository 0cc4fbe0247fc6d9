/* SPDX-License-Identifier: ISC */
/* names_guest.c: clients: the guest's sockets, and what goes through them.
 *
 * A UDP client has up to NAMES_CLIENT_PENDING queries under way and is answered in whatever order they end. A
 * stream (RFC 7766) has one at a time: what the guest sends behind it waits in its own TCP. So nothing
 * that a guest sends takes more room than the tables have.
 *
 * The end of a stream, when the guest ends it: what it has asked is answered, then it is closed. When we end
 * it: our end is shut down and the rest thrown away until the guest's comes, because closing with bytes
 * unread would take from the guest what it has not read yet.
 */
#include "ref/ipv4.h"
#include "ref/names_parts.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t token_of(const struct names *names, const struct names_client *client)
{
	return names_token(NAMES_KIND_CLIENT, client->use, (uint32_t)(client - names->clients));
}

static bool is_stream(const struct names_client *client)
{
	return client->stream != NAMES_NOBODY;
}

static void close_client(struct names *names, struct names_client *client)
{
	names->io->unwatch(names->io->arg, token_of(names, client), client->fd);
	close(client->fd);
	if (is_stream(client)) {
		names->streams[client->stream].used = false;
		names->stream_count--;
	}
	client->used = false;
}

struct names_client *names_guest_find(struct names *names, uint32_t client)
{
	struct names_client *place = &names->clients[names_token_place(client)];

	return place->used && token_of(names, place) == client ? place : NULL;
}

/* ---- new ones ---- */

/* A free place, else that of the UDP client that was idle longest; NULL when all have queries under way. */
static struct names_client *find_place(struct names *names)
{
	struct names_client *oldest = NULL;

	for (unsigned i = 0; i < NAMES_CLIENTS_MAX; i++) {
		struct names_client *client = &names->clients[i];

		if (!client->used)
			return client;
		if (!is_stream(client) && !client->pending &&
		    (!oldest || client->used_ns < oldest->used_ns))
			oldest = client;
	}
	if (oldest)
		close_client(names, oldest);
	return oldest;
}

static uint32_t find_stream(struct names *names)
{
	for (uint32_t i = 0; i < NAMES_STREAMS_MAX; i++)
		if (!names->streams[i].used)
			return i;
	return NAMES_NOBODY;
}

bool names_serve(struct names *names, int fd, const struct flow_key *key, uint64_t now_ns)
{
	const bool stream = key->proto == IPV4_TCP;
	const uint32_t at = stream ? find_stream(names) : NAMES_NOBODY;
	struct names_client *client = stream && at == NAMES_NOBODY ? NULL : find_place(names);

	if (!client) {
		close(fd);
		return false;
	}
	*client = (struct names_client){.used = true,
	                                .use = (uint16_t)(client->use + 1),
	                                .fd = fd,
	                                .key = *key,
	                                .stream = at,
	                                .events = EPOLLIN,
	                                .used_ns = now_ns};
	if (stream) {
		struct names_stream *buffers = &names->streams[at];

		buffers->used = true;
		buffers->in_len = buffers->out_from = buffers->out_to = 0;
		names->stream_count++;
	}
	names->io->watch(names->io->arg, token_of(names, client), fd, client->events);
	return true;
}

/* ---- streams ---- */

static bool has_output(const struct names_stream *stream)
{
	return stream->out_from < stream->out_to;
}

/* False when the client is gone. */
static bool flush(struct names *names, struct names_client *client)
{
	struct names_stream *stream = &names->streams[client->stream];
	ssize_t n;

	if (!has_output(stream))
		return true;
	n = send(client->fd, stream->out + stream->out_from, stream->out_to - stream->out_from,
	         MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return true;
		close_client(names, client);
		return false;
	}
	stream->out_from += (size_t)n;
	return true;
}

/* The first whole message of what came in goes to the queries, if it may. */
static void take_message(struct names *names, struct names_client *client, uint64_t now_ns)
{
	struct names_stream *stream = &names->streams[client->stream];
	struct rd r = rd_of(stream->in, stream->in_len), message;
	uint16_t len;
	bool taken;

	if (client->pending || client->closing || has_output(stream))
		return;
	if (rd_vec16(&r, &message)) {
		taken = names_query_take(names, token_of(names, client), message, now_ns);
		if (taken) {
			memmove(stream->in, r.p, r.n);
			stream->in_len = r.n;
		}
	} else if (rd_u16(&r, &len) && len > NAMES_STREAM_IN_MAX - 2) {
		taken = names_query_refuse(names, token_of(names, client), now_ns);
	} else {
		client->closing = client->finished;
		return;
	}
	client->pending += taken;
	client->blocked = !taken;
	if (!taken)
		names->starved = true;
}

/* What the stream does next, and what it waits for. */
static void step_stream(struct names *names, struct names_client *client, uint64_t now_ns)
{
	const struct names_stream *stream = &names->streams[client->stream];

	if (!flush(names, client))
		return;
	take_message(names, client, now_ns);
	if (client->closing && !client->pending && !has_output(stream)) {
		if (client->finished) {
			close_client(names, client);
			return;
		}
		if (!client->shut) {
			client->shut = true;
			client->used_ns = now_ns;
			shutdown(client->fd, SHUT_WR);
		}
	}
}

static void read_stream(struct names *names, struct names_client *client)
{
	struct names_stream *stream = &names->streams[client->stream];
	ssize_t n;

	if (client->shut) /* it goes nowhere */
		stream->in_len = 0;
	n = recv(client->fd, stream->in + stream->in_len, sizeof(stream->in) - stream->in_len,
	         MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (!n && client->shut)) {
		close_client(names, client);
		return;
	}
	if (!n)
		client->finished = true;
	stream->in_len += (size_t)n;
}

/* ---- datagrams ---- */

/* True when there may be more of them. */
static bool read_datagram(struct names *names, struct names_client *client, uint64_t now_ns)
{
	uint8_t bytes[NAMES_MESSAGE_MAX];
	const uint32_t token = token_of(names, client);
	bool taken;
	ssize_t n;

	/* A place for it first: what was read cannot be put back. */
	client->blocked = names->query_count == NAMES_QUERIES_MAX;
	if (client->blocked) {
		names->starved = true;
		return false;
	}
	n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_client(names, client);
		return false;
	}
	client->used_ns = now_ns;
	taken = (size_t)n > sizeof(bytes)
	                ? names_query_refuse(names, token, now_ns)
	                : names_query_take(names, token, rd_of(bytes, (size_t)n), now_ns);
	client->pending += taken;
	return taken && client->pending < NAMES_CLIENT_PENDING;
}

/* ---- both ---- */

static void watch(struct names *names, struct names_client *client)
{
	uint32_t events = 0;

	if (is_stream(client)) {
		const struct names_stream *stream = &names->streams[client->stream];
		const bool room = stream->in_len < sizeof(stream->in);

		if (client->shut || (!client->finished && !client->pending && !client->blocked &&
		                     !client->closing && room))
			events |= EPOLLIN;
		if (has_output(stream))
			events |= EPOLLOUT;
	} else if (client->pending < NAMES_CLIENT_PENDING && !client->blocked) {
		events |= EPOLLIN;
	}
	if (events == client->events)
		return;
	client->events = events;
	names->io->watch(names->io->arg, token_of(names, client), client->fd, events);
}

static void go_on(struct names *names, uint32_t token, uint64_t now_ns)
{
	struct names_client *client = names_guest_find(names, token);

	if (client && is_stream(client))
		step_stream(names, client, now_ns);
	client = names_guest_find(names, token);
	if (client)
		watch(names, client);
}

void names_guest_ready(struct names *names, uint32_t place, uint32_t events, uint64_t now_ns)
{
	struct names_client *client = &names->clients[place];
	const uint32_t token = token_of(names, client);

	if (!(client->events & EPOLLIN) && events & (EPOLLHUP | EPOLLERR)) {
		close_client(names, client); /* nobody is there to be answered */
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && client->events & EPOLLIN) {
		if (is_stream(client)) {
			read_stream(names, client);
		} else {
			for (unsigned i = 0; i < NAMES_TURN; i++)
				if (!read_datagram(names, client, now_ns))
					break;
		}
	}
	go_on(names, token, now_ns);
}

void names_guest_reply(struct names *names, uint32_t token, struct rd reply, uint64_t now_ns)
{
	struct names_client *client = names_guest_find(names, token);

	if (!client)
		return;
	client->pending--;
	client->used_ns = now_ns;
	if (!is_stream(client)) {
		/* One that the worker has no room for is lost, as datagrams are. */
		if (reply.n)
			(void)!send(client->fd, reply.p, reply.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (reply.n) {
		struct names_stream *stream = &names->streams[client->stream];
		struct wr w = wr_of(stream->out, sizeof(stream->out));

		if (wr_u16(&w, (uint16_t)reply.n) && wr_bytes(&w, reply.p, reply.n)) {
			stream->out_from = 0;
			stream->out_to = w.len;
		}
	} else {
		client->closing = true; /* where the next message begins nobody knows */
	}
	go_on(names, token, now_ns);
}

void names_guest_resume(struct names *names, uint64_t now_ns)
{
	if (!names->starved)
		return;
	names->starved = false;
	for (unsigned i = 0; i < NAMES_CLIENTS_MAX; i++) {
		struct names_client *client = &names->clients[i];

		if (!client->used || !client->blocked)
			continue;
		client->blocked = false;
		go_on(names, token_of(names, client), now_ns);
	}
}

/* When an idle stream is closed; NAMES_NEVER while something is under way. */
static uint64_t patience_ends(const struct names_client *client)
{
	if (!client->used || !is_stream(client) || client->pending)
		return NAMES_NEVER;
	return client->used_ns + (client->shut ? NAMES_LINGER_NS : NAMES_STREAM_IDLE_NS);
}

void names_guest_tick(struct names *names, uint64_t now_ns)
{
	for (unsigned i = 0; names->stream_count && i < NAMES_CLIENTS_MAX; i++)
		if (patience_ends(&names->clients[i]) <= now_ns)
			close_client(names, &names->clients[i]);
}

uint64_t names_guest_deadline(const struct names *names)
{
	uint64_t first = NAMES_NEVER;

	for (unsigned i = 0; names->stream_count && i < NAMES_CLIENTS_MAX; i++) {
		const uint64_t ends = patience_ends(&names->clients[i]);

		if (ends < first)
			first = ends;
	}
	return first;
}

void names_guest_stop(struct names *names)
{
	for (unsigned i = 0; i < NAMES_CLIENTS_MAX; i++)
		if (names->clients[i].used)
			close_client(names, &names->clients[i]);
}
