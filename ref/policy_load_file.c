/* SPDX-License-Identifier: ISC */
/* policy_load_file.c: policies as files. */
#include "ref/exits.h"
#include "ref/policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads up to `size` bytes; -1 with errno set. A fifo nobody writes to is empty, and not waited for. */
static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	while (len < size) {
		n = read(fd, buffer + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

/* What stands in front of the last slash; NULL without memory. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

bool policy_file_read(const char *path, FILE *errors, struct policy_file *file)
{
	ssize_t len = -1;

	*file = (struct policy_file){.bytes = malloc(POLICY_FILE_MAX + 1),
	                             .folder = folder_of(path)};
	if (file->bytes)
		len = read_file(path, file->bytes, POLICY_FILE_MAX + 1);
	if (!file->bytes || !file->folder) {
		fprintf(errors, "refnat: %s: out of memory\n", path);
	} else if (len < 0) {
		fprintf(errors, "refnat: %s: %s\n", path, strerror(errno));
	} else if (len > POLICY_FILE_MAX) {
		fprintf(errors, "refnat: %s: larger than %d bytes\n", path, POLICY_FILE_MAX);
	} else {
		file->source = (struct policy_source){.name = path,
		                                      .folder = file->folder,
		                                      .text = rd_of(file->bytes, (size_t)len)};
		return true;
	}
	policy_file_free(file);
	return false;
}

void policy_file_free(struct policy_file *file)
{
	free(file->bytes);
	free(file->folder);
	*file = (struct policy_file){0};
}

const struct policy_source *policy_files_organisation(const struct policy_files *files)
{
	return files->has_organisation ? &files->organisation.source : NULL;
}

int policy_files_load(const char *path, const char *organisation, FILE *errors,
                      struct policy_files *files, struct policy *out)
{
	int status = EXITS_POLICY;

	*files = (struct policy_files){.has_organisation = organisation != NULL};
	if ((!organisation || policy_file_read(organisation, errors, &files->organisation)) &&
	    policy_file_read(path, errors, &files->user))
		status = policy_load(&files->user.source, policy_files_organisation(files), errors,
		                     out);
	if (status != EXITS_OK)
		policy_files_free(files);
	return status;
}

void policy_files_free(struct policy_files *files)
{
	policy_file_free(&files->user);
	policy_file_free(&files->organisation);
	files->has_organisation = false;
}

int policy_load_file(const char *path, FILE *errors, struct policy *out)
{
	struct policy_files files;
	const int status = policy_files_load(path, NULL, errors, &files, out);

	if (status == EXITS_OK)
		policy_files_free(&files);
	return status;
}
