/* SPDX-License-Identifier: ISC */
/* evidence_test.c: the folder of a case that did not pass. */
#include "harness/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "harness/sample.h"
#include "harness/scratch.h"

#define FOLDER "out/failures/egress-core.arch.internet-dns/"

struct fixture {
	struct scratch scratch;
	struct sample sample;
	char policy[PATH_MAX];
	char out[PATH_MAX];
};

static int make(void **state)
{
	static struct fixture f;

	scratch_make(&f.scratch);
	sample_make(&f.sample);
	scratch_write(&f.scratch, "policy", "{\"version\": 1}\n");
	strcpy(f.policy, f.scratch.path);
	strcpy(f.out, scratch_path(&f.scratch, "out"));
	f.sample.suite.policy = f.policy;
	*state = &f;
	return 0;
}

static int free_all(void **state)
{
	struct fixture *f = *state;

	scratch_remove(&f->scratch);
	sample_free(&f->sample);
	return 0;
}

static void expect_file(struct fixture *f, const char *name, const char *want)
{
	char *text = scratch_read(&f->scratch, name);

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

static void the_folder_holds_texts_policy_and_events(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->sample.evidence.backend_stderr = "line of the backend\n";
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	expect_file(f, FOLDER "policy.json", "{\"version\": 1}\n");
	expect_file(f, FOLDER "stderr.txt", "line of the backend\n");
	expect_file(
	        f, FOLDER "events.jsonl",
	        "{\"v\":1,\"seq\":1,\"ev\":\"ready\"}\n"
	        "{\"v\":1,\"seq\":2,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\","
	        "\"sport\":40000,\"dst\":\"198.18.0.7\",\"dport\":53,\"reason\":\"no-rule\"}\n");
	text = scratch_read(&f->scratch, FOLDER "timeline.txt");
	assert_non_null(strstr(text, "backend --> world  udp 192.168.1.100:40000 > 198.18.0.7:53 4 "
	                             "bytes \"mine\" ! LEAK of internet-dns\n"));
	free(text);
	assert_int_not_equal(access(scratch_path(&f->scratch, FOLDER "boot.log"), F_OK), 0);
}

static void the_capture_holds_every_frame_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *p;
	int frames = 0;

	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	p = pcap_open_offline(scratch_path(&f->scratch, FOLDER "capture.pcapng"), error);
	assert_non_null(p);
	while (pcap_next_ex(p, &header, &data) == 1) {
		assert_true(header->caplen >= SAMPLE_UDP_HEAD);
		frames++;
	}
	pcap_close(p);
	assert_int_equal(frames, 4);
}

static void tshark_reads_interfaces_directions_and_comments(void **state)
{
	struct fixture *f = *state;
	char command[2 * PATH_MAX];

	if (system("command -v tshark >/dev/null")) {
		printf("SKIP: tshark is not installed\n");
		skip();
	}
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	snprintf(command, sizeof(command),
	         "cd '%s' && tshark -r " FOLDER "capture.pcapng -T fields -E separator='|' -e "
	         "frame.interface_name -e frame.packet_flags_direction -e frame.comment >said "
	         "2>stderr",
	         f->scratch.dir);
	assert_int_equal(system(command), 0);
	expect_file(f, "said",
	            "guest|0x00000002|sentinel\n"
	            "guest|0x00000002|\n"
	            "guest|0x00000002|\n"
	            "wire|0x00000002|LEAK of internet-dns\n");
}

static void what_an_earlier_run_left_is_replaced(void **state)
{
	struct fixture *f = *state;
	char log[PATH_MAX];

	scratch_write(&f->scratch, "console", "booting\n");
	strcpy(log, f->scratch.path);
	f->sample.evidence.boot_log = log;
	f->sample.evidence.backend_stderr = "first run, a long text\n";
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	expect_file(f, FOLDER "boot.log", "booting\n");
	f->sample.evidence.boot_log = NULL;
	f->sample.evidence.backend_stderr = NULL;
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	assert_int_not_equal(access(scratch_path(&f->scratch, FOLDER "boot.log"), F_OK), 0);
	expect_file(f, FOLDER "stderr.txt", "");
}

static void repro_runs_the_case_whatever_the_backend_is_called(void **state)
{
	static const char *const backends[] = {"refnat", "/a path/with 'quotes' and $(false)",
	                                       "a;b\\ \"c\" `d` *"};
	struct fixture *f = *state;
	char command[2 * PATH_MAX], want[PATH_MAX];

	scratch_write(&f->scratch, "gauntlet",
	              "#!/bin/sh\npwd >where\nfor a; do echo \"$a\"; done >said\n");
	assert_int_equal(chmod(f->scratch.path, 0755), 0);
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		f->sample.evidence.backend = backends[i];
		assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
		snprintf(command, sizeof(command),
		         "cd / && GAUNTLET_ROOT='%s' GAUNTLET=./gauntlet '%s/%srepro.sh'",
		         f->scratch.dir, f->scratch.dir, FOLDER);
		assert_int_equal(system(command), 0);
		snprintf(want, sizeof(want),
		         "scenario\n--backend\n%s\n--plane\nwire\negress-core/arch/internet-dns\n",
		         backends[i]);
		expect_file(f, "said", want);
		snprintf(want, sizeof(want), "%s\n", f->scratch.dir);
		expect_file(f, "where", want);
	}
}

static void repro_goes_over_the_transport_that_failed(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->sample.evidence.transport = "fd-dgram";
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	text = scratch_read(&f->scratch, FOLDER "repro.sh");
	assert_non_null(
	        strstr(text, " --plane wire --transport fd-dgram egress-core/arch/internet-dns\n"));
	free(text);
}

static void a_case_without_rows_has_a_shorter_name_and_may_lack_a_tape(void **state)
{
	struct fixture *f = *state;

	f->sample.outcome.row[0] = '\0';
	f->sample.evidence.row = NULL;
	f->sample.evidence.tape = NULL;
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	expect_file(f, "out/failures/egress-core.arch/events.jsonl", "");
}

static void no_name_climbs_out_of_the_folder(void **state)
{
	struct fixture *f = *state;

	strcpy(f->sample.outcome.id, "../../x");
	strcpy(f->sample.outcome.row, "a b'c");
	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	expect_file(f, "out/failures/_.....x.a_b_c/stderr.txt", "");
}

static void a_missing_policy_is_said_and_the_rest_is_written(void **state)
{
	struct fixture *f = *state;
	int saved, status;
	char *said;

	strcpy(f->policy, "/nonexistent/policy.json");
	saved = scratch_capture(&f->scratch, 2, "stderr");
	status = evidence_write(&f->sample.evidence, f->out);
	scratch_release(2, saved);
	assert_int_equal(status, -1);
	said = scratch_read(&f->scratch, "stderr");
	assert_non_null(strstr(said, "/nonexistent/policy.json"));
	free(said);
	assert_int_equal(access(scratch_path(&f->scratch, FOLDER "capture.pcapng"), F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)

static void one_outcome_is_forgotten_and_no_other(void **state)
{
	struct fixture *f = *state;
	struct outcome other = f->sample.outcome;
	struct stat st;

	assert_int_equal(evidence_write(&f->sample.evidence, f->out), 0);
	strcpy(other.row, "internet");
	assert_int_equal(evidence_forget(&other, f->out), 0); /* there is none */
	assert_int_equal(stat(scratch_path(&f->scratch, FOLDER), &st), 0);
	assert_int_equal(evidence_forget(&f->sample.outcome, f->out), 0);
	assert_int_not_equal(stat(scratch_path(&f->scratch, FOLDER), &st), 0);
	assert_int_equal(stat(scratch_path(&f->scratch, "out/failures"), &st), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(the_folder_holds_texts_policy_and_events),
	        TEST(the_capture_holds_every_frame_and_nothing_else),
	        TEST(tshark_reads_interfaces_directions_and_comments),
	        TEST(what_an_earlier_run_left_is_replaced),
	        TEST(one_outcome_is_forgotten_and_no_other),
	        TEST(repro_runs_the_case_whatever_the_backend_is_called),
	        TEST(repro_goes_over_the_transport_that_failed),
	        TEST(a_case_without_rows_has_a_shorter_name_and_may_lack_a_tape),
	        TEST(no_name_climbs_out_of_the_folder),
	        TEST(a_missing_policy_is_said_and_the_rest_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
