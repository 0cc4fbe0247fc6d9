/* SPDX-License-Identifier: ISC */
/* evidence.c: the folder that is kept of a case that did not pass. See evidence.h. */
#include "harness/evidence.h"

#include "harness/files.h"
#include "harness/pcapng.h"
#include "harness/timeline.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The interfaces of a capture file. */
static const struct {
	const char *name, *description;
} interfaces[] = {
        {"guest", "frame channel between the VM and the backend"},
        {"wire", "uplink between the backend and the world"},
        {"host", "loopback of the backend's namespace"},
        {"second", "frame channel of a second VM"},
};

#define NO_INTERFACE UINT32_MAX

static uint32_t interface_of(enum tape_kind kind)
{
	switch (kind) {
	case TAPE_GUEST_OUT:
	case TAPE_GUEST_IN:
		return 0;
	case TAPE_WIRE_OUT:
	case TAPE_WIRE_IN:
		return 1;
	case TAPE_HOST:
		return 2;
	case TAPE_BESIDE_OUT:
	case TAPE_BESIDE_IN:
		return 3;
	case TAPE_EVENT:
	case TAPE_NOTE:
		break;
	}
	return NO_INTERFACE;
}

static void write_capture(const struct evidence *e, FILE *to)
{
	pcapng_write_header(to, "gauntlet");
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++)
		pcapng_write_interface(to, interfaces[i].name, interfaces[i].description);
	for (size_t i = 0; e->tape && i < e->tape->count; i++) {
		const struct tape_entry *entry = &e->tape->entries[i];
		uint32_t interface = interface_of(entry->kind);
		bool inbound = entry->kind == TAPE_GUEST_IN || entry->kind == TAPE_WIRE_IN ||
		               entry->kind == TAPE_BESIDE_IN;

		if (interface != NO_INTERFACE)
			pcapng_write_packet(to, interface, e->tape->start_unix_ns + entry->t_ns,
			                    !inbound, entry->data, entry->len, entry->comment);
	}
}

static void write_timeline(const struct evidence *e, FILE *to)
{
	const struct timeline_style style = {.columns = 0};

	for (size_t i = 0; e->tape && i < e->tape->count; i++)
		timeline_write(e->tape, i, &style, to);
}

static void write_events(const struct evidence *e, FILE *to)
{
	for (size_t i = 0; e->tape && i < e->tape->count; i++) {
		if (e->tape->entries[i].kind != TAPE_EVENT)
			continue;
		fwrite(e->tape->entries[i].data, 1, e->tape->entries[i].len, to);
		putc('\n', to);
	}
}

static void write_stderr(const struct evidence *e, FILE *to)
{
	fputs(e->backend_stderr ? e->backend_stderr : "", to);
}

static void write_programs(const struct evidence *e, FILE *to)
{
	fputs(e->programs ? e->programs : "", to);
}

/* One word for the shell, quoted unless nothing in it needs that. */
static void write_word(const char *text, FILE *to)
{
	static const char fine[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,:+@";

	if (*text && text[strspn(text, fine)] == '\0') {
		fputs(text, to);
		return;
	}
	putc('\'', to);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", to);
		else
			putc(*text, to);
	}
	putc('\'', to);
}

void evidence_write_arguments(const struct evidence *e, FILE *to)
{
	const struct {
		const char *option, *value;
	} options[] = {
	        {"--backend", e->backend},     {"--plane", e->plane}, {"--transport", e->transport},
	        {"--scenarios", e->scenarios}, {"--image", e->image},
	};
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!options[i].value)
			continue;
		fprintf(to, " %s ", options[i].option);
		write_word(options[i].value, to);
	}
	putc(' ', to);
	write_word(outcome_name(e->outcome, name), to);
}

static void write_repro(const struct evidence *e, FILE *to)
{
	fputs("#!/bin/sh\n# Runs this case again and tells what happens. Start it in the "
	      "repository's root,\n# or name that in GAUNTLET_ROOT.\n"
	      "cd \"${GAUNTLET_ROOT:-.}\" || exit 2\n"
	      "exec \"${GAUNTLET:-build/gauntlet}\" scenario",
	      to);
	evidence_write_arguments(e, to);
	putc('\n', to);
}

void evidence_command(const struct evidence *e, FILE *to)
{
	fputs("build/gauntlet scenario", to);
	evidence_write_arguments(e, to);
}

/* SUITE.CASE[.ROW]. Names are restricted by the grammar; whatever else ever came here must not
 * climb out of the folder. */
static void folder_name(const struct outcome *o, char *out)
{
	static const char fine[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	outcome_name(o, out);
	for (char *p = out; *p; p++) {
		if (*p == '/')
			*p = '.';
		else if (!strchr(fine, *p))
			*p = '_';
	}
	if (out[0] == '.')
		out[0] = '_';
}

/* An earlier run's log must not pass for this one's. */
static int remove_stale(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	fprintf(stderr, "gauntlet: cannot remove %s: %s\n", path, strerror(errno));
	return -1;
}

int evidence_write(const struct evidence *e, const char *dir)
{
	static const struct {
		const char *name;
		unsigned mode;
		void (*write)(const struct evidence *e, FILE *to);
	} parts[] = {
	        {"capture.pcapng", 0666, write_capture}, {"timeline.txt", 0666, write_timeline},
	        {"events.jsonl", 0666, write_events},    {"stderr.txt", 0666, write_stderr},
	        {"programs.txt", 0666, write_programs},  {"repro.sh", 0777, write_repro},
	};
	char name[OUTCOME_NAME_MAX], folder[PATH_MAX];
	struct new_file n;
	int status = 0;

	folder_name(e->outcome, name);
	if (snprintf(folder, sizeof(folder), "%s/failures/%s", dir, name) >= (int)sizeof(folder)) {
		fprintf(stderr, "gauntlet: %s: the name is too long\n", dir);
		return -1;
	}
	if (file_make_folder(folder))
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (file_begin(&n, folder, parts[i].name, parts[i].mode)) {
			status = -1;
			continue;
		}
		parts[i].write(e, n.f);
		status |= file_finish(&n);
	}
	const char *policy = e->row && e->row->start ? e->row->start->policy : e->suite->policy;

	status |= policy ? file_copy(policy, folder, "policy.json")
	                 : remove_stale(folder, "policy.json");
	status |= e->boot_log ? file_copy(e->boot_log, folder, "boot.log")
	                      : remove_stale(folder, "boot.log");
	return status;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int remove_folder(const char *dir, const char *below, const char *name)
{
	char folder[PATH_MAX];

	if (snprintf(folder, sizeof(folder), "%s/failures%s%s", dir, below, name) >=
	    (int)sizeof(folder)) {
		fprintf(stderr, "gauntlet: %s: the name is too long\n", dir);
		return -1;
	}
	/* Depth first, and never through a link or into another file system. */
	if (!nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) || errno == ENOENT)
		return 0;
	fprintf(stderr, "gauntlet: cannot remove the earlier %s: %s\n", folder, strerror(errno));
	return -1;
}

int evidence_clear(const char *dir)
{
	return remove_folder(dir, "", "");
}

int evidence_forget(const struct outcome *o, const char *dir)
{
	char name[OUTCOME_NAME_MAX];

	folder_name(o, name);
	return remove_folder(dir, "/", name);
}
