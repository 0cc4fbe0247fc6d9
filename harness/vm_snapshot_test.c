/* SPDX-License-Identifier: ISC */
/* vm_snapshot_test.c: which snapshots are believed, and what a restored guest may answer. No guest
 * runs here: QEMU is a script that says its version, snapshots are made by hand. */
#include "harness/vm_part.h"
#include "harness/vm_qmp.h"
#include "harness/vm_snapshot.h"

#include "bytes/guard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#define RAM   4096u
#define STATE 100u

struct fixture {
	char folder[64], image[96], snapshot[128];
	struct vm_options o;
};

static void write_file(const char *path, const void *p, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

/* `ram`, `state` and the rest as make() has it. */
static void write_snapshot(const struct fixture *f, uint32_t tsc_khz)
{
	static uint8_t bytes[RAM + STATE + VM_SNAPSHOT_KEY + VM_TAIL_SIZE];
	char key[VM_SNAPSHOT_KEY], why[VM_WHY_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct vm_tail t = {.ram = RAM, .state = STATE, .tsc_khz = tsc_khz};

	assert_true(vm_snapshot_key(&f->o, false, key, why));
	t.key = (uint32_t)strlen(key);
	assert_true(wr_fill(&w, 'r', RAM) && wr_fill(&w, 's', STATE) && wr_bytes(&w, key, t.key));
	t.sum = vm_tail_sum(VM_TAIL_SUM, bytes + RAM, STATE + t.key);
	assert_true(vm_tail_write(&w, &t));
	write_file(f->snapshot, bytes, w.len, 0600);
}

static int begin(void **state)
{
	static const char says[] = "#!/bin/sh\necho QEMU emulator version 7.2.22\n";
	struct fixture *f = calloc(1, sizeof(*f));
	char path[192];

	assert_non_null(f);
	snprintf(f->folder, sizeof(f->folder), "/tmp/vm_snapshot_test.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(path, sizeof(path), "%s/" VM_QEMU, f->folder);
	write_file(path, says, sizeof(says) - 1, 0755);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", f->folder);
	setenv("PATH", path, 1);
	snprintf(f->image, sizeof(f->image), "%s/image", f->folder);
	mkdir(f->image, 0755);
	snprintf(path, sizeof(path), "%s/vmlinux", f->image);
	write_file(path, "k", 1, 0644);
	snprintf(path, sizeof(path), "%s/initramfs.cpio", f->image);
	write_file(path, "i", 1, 0644);
	snprintf(f->snapshot, sizeof(f->snapshot), "%s/x.snapshot", f->image);
	f->o = (struct vm_options){
	        .image = f->image, .accel = VM_ACCEL_TCG, .frame_fd = -1, .restore = f->snapshot};
	write_snapshot(f, vm_tsc_khz());
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	free(f);
	return system(command);
}

static bool is_believed(const struct fixture *f, char why[VM_WHY_MAX])
{
	int ram_fd = -1, state_fd = -1;
	bool yes = vm_snapshot_open(&f->o, false, &ram_fd, &state_fd, why);

	if (yes) {
		char c = 0;

		assert_int_equal(read(state_fd, &c, 1), 1);
		assert_int_equal(c, 's');
		close(ram_fd);
		close(state_fd);
	} else {
		assert_true(ram_fd < 0 && state_fd < 0);
	}
	return yes;
}

static void a_sound_snapshot_is_believed(void **state)
{
	char why[VM_WHY_MAX] = "";

	if (!is_believed(*state, why))
		fail_msg("%s", why);
}

static void a_truncated_one_is_not_wherever_it_ends(void **state)
{
	struct fixture *f = *state;
	char why[VM_WHY_MAX];
	struct stat st;

	assert_int_equal(stat(f->snapshot, &st), 0);
	for (off_t n = st.st_size - 1; n >= 0; n -= n > 300 && n < RAM ? 97 : 1) {
		assert_int_equal(truncate(f->snapshot, n), 0);
		if (is_believed(f, why))
			fail_msg("with %ld bytes", (long)n);
		assert_non_null(strstr(why, "truncated"));
	}
}

static void one_with_a_changed_byte_behind_its_memory_is_not(void **state)
{
	struct fixture *f = *state;
	char why[VM_WHY_MAX];
	struct stat st;
	int fd = open(f->snapshot, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = RAM; at < st.st_size; at++) {
		uint8_t c, changed;

		off_t in_tail = at - (st.st_size - (off_t)VM_TAIL_SIZE);

		if (in_tail >= 36 && in_tail < 40) /* the TSC, which has a test of its own */
			continue;
		if (in_tail >= 48) /* these mean nothing */
			break;
		assert_int_equal(pread(fd, &c, 1, at), 1);
		changed = c ^ 0x40;
		assert_int_equal(pwrite(fd, &changed, 1, at), 1);
		if (is_believed(f, why))
			fail_msg("byte %ld of %ld", (long)at, (long)st.st_size);
		assert_int_equal(pwrite(fd, &c, 1, at), 1);
	}
	close(fd);
	assert_true(is_believed(f, why));
}

static void one_of_another_image_or_command_line_is_not(void **state)
{
	struct fixture *f = *state;
	char why[VM_WHY_MAX], path[192];

	f->o.append = "loglevel=7";
	assert_false(is_believed(f, why));
	assert_non_null(strstr(why, "something else"));
	f->o.append = NULL;
	f->o.memory_mb = 256;
	assert_false(is_believed(f, why));
	f->o.memory_mb = VM_MEMORY_MB; /* the default, said aloud */
	assert_true(is_believed(f, why));
	f->o.without = "/bin/nft";
	assert_false(is_believed(f, why));
	f->o.without = NULL;
	assert_true(is_believed(f, why));
	snprintf(path, sizeof(path), "%s/initramfs.cpio", f->image);
	write_file(path, "ii", 2, 0644);
	assert_false(is_believed(f, why));
	assert_non_null(strstr(why, "something else"));
}

static void what_the_guest_is_told_later_is_not_in_the_key(void **state)
{
	struct fixture *f = *state;
	char why[VM_WHY_MAX];

	f->o.dhcp = f->o.setup = f->o.reboot = true;
	f->o.attack = rd_of("\0\0\0\1x", 5);
	f->o.log = "/nonexistent";
	assert_true(is_believed(f, why));
}

static void one_from_a_machine_of_another_speed_is_not(void **state)
{
	struct fixture *f = *state;
	char why[VM_WHY_MAX];
	uint32_t khz = vm_tsc_khz();

	if (!khz)
		skip();
	write_snapshot(f, khz + khz / 1000);
	assert_true(is_believed(f, why));
	write_snapshot(f, khz + khz / 50);
	assert_false(is_believed(f, why));
	assert_non_null(strstr(why, "TSC"));
	write_snapshot(f, 0);
	assert_true(is_believed(f, why));
}

static void a_tail_comes_back_as_it_was_written(void **state)
{
	const struct vm_tail t = {
	        .ram = 1u << 27, .state = 65000, .key = 900, .tsc_khz = 2596146, .sum = 1};
	uint64_t size = t.ram + t.state + t.key + VM_TAIL_SIZE;
	uint8_t bytes[VM_TAIL_SIZE];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct vm_tail got;

	(void)state;
	assert_true(vm_tail_write(&w, &t));
	assert_int_equal(w.len, VM_TAIL_SIZE);
	assert_true(vm_tail_read(rd_of(bytes, w.len), size, &got));
	assert_memory_equal(&got, &t, sizeof(t));
	assert_false(vm_tail_read(rd_of(bytes, w.len), size + 1, &got));
	assert_false(vm_tail_read(rd_of(bytes, w.len), size - 1, &got));
	for (size_t n = 0; n < w.len; n++) {
		struct guard g = guard_copy(bytes, n);

		assert_false(vm_tail_read(rd_of(g.p, g.n), size, &got));
		guard_free(&g);
	}
	memset(bytes + 15, 0xff, 16); /* lengths whose sum wraps */
	assert_false(vm_tail_read(rd_of(bytes, w.len), size, &got));
}

/* A VM that is nothing but an agent port, whose other end the test holds. */
static struct vm *restored(int *guest, const struct vm_options *o)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int pair[2];

	assert_non_null(vm);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	vm->console_fd = vm->qmp_fd = vm->stderr_fd = vm->pidfd = -1;
	vm->agent_fd = pair[0];
	vm->state = VM_BOOTING;
	*guest = pair[1];
	assert_int_equal(vm_restore_queue(vm, o), 0);
	return vm;
}

static void a_restored_guest_is_told_in_the_order_of_a_boot(void **state)
{
	static const uint8_t order[] = {AGENT_BURST, AGENT_RESTORED, AGENT_PUT,
	                                AGENT_PUT,   AGENT_PUT,      AGENT_NETWORK};
	static char big[AGENT_CHUNK_MAX + 1];
	const struct cpio_file files[] = {{"/seed/big", 0644, big, sizeof(big)},
	                                  {"/seed/setup.sh", 0755, "x", 1}};
	const struct vm_options o = {.files = files,
	                             .file_count = 2,
	                             .attack = {(const uint8_t *)"\0\0\0\1a\0\0\0\1b", 10},
	                             .setup = true};
	int guest;
	struct vm *vm = restored(&guest, &o);
	struct rd r = rd_of(vm->restore.bytes, vm->restore.len), body = {0};
	uint32_t id, len;
	uint8_t type;

	(void)state;
	for (uint32_t i = 0; i < sizeof(order); i++) {
		assert_true(rd_u32(&r, &len) && rd_sub(&r, len, &body));
		assert_true(rd_u8(&body, &type) && rd_u32(&body, &id));
		assert_int_equal(type, order[i]);
		assert_int_equal(id, i + 1);
	}
	assert_int_equal(r.n, 0);
	assert_int_equal(vm_next_id(vm), sizeof(order) + 1);
	vm_stop(vm);
	close(guest);
	free(vm);
}

static void a_long_attack_goes_in_several_bursts_and_no_frame_is_cut(void **state)
{
	static uint8_t bytes[400000], frame[AGENT_FRAME_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	struct vm_options o = {0};
	int guest, frames = 0, sent = 0, bursts = 0;
	struct rd r, body, f;
	uint32_t len, id;
	uint8_t type;
	struct vm *vm;

	(void)state;
	for (size_t n = 60; n < 1500; n += 7, frames++)
		assert_true(agent_add_frame(&w, frame, n));
	assert_true(agent_add_frame(&w, frame, AGENT_FRAME_MAX));
	frames++;
	o.attack = rd_of(bytes, w.len);
	vm = restored(&guest, &o);
	r = rd_of(vm->restore.bytes, vm->restore.len);
	while (rd_u32(&r, &len) && rd_sub(&r, len, &body) && rd_u8(&body, &type) &&
	       rd_u32(&body, &id) && type == AGENT_BURST) {
		assert_true(rd_vec8(&body, &f));
		bursts++;
		while (agent_next_frame(&body, &f))
			sent++;
		assert_int_equal(body.n, 0);
	}
	assert_int_equal(sent, frames);
	assert_true(bursts >= 3);
	vm_stop(vm);
	close(guest);
	free(vm);
}

#define DONE1    "\0\0\0\x09\x8a\0\0\0\x01\0\0\0\0"
#define FAILED1  "\0\0\0\x09\x8a\0\0\0\x01\0\0\0\x16"
#define ERRORED1 "\0\0\0\x07\x87\0\0\0\x01no"
#define READY2   "\0\0\0\x0c\x82\0\0\0\2\x01\x01\x06\0\0\x10\0"
#define UNREADY2 "\0\0\0\x09\x82\0\0\0\2\0\0no"
#define HELLO    "\0\0\0\x09\x81\0\0\0\0\0\0\0\x02"

static void a_restored_guest_may_answer_these_ways_and_no_other(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum vm_state state;
		const char *why;
	} rows[] = {
#define ROW(s) s, sizeof(s) - 1
	        {ROW(DONE1), VM_BOOTING, ""},
	        {ROW(DONE1 READY2), VM_READY, ""},
	        {ROW(DONE1 UNREADY2), VM_UNREADY, "not ready: no"},
	        {ROW(FAILED1 READY2), VM_UNREADY, "could not be set up"},
	        {ROW(ERRORED1 READY2), VM_UNREADY, "no"},
	        {ROW(READY2), VM_BROKEN, "after its restore"},
	        {ROW(DONE1 DONE1), VM_BROKEN, "after its restore"},
	        {ROW(HELLO), VM_BROKEN, "after its restore"},
	        {ROW("\xff\xff\xff\xff"), VM_BROKEN, "no message"},
	};
	const struct vm_options o = {.dhcp = true};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int guest;
		struct vm *vm = restored(&guest, &o);

		assert_int_equal(send(guest, rows[i].bytes, rows[i].len, 0), rows[i].len);
		vm_on_readable(vm, vm->agent_fd);
		if (vm->state != rows[i].state || !strstr(vm->why, rows[i].why))
			fail_msg("row %zu: state %d, %s", i, (int)vm->state, vm->why);
		vm_stop(vm);
		close(guest);
		free(vm);
	}
}

static void a_restored_guest_that_sleeps_on_is_not_waited_for(void **state)
{
	const struct vm_options o = {.dhcp = true};
	int guest;
	struct vm *vm = restored(&guest, &o);

	(void)state;
	assert_false(vm_wait_ready(vm, 20, NULL));
	assert_non_null(strstr(vm->why, "said nothing"));
	assert_int_equal(vm->times.hello_ns, 0); /* so it may be booted cold instead */
	vm_stop(vm);
	close(guest);
	free(vm);
}

static void qmp_is_read_line_by_line(void **state)
{
	struct vm_qmp q = {0};

	(void)state;
	vm_qmp_take(&q, "{\"QMP\": {\"version\": {}}}");
	vm_qmp_take(&q, "no JSON");
	vm_qmp_take(&q, "[]");
	vm_qmp_take(&q, "{\"event\": 1}");
	assert_int_equal(q.answers, 0);
	vm_qmp_take(&q, "{\"return\": {}}");
	assert_int_equal(q.answers, 1);
	vm_qmp_take(&q, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such\"}}");
	assert_int_equal(q.answers, 2);
	assert_string_equal(q.error, "no such");
	vm_qmp_take(&q, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"active\"}}");
	assert_false(q.migrated || q.migration_failed);
	vm_qmp_take(&q, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"failed\"}}");
	assert_true(q.migration_failed);
	vm_qmp_take(&q, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"completed\"}}");
	assert_true(q.migrated);
	vm_qmp_take(&q, "{\"event\": \"RESET\", \"data\": {\"guest\": true}}");
	assert_int_equal(q.resets, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	        TEST(a_sound_snapshot_is_believed),
	        TEST(a_truncated_one_is_not_wherever_it_ends),
	        TEST(one_with_a_changed_byte_behind_its_memory_is_not),
	        TEST(one_of_another_image_or_command_line_is_not),
	        TEST(what_the_guest_is_told_later_is_not_in_the_key),
	        TEST(one_from_a_machine_of_another_speed_is_not),
	        cmocka_unit_test(a_tail_comes_back_as_it_was_written),
	        cmocka_unit_test(a_restored_guest_is_told_in_the_order_of_a_boot),
	        cmocka_unit_test(a_long_attack_goes_in_several_bursts_and_no_frame_is_cut),
	        cmocka_unit_test(a_restored_guest_may_answer_these_ways_and_no_other),
	        cmocka_unit_test(a_restored_guest_that_sleeps_on_is_not_waited_for),
	        cmocka_unit_test(qmp_is_read_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
