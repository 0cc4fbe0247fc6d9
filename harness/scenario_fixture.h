/* SPDX-License-Identifier: ISC */
/* scenario_fixture.h: for tests only. A folder with a policy and flags, and scenarios in it. */
#ifndef HARNESS_SCENARIO_FIXTURE_H
#define HARNESS_SCENARIO_FIXTURE_H

#include "harness/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	char path[80]; /* DIR/t.scn, the name of texts that are parsed; need not exist */
	struct diag diag;
};

#define FIXTURE_POLICY                                                                             \
	"{\"version\": 1, \"mode\": \"filtered\",\n"                                               \
	" \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\",\n"                \
	"         \"gateway\": \"192.168.100.1\"},\n"                                              \
	" \"allow\": [{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\",\n"      \
	"            \"port\": 51900}],\n"                                                         \
	" \"icmp_echo\": \"gateway\",\n"                                                           \
	" \"benign\": [\"arp\", \"dhcp\", \"igmp\", \"mdns\", \"nd\"]}\n"

#define FIXTURE_FLAGS "# flags\nBASIC  plain\n\nEXFIL  out\nSCAN\n"

/* Four lines, two lines, three lines. */
#define FIXTURE_HEAD "suite t\npolicy one.json\n# a comment\nsentinel udp $VM:40000 > $CONSUMER\n"
#define FIXTURE_CASE "case c req EGR-001\n  guest udp $CONSUMER > $VM:40001\n"
#define FIXTURE_ATTACK                                                                             \
	"attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"                          \
	"| r | udp $VM:4000 > $T:53 | drop | not allowed | SCAN |\n"

/* Something of everything. */
#define FIXTURE_EXAMPLE                                                                            \
	"# what the example is for\n"                                                              \
	"suite    t\n"                                                                             \
	"policy   one.json\n"                                                                      \
	"planes   wire vm\n"                                                                       \
	"needs    allow.udp4 nat.udp4\n"                                                           \
	"sentinel udp $VM:40000 > $CONSUMER # proves that the way is open\n"                       \
	"\n"                                                                                       \
	"case reply-returns-to-the-asker    req NAT-001 UDP-004\n"                                 \
	"  inject udp $VM:40001 > $CONSUMER payload \"one-$NONCE\"\n"                              \
	"  wire   udp $PROVIDER:* > $CONSUMER payload \"one-$NONCE\" count 1 within 500ms\n"       \
	"  world  udp $CONSUMER > $NAT payload \"two-$NONCE\"\n"                                   \
	"  guest  udp $CONSUMER > $VM:40001 payload \"two-$NONCE\"\n"                              \
	"\tnone   guest udp $CONSUMER > $VM:40002 # nobody else\n"                                 \
	"\n"                                                                                       \
	"case programs                      req GUEST-002 planes vm\n"                             \
	"  run \"ping -c1 \\\"$GW\\\" | cat\" exit 7 output \"1 packet\"\n"                        \
	"  run \"true\"\n"                                                                         \
	"\n"                                                                                       \
	"attack arch                        req MODE-001\n"                                        \
	"| recipe | id | why | verdict | flags | req |\n"                                          \
	"|--------|:--:|-----|---------|-------|-----|\n"                                          \
	"| udp $VM:4000 > 203.0.113.50:53 payload \"a|b\" | other-port | the port counts, not "    \
	"only the \"address\" \\| host | drop | BASIC EXFIL | UDP-001 |\n"                         \
	"# between the rows\n"                                                                     \
	"| udp $VM:4000 > $CONSUMER | allowed | it is in the list | pass | BASIC | |\n"            \
	"| arp who-has $GW tell $VM | gateway | answered by the backend | answer | BASIC | | # "   \
	"x\n"                                                                                      \
	"| run \"nc $T\" sends udp $VM:* > $T:* | program | not allowed | drop | SCAN | |\n"

static inline void fixture_write(const struct fixture *f, const char *name, const char *text)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	/* One folder deeper, because flags are looked for one folder up as well. */
	strcpy(f->dir, "/tmp/gauntlet-scn-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	strcat(f->dir, "/s");
	if (mkdir(f->dir, 0700))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/t.scn", f->dir);
	fixture_write(f, "one.json", FIXTURE_POLICY);
	fixture_write(f, "broken.json", "{\"version\": 1, ");
	fixture_write(f, "list.json", "[]");
	fixture_write(f, "flags.txt", FIXTURE_FLAGS);
	return 0;
}

static inline int fixture_teardown(void **state)
{
	static const char *const names[] = {"one.json",   "broken.json", "flags.txt",
	                                    "t.scn",      "a.scn",       "b.scn",
	                                    "other.json", "list.json",   "guest.key"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[300];

		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	rmdir(f->dir);
	*strrchr(f->dir, '/') = '\0';
	rmdir(f->dir);
	free(f);
	return 0;
}

static inline struct suite *fixture_parse_bytes(struct fixture *f, const char *text, size_t len)
{
	return scenario_parse(f->path, text, len, &f->diag);
}

static inline struct suite *fixture_parse(struct fixture *f, const char *text)
{
	return fixture_parse_bytes(f, text, strlen(text));
}

/* The file that was parsed last has this error. */
static inline void fixture_expect(const struct fixture *f, unsigned line, unsigned column,
                                  const char *text)
{
	for (size_t i = 0; i < f->diag.count && i < DIAG_ERROR_MAX; i++) {
		const struct diag_error *e = &f->diag.errors[i];

		if (e->line == line && e->column == column && strstr(e->text, text))
			return;
	}
	fprintf(stderr, "expected %u:%u: %s\n", line, column, text);
	diag_print(&f->diag, stderr);
	fail();
}

/* The text has this error and no other. */
static inline void fixture_expect_one(struct fixture *f, const char *text, unsigned line,
                                      unsigned column, const char *error)
{
	assert_null(fixture_parse(f, text));
	fixture_expect(f, line, column, error);
	if (f->diag.count != 1)
		diag_print(&f->diag, stderr);
	assert_int_equal(f->diag.count, 1);
}

#endif
