/* SPDX-License-Identifier: ISC */
/* jobs_test.c: every number is done once, whatever becomes of the processes that do it. */
#include "harness/jobs.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT 200

enum deed { DO_ANSWER, DO_EXIT, DO_SIGNAL, DO_SPEAK, DO_LONG, DO_NOTHING };

struct log {
	enum deed deed[COUNT];
	bool unwanted[COUNT];
	unsigned answered[COUNT], lost[COUNT], given[COUNT], pid_of[COUNT];
	char how[64]; /* of the last that was lost */
	char lines[8192];
	bool begin_fails;
	unsigned stop_after; /* answers */
	unsigned answers;
	size_t longest;
	volatile int stop;
};

static struct log done;

static int begin(void *arg, unsigned worker)
{
	(void)worker;
	return ((struct log *)arg)->begin_fails;
}

static void work(void *arg, uint32_t number, FILE *answer)
{
	const struct log *l = arg;
	unsigned pid = (unsigned)getpid();

	switch (l->deed[number]) {
	case DO_EXIT:
		_exit(3);
	case DO_SIGNAL:
		raise(SIGKILL);
		break;
	case DO_SPEAK:
		printf("out %u\nhalf", number);
		fflush(stdout);
		fprintf(stderr, " err %u\n", number);
		break;
	case DO_LONG:
		for (int i = 0; i < 3000000; i++)
			putc('x', answer);
		return;
	case DO_NOTHING:
		return;
	case DO_ANSWER:
		break;
	}
	fwrite(&number, sizeof(number), 1, answer);
	fwrite(&pid, sizeof(pid), 1, answer);
}

static bool wanted(void *arg, uint32_t number)
{
	return !((struct log *)arg)->unwanted[number];
}

static void given(void *arg, uint32_t number)
{
	((struct log *)arg)->given[number]++;
}

static void answered(void *arg, uint32_t number, const void *data, size_t len)
{
	struct log *l = arg;

	l->answered[number]++;
	l->longest = len > l->longest ? len : l->longest;
	if (len == 2 * sizeof(number)) {
		assert_memory_equal(data, &number, sizeof(number));
		memcpy(&l->pid_of[number], (const char *)data + sizeof(number), sizeof(unsigned));
	}
	if (++l->answers == l->stop_after)
		l->stop = 1;
}

static void lost(void *arg, uint32_t number, const char *how)
{
	struct log *l = arg;

	l->lost[number]++;
	snprintf(l->how, sizeof(l->how), "%s", how);
}

static void said(void *arg, const char *line)
{
	struct log *l = arg;
	size_t len = strlen(l->lines);

	snprintf(l->lines + len, sizeof(l->lines) - len, "[%s]", line);
}

static void tick(void *arg)
{
	(void)arg;
}

static void run(unsigned workers, size_t count)
{
	static uint32_t order[COUNT];
	const struct jobs j = {.workers = workers,
	                       .order = order,
	                       .count = count,
	                       .stop = &done.stop,
	                       .arg = &done,
	                       .begin = begin,
	                       .work = work,
	                       .wanted = wanted,
	                       .given = given,
	                       .answered = answered,
	                       .lost = lost,
	                       .said = said,
	                       .tick = tick};

	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)(count - 1 - i);
	assert_int_equal(jobs_run(&j), 0);
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static int reset(void **state)
{
	(void)state;
	memset(&done, 0, sizeof(done));
	return 0;
}

static void every_number_is_done_once(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 8; workers++) {
		memset(&done, 0, sizeof(done));
		run(workers, COUNT);
		for (unsigned i = 0; i < COUNT; i++) {
			assert_int_equal(done.answered[i], 1);
			assert_int_equal(done.given[i], 1);
			assert_int_equal(done.lost[i], 0);
			assert_int_not_equal(done.pid_of[i], getpid());
		}
	}
}

static void no_numbers_are_no_work(void **state)
{
	(void)state;
	run(4, 0);
	assert_int_equal(done.answers, 0);
}

static void what_is_not_wanted_is_not_done(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT; i += 2)
		done.unwanted[i] = true;
	run(3, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(done.answered[i], i % 2);
}

static void a_dead_worker_loses_its_number_and_no_other(void **state)
{
	(void)state;
	done.deed[50] = DO_SIGNAL;
	run(4, COUNT);
	assert_int_equal(done.lost[50], 1);
	assert_string_equal(done.how, "was killed by signal 9 (Killed)");
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(done.answered[i] + done.lost[i], 1);
	assert_int_equal(done.answers, COUNT - 1);
}

static void an_exit_is_no_answer(void **state)
{
	(void)state;
	done.deed[7] = DO_EXIT;
	run(2, 10);
	assert_int_equal(done.lost[7], 1);
	assert_int_equal(done.answered[7], 0);
	assert_string_equal(done.how, "exited with 3");
}

static void when_all_are_dead_the_rest_is_lost(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		done.deed[i] = DO_SIGNAL;
	run(3, 20);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(done.lost[i], 1);
		assert_int_equal(done.answered[i], 0);
	}
}

static void a_worker_that_cannot_begin_does_nothing(void **state)
{
	(void)state;
	done.begin_fails = true;
	run(2, 5);
	assert_int_equal(done.answers, 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(done.lost[i], 1);
}

static void an_answer_may_be_long_or_empty(void **state)
{
	(void)state;
	done.deed[0] = done.deed[3] = DO_LONG;
	done.deed[1] = DO_NOTHING;
	run(2, 5);
	assert_int_equal(done.answers, 5);
	assert_int_equal(done.longest, 3000000);
}

static void what_they_print_comes_in_whole_lines(void **state)
{
	char line[64];

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		done.deed[i] = DO_SPEAK;
	run(4, 20);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(line, sizeof(line), "[out %u]", i);
		assert_non_null(strstr(done.lines, line));
		snprintf(line, sizeof(line), "[half err %u]", i);
		assert_non_null(strstr(done.lines, line));
	}
}

static void after_a_stop_nothing_is_given_out(void **state)
{
	unsigned given_out = 0;

	(void)state;
	signal(SIGTERM, SIG_IGN); /* inherited: they end because there is no more work */
	done.stop_after = 10;
	run(4, COUNT);
	signal(SIGTERM, SIG_DFL);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_true(done.answered[i] + done.lost[i] <= 1);
		given_out += done.given[i];
	}
	assert_in_range(given_out, 10, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(every_number_is_done_once, reset),
	        cmocka_unit_test_setup(no_numbers_are_no_work, reset),
	        cmocka_unit_test_setup(what_is_not_wanted_is_not_done, reset),
	        cmocka_unit_test_setup(a_dead_worker_loses_its_number_and_no_other, reset),
	        cmocka_unit_test_setup(an_exit_is_no_answer, reset),
	        cmocka_unit_test_setup(when_all_are_dead_the_rest_is_lost, reset),
	        cmocka_unit_test_setup(a_worker_that_cannot_begin_does_nothing, reset),
	        cmocka_unit_test_setup(an_answer_may_be_long_or_empty, reset),
	        cmocka_unit_test_setup(what_they_print_comes_in_whole_lines, reset),
	        cmocka_unit_test_setup(after_a_stop_nothing_is_given_out, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
