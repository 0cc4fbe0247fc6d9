/* SPDX-License-Identifier: ISC */
/* vm_qemu_test.c: which QEMUs are taken, and what is said of the others. */
#include "harness/vm_qemu.h"

#include "harness/scratch.h"
#include "harness/vm_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void a_version_is_taken_as_qemu_prints_it(void **state)
{
	char version[VM_QEMU_VERSION];
	unsigned major, minor;

	(void)state;
	assert_true(vm_qemu_parse("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright\n",
	                          version, &major, &minor));
	assert_string_equal(version, "7.2.22 (Debian 1:7.2+dfsg-7)");
	assert_int_equal(major, 7);
	assert_int_equal(minor, 2);
	assert_true(vm_qemu_parse("QEMU emulator version 10.0", version, &major, &minor));
	assert_int_equal(major, 10);
}

static void what_is_no_version_is_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "QEMU",
	                                  "qemu emulator version 7.2",
	                                  "QEMU emulator version ",
	                                  "QEMU emulator version seven",
	                                  "QEMU emulator version 7"};
	char version[VM_QEMU_VERSION];
	unsigned major, minor;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(vm_qemu_parse(bad[i], version, &major, &minor));
}

static void a_version_cannot_break_a_line_or_a_buffer(void **state)
{
	char text[512] = "QEMU emulator version 7.2\033[31m", version[VM_QEMU_VERSION];
	unsigned major, minor;

	(void)state;
	memset(text + strlen(text), 'x', 300);
	assert_true(vm_qemu_parse(text, version, &major, &minor));
	assert_int_equal(strlen(version), sizeof(version) - 1);
	assert_null(strchr(version, '\033'));
}

/* A program called like QEMU that does this, alone on PATH. */
static bool find(const char *script, char *why, size_t size)
{
	char path[PATH_MAX], version[VM_QEMU_VERSION], *before = strdup(getenv("PATH"));
	struct scratch s;
	bool found;

	scratch_make(&s);
	if (script) {
		scratch_write(&s, VM_QEMU, script);
		chmod(scratch_path(&s, VM_QEMU), 0755);
	}
	setenv("PATH", s.dir, 1);
	found = vm_qemu_find(path, sizeof(path), version, why, size);
	setenv("PATH", before, 1);
	free(before);
	scratch_remove(&s);
	return found;
}

static void qemus_that_cannot_do_it_are_named_with_the_remedy(void **state)
{
	char why[512];

	(void)state;
	assert_false(find(NULL, why, sizeof(why)));
	assert_non_null(strstr(why, "is missing: apt-get install"));
	assert_false(
	        find("#!/bin/sh\necho 'QEMU emulator version 6.2.0 (Debian)'\n", why, sizeof(why)));
	assert_non_null(strstr(why, "is QEMU 6.2, which is too old: 7.2 is the first"));
	assert_false(find("#!/bin/sh\necho 'QEMU emulator version 7.1.94'\n", why, sizeof(why)));
	assert_non_null(strstr(why, "7.1, which is too old"));
	assert_false(find("#!/bin/sh\necho hello\n", why, sizeof(why)));
	assert_non_null(strstr(why, "printed no version"));
	assert_false(find("#!/bin/sh\nexit 1\n", why, sizeof(why)));
	assert_true(find("#!/bin/sh\necho 'QEMU emulator version 7.2.0'\n", why, sizeof(why)));
	assert_true(find("#!/bin/sh\necho 'QEMU emulator version 10.0.0'\n", why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_version_is_taken_as_qemu_prints_it),
	        cmocka_unit_test(what_is_no_version_is_refused),
	        cmocka_unit_test(a_version_cannot_break_a_line_or_a_buffer),
	        cmocka_unit_test(qemus_that_cannot_do_it_are_named_with_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
