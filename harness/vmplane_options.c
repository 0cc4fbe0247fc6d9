/* SPDX-License-Identifier: ISC */
/* vmplane_options.c: what a guest is started with: its image, its set-up, what it is to send first. */
#include "harness/vmplane_part.h"

#include "harness/addr.h"
#include "harness/boot_setup.h"
#include "harness/files.h"
#include "harness/vm_snapshot.h"

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED "/seed/"

/* ---- image and log ---- */

bool vmplane_image(const struct run *r, const struct scn_boot *boot, char out[PATH_MAX])
{
	char above[PATH_MAX];
	bool usual = boot && !strcmp(boot->image, "debian");
	int n;

	if (!boot || !*boot->image)
		return snprintf(out, PATH_MAX, "%s", r->image) < PATH_MAX;
	if (snprintf(above, sizeof(above), "%s", r->image) >= PATH_MAX)
		return false;
	n = snprintf(out, PATH_MAX, "%s/vm%s%s", dirname(above), usual ? "" : "-",
	             usual ? "" : boot->image);
	return n < PATH_MAX;
}

/* DIR/boot/SUITE[.CASE].log; "" when none is wanted. */
void vmplane_name_log(const struct batch *b, const struct run *r, char *out, size_t size)
{
	const struct scn_boot *boot = batch_boot(b);
	char folder[PATH_MAX];

	*out = '\0';
	if (!r->out || snprintf(folder, sizeof(folder), "%s/boot", r->out) >= PATH_MAX ||
	    file_make_folder(folder))
		return;
	snprintf(out, size, "%s/%s%s%s.log", folder, b->suite->name, boot ? "." : "",
	         boot ? b->items[0].scn_case->name : "");
}

static int remove_old(const char *path)
{
	if (!unlink(path) || errno == ENOENT)
		return 0;
	fprintf(stderr, "gauntlet: cannot remove the earlier %s: %s\n", path, strerror(errno));
	return -1;
}

int vmplane_clear(const char *dir)
{
	char path[PATH_MAX];
	glob_t logs;
	int status = 0;

	if (snprintf(path, sizeof(path), "%s/boots.jsonl", dir) >= PATH_MAX)
		return -1;
	status = remove_old(path);
	snprintf(path, sizeof(path), "%s/boot/*.log", dir);
	if (glob(path, 0, NULL, &logs))
		return status;
	for (size_t i = 0; i < logs.gl_pathc; i++)
		status |= remove_old(logs.gl_pathv[i]);
	globfree(&logs);
	return status;
}

/* ---- set-up ---- */

/* The files of `setup`, as /seed of the guest. */
static bool make_setup(struct batch *b, const struct judge_item *it, struct vmplane_load *l,
                       char *why)
{
	const struct vmplane *p = vmplane_of(b);
	const struct program_dirs *dirs = batch_dirs(b);
	struct guest_config *g = malloc(sizeof(*g));
	char reason[GUEST_WHY_MAX] = "no memory, or no folder for files", target[ADDR_TEXT];
	bool ok = false;

	addr_ip4(it->scn_case->target, target);
	if (g && dirs) {
		const struct boot_setup s = {.options = p->boot->setup,
		                             .policy = b->suite->policy,
		                             .dir = b->suite->dir,
		                             .without = p->run->guest_without,
		                             .target = target,
		                             .nonce = it->vars.nonce,
		                             .lab = dirs->lab,
		                             .tmp = dirs->tmp};

		ok = boot_setup_parse(g, &s, reason) && guest_config_make(g, &l->made, reason);
		guest_config_wipe(g);
	}
	free(g);
	if (!ok)
		snprintf(why, 256, "setup: %.240s", reason);
	for (size_t i = 0; ok && i < l->made.count; i++) {
		const struct guest_file *f = &l->made.file[i];

		snprintf(l->path[i], sizeof(l->path[i]), SEED "%s", f->name);
		l->files[i] = (struct cpio_file){
		        .path = l->path[i], .mode = f->mode, .data = f->data, .len = f->len};
	}
	return ok;
}

/* ---- the whole ---- */

static bool starts_again(const struct scn_case *c)
{
	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == STEP_GUEST_REBOOT)
			return true;
	return false;
}

bool vmplane_load(struct batch *b, const struct judge_item *it, struct vmplane_load *l, char *why)
{
	const struct vmplane *p = vmplane_of(b);
	const struct scn_boot *boot = p->boot;
	size_t len = 0;

	memset(l, 0, sizeof(*l));
	if (!vmplane_image(p->run, boot, l->image)) {
		snprintf(why, 256, "the image's path is too long");
		return false;
	}
	l->options = (struct vm_options){.image = l->image,
	                                 .accel = p->run->accel,
	                                 .frame_fd = p->frame_fd,
	                                 .dhcp = true,
	                                 .log = *p->log ? p->log : NULL};
	if (!boot)
		return true;
	l->options.append = boot->append;
	l->options.without = boot->without;
	l->options.reboot = starts_again(it->scn_case);
	l->options.dhcp = l->options.setup = boot->setup;
	l->options.dhcp = !boot->setup;
	if (boot->setup && !make_setup(b, it, l, why))
		return false;
	l->options.files = l->files;
	l->options.file_count = l->made.count;
	if (!boot->attacked)
		return true;
	l->attack = batch_boot_attack(b, &len, why);
	l->options.attack = rd_of(l->attack, len);
	return l->attack;
}

void vmplane_unload(struct vmplane_load *l)
{
	guest_files_free(&l->made);
	free(l->attack);
	l->attack = NULL;
}
