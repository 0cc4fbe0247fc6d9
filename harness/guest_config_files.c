/* SPDX-License-Identifier: ISC */
/* guest_config_files.c: the files of a guest's set-up, in memory. */
#include "harness/guest_config_part.h"

#include "harness/addr.h"
#include "harness/files.h"
#include "harness/guest_assets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* fclose() of the stream completes data and len. */
FILE *guest_file_begin(struct guest_files *files, const char *name, unsigned mode)
{
	struct guest_file *f = &files->file[files->count];

	if (files->count == GUEST_FILES_MAX)
		return NULL;
	*f = (struct guest_file){.mode = mode};
	snprintf(f->name, sizeof(f->name), "%s", name);
	return open_memstream(&f->data, &f->len);
}

bool guest_file_end(struct guest_files *files, FILE *to)
{
	bool ok = to && !ferror(to);

	if (to && fclose(to))
		ok = false;
	if (ok)
		files->count++;
	else if (to)
		free(files->file[files->count].data);
	return ok;
}

static bool add_asset(struct guest_files *files, const char *name, unsigned mode,
                      const struct guest_asset *asset)
{
	FILE *to = guest_file_begin(files, name, mode);

	if (to)
		fwrite(asset->text, 1, asset->len, to);
	return guest_file_end(files, to);
}

/* One shell variable, quoted so that the shell takes every byte as it is. */
static void write_variable(FILE *to, const char *name, const char *value)
{
	fprintf(to, "%s='", name);
	for (; *value; value++)
		if (*value == '\'')
			fputs("'\\''", to);
		else
			fputc(*value, to);
	fputs("'\n", to);
}

static void write_number(FILE *to, const char *name, unsigned value)
{
	fprintf(to, "%s=%u\n", name, value);
}

static void write_address(FILE *to, const char *name, uint32_t ip)
{
	char text[ADDR_TEXT];

	write_variable(to, name, addr_ip4(ip, text));
}

static void write_rule(FILE *to, const char *name, const struct guest_config *g, enum guest_rule r)
{
	write_variable(to, name, g->without[r] ? "no" : "yes");
}

static void write_packages(const struct guest_config *g, FILE *to)
{
	static const char *const ways[] = {"prebuilt", "offline", "online"};

	write_variable(to, "PACKAGES", ways[g->packages]);
	fprintf(to, "PACKAGE_LIST='");
	for (size_t i = 0; i < g->package_count; i++) {
		const struct guest_package *p = &g->package[i];

		if (g->packages == GUEST_ONLINE)
			fprintf(to, "%s%s|%s|%s", i ? " " : "", p->from, p->name, p->sha256);
		else
			fprintf(to, "%s%s", i ? " " : "", p->name);
	}
	fprintf(to, "'\n");
}

static void write_conf(const struct guest_config *g, FILE *to)
{
	char text[ADDR_TEXT];

	fprintf(to,
	        "# What setup.sh and watchdog.sh are to do. Made by `gauntlet guest-config`.\n");
	write_variable(to, "INTERFACE", g->interface);
	write_address(to, "ADDRESS", g->vm_ip);
	write_address(to, "GATEWAY", g->gateway);
	write_address(to, "ENDPOINT", g->endpoint_ip);
	write_variable(to, "TUNNEL", "wg0");
	fprintf(to, "TUNNEL_ADDRESS='%s/%u'\n", addr_ip4(g->address, text), g->address_bits);
	write_number(to, "TUNNEL_MTU", g->mtu);
	fprintf(to, "TUNNEL_ROUTES='");
	for (size_t i = 0; i < g->allowed_count; i++)
		fprintf(to, "%s%s/%u", i ? " " : "", addr_ip4(g->allowed[i].ip, text),
		        g->allowed[i].bits);
	fprintf(to, "'\n");
	write_packages(g, to);
	write_number(to, "CHAINS", guest_count_chains(g));
	write_rule(to, "VERIFY", g, GUEST_VERIFY);
	write_rule(to, "IPV6_OFF", g, GUEST_IPV6_OFF);
	write_variable(to, "ROUTES", g->without[GUEST_ROUTES] ? "wide" : "narrow");
	write_number(to, "HANDSHAKE", g->without[GUEST_HANDSHAKE] ? 0 : g->handshake_s);
	write_number(to, "WATCHDOG", g->watchdog_s);
	write_number(to, "SILENCE", g->silence_s);
	write_variable(to, "REPAIR", g->repair ? "yes" : "no");
	write_rule(to, "WATCH_RULES", g, GUEST_WATCH_RULES);
	write_rule(to, "WATCH_PEER", g, GUEST_WATCH_PEER);
	write_variable(to, "MARKER", g->marker);
	write_variable(to, "WORKLOAD", g->workload);
	/* The last line: a file that was cut off is not taken for a whole one. */
	fprintf(to, "COMPLETE=yes\n");
}

/* What `wg setconf` reads. The keepalive starts the first handshake, and keeps one young enough for
 * the watchdog. */
static void write_tunnel(const struct guest_config *g, FILE *to)
{
	char text[ADDR_TEXT];

	fprintf(to, "[Interface]\nPrivateKey = %s\nListenPort = %u\n\n[Peer]\nPublicKey = %s\n",
	        g->private_key, g->listen_port, g->peer_key);
	fprintf(to, "Endpoint = %s\nAllowedIPs = ",
	        addr_ip4_port(g->endpoint_ip, g->endpoint_port, text));
	for (size_t i = 0; i < g->allowed_count; i++)
		fprintf(to, "%s%s/%u", i ? ", " : "", addr_ip4(g->allowed[i].ip, text),
		        g->allowed[i].bits);
	fprintf(to, "\nPersistentKeepalive = 15\n# end\n");
}

static bool add_written(const struct guest_config *g, struct guest_files *files, const char *name,
                        void (*fn)(const struct guest_config *g, FILE *to))
{
	FILE *to = guest_file_begin(files, name, 0600);

	if (to)
		fn(g, to);
	return guest_file_end(files, to);
}

static bool add_packages(const struct guest_config *g, struct guest_files *files, char *why)
{
	for (size_t i = 0; g->packages == GUEST_OFFLINE && i < g->package_count; i++) {
		struct guest_file *f = &files->file[files->count];

		*f = (struct guest_file){.mode = 0644};
		snprintf(f->name, sizeof(f->name), "packages/%s", g->package[i].name);
		f->data = file_text(g->package[i].from, GUEST_PACKAGE_MAX, &f->len);
		if (!f->data) {
			guest_bad(why, "--package %s: %s%s", g->package[i].from, strerror(errno),
			          errno == EFBIG ? " (at most 64 MiB)" : "");
			return false;
		}
		files->count++;
	}
	return true;
}

bool guest_config_make(const struct guest_config *g, struct guest_files *files,
                       char why[GUEST_WHY_MAX])
{
	files->count = 0;
	guest_bad(why, "out of memory");
	if (add_asset(files, "setup.sh", 0700, &guest_setup) &&
	    add_asset(files, "watchdog.sh", 0700, &guest_watchdog) &&
	    add_written(g, files, "guest.conf", write_conf) &&
	    add_written(g, files, "rules.nft", guest_write_rules) &&
	    add_written(g, files, "wg0.conf", write_tunnel) &&
	    add_asset(files, "gauntlet-guest.service", 0644, &guest_service) &&
	    add_asset(files, "gauntlet-guest.openrc", 0755, &guest_openrc) &&
	    guest_add_seed(files) && add_packages(g, files, why)) {
		why[0] = '\0';
		return true;
	}
	guest_files_free(files);
	return false;
}

void guest_files_free(struct guest_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		explicit_bzero(files->file[i].data, files->file[i].len);
		free(files->file[i].data);
	}
	files->count = 0;
}

const struct guest_file *guest_files_find(const struct guest_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->file[i].name, name))
			return &files->file[i];
	return NULL;
}
