/* SPDX-License-Identifier: ISC */
/* transport_test.c: whatever the cable is made of, frames go through it as they are, its end is noticed, and nothing is
 * left of it. The backend is toy.h, in this very binary. */
#include "harness/session.h"

#include "harness/capture.h"
#include "harness/scratch.h"
#include "harness/toy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */
#define BURST   1500

struct stage {
	struct scratch dir;
	struct world world;
	struct backend backend;
	struct session s;
	bool lab, started, stopped;
};

static int enter(void **state)
{
	static struct stage g;
	ssize_t n = readlink("/proc/self/exe", g.backend.path, sizeof(g.backend.path) - 1);

	if (n <= 0)
		return -1;
	g.lab = lab_enter() == 0;
	scratch_make(&g.dir);
	scratch_write(&g.dir, "policy.json", "{\"version\":1,\"mode\":\"filtered\",\"vm\":{}}");
	setenv("TMPDIR", g.dir.dir, 1);
	*state = &g;
	return g.lab ? world_open(&g.world) : 0;
}

static int leave(void **state)
{
	struct stage *g = *state;

	if (g->lab)
		world_close(&g->world);
	scratch_remove(&g->dir);
	return 0;
}

static enum session_status start(struct stage *g, enum transport_kind kind)
{
	if (!g->lab || (kind == TRANSPORT_TAP && access("/dev/net/tun", R_OK | W_OK)))
		skip();
	g->backend.transport = kind;
	g->started = true;
	g->stopped = false;
	return session_start(&g->s, &g->backend, &g->world, scratch_path(&g->dir, "policy.json"),
	                     -1, NULL);
}

static void stop(struct stage *g)
{
	session_stop(&g->s);
	g->stopped = true;
}

static int clear(void **state)
{
	struct stage *g = *state;

	unsetenv("TOY_BUG");
	if (g->started && !g->stopped) /* the test failed in the middle */
		stop(g);
	if (g->started)
		session_free(&g->s);
	g->started = false;
	return 0;
}

struct wanted {
	const void *bytes;
	size_t len, from;
};

static bool is_there(struct session *s, void *arg)
{
	struct wanted *w = arg;

	for (; w->from < s->tape.count; w->from++) {
		const struct tape_entry *e = &s->tape.entries[w->from];

		if (e->kind == TAPE_GUEST_IN && e->len == w->len &&
		    !memcmp(e->data, w->bytes, w->len)) {
			w->from++;
			return true;
		}
	}
	return false;
}

/* A frame of the VM, `len` bytes, with a number in it. */
static void make_frame(uint8_t *frame, size_t len, uint32_t number)
{
	static const uint8_t head[14] = LAB_VM_MAC LAB_VM_MAC "\x88\xb5";

	for (size_t i = 0; i < len; i++)
		frame[i] = (uint8_t)(i * 7 + len);
	memcpy(frame, head, len < 14 ? len : 14);
	if (len >= 18)
		memcpy(frame + 14, &number, sizeof(number));
}

static void expect_clean_end(struct stage *g)
{
	stop(g);
	assert_false(g->s.hung);
	assert_true(g->s.exited);
	assert_int_equal(g->s.end.signalled, 0);
	assert_int_equal(g->s.end.code, 0);
	assert_string_equal(session_contract_fault(&g->s), "");
	assert_true(g->s.events.bye);
	assert_null(g->s.channel_fault);
	assert_int_equal(g->s.lost_frames, 0);
	assert_false(g->s.left_path);
}

static void every_frame_goes_in_and_comes_back(struct stage *g, enum transport_kind kind)
{
	static const size_t lengths[] = {14, 15, 60, 1514, 1515, 9230, 65550};
	static uint8_t frame[CHANNEL_FRAME_MAX];
	struct wanted w = {.bytes = frame};

	assert_int_equal(start(g, kind), SESSION_OK);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		w.len = lengths[i];
		make_frame(frame, w.len, (uint32_t)i);
		if (!channel_carries(&g->s.chan, w.len))
			continue;
		session_inject(&g->s, frame, w.len, TAPE_NO_ROW);
		if (!session_wait(&g->s, SOON_MS, is_there, &w))
			fail_msg("%s: a frame of %zu bytes did not come back",
			         transport_names[kind], w.len);
	}
	/* Without waiting, as an attack table is sent. */
	for (uint32_t i = 0; i < BURST; i++) {
		make_frame(frame, 100, i);
		session_inject(&g->s, frame, 100, TAPE_NO_ROW);
	}
	w.len = 100;
	for (uint32_t i = 0; i < BURST; i++) {
		make_frame(frame, 100, i);
		if (!session_wait(&g->s, SOON_MS, is_there, &w))
			fail_msg("%s: frame %u of a burst is missing, doubled or out of order",
			         transport_names[kind], i);
	}
	expect_clean_end(g);
}

static bool late_frame_seen(const struct stage *g)
{
	for (size_t i = 0; i < g->s.tape.count; i++)
		if (g->s.tape.entries[i].kind == TAPE_GUEST_IN &&
		    !memcmp(g->s.tape.entries[i].data, "a late frame", 12))
			return true;
	return false;
}

#define GOES_BOTH_WAYS(name, kind)                                                                 \
	static void frames_go_both_ways_over_##name(void **state)                                  \
	{                                                                                          \
		every_frame_goes_in_and_comes_back(*state, kind);                                  \
	}

GOES_BOTH_WAYS(an_inherited_stream, TRANSPORT_FD)
GOES_BOTH_WAYS(inherited_datagrams, TRANSPORT_FD_DGRAM)
GOES_BOTH_WAYS(an_inherited_seqpacket, TRANSPORT_FD_SEQPACKET)
GOES_BOTH_WAYS(a_stream_that_the_backend_listens_on, TRANSPORT_STREAM_LISTEN)
GOES_BOTH_WAYS(a_stream_that_the_backend_connects, TRANSPORT_STREAM_CONNECT)
GOES_BOTH_WAYS(datagrams_between_two_paths, TRANSPORT_DGRAM)
GOES_BOTH_WAYS(a_seqpacket_that_the_backend_listens_on, TRANSPORT_SEQPACKET)
GOES_BOTH_WAYS(a_tap, TRANSPORT_TAP)

static void what_is_sent_while_stopping_is_seen_where_there_is_half_an_end(void **state)
{
	static const enum transport_kind kinds[] = {TRANSPORT_FD, TRANSPORT_FD_SEQPACKET,
	                                            TRANSPORT_STREAM_LISTEN,
	                                            TRANSPORT_STREAM_CONNECT, TRANSPORT_SEQPACKET};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		assert_int_equal(start(*state, kinds[i]), SESSION_OK);
		stop(*state);
		assert_true(late_frame_seen(*state));
		clear(state);
	}
}

static void without_such_an_end_it_reaches_nobody(void **state)
{
	static const enum transport_kind kinds[] = {TRANSPORT_FD_DGRAM, TRANSPORT_DGRAM,
	                                            TRANSPORT_TAP};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		assert_int_equal(start(*state, kinds[i]), SESSION_OK);
		expect_clean_end(*state);
		assert_false(late_frame_seen(*state));
		clear(state);
	}
}

static void a_backend_that_does_not_look_for_its_peer_hangs(void **state)
{
	struct stage *g = *state;

	setenv("TOY_BUG", "never-looks", 1);
	assert_int_equal(start(g, TRANSPORT_DGRAM), SESSION_OK);
	stop(g);
	assert_true(g->s.hung);
}

static void a_path_that_the_backend_leaves_is_noticed_and_removed(void **state)
{
	static const enum transport_kind kinds[] = {TRANSPORT_STREAM_LISTEN, TRANSPORT_DGRAM,
	                                            TRANSPORT_SEQPACKET};
	struct stage *g = *state;

	setenv("TOY_BUG", "leaves-its-path", 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[sizeof(g->s.transport.dir)];

		assert_int_equal(start(g, kinds[i]), SESSION_OK);
		strcpy(path, g->s.transport.dir);
		assert_int_equal(access(path, F_OK), 0);
		stop(g);
		assert_true(g->s.left_path);
		assert_int_equal(access(path, F_OK), -1);
		session_free(&g->s);
		g->started = false;
	}
}

static void a_backend_that_is_ready_but_not_there_is_told(void **state)
{
	struct stage *g = *state;

	setenv("TOY_BUG", "never-listens", 1);
	assert_int_equal(start(g, TRANSPORT_SEQPACKET), SESSION_NEVER_READY);
	assert_string_equal(g->s.never_ready,
	                    "the backend said \"ready\", but its frame channel seqpacket was not "
	                    "there within 5000 ms");
	stop(g);
}

/* ---- the TAP ---- */

static void a_tap_carries_what_its_kernel_carries_and_nothing_else(void **state)
{
	static uint8_t frame[CHANNEL_FRAME_MAX];
	struct stage *g = *state;

	assert_int_equal(start(g, TRANSPORT_TAP), SESSION_OK);
	assert_false(channel_carries(&g->s.chan, 13));
	assert_true(channel_carries(&g->s.chan, 14));
	assert_true(channel_carries(&g->s.chan, 9230));
	assert_false(channel_carries(&g->s.chan, 9231));
	make_frame(frame, sizeof(frame), 0);
	/* And the kernel agrees. */
	assert_int_equal(send(g->s.chan.fd, frame, 13, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(send(g->s.chan.fd, frame, 9231, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(send(g->s.chan.fd, frame, 9230, 0), 9230);
}

static void tags_go_through_a_tap_as_they_are(void **state)
{
	static const uint8_t tagged[] = LAB_VM_MAC LAB_VM_MAC
	        "\x81\x00\x21\x23\x88\xb5 cargo behind a tag";
	struct wanted w = {.bytes = tagged, .len = sizeof(tagged)};
	struct stage *g = *state;

	assert_int_equal(start(g, TRANSPORT_TAP), SESSION_OK);
	session_inject(&g->s, tagged, sizeof(tagged), TAPE_NO_ROW);
	assert_true(session_wait(&g->s, SOON_MS, is_there, &w));
}

static void the_kernel_behind_a_tap_keeps_quiet(void **state)
{
	/* A question for its own address: the toy writes it into the TAP, so that its kernel receives it. */
	static const uint8_t arp[42] = "\xff\xff\xff\xff\xff\xff" LAB_VM_MAC
	                               "\x08\x06\0\1\x08\0\6\4\0\1" LAB_VM_MAC
	                               "\xc0\xa8\x64\x02\0\0\0\0\0\0\xc0\xa8\x01\x64";
	struct wanted w = {.bytes = arp, .len = sizeof(arp)};
	struct stage *g = *state;
	uint8_t frame[60];
	size_t frames = 0;

	assert_int_equal(start(g, TRANSPORT_TAP), SESSION_OK);
	session_inject(&g->s, arp, sizeof(arp), TAPE_NO_ROW);
	assert_true(session_wait(&g->s, SOON_MS, is_there, &w));
	/* The answer would be in the TAP before the next frame, and the toy would echo it. */
	make_frame(frame, sizeof(frame), 1);
	w = (struct wanted){.bytes = frame, .len = sizeof(frame)};
	session_inject(&g->s, frame, sizeof(frame), TAPE_NO_ROW);
	assert_true(session_wait(&g->s, SOON_MS, is_there, &w));
	stop(g);
	for (size_t i = 0; i < g->s.tape.count; i++)
		frames += g->s.tape.entries[i].kind == TAPE_GUEST_IN;
	assert_int_equal(frames, 2);
}

/* ---- by itself ---- */

static void every_kind_has_a_name_and_no_other_name_has_a_kind(void **state)
{
	enum transport_kind kind;

	(void)state;
	for (int i = 0; i < TRANSPORT_COUNT; i++) {
		assert_true(transport_parse(transport_names[i], &kind));
		assert_int_equal(kind, i);
	}
	assert_null(transport_names[TRANSPORT_COUNT]);
	assert_false(transport_parse("", &kind));
	assert_false(transport_parse("fd-", &kind));
	assert_false(transport_parse("TAP", &kind));
}

static void the_spec_is_what_the_contract_says(void **state)
{
	static const struct {
		enum transport_kind kind;
		const char *head, *path, *second;
	} specs[] = {
	        {TRANSPORT_STREAM_LISTEN, "stream-listen:unix:", "/backend", NULL},
	        {TRANSPORT_STREAM_CONNECT, "stream-connect:unix:", "/vm", NULL},
	        {TRANSPORT_DGRAM, "dgram:unix:", "/backend,", "/vm"},
	        {TRANSPORT_SEQPACKET, "seqpacket:unix:", "/backend", NULL},
	};
	struct transport t;
	char want[400];

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		assert_int_equal(transport_open(&t, specs[i].kind, NULL), 0);
		assert_int_equal(t.backend_fd, -1);
		snprintf(want, sizeof(want), "%s%s%s%s%s", specs[i].head, t.dir, specs[i].path,
		         specs[i].second ? t.dir : "", specs[i].second ? specs[i].second : "");
		assert_string_equal(t.spec, want);
		assert_true(transport_close(&t));
	}
	for (int kind = TRANSPORT_FD; kind <= TRANSPORT_FD_SEQPACKET; kind++) {
		assert_int_equal(transport_open(&t, (enum transport_kind)kind, NULL), 0);
		assert_true(t.backend_fd >= 0);
		assert_true(transport_close(&t));
		assert_true(transport_close(&t));
	}
}

static void the_backend_is_met_when_it_is_there_and_not_before(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct transport t;
	struct channel c = {.fd = -1};
	int fd;

	(void)state;
	assert_int_equal(transport_open(&t, TRANSPORT_STREAM_LISTEN, NULL), 0);
	assert_false(transport_join(&t, &c));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/backend", t.dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_false(transport_join(&t, &c));
	assert_int_equal(listen(fd, 1), 0);
	assert_true(transport_join(&t, &c));
	assert_false(transport_join(&t, &c)); /* once */
	channel_close(&c);
	close(fd);
	assert_false(transport_close(&t)); /* its path is still there */
}

static void a_folder_that_cannot_be_made_is_said(void **state)
{
	struct stage *g = *state;
	char long_name[200];
	struct transport t;

	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	setenv("TMPDIR", "/nowhere", 1);
	assert_int_equal(transport_open(&t, TRANSPORT_DGRAM, NULL), -1);
	setenv("TMPDIR", long_name, 1);
	assert_int_equal(transport_open(&t, TRANSPORT_DGRAM, NULL), -1);
	setenv("TMPDIR", g->dir.dir, 1);
	assert_true(transport_close(&t));
}

#define TEST(f) cmocka_unit_test_teardown(f, clear)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        TEST(frames_go_both_ways_over_an_inherited_stream),
	        TEST(frames_go_both_ways_over_inherited_datagrams),
	        TEST(frames_go_both_ways_over_an_inherited_seqpacket),
	        TEST(frames_go_both_ways_over_a_stream_that_the_backend_listens_on),
	        TEST(frames_go_both_ways_over_a_stream_that_the_backend_connects),
	        TEST(frames_go_both_ways_over_datagrams_between_two_paths),
	        TEST(frames_go_both_ways_over_a_seqpacket_that_the_backend_listens_on),
	        TEST(frames_go_both_ways_over_a_tap),
	        TEST(what_is_sent_while_stopping_is_seen_where_there_is_half_an_end),
	        TEST(without_such_an_end_it_reaches_nobody),
	        TEST(a_backend_that_does_not_look_for_its_peer_hangs),
	        TEST(a_path_that_the_backend_leaves_is_noticed_and_removed),
	        TEST(a_backend_that_is_ready_but_not_there_is_told),
	        TEST(a_tap_carries_what_its_kernel_carries_and_nothing_else),
	        TEST(tags_go_through_a_tap_as_they_are),
	        TEST(the_kernel_behind_a_tap_keeps_quiet),
	        TEST(every_kind_has_a_name_and_no_other_name_has_a_kind),
	        TEST(the_spec_is_what_the_contract_says),
	        TEST(the_backend_is_met_when_it_is_there_and_not_before),
	        TEST(a_folder_that_cannot_be_made_is_said),
	};
	int toy = toy_main(argc, argv);

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, enter, leave);
}
