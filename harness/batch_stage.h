/* SPDX-License-Identifier: ISC */
/* batch_stage.h: for tests only. A lab, a world and the toy of toy.h as its backend: what a test of batch.h plays on. */
#ifndef HARNESS_BATCH_STAGE_H
#define HARNESS_BATCH_STAGE_H

#include "harness/batch.h"

#include "harness/scenario_fixture.h"
#include "harness/toy.h"

#define STAGE_POLICY(allow)                                                                        \
	"{\"version\": 1, \"mode\": \"filtered\",\n"                                               \
	" \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\",\n"                \
	"         \"gateway\": \"192.168.100.1\"},\n"                                              \
	" \"allow\": [" allow "]}\n"
#define STAGE_CONSUMER                                                                             \
	"{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\", \"port\": 51900}"

struct stage {
	struct fixture *files;
	struct world world;
	struct backend backend;
	bool lab;
	struct suite *suite;
	struct judge_item item;
	struct batch batch;
};

static inline int stage_enter(void **state)
{
	static struct stage g;
	void *files = NULL;
	ssize_t n = readlink("/proc/self/exe", g.backend.path, sizeof(g.backend.path) - 1);

	if (n <= 0 || fixture_setup(&files))
		return -1;
	g.files = files;
	fixture_write(g.files, "one.json", STAGE_POLICY(STAGE_CONSUMER));
	fixture_write(g.files, "other.json", STAGE_POLICY(""));
	fixture_write(g.files, "broken.json",
	              "{\"version\": 1, \"mode\": \"filtered\", \"alow\": []}");
	/* What describe says; the harness reads it elsewhere. */
	g.backend.modes.count = 1;
	strcpy(g.backend.modes.word[0], "filtered");
	g.lab = lab_enter() == 0;
	*state = &g;
	return g.lab ? world_open(&g.world) : 0;
}

static inline int stage_leave(void **state)
{
	struct stage *g = *state;
	void *files = g->files;

	if (g->lab)
		world_close(&g->world);
	return fixture_teardown(&files);
}

static inline int stage_clear(void **state)
{
	struct stage *g = *state;

	unsetenv("TOY_BUG");
	if (g->suite) {
		batch_free(&g->batch);
		scenario_free(g->suite);
	}
	g->suite = NULL;
	return 0;
}

/* Plays the first case, or the first row of the first attack, of a suite. */
static inline void stage_play(struct stage *g, const char *text)
{
	if (!g->lab)
		skip();
	g->suite = fixture_parse(g->files, text);
	diag_print(&g->files->diag, stderr);
	assert_non_null(g->suite);
	g->item = (struct judge_item){.scn_case = &g->suite->cases[0]};
	if (g->suite->cases[0].attack)
		g->item.row = &g->suite->cases[0].rows[0];
	g->batch = (struct batch){.backend = &g->backend,
	                          .world = &g->world,
	                          .suite = g->suite,
	                          .plane = PLANE_WIRE,
	                          .pcap_dir = "pcaps",
	                          .run_id = 1,
	                          .patience_ms = BATCH_PATIENCE_MS,
	                          .items = &g->item,
	                          .count = 1,
	                          .guest_fd = -1};
	assert_int_equal(batch_run(&g->batch), BATCH_DONE);
}

static inline void stage_expect(void **state, const char *text, enum result result,
                                const char *detail)
{
	struct stage *g = *state;

	stage_play(g, text);
	if (g->item.result != result || !strstr(g->item.detail, detail))
		fail_msg("%s (%s) instead of %s (%s)", result_name(g->item.result), g->item.detail,
		         result_name(result), detail);
}

#endif
