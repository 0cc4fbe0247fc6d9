/* SPDX-License-Identifier: ISC */
/* vm_test.c: which kernels are refused, how QEMU is called, and what a guest may say while it
 * boots. */
#include "harness/boot.h"
#include "harness/vm.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

/* A kernel as small as can be: ELF header, one PT_NOTE, the note. */
static const uint8_t tiny[] =
        "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0" /*   0 ident */
        "\2\0\x3e\0\1\0\0\0"              /*  16 EXEC, x86-64 */
        "\0\0\0\1\0\0\0\0"                /*  24 entry */
        "\x40\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0"                     /*  32 phoff 64, shoff */
        "\0\0\0\0\x40\0\x38\0\1\0\0\0\0\0\0\0" /*  48 flags, sizes, one program header */
        "\4\0\0\0\4\0\0\0"                     /*  64 NOTE */
        "\x78\0\0\0\0\0\0\0"                   /*  72 at 120 */
        "\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0" /*  80 addresses */
        "\x24\0\0\0\0\0\0\0"
        "\x24\0\0\0\0\0\0\0"
        "\4\0\0\0\0\0\0\0"                   /* 96 36 bytes */
        "\4\0\0\0\1\0\0\0\5\0\0\0GNU\0xyz\0" /* 120 another note first */
        "\4\0\0\0\0\0\0\0\x12\0\0\0Xen";     /* 140 PHYS32_ENTRY; ends with "Xen\0" */

#define TINY_LEN 156

static const char *check(const uint8_t *bytes, size_t len)
{
	struct guard g = guard_copy(bytes, len);
	const char *fault = vm_command_check_kernel(rd_of(g.p, g.n));

	guard_free(&g);
	return fault;
}

static void a_kernel_with_a_pvh_note_is_taken(void **state)
{
	(void)state;
	assert_int_equal(sizeof(tiny), TINY_LEN);
	assert_null(check(tiny, TINY_LEN));
}

static void every_truncation_of_a_kernel_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < TINY_LEN; n++)
		assert_non_null(check(tiny, n));
}

static void what_is_wrong_with_a_kernel_is_said(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *word;
	} rows[] = {{0, 'M', "ELF"},       {4, 1, "ELF"},       {5, 2, "ELF"},
	            {18, 183, "x86-64"},   {54, 32, "headers"}, {35, 0xff, "headers"},
	            {57, 0xff, "headers"}, {64, 1, "PVH"},      {79, 0xff, "PVH"},
	            {103, 0xff, "PVH"},    {123, 0xff, "PVH"},  {127, 0xff, "PVH"},
	            {140, 3, "PVH"},       {148, 17, "PVH"},    {152, 'x', "PVH"}};
	uint8_t copy[TINY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *fault;

		memcpy(copy, tiny, sizeof(copy));
		copy[rows[i].at] = rows[i].value;
		fault = check(copy, sizeof(copy));
		if (!fault || !strstr(fault, rows[i].word))
			fail_msg("byte %zu = %u: %s", rows[i].at, rows[i].value,
			         fault ? fault : "taken");
	}
	assert_non_null(strstr(check((const uint8_t *)"MZ\0\0", 4), "bzImage"));
}

static void a_kernel_whose_segments_are_not_all_there_is_refused(void **state)
{
	uint8_t copy[TINY_LEN];

	(void)state;
	memcpy(copy, tiny, sizeof(copy));
	copy[64] = 1;    /* LOAD */
	copy[96] = 0x25; /* a byte more than there is */
	assert_non_null(strstr(check(copy, sizeof(copy)), "cut short"));
}

static const char *check_initramfs(const char *bytes, size_t len)
{
	struct guard g = guard_copy(bytes, len);
	const char *fault = vm_command_check_initramfs(rd_of(g.p, g.n));

	guard_free(&g);
	return fault;
}

static void an_initramfs_has_to_have_its_end(void **state)
{
	static const char whole[] = "070701 some file, then TRAILER!!!\0\0\0";

	(void)state;
	assert_null(check_initramfs(whole, sizeof(whole)));
	assert_null(check_initramfs("\x28\xb5\x2f\xfd", 4)); /* zstd: not ours to read */
	assert_string_equal(check_initramfs(whole, 0), "is empty");
	for (size_t n = 6; n < sizeof(whole) - 3; n++)
		assert_non_null(check_initramfs(whole, n));
}

static const char *after(const struct vm_command *c, const char *option)
{
	for (size_t i = 0; i + 1 < c->argc; i++)
		if (!strcmp(c->argv[i], option))
			return c->argv[i + 1];
	return "";
}

static const struct vm_command plain = {.vmlinux = "/image, one/vmlinux",
                                        .initramfs = "i",
                                        .tsc_khz = 2596146,
                                        .console_fd = 10,
                                        .agent_fd = 11,
                                        .qmp_fd = 12,
                                        .frame_fd = 13};

static void qemu_gets_its_channels_and_nothing_else(void **state)
{
	struct vm_command c = plain;
	char text[VM_COMMAND_TEXT];

	(void)state;
	assert_true(vm_command_build(&c));
	assert_null(c.argv[c.argc]);
	assert_string_equal(after(&c, "-kernel"), "/image, one/vmlinux");
	assert_string_equal(after(&c, "-accel"), "tcg");
	assert_string_equal(after(&c, "-m"), "128");
	assert_string_equal(after(&c, "-netdev"),
	                    "stream,id=n0,server=off,addr.type=fd,addr.str=13");
	assert_non_null(strstr(after(&c, "-sandbox"), "spawn=deny"));
	vm_command_text(&c, text);
	assert_non_null(strstr(text, " -no-reboot "));
	assert_non_null(strstr(text, " '/image, one/vmlinux' "));
	assert_non_null(strstr(text, "socket,id=agent,fd=11 "));
}

static void without_a_frame_socket_there_is_no_network_card(void **state)
{
	struct vm_command c = plain;
	char text[VM_COMMAND_TEXT];

	(void)state;
	c.frame_fd = -1;
	assert_true(vm_command_build(&c));
	assert_null(strstr(vm_command_text(&c, text), "net-device"));
	assert_null(strstr(text, "-netdev"));
}

static void the_tsc_frequency_is_told_under_tcg_only(void **state)
{
	struct vm_command c = plain;

	(void)state;
	assert_true(vm_command_build(&c));
	assert_non_null(strstr(after(&c, "-append"), " tsc_early_khz=2596146"));
	assert_non_null(strstr(after(&c, "-append"), " gauntlet.net=none"));
	c.kvm = c.dhcp = true;
	assert_true(vm_command_build(&c));
	assert_null(strstr(after(&c, "-append"), "tsc_early_khz"));
	assert_non_null(strstr(after(&c, "-append"), " gauntlet.net=dhcp"));
	c.kvm = false;
	c.tsc_khz = 0;
	assert_true(vm_command_build(&c));
	assert_null(strstr(after(&c, "-append"), "tsc_early_khz"));
}

static void the_guest_is_told_in_words_what_to_do(void **state)
{
	struct vm_command c = plain;
	char text[VM_COMMAND_TEXT];

	(void)state;
	assert_true(vm_command_build(&c));
	assert_null(strstr(after(&c, "-append"), "gauntlet.setup"));
	assert_null(strstr(after(&c, "-append"), "gauntlet.attack"));
	assert_null(strstr(after(&c, "-append"), "gauntlet.without"));
	assert_string_equal(after(&c, "-drive"), "");
	c.setup = c.attack = c.reboot = true;
	c.without = "/bin/nft,/bin/wg";
	c.seed = "/proc/self/fd/20";
	assert_true(vm_command_build(&c));
	assert_non_null(strstr(after(&c, "-append"), " gauntlet.setup=/seed"));
	assert_non_null(strstr(after(&c, "-append"), " gauntlet.attack=/attack.bin"));
	assert_non_null(strstr(after(&c, "-append"), " gauntlet.without=/bin/nft,/bin/wg"));
	assert_non_null(strstr(after(&c, "-drive"), "readonly=on,file=/proc/self/fd/20"));
	assert_null(strstr(vm_command_text(&c, text), "-no-reboot"));
}

static void memory_in_a_file_is_shared_by_who_makes_the_snapshot_only(void **state)
{
	struct vm_command c = plain;

	(void)state;
	assert_true(vm_command_build(&c));
	assert_null(strstr(after(&c, "-M"), "memory-backend"));
	c.ram = "/proc/self/fd/21";
	c.ram_shared = true;
	assert_true(vm_command_build(&c));
	assert_non_null(strstr(after(&c, "-M"), "memory-backend=ram"));
	assert_non_null(
	        strstr(after(&c, "-object"), "size=128M,mem-path=/proc/self/fd/21,share=on"));
	assert_string_equal(after(&c, "-incoming"), "");
	c.ram_shared = false;
	c.incoming = true;
	assert_true(vm_command_build(&c));
	assert_non_null(strstr(after(&c, "-object"), "share=off"));
	assert_string_equal(after(&c, "-incoming"), "defer");
}

static void arguments_that_do_not_fit_are_refused(void **state)
{
	static char longer[VM_ARGS_MAX];
	struct vm_command c = plain;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	c.append = longer;
	assert_false(vm_command_build(&c));
	c = plain;
	c.vmlinux = longer;
	assert_false(vm_command_build(&c));
	c = plain;
	c.mac = "52:54:00:12:34:56,romfile=x";
	assert_false(vm_command_build(&c));
}

/* A VM that is nothing but an agent port, whose other end the test holds. */
static struct vm *booting(int *guest)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int pair[2];

	assert_non_null(vm);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	vm->console_fd = vm->qmp_fd = vm->stderr_fd = vm->pidfd = -1;
	vm->agent_fd = pair[0];
	vm->state = VM_BOOTING;
	*guest = pair[1];
	return vm;
}

#define HELLO   "\0\0\0\x09\x81\0\0\0\0\0\0\0\x02"
#define READY   "\0\0\0\x0c\x82\0\0\0\0\x01\x01\0\0\0\x10\0"
#define UNREADY "\0\0\0\x0f\x82\0\0\0\0\0\0no\nlease"
#define STARTED "\0\0\0\x09\x84\0\0\0\x01\0\0\0\x2a"

static void the_guest_s_boot_may_go_these_ways_and_no_other(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum vm_state state;
	} rows[] = {
	        {HELLO, sizeof(HELLO) - 1, VM_BOOTING},
	        {HELLO READY, sizeof(HELLO READY) - 1, VM_READY},
	        {HELLO UNREADY, sizeof(HELLO UNREADY) - 1, VM_UNREADY},
	        {READY, sizeof(READY) - 1, VM_BROKEN},
	        {HELLO HELLO, sizeof(HELLO HELLO) - 1, VM_BROKEN},
	        {HELLO STARTED, sizeof(HELLO STARTED) - 1, VM_BROKEN},
	        {"\xff\xff\xff\xff", 4, VM_BROKEN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int guest;
		struct vm *vm = booting(&guest);

		assert_int_equal(send(guest, rows[i].bytes, rows[i].len, 0), rows[i].len);
		vm_on_readable(vm, vm->agent_fd);
		assert_int_equal(vm->state, rows[i].state);
		if (rows[i].state == VM_UNREADY)
			assert_string_equal(vm->why, "the guest is not ready: no");
		if (vm->agent_fd >= 0)
			close(vm->agent_fd);
		close(guest);
		free(vm);
	}
}

/* Whatever a guest prints, it is at most kept in the log. */
static void the_console_decides_nothing(void **state)
{
	static const char *const texts[] = {
	        "gauntlet: READY at 1 us of guest time\n", "gauntlet: REA", "DY at 2 us\n",
	        "GUEST-LOCKED-DOWN\nGUEST-LOCKED-DOWN\n", "gauntlet: NOT READY: no\n"};
	int guest, pair[2];
	struct vm *vm = booting(&guest);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	vm->console_fd = pair[0];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);

		assert_int_equal(send(pair[1], texts[i], len, 0), len);
		vm_on_readable(vm, vm->console_fd);
		assert_int_equal(vm->state, VM_BOOTING);
		assert_int_equal(vm->times.ready_ns, 0);
	}
	assert_int_equal(send(guest, HELLO READY, sizeof(HELLO READY) - 1, 0),
	                 sizeof(HELLO READY) - 1);
	vm_on_readable(vm, vm->agent_fd);
	assert_int_equal(vm->state, VM_READY);
	assert_int_equal(send(pair[1], texts[4], strlen(texts[4]), 0), strlen(texts[4]));
	vm_on_readable(vm, vm->console_fd);
	assert_int_equal(vm->state, VM_READY);
	close(pair[0]);
	close(pair[1]);
	close(vm->agent_fd);
	close(guest);
	free(vm);
}

static void ready_comes_once(void **state)
{
	struct agent_message m;
	int guest;
	struct vm *vm = booting(&guest);

	(void)state;
	assert_int_equal(
	        send(guest, HELLO READY STARTED READY, sizeof(HELLO READY STARTED READY) - 1, 0),
	        sizeof(HELLO READY STARTED READY) - 1);
	vm_on_readable(vm, vm->agent_fd);
	assert_int_equal(vm->state, VM_READY);
	assert_int_equal(vm_next_id(vm), 1);
	assert_true(vm_next_message(vm, &m));
	assert_int_equal(m.value, 42);
	assert_false(vm_next_message(vm, &m));
	assert_int_equal(vm->state, VM_BROKEN);
	close(guest);
	free(vm);
}

static void a_guest_that_never_speaks_is_waited_for_no_longer_than_asked(void **state)
{
	int guest;
	struct vm *vm = booting(&guest);

	(void)state;
	assert_false(vm_wait_ready(vm, 20, NULL));
	assert_non_null(strstr(vm->why, "20 ms"));
	close(vm->agent_fd);
	close(guest);
	free(vm);
}

#define ERRORED "\0\0\0\x07\x87\0\0\0\x01no"
#define NETWORK "\0\0\0\x0c\x82\0\0\0\x02\x01\x01\x06\0\0\x10\0"

static void only_what_was_asked_for_is_taken_for_an_answer(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		unsigned taken;
		const char *why; /* NULL: not broken */
	} rows[] = {
	        {STARTED, sizeof(STARTED) - 1, 1, NULL},
	        {ERRORED, sizeof(ERRORED) - 1, 1, NULL},
	        {NETWORK STARTED, sizeof(NETWORK STARTED) - 1, 2, NULL}, /* in any order */
	        {STARTED STARTED, sizeof(STARTED STARTED) - 1, 1, "nobody asked for"},
	        {STARTED ERRORED, sizeof(STARTED ERRORED) - 1, 1, "nobody asked for"},
	        {"\0\0\0\x07\x87\0\0\0\x03no", 11, 0, "nobody asked for"},
	        {"\0\0\0\x07\x87\0\0\0\0no", 11, 0, "second HELLO"},
	        {HELLO, sizeof(HELLO) - 1, 0, "second HELLO"},
	        {READY, sizeof(READY) - 1, 0, "second READY"},
	        {"\0\0\0\x01", 4, 0, "no message"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent_message m;
		unsigned taken = 0;
		int guest;
		struct vm *vm = booting(&guest);

		assert_int_equal(send(guest, HELLO READY, sizeof(HELLO READY) - 1, 0),
		                 sizeof(HELLO READY) - 1);
		vm_on_readable(vm, vm->agent_fd);
		assert_int_equal(vm->state, VM_READY);
		assert_int_equal(vm_next_id(vm), 1);
		assert_int_equal(vm_next_id(vm), 2);
		assert_int_equal(send(guest, rows[i].bytes, rows[i].len, 0), rows[i].len);
		vm_on_readable(vm, vm->agent_fd);
		while (vm_next_message(vm, &m))
			taken++;
		assert_int_equal(taken, rows[i].taken);
		assert_int_equal(vm->state, rows[i].why ? VM_BROKEN : VM_READY);
		if (rows[i].why)
			assert_non_null(strstr(vm->why, rows[i].why));
		vm_stop(vm);
		close(guest);
		free(vm);
	}
}

static void a_guest_that_owes_too_much_is_forgiven_the_oldest(void **state)
{
	struct agent_message m;
	int guest;
	struct vm *vm = booting(&guest);

	(void)state;
	assert_int_equal(send(guest, HELLO READY, sizeof(HELLO READY) - 1, 0),
	                 sizeof(HELLO READY) - 1);
	vm_on_readable(vm, vm->agent_fd);
	for (uint32_t i = 1; i <= VM_OWED_MAX + 1; i++)
		assert_int_equal(vm_next_id(vm), i);
	assert_int_equal(send(guest, STARTED, sizeof(STARTED) - 1, 0), sizeof(STARTED) - 1);
	vm_on_readable(vm, vm->agent_fd);
	assert_false(vm_next_message(vm, &m)); /* to request 1, long forgotten */
	assert_int_equal(vm->state, VM_BROKEN);
	vm_stop(vm);
	close(guest);
	free(vm);
}

static void a_guest_starts_again_only_where_it_may(void **state)
{
	(void)state;
	for (int may = 0; may < 2; may++) {
		struct agent_message m;
		int guest;
		struct vm *vm = booting(&guest);

		vm->may_reboot = may;
		assert_int_equal(send(guest, HELLO READY HELLO, sizeof(HELLO READY HELLO) - 1, 0),
		                 sizeof(HELLO READY HELLO) - 1);
		vm_on_readable(vm, vm->agent_fd);
		assert_int_equal(vm->state, VM_READY);
		(void)!vm_next_id(vm);
		assert_false(vm_next_message(vm, &m));
		assert_int_equal(vm->state, may ? VM_BOOTING : VM_BROKEN);
		if (may) {
			assert_int_equal(vm->boots, 2);
			assert_int_equal(vm->owed_count, 0);
			/* and again before it was ready */
			assert_int_equal(send(guest, HELLO READY, sizeof(HELLO READY) - 1, 0),
			                 sizeof(HELLO READY) - 1);
			vm_on_readable(vm, vm->agent_fd);
			assert_int_equal(vm->state, VM_READY);
			assert_int_equal(vm->boots, 3);
		}
		vm_stop(vm);
		close(guest);
		free(vm);
	}
}

static void a_missing_image_names_the_remedy(void **state)
{
	const struct vm_options o = {
	        .image = "/nonexistent", .accel = VM_ACCEL_TCG, .frame_fd = -1};
	struct vm *vm = calloc(1, sizeof(*vm));
	char path[] = "/usr/bin:/bin";

	(void)state;
	assert_non_null(vm);
	assert_int_equal(vm_start(vm, &o), -1);
	if (!strstr(vm->why, "qemu-system-x86")) /* QEMU itself may be missing where this runs */
		assert_non_null(strstr(vm->why, "make vm"));
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(vm_start(vm, &o), -1);
	assert_non_null(strstr(vm->why, "apt-get install"));
	setenv("PATH", path, 1);
	assert_int_equal(vm_stop(vm), -1);
	free(vm);
}

static void guest_times_are_placed_by_the_quicker_of_hello_and_ready(void **state)
{
	struct vm_times t = {.exec_ns = 1000000000,
	                     .qemu_ns = 1020000000,
	                     .hello_ns = 2000000000,
	                     .ready_ns = 2100000000,
	                     .guest_us = {[AGENT_STEP_INIT] = 400000,
	                                  [AGENT_STEP_PORT] = 500000,
	                                  [AGENT_STEP_LEASE] = 590000}};
	double ms[BOOT_MARK_COUNT];

	(void)state;
	boot_marks(&t, ms);
	assert_int_equal(ms[BOOT_QEMU], 20);
	assert_int_equal(ms[BOOT_INIT], 900);
	assert_int_equal(ms[BOOT_AGENT], 1000);
	assert_int_equal(ms[BOOT_LEASE], 1090);
	assert_int_equal(ms[BOOT_READY], 1100);
	t.ready_ns = 2080000000; /* 10 ms earlier than HELLO has it */
	boot_marks(&t, ms);
	assert_int_equal(ms[BOOT_AGENT], 990);
	assert_int_equal(ms[BOOT_LEASE], 1080);
	assert_true(ms[BOOT_KERNEL] < 0 && ms[BOOT_FRAME] < 0 && ms[BOOT_LINK] < 0);
}

static void the_tsc_frequency_is_the_same_when_asked_twice(void **state)
{
	(void)state;
	assert_int_equal(vm_tsc_khz(), vm_tsc_khz());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_kernel_with_a_pvh_note_is_taken),
	        cmocka_unit_test(every_truncation_of_a_kernel_is_refused),
	        cmocka_unit_test(what_is_wrong_with_a_kernel_is_said),
	        cmocka_unit_test(a_kernel_whose_segments_are_not_all_there_is_refused),
	        cmocka_unit_test(an_initramfs_has_to_have_its_end),
	        cmocka_unit_test(qemu_gets_its_channels_and_nothing_else),
	        cmocka_unit_test(without_a_frame_socket_there_is_no_network_card),
	        cmocka_unit_test(the_tsc_frequency_is_told_under_tcg_only),
	        cmocka_unit_test(the_guest_is_told_in_words_what_to_do),
	        cmocka_unit_test(memory_in_a_file_is_shared_by_who_makes_the_snapshot_only),
	        cmocka_unit_test(arguments_that_do_not_fit_are_refused),
	        cmocka_unit_test(the_guest_s_boot_may_go_these_ways_and_no_other),
	        cmocka_unit_test(the_console_decides_nothing),
	        cmocka_unit_test(ready_comes_once),
	        cmocka_unit_test(a_guest_that_never_speaks_is_waited_for_no_longer_than_asked),
	        cmocka_unit_test(only_what_was_asked_for_is_taken_for_an_answer),
	        cmocka_unit_test(a_guest_that_owes_too_much_is_forgiven_the_oldest),
	        cmocka_unit_test(a_guest_starts_again_only_where_it_may),
	        cmocka_unit_test(a_missing_image_names_the_remedy),
	        cmocka_unit_test(guest_times_are_placed_by_the_quicker_of_hello_and_ready),
	        cmocka_unit_test(the_tsc_frequency_is_the_same_when_asked_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
