/* SPDX-License-Identifier: ISC */
/* replay.c: plays inputs to fuzz targets, without a fuzzer: for regressions, mutants, coverage and
 * valgrind. All targets are in the one program; fuzz/build.mk generates their table.
 *
 * Each input is played from a copy of its own size, so that a sanitizer sees a byte read too far.
 * Exit 0: all held. 2: usage, or a file that cannot be read. Otherwise the input broke an invariant
 * or crashed, the program ended by a signal, and the last line names the file.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int fuzz_target(const uint8_t *data, size_t size);

struct named_target {
	const char *name;
	fuzz_target *run;
};

#define FUZZ_TARGET(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "fuzz_table.h"
#undef FUZZ_TARGET

static const struct named_target targets[] = {
#define FUZZ_TARGET(name) {#name, fuzz_##name},
#include "fuzz_table.h"
#undef FUZZ_TARGET
};

#define TARGET_COUNT (sizeof(targets) / sizeof(targets[0]))
#define PATH_LEN     4096

static char playing[PATH_LEN]; /* the input under way, for tell_input() */

static void tell(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

static void tell_input(void)
{
	tell("replay: input: ");
	tell(playing);
	tell("\n");
}

static void on_crash(int number)
{
	tell_input();
	signal(number, SIG_DFL);
	raise(number);
}

/* Of a program with sanitizers. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void watch_crashes(void)
{
	static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};

	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(tell_input);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], on_crash);
}

static _Noreturn void fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	exit(2);
}

static void play_file(fuzz_target *target, const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size ? size : 1);

	if (!file || !bytes || fread(bytes, 1, size, file) != size)
		fail(path);
	fclose(file);
	snprintf(playing, sizeof(playing), "%s", path);
	/* Flush with the end of the allocation, also when there is nothing. */
	target(size ? bytes : bytes + 1, size);
	free(bytes);
}

/* A file, or all files of a folder and of those in it, in the order of their names. How many. */
static unsigned long play(fuzz_target *target, const char *path)
{
	struct dirent **entries;
	unsigned long count = 0;
	struct stat st;
	int n;

	if (stat(path, &st) < 0)
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		play_file(target, path, (size_t)st.st_size);
		return 1;
	}
	n = scandir(path, &entries, NULL, alphasort);
	if (n < 0)
		fail(path);
	for (int i = 0; i < n; i++) {
		char below[PATH_LEN];

		if (entries[i]->d_name[0] != '.') {
			snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
			count += play(target, below);
		}
		free(entries[i]);
	}
	free(entries);
	return count;
}

/* What the repository has of a target: its seeds, and the regressions of what was found. */
static void play_corpus(const struct named_target *target)
{
	static const char *const folders[] = {"seeds", "found"};
	unsigned long count = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[PATH_LEN];
		struct stat st;

		snprintf(path, sizeof(path), "fuzz/%s/%s", folders[i], target->name);
		if (stat(path, &st) == 0)
			count += play(target->run, path);
	}
	if (!count) {
		fprintf(stderr, "replay: %s: no input below fuzz/seeds and fuzz/found\n",
		        target->name);
		exit(2);
	}
	printf("%-16s %6lu inputs\n", target->name, count);
	fflush(stdout);
}

static const struct named_target *find(const char *name)
{
	for (size_t i = 0; i < TARGET_COUNT; i++)
		if (!strcmp(targets[i].name, name))
			return &targets[i];
	fprintf(stderr, "replay: there is no target %s; --list names them\n", name);
	exit(2);
}

static int usage(FILE *to)
{
	fputs("usage: replay TARGET [FILE|FOLDER]...\n"
	      "       replay --all\n"
	      "       replay --list\n"
	      "Without files: what fuzz/seeds/TARGET and fuzz/found/TARGET hold.\n",
	      to);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	const struct named_target *target;
	unsigned long count = 0;

	if (argc < 2 || !strcmp(argv[1], "--help"))
		return usage(argc < 2 ? stderr : stdout);
	watch_crashes();
	if (!strcmp(argv[1], "--list") || !strcmp(argv[1], "--all")) {
		for (size_t i = 0; i < TARGET_COUNT; i++)
			if (argv[1][2] == 'l')
				puts(targets[i].name);
			else
				play_corpus(&targets[i]);
		return 0;
	}
	target = find(argv[1]);
	if (argc == 2)
		play_corpus(target);
	for (int i = 2; i < argc; i++)
		count += play(target->run, argv[i]);
	if (argc > 2)
		printf("%-16s %6lu inputs\n", target->name, count);
	return 0;
}
