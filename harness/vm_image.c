/* SPDX-License-Identifier: ISC */
/* vm_image.c: see vm_image.h. */
#include "harness/vm_image.h"

#include "harness/vm_command.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>

unsigned vm_image_memory_mb(const char *image)
{
	char path[PATH_MAX];
	json_t *root;
	json_int_t mb;

	if (snprintf(path, sizeof(path), "%s/image.json", image) >= (int)sizeof(path))
		return VM_MEMORY_MB;
	root = json_load_file(path, 0, NULL);
	mb = json_integer_value(json_object_get(root, "memory_mb"));
	json_decref(root);
	return mb >= VM_MEMORY_MB && mb <= VM_IMAGE_MEMORY_MAX ? (unsigned)mb : VM_MEMORY_MB;
}
