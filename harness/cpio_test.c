/* SPDX-License-Identifier: ISC */
/* cpio_test.c: an archive is what the format says, to the byte, and bad paths are refused. */
#include "harness/cpio.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ZEROS "00000000"

/* One entry as the format has it, written down without the code under test. */
#define HEAD(ino, mode, size, name_size)                                                           \
	"070701" ino mode ZEROS ZEROS "00000001" ZEROS size ZEROS ZEROS ZEROS ZEROS name_size ZEROS

static void a_file_and_its_folder_are_packed_to_the_byte(void **state)
{
	static const char wanted[] = HEAD(
	        "00000001", "000041ed", ZEROS,
	        "00000005") "seed\0"
	                    "\0" HEAD(
	                            "00000002", "000081a4", "00000003",
	                            "0000000a") "seed/a.sh\0"
	                                        "abc\0" HEAD(
	                                                ZEROS, ZEROS, ZEROS,
	                                                "0000000b") "TRAILER!!!\0"
	                                                            "\0\0"; /* and the NUL of the literal */
	const struct cpio_file f = {"/seed/a.sh", 0644, "abc", 3};
	uint8_t buf[1024];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t bad = 99;

	(void)state;
	assert_true(cpio_write(&w, &f, 1));
	assert_int_equal(w.len, sizeof(wanted));
	assert_memory_equal(buf, wanted, sizeof(wanted));
	assert_int_equal(cpio_size(&f, 1, &bad), w.len);
}

static void a_folder_is_packed_once(void **state)
{
	const struct cpio_file files[] = {
	        {"/a/b/c", 0755, "12345", 5}, {"/a/b/d", 0600, NULL, 0}, {"/a/bb/e", 0600, "x", 1}};
	uint8_t buf[4096];
	struct wr w = wr_of(buf, sizeof(buf));
	size_t bad, entries = 0;

	(void)state;
	assert_true(cpio_write(&w, files, 3));
	assert_int_equal(cpio_size(files, 3, &bad), w.len);
	for (size_t i = 0; i + 6 <= w.len; i += 4)
		entries += !memcmp(buf + i, "070701", 6);
	assert_int_equal(entries, 3 + 3 + 1); /* files; a, a/b, a/bb; trailer */
}

static void the_size_is_exact_and_one_byte_less_is_refused(void **state)
{
	static const char data[8] = "1234567";

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++)
		for (size_t path = 2; path < 12; path++) {
			char name[16] = "/aaaaaaaaaaaaaa";
			struct cpio_file f = {name, 0644, data, len};
			size_t bad, size;
			uint8_t *buf;
			struct wr w;

			name[path] = 0;
			size = cpio_size(&f, 1, &bad);
			assert_int_equal(size % 4, 0);
			buf = malloc(size);
			assert_non_null(buf);
			w = wr_of(buf, size);
			assert_true(cpio_write(&w, &f, 1));
			assert_int_equal(w.len, size);
			w = wr_of(buf, size - 1);
			assert_false(cpio_write(&w, &f, 1));
			free(buf);
		}
}

static void paths_that_lead_elsewhere_are_refused(void **state)
{
	static char longer[CPIO_PATH_MAX + 3];
	const char *const bad_paths[] = {"",    "/",    "a",     "a/b",   "//a",    "/a//b",
	                                 "/a/", "/./a", "/a/..", "/../a", "/a/./b", longer};

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	for (size_t i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++) {
		const struct cpio_file files[] = {{"/fine", 0644, NULL, 0},
		                                  {bad_paths[i], 0644, NULL, 0}};
		size_t bad = 99;

		if (cpio_size(files, 2, &bad))
			fail_msg("taken: '%s'", bad_paths[i]);
		assert_int_equal(bad, 1);
	}
	for (int i = 0; i < 3; i++) {
		static const char *const good[] = {"/a", "/.a", "/..a/b"};
		const struct cpio_file f = {good[i], 07777, NULL, 0};
		size_t bad;

		assert_true(cpio_size(&f, 1, &bad) > 0);
	}
}

static void modes_and_lengths_have_bounds(void **state)
{
	const struct cpio_file mode = {"/a", 010000, NULL, 0};
	const struct cpio_file len = {"/a", 0644, "", (size_t)CPIO_FILE_MAX + 1};
	size_t bad;

	(void)state;
	assert_int_equal(cpio_size(&mode, 1, &bad), 0);
	assert_int_equal(cpio_size(&len, 1, &bad), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_file_and_its_folder_are_packed_to_the_byte),
	        cmocka_unit_test(a_folder_is_packed_once),
	        cmocka_unit_test(the_size_is_exact_and_one_byte_less_is_refused),
	        cmocka_unit_test(paths_that_lead_elsewhere_are_refused),
	        cmocka_unit_test(modes_and_lengths_have_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
