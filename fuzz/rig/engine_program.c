/* SPDX-License-Identifier: ISC */
/* engine_program.c: from bytes to a run. */
#include "fuzz/rig/engine_program.h"

#include "fuzz/rig/engine_act.h"
#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_calls.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_story.h"
#include "fuzz/rig/engine_tcp.h"

#include <stdlib.h>
#include <string.h>

#define START    (UINT64_C(1000) * 1000000000)
#define OPS_MAX  192 /* of one program */
#define TURNS    400 /* in a row without anything that the world or the clock did */
#define POISONED 16384

static struct {
	struct rd rest;
	unsigned ops, turns;
	uint32_t read;       /* bytes of the guest that were, when last looked at */
	uint64_t passing_ns; /* time that is to pass yet */
	uint8_t poison;
	bool ended;
} program;

bool engine_story;

uint8_t program_poison(void)
{
	return program.poison;
}

void program_pass(uint64_t ns)
{
	program.passing_ns = ns;
}

struct rd program_bytes(size_t n)
{
	const size_t units = (n + ENGINE_UNIT - 1) / ENGINE_UNIT * ENGINE_UNIT;
	struct rd out = {0};

	n = n < program.rest.n ? n : program.rest.n;
	out = rd_of(program.rest.p, n);
	n = units < program.rest.n ? units : program.rest.n;
	program.rest.p += n;
	program.rest.n -= n;
	return out;
}

/* The next operation is done; false when there is none. *turn: refnat is to have its turn. */
static bool play_next(bool *turn)
{
	uint8_t unit[ENGINE_UNIT] = {0};

	if (program.rest.n < ENGINE_UNIT || program.ops == OPS_MAX)
		return false;
	memcpy(unit, program.rest.p, ENGINE_UNIT);
	program.rest.p += ENGINE_UNIT;
	program.rest.n -= ENGINE_UNIT;
	program.ops++;
	*turn = !(unit[0] & ENGINE_HOLD);
	act((enum engine_op)((unit[0] & ~ENGINE_HOLD) % OP_COUNT), unit + 1);
	return true;
}

/* Time passes up to when refnat wants to be woken; true: it is time. */
static bool pass_time(uint64_t wake_ns)
{
	const uint64_t patience = wake_ns - kernel.now_ns;
	const uint64_t step = program.passing_ns < patience ? program.passing_ns : patience;

	kernel.now_ns += step;
	if (step)
		tcp_on_time();
	program.passing_ns -= step;
	program.turns = step ? 0 : program.turns;
	return step == patience;
}

int program_wait(struct epoll_event *events, int most, int timeout)
{
	const uint64_t wake_ns = timeout < 0 ? UINT64_MAX
	                                     : kernel.now_ns + (uint64_t)timeout * 1000000;

	model_on_idle(timeout != 0);
	program.turns = program.read == kernel.guest_start ? program.turns + 1 : 0;
	program.read = kernel.guest_start;
	HOLDS("refnat comes to rest", program.turns < TURNS);
	for (;;) {
		const int count = kernel_loop_events(events, most);
		bool turn = false;

		if (count || timeout == 0)
			return count;
		if (program.passing_ns && pass_time(wake_ns))
			return 0;
		if (program.passing_ns)
			continue;
		model_on_idle(true);
		while (!turn && play_next(&turn))
			program.turns = 0;
		if (!turn) /* that was all */
			kernel.ended = true;
	}
}

/* --- a run --- */

static uint8_t link_in[LINK_BUFFER_SIZE], link_out[LINK_BUFFER_SIZE];

static void set_up_link(void)
{
	memset(link_in, program.poison, POISONED);
	memset(link_out, program.poison, POISONED);
	model.link = (struct link){
	        .carrier = kernel.carrier,
	        .fd = FD_LINK,
	        .listener = -1,
	        .in = link_in,
	        .out = link_out,
	};
}

/* Most programs are about a stream. */
static enum link_carrier carrier_of(unsigned number)
{
	static const enum link_carrier others[] = {LINK_OVER_DGRAM, LINK_OVER_SEQPACKET,
	                                           LINK_OVER_TAP};

	return number < 13 ? LINK_OVER_STREAM : others[number - 13];
}

static void set_up(const uint8_t header[ENGINE_UNIT])
{
	tcp_forget();
	memset(&model, 0, offsetof(struct model, due));
	model.due_first = model.due_end = 0;
	model.bytes_end = 0;
	kernel_reset(START);
	kernel.can_peek = header[3] & 1;
	kernel.carrier = carrier_of(header[5] >> 4);
	model.output_ns = kernel.now_ns;
	act_first_policy(header);
	set_up_link();
	model.dialer = (struct dialer){.fd = FD_DIALER, .orders = FD_ORDERS};
	model.audit.fd = FD_AUDIT;
	model.nat = (struct nat){
	        .policy = model.policy,
	        .dialer = &model.dialer,
	        .audit = &model.audit,
	        .counts = &model.counts,
	        .link = &model.link,
	};
	HOLDS("there is memory", nat_open(&model.nat, 1 + (header[3] >> 1)));
	model.loop = (struct loop){
	        .link = &model.link,
	        .nat = &model.nat,
	        .dialer = &model.dialer,
	        .audit = &model.audit,
	        .counts = &model.counts,
	        .signals = FD_SIGNALS,
	};
	sampling_init(&model.loop.sampling, model.sampling_key);
}

void engine_play(const uint8_t *data, size_t size, uint8_t poison, uint64_t *seen)
{
	uint8_t header[ENGINE_UNIT] = {0};
	struct rd rest = rd_of(data, size);
	enum reason stop;

	engine_story = getenv("ENGINE_STORY") != NULL;
	memcpy(header, data, size < ENGINE_UNIT ? size : ENGINE_UNIT);
	if (!rd_skip(&rest, ENGINE_UNIT))
		rest.n = 0;
	memset(&program, 0, sizeof(program));
	program.rest = rest;
	program.poison = poison;
	set_up(header);
	model.remembers = seen != NULL;
	stop = loop_run(&model.loop);
	STORY("refnat ends: %s\n", reason_name(stop));
	model_finish(stop);
	model.closing = true;
	nat_close(&model.nat, stop == REASON_VIOLATION);
	for (unsigned i = 0; i < kernel.high; i++)
		HOLDS("no socket is left", kernel.sockets[i].kind == SOCKET_FREE);
	if (seen)
		*seen = model.hash;
}

ENGINE_UNSEEN bool engine_wants_twice(const uint8_t *data, size_t size, unsigned of)
{
	uint32_t h = (uint32_t)size;

	if (size <= 5 || (data[5] & 7) != 7)
		return false;
	for (size_t i = 0; of > 1 && i < size; i++)
		h = (h ^ data[i]) * UINT32_C(0x01000193);
	return of <= 1 || (h >> 16) % of == 0;
}
