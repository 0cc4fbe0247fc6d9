/* SPDX-License-Identifier: ISC */
/* serve.c: see serve.h. */
#include "harness/serve.h"

#include "harness/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN_MS 5
#define STATE_LISTEN  0x0a /* of a TCP socket, include/net/tcp_states.h */
#define STATE_CLOSE   0x07 /* of a UDP socket that is not connected */

/* Behind the next colon of the line, or NULL. */
static const char *behind_colon(const char *p)
{
	p += strcspn(p, ":\n");
	return *p == ':' ? p + 1 : NULL;
}

/* "  0: 00000000:1B58 00000000:0000 0A ...": slot, local endpoint, remote endpoint, state. */
static bool is_listener(const char *line, bool tcp, uint16_t port)
{
	const char *local = behind_colon(line), *local_port, *remote_port;
	char *end;

	local_port = local ? behind_colon(local) : NULL;
	remote_port = local_port ? behind_colon(local_port) : NULL;
	if (!remote_port || strtoul(local_port, NULL, 16) != port)
		return false;
	strtoul(remote_port, &end, 16);
	return *end == ' ' && strtoul(end, NULL, 16) == (tcp ? STATE_LISTEN : STATE_CLOSE);
}

bool serve_is_listening(const char *text, bool tcp, uint16_t port)
{
	for (;;) {
		if (is_listener(text, tcp, port))
			return true;
		text = strchr(text, '\n');
		if (!text)
			return false;
		text++;
	}
}

static bool is_listening(const char *path, bool tcp, uint16_t port)
{
	FILE *f = fopen(path, "re");
	char line[512]; /* a socket has one of 150 bytes */
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = serve_is_listening(line, tcp, port);
	if (f)
		fclose(f);
	return found;
}

/* The harness is in the world, so these show the world's sockets. */
bool serve_port_is_open(bool tcp, uint16_t port)
{
	return tcp ? is_listening("/proc/self/net/tcp", true, port) ||
	                       is_listening("/proc/self/net/tcp6", true, port)
	           : is_listening("/proc/self/net/udp", false, port) ||
	                       is_listening("/proc/self/net/udp6", false, port);
}

struct wait {
	struct served *it;
	const struct step *st;
};

static bool is_decided(struct session *s, void *arg)
{
	const struct wait *w = arg;

	(void)s;
	return serve_port_is_open(w->st->tcp, w->st->port) || program_check(&w->it->program);
}

/* What it said, at the end of a message. */
static bool failed(const struct served *it, const char *what, char *why)
{
	char said[160];

	program_read(&it->program, said, sizeof(said));
	snprintf(why, 256, "the served program %s%s%s", what, *said ? ": " : "", said);
	return false;
}

bool serve_start(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                 uint32_t target, char *why)
{
	char command[PROGRAM_COMMAND_MAX];
	struct served *it = &b->serve.list[b->serve.count];
	struct wait w = {.it = it, .st = st};

	if (b->serve.count == SERVE_MAX || !batch_dirs(b) ||
	    !program_command(st->command, vars, target, batch_dirs(b), command, sizeof(command))) {
		snprintf(why, 256,
		         "a case has at most %d served programs, and a command is shorter",
		         SERVE_MAX);
		return false;
	}
	if (serve_port_is_open(st->tcp, st->port)) {
		snprintf(why, 256, "something else listens on port %u in the world", st->port);
		return false;
	}
	if (program_start(&it->program, command, -1)) {
		snprintf(why, 256, "it could not be started; see the message above");
		return false;
	}
	it->text = st->command;
	b->serve.count++;
	tape_note(&b->session.tape, "in the world: %s", st->command);
	/* No descriptor tells when somebody begins to listen. */
	for (int waited = 0; waited < SERVE_MS && !b->session.exited && !session_interrupted;
	     waited += LOOK_AGAIN_MS)
		if (session_wait(&b->session, LOOK_AGAIN_MS, is_decided, &w))
			break;
	if (serve_port_is_open(st->tcp, st->port))
		return true;
	b->refused = program_lacks_something(&it->program);
	if (b->refused)
		return failed(it, "cannot run on this machine", why);
	if (it->program.has_ended)
		return failed(it, "ended before it listened", why);
	return failed(it, "did not listen within 5 s", why);
}

void serve_stop(struct batch *b)
{
	for (size_t i = b->serve.kept; i < b->serve.count; i++) {
		struct served *it = &b->serve.list[i];

		program_check(&it->program);
		program_log_add(&b->programs, "in the world", it->text, &it->program);
		program_close(&it->program);
	}
	b->serve.count = b->serve.kept;
}

void serve_stop_all(struct batch *b)
{
	b->serve.kept = 0;
	serve_stop(b);
}
