/* SPDX-License-Identifier: ISC */
/* guest_config_seed.c: the seed for cloud-init's NoCloud.
 *
 * cloud-init is told to leave the network alone: its bootcmd runs after networking when nothing
 * else is said (measured with 22.4), and then a firewall comes too late. With no network at all
 * until setup.sh raises the card itself, the moment when user-data is looked at does not matter.
 */
#include "harness/guest_config_part.h"

#include <inttypes.h>
#include <string.h>

/* A file as a literal block: every line as it is, behind six blanks. What is embedded ends with one newline,
 * begins with no blank and holds no other control characters, so the block gives the same bytes. */
static void write_block(FILE *to, const struct guest_file *f)
{
	bool start = true;

	fprintf(to,
	        "- path: " GUEST_HOME
	        "/%s\n  owner: root:root\n  permissions: '%04o'\n  content: |\n",
	        f->name, f->mode);
	for (size_t i = 0; i < f->len; i++) {
		if (start && f->data[i] != '\n')
			fputs("      ", to);
		fputc(f->data[i], to);
		start = f->data[i] == '\n';
	}
}

static bool add_user_data(struct guest_files *files)
{
	size_t count = files->count;
	FILE *to = guest_file_begin(files, "user-data", 0600);

	if (!to)
		return false;
	fprintf(to, "#cloud-config\n"
	            "# Locks the guest down. Made by `gauntlet guest-config`.\n"
	            "write_files:\n");
	for (size_t i = 0; i < count; i++)
		write_block(to, &files->file[i]);
	fprintf(to, "runcmd:\n- [sh, " GUEST_HOME "/setup.sh, --at-boot]\n");
	return guest_file_end(files, to);
}

/* FNV-1a. cloud-init takes a seed with another instance-id for a new machine; the key is left out,
 * as meta-data is public. */
static uint64_t fingerprint(const struct guest_files *files)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->file[i].name, "wg0.conf") != 0 &&
		    strcmp(files->file[i].name, "user-data") != 0)
			for (size_t j = 0; j < files->file[i].len; j++)
				sum = (sum ^ (unsigned char)files->file[i].data[j]) *
				      0x100000001b3u;
	return sum;
}

static bool add_text(struct guest_files *files, const char *name, const char *text)
{
	FILE *to = guest_file_begin(files, name, 0644);

	if (to)
		fputs(text, to);
	return guest_file_end(files, to);
}

bool guest_add_seed(struct guest_files *files)
{
	char meta[128];

	snprintf(meta, sizeof(meta),
	         "instance-id: gauntlet-guest-%016" PRIx64 "\nlocal-hostname: sandbox\n",
	         fingerprint(files));
	return add_user_data(files) && add_text(files, "meta-data", meta) &&
	       add_text(files, "network-config",
	                "# setup.sh raises the network itself, behind its firewall.\n"
	                "config: disabled\n");
}
