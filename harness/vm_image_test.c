/* SPDX-License-Identifier: ISC */
/* vm_image_test.c: how much memory an image asks for. */
#include "harness/vm_image.h"

#include "harness/vm_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* What is asked for when image.json holds `text`; NULL: there is none. */
static unsigned memory_of(const char *text)
{
	char folder[] = "/tmp/vm_image_test.XXXXXX", path[64];
	unsigned mb;
	FILE *f;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/image.json", folder);
	if (text) {
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	mb = vm_image_memory_mb(folder);
	unlink(path);
	rmdir(folder);
	return mb;
}

static void an_image_gets_what_it_asks_for(void **state)
{
	(void)state;
	assert_int_equal(memory_of("{\"recipe\": \"large\", \"memory_mb\": 640}"), 640);
	assert_int_equal(memory_of("{\"memory_mb\": 2048}"), VM_IMAGE_MEMORY_MAX);
}

static void an_image_that_says_nothing_gets_the_usual(void **state)
{
	(void)state;
	assert_int_equal(memory_of(NULL), VM_MEMORY_MB);
	assert_int_equal(memory_of("{}"), VM_MEMORY_MB);
	assert_int_equal(memory_of("[]"), VM_MEMORY_MB);
	assert_int_equal(memory_of("{\"memory_mb\": 640"), VM_MEMORY_MB);
}

static void what_makes_no_sense_is_not_believed(void **state)
{
	(void)state;
	assert_int_equal(memory_of("{\"memory_mb\": 1}"), VM_MEMORY_MB);
	assert_int_equal(memory_of("{\"memory_mb\": 2049}"), VM_MEMORY_MB);
	assert_int_equal(memory_of("{\"memory_mb\": -640}"), VM_MEMORY_MB);
	assert_int_equal(memory_of("{\"memory_mb\": \"640\"}"), VM_MEMORY_MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_image_gets_what_it_asks_for),
	        cmocka_unit_test(an_image_that_says_nothing_gets_the_usual),
	        cmocka_unit_test(what_makes_no_sense_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
