/* SPDX-License-Identifier: ISC */
/* guest_config.c: `gauntlet guest-config`, and the files on their way to the disk. */
#include "harness/guest_config.h"

#include "harness/files.h"
#include "harness/guest_config_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_USAGE   2
#define EXIT_WRITING 4

static bool write_one(const struct guest_file *f, const char *dir, char *why)
{
	struct new_file n;
	char folder[PATH_MAX];
	const char *slash = strrchr(f->name, '/');

	if (snprintf(folder, sizeof(folder), "%s%s%.*s", dir, slash ? "/" : "",
	             slash ? (int)(slash - f->name) : 0, f->name) >= (int)sizeof(folder)) {
		guest_bad(why, "--out: the name is too long");
		return false;
	}
	guest_bad(why, "%s/%s could not be written", dir, f->name);
	if ((slash && file_make_folder(folder)) ||
	    file_begin(&n, folder, slash ? slash + 1 : f->name, f->mode))
		return false;
	fwrite(f->data, 1, f->len, n.f);
	return file_finish(&n) == 0;
}

bool guest_config_write(const struct guest_files *files, const char *dir, char why[GUEST_WHY_MAX])
{
	if (mkdir(dir, 0700) && errno != EEXIST && file_make_folder(dir)) {
		guest_bad(why, "%s could not be made", dir);
		return false;
	}
	for (size_t i = 0; i < files->count; i++)
		if (!write_one(&files->file[i], dir, why))
			return false;
	why[0] = '\0';
	return true;
}

/* Runs xorriso with a pinned date; what it says is shown only when it fails. */
static int run_xorriso(char *const *argv, char *said, size_t size)
{
	int out[2], status = -1;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		dup2(out[1], 2);
		setenv("SOURCE_DATE_EPOCH", "315532800",
		       1); /* 1980, the oldest an ISO is sure of */
		setenv("TZ", "UTC", 1);
		umask(077);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out[1]);
	while (pid > 0 &&
	       ((n = read(out[0], said + len, size - 1 - len)) > 0 || (n < 0 && errno == EINTR)))
		len = n < 0 || len + (size_t)n >= size - 1 ? len : len + (size_t)n;
	close(out[0]);
	said[len] = '\0';
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

bool guest_config_write_iso(const struct guest_files *files, const char *dir,
                            char why[GUEST_WHY_MAX])
{
	char maps[GUEST_FILES_MAX][PATH_MAX + 160], iso[PATH_MAX], said[4096];
	char date[] = "1980010100000000", pinned[] = "--modification-date=1980010100000000";
	/* -R keeps the modes: the key is no more readable there than here. */
	char *argv[64] = {"xorriso", "-as",
	                  "mkisofs", "-quiet",
	                  "-V",      "cidata",
	                  "-J",      "-R",
	                  "-uid",    "0",
	                  "-gid",    "0",
	                  pinned,    "--set_all_file_dates",
	                  date,      "-graft-points",
	                  "-o",      iso};
	size_t argc = 18;
	int status;

	if (snprintf(iso, sizeof(iso), "%s/seed.iso", dir) >= (int)sizeof(iso)) {
		guest_bad(why, "--out: the name is too long");
		return false;
	}
	for (size_t i = 0; i < files->count; i++) {
		snprintf(maps[i], sizeof(maps[i]), "%s=%s/%s", files->file[i].name, dir,
		         files->file[i].name);
		argv[argc++] = maps[i];
	}
	unlink(iso);
	status = run_xorriso(argv, said, sizeof(said));
	if (status == 0) {
		chmod(iso, 0600);
		return true;
	}
	unlink(iso);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		guest_bad(why, "--iso: xorriso is missing: apt-get install xorriso");
	else
		guest_bad(why, "--iso: xorriso: %.300s", said);
	return false;
}

static int write_all(struct guest_config *g, char *why)
{
	struct guest_files files;
	bool ok;

	if (!guest_config_make(g, &files, why))
		return EXIT_USAGE;
	ok = guest_config_write(&files, g->out, why) &&
	     (!g->iso || guest_config_write_iso(&files, g->out, why));
	for (size_t i = 0; ok && i < files.count; i++)
		printf("%s/%s\n", g->out, files.file[i].name);
	if (ok && g->iso)
		printf("%s/seed.iso\n", g->out);
	guest_files_free(&files);
	return ok ? 0 : EXIT_WRITING;
}

int guest_config_main(int argc, char **argv)
{
	struct guest_config *g = malloc(sizeof(*g));
	char why[GUEST_WHY_MAX] = "out of memory";
	int code = g ? guest_config_parse(g, argc, argv, NULL, why) : EXIT_WRITING;

	if (!code && !g->out[0])
		code = guest_bad(why, "--out is missing: the folder for the files");
	if (!code)
		code = write_all(g, why);
	if (code > 0)
		fprintf(stderr, "gauntlet guest-config: %s\n", why);
	if (code == EXIT_USAGE)
		fputs("try: gauntlet guest-config --help\n", stderr);
	if (g)
		guest_config_wipe(g);
	free(g);
	return code < 0 ? 0 : code;
}
