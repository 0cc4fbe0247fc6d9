/* SPDX-License-Identifier: ISC */
/* names_up.c: lines: questions to the resolver under way, one for each name.
 *
 * DIALLING -> UDP -> over				the answer fits in a datagram, or nobody answers
 * DIALLING -> UDP -> DIALLING -> SENDING -> READING -> over	it does not: TCP, with a new question
 *
 * A datagram that is not to the question is not believed and not counted as an answer: the line goes on
 * waiting. But each is a guess, so their number is bounded. A question that is sent again is the same one: an answer to the
 * first is welcome still.
 */
#include "ref/ipv4.h"
#include "ref/names_parts.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t token_of(const struct names *names, const struct names_line *line)
{
	return names_token(NAMES_KIND_LINE, line->use, (uint32_t)(line - names->lines));
}

/* In the place of one that would have been closed first. */
static void keep_quiet(struct names *names, int fd, uint64_t until_ns)
{
	struct names_quiet *place = &names->quiet[0];

	for (unsigned i = 1; i < NAMES_QUIET_MAX; i++)
		if (names->quiet[i].until_ns < place->until_ns)
			place = &names->quiet[i];
	if (place->until_ns)
		close(place->fd);
	*place = (struct names_quiet){.fd = fd, .until_ns = until_ns};
}

static void close_quiet(struct names *names, uint64_t now_ns)
{
	for (unsigned i = 0; i < NAMES_QUIET_MAX; i++) {
		struct names_quiet *place = &names->quiet[i];

		if (!place->until_ns || place->until_ns > now_ns)
			continue;
		close(place->fd);
		place->until_ns = 0;
	}
}

/* A UDP socket is kept until the question would have been given up. */
static void close_socket(struct names *names, struct names_line *line)
{
	if (line->fd < 0)
		return;
	names->io->unwatch(names->io->arg, token_of(names, line), line->fd);
	if (line->stream)
		close(line->fd);
	else
		keep_quiet(names, line->fd, line->give_up_ns);
	line->fd = -1;
}

static void end(struct names *names, struct names_line *line, const struct names_result *result,
                uint64_t now_ns)
{
	const uint32_t token = token_of(names, line);

	close_socket(names, line);
	line->state = NAMES_LINE_FREE;
	names_line_ended(names, token, result, now_ns);
}

static void fail(struct names *names, struct names_line *line, enum reason reason, uint64_t now_ns)
{
	const struct names_result result = {.status = NAMES_FAILED, .reason = reason};

	end(names, line, &result, now_ns);
}

/* Makes a question and asks for a socket that it goes through. */
static bool dial(struct names *names, struct names_line *line, const struct dns_name *name,
                 bool stream)
{
	uint8_t random[NAMES_RANDOM_LEN];

	names->io->random(names->io->arg, random, sizeof(random));
	if (!names_question_make(&line->question, name, random))
		return false;
	line->state = NAMES_LINE_DIALLING;
	line->stream = stream;
	return names->io->dial(names->io->arg, token_of(names, line), stream ? IPV4_TCP : IPV4_UDP,
	                       names->resolver_ip, names->resolver_port);
}

static struct names_line *find_line(struct names *names, const struct dns_name *name)
{
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++)
		if (names->lines[i].state != NAMES_LINE_FREE &&
		    dns_name_equal(&names->lines[i].question.name, name))
			return &names->lines[i];
	return NULL;
}

static struct names_line *free_line(struct names *names)
{
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++)
		if (names->lines[i].state == NAMES_LINE_FREE)
			return &names->lines[i];
	return NULL;
}

enum names_status names_up_ask(struct names *names, const struct dns_name *name, uint64_t now_ns,
                               uint32_t *line, struct names_result *out)
{
	struct names_line *place = find_line(names, name);

	*out = (struct names_result){.status = NAMES_WAIT};
	if (place) {
		*line = token_of(names, place);
		return NAMES_WAIT;
	}
	place = free_line(names);
	if (!place) {
		*out = (struct names_result){.status = NAMES_FAILED, .reason = REASON_GATE_FULL};
		return NAMES_FAILED;
	}
	place->use++;
	place->tries = place->foreign = 0;
	place->give_up_ns = now_ns + NAMES_PATIENCE_NS;
	*line = token_of(names, place);
	if (!dial(names, place, name, false)) {
		place->state = NAMES_LINE_FREE;
		*out = (struct names_result){.status = NAMES_FAILED,
		                             .reason = REASON_RESOLVER_FAILED};
		return NAMES_FAILED;
	}
	return NAMES_WAIT;
}

/* Sends the question as a datagram, again or for the first time. Whether it got out is not asked: that it was
 * lost shows in the same way. */
static void send_datagram(struct names_line *line, uint64_t now_ns)
{
	(void)!send(line->fd, line->question.bytes, line->question.len,
	            MSG_DONTWAIT | MSG_NOSIGNAL);
	line->tries++;
	line->again_ns = now_ns + NAMES_RETRY_NS;
}

void names_up_dialled(struct names *names, uint32_t place, int fd, uint64_t now_ns)
{
	struct names_line *line = &names->lines[place];
	struct wr w = wr_of(line->bytes, sizeof(line->bytes));
	const uint32_t token = token_of(names, line);

	line->fd = fd;
	if (fd < 0) {
		fail(names, line, REASON_RESOLVER_FAILED, now_ns);
	} else if (!line->stream) {
		line->state = NAMES_LINE_UDP;
		names->io->watch(names->io->arg, token, fd, EPOLLIN);
		send_datagram(line, now_ns);
	} else {
		line->state = NAMES_LINE_SENDING;
		if (!wr_u16(&w, (uint16_t)line->question.len) ||
		    !wr_bytes(&w, line->question.bytes, line->question.len)) {
			fail(names, line, REASON_RESOLVER_FAILED, now_ns);
			return;
		}
		line->done = 0;
		line->len = w.len;
		names->io->watch(names->io->arg, token, fd, EPOLLOUT);
	}
}

/* True when the line has ended, or goes on in another way. */
static bool take_answer(struct names *names, struct names_line *line, struct rd message,
                        uint64_t now_ns)
{
	const struct dns_name name = line->question.name;
	struct names_result result;

	switch (names_question_read(&line->question, message, names->web->ttl_max_s, &result)) {
	case NAMES_ANSWER_FOREIGN:
		if (++line->foreign < NAMES_FOREIGN_MAX && !line->stream)
			return false;
		fail(names, line, REASON_RESOLVER_FAILED, now_ns);
		return true;
	case NAMES_ANSWER_CUT:
		close_socket(names, line);
		if (line->stream || !dial(names, line, &name, true))
			fail(names, line, REASON_RESOLVER_FAILED, now_ns);
		return true;
	case NAMES_ANSWER_FINAL:
		break;
	}
	names_cache_put(&names->cache, &name, &result, now_ns);
	end(names, line, &result, now_ns);
	return true;
}

static void read_datagrams(struct names *names, struct names_line *line, uint64_t now_ns)
{
	uint8_t bytes[DNS_EDNS_SIZE];

	for (unsigned i = 0; i < NAMES_TURN; i++) {
		const ssize_t n = recv(line->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				fail(names, line, REASON_RESOLVER_FAILED, now_ns);
			return;
		}
		/* What is longer than we said we take is cut, and reads as such. */
		if (take_answer(names, line,
		                rd_of(bytes, (size_t)n < sizeof(bytes) ? (size_t)n : sizeof(bytes)),
		                now_ns))
			return;
	}
}

static void send_stream(struct names *names, struct names_line *line, uint64_t now_ns)
{
	const ssize_t n = send(line->fd, line->bytes + line->done, line->len - line->done,
	                       MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail(names, line, REASON_RESOLVER_FAILED, now_ns);
		return;
	}
	line->done += (size_t)n;
	if (line->done < line->len)
		return;
	line->state = NAMES_LINE_READING;
	line->done = 0;
	names->io->watch(names->io->arg, token_of(names, line), line->fd, EPOLLIN);
}

static void read_stream(struct names *names, struct names_line *line, uint64_t now_ns)
{
	const ssize_t n = recv(line->fd, line->bytes + line->done, sizeof(line->bytes) - line->done,
	                       MSG_DONTWAIT);
	struct rd r, message;
	uint16_t len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(names, line, REASON_RESOLVER_FAILED, now_ns);
		return;
	}
	line->done += (size_t)n;
	r = rd_of(line->bytes, line->done);
	if (rd_vec16(&r, &message))
		(void)take_answer(names, line, message, now_ns);
	else if (rd_u16(&r, &len) && len > NAMES_ANSWER_MAX)
		fail(names, line, REASON_RESOLVER_FAILED, now_ns);
}

void names_up_ready(struct names *names, uint32_t place, uint32_t events, uint64_t now_ns)
{
	struct names_line *line = &names->lines[place];

	(void)events; /* what there is shows in the calls */
	switch (line->state) {
	case NAMES_LINE_FREE:
	case NAMES_LINE_DIALLING:
		break;
	case NAMES_LINE_UDP:
		read_datagrams(names, line, now_ns);
		break;
	case NAMES_LINE_SENDING:
		send_stream(names, line, now_ns);
		break;
	case NAMES_LINE_READING:
		read_stream(names, line, now_ns);
		break;
	}
}

static bool has_more_tries(const struct names_line *line)
{
	return line->state == NAMES_LINE_UDP && line->tries < NAMES_TRIES;
}

void names_up_tick(struct names *names, uint64_t now_ns)
{
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++) {
		struct names_line *line = &names->lines[i];

		if (line->state == NAMES_LINE_FREE)
			continue;
		if (line->give_up_ns <= now_ns)
			fail(names, line, REASON_RESOLVER_FAILED, now_ns);
		else if (has_more_tries(line) && line->again_ns <= now_ns)
			send_datagram(line, now_ns);
	}
	close_quiet(names, now_ns);
}

uint64_t names_up_deadline(const struct names *names)
{
	uint64_t first = NAMES_NEVER;

	for (unsigned i = 0; i < NAMES_LINES_MAX; i++) {
		const struct names_line *line = &names->lines[i];

		if (line->state == NAMES_LINE_FREE)
			continue;
		if (line->give_up_ns < first)
			first = line->give_up_ns;
		if (has_more_tries(line) && line->again_ns < first)
			first = line->again_ns;
	}
	for (unsigned i = 0; i < NAMES_QUIET_MAX; i++)
		if (names->quiet[i].until_ns && names->quiet[i].until_ns < first)
			first = names->quiet[i].until_ns;
	return first;
}

void names_up_review(struct names *names, bool elsewhere, uint64_t now_ns)
{
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++) {
		struct names_line *line = &names->lines[i];

		if (line->state == NAMES_LINE_FREE)
			continue;
		if (!names_rule_allows(names->web, &line->question.name))
			fail(names, line, REASON_NAME_DENIED, now_ns);
		else if (elsewhere)
			fail(names, line, REASON_RESOLVER_FAILED, now_ns);
	}
}

void names_up_stop(struct names *names)
{
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++) {
		struct names_line *line = &names->lines[i];

		if (line->state != NAMES_LINE_FREE)
			close_socket(names, line);
		line->state = NAMES_LINE_FREE;
	}
	close_quiet(names, NAMES_NEVER);
}
