/* SPDX-License-Identifier: ISC */
/* guest_config_test.c: what `gauntlet guest-config` makes of its options, and what it refuses. Whether the files do
 * their work is tried in a guest: scenarios/guest-*.scn. */
#include "harness/guest_config.h"

#include "bytes/guard.h"
#include "harness/guest_assets.h"
#include "harness/scratch.h"

#include <ctype.h>
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#define KEY  "gauntlet/test/key/guest/not/a/secret/000000="
#define PEER "+PnUHp8px1fzAjG0q+I6nivUkIAA7+Fm9NGH6eiUznU="

static const char policy[] =
        "{\"version\": 1, \"mode\": \"filtered\", \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": "
        "\"192.168.100.2/24\", \"gateway\": \"192.168.100.1\"}, \"allow\": [{\"id\": \"tunnel\", "
        "\"proto\": \"udp\", \"ip\": \"203.0.113.60\", \"port\": 51820}, {\"id\": \"web\", "
        "\"proto\": \"tcp\", \"ip\": \"203.0.113.50\", \"port\": 443}]%s}";

struct fixture {
	struct scratch dir;
	struct guest_config g;
	struct guest_files files;
	char why[GUEST_WHY_MAX];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char text[2048];

	scratch_make(&f->dir);
	snprintf(text, sizeof(text), policy, "");
	scratch_write(&f->dir, "policy.json", text);
	snprintf(text, sizeof(text), policy, ", \"mtu\": 600");
	scratch_write(&f->dir, "small.json", text);
	scratch_write(&f->dir, "guest.key", KEY "\n");
	scratch_write(&f->dir, "nearly.key", "gauntlet/test/key/guest/not/a/secret/00000=\n");
	scratch_write(&f->dir, "tools.tar.gz", "a package");
	scratch_write(&f->dir, "tools.exe", "no package");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	guest_files_free(&f->files);
	scratch_remove(&f->dir);
	free(f);
	return 0;
}

/* The options that are always needed, and `more` behind them, up to a NULL. */
static int parse_list(struct fixture *f, const char *const *more)
{
	char *argv[64] = {"guest-config", "--policy",   "policy.json", "--endpoint",
	                  "tunnel",       "--peer-key", PEER,          "--private-key-file",
	                  "guest.key",    "--address",  "10.99.0.2/24"};
	int argc = 11;

	for (; *more; more++)
		argv[argc++] = strdup(*more);
	int code = guest_config_parse(&f->g, argc, argv, f->dir.dir, f->why);
	for (int i = 11; i < argc; i++)
		free(argv[i]);
	return code;
}

#define parse(f, ...) parse_list(f, (const char *const[]){__VA_ARGS__, NULL})

static void make(struct fixture *f)
{
	guest_files_free(&f->files);
	if (!guest_config_make(&f->g, &f->files, f->why))
		fail_msg("%s", f->why);
}

static const char *text_of(struct fixture *f, const char *name)
{
	const struct guest_file *file = guest_files_find(&f->files, name);

	if (!file)
		fail_msg("there is no %s", name);
	return file->data;
}

static void the_files_are_there_with_their_modes(void **state)
{
	static const struct {
		const char *name;
		unsigned mode;
	} wanted[] = {{"setup.sh", 0700},
	              {"watchdog.sh", 0700},
	              {"guest.conf", 0600},
	              {"rules.nft", 0600},
	              {"wg0.conf", 0600},
	              {"gauntlet-guest.service", 0644},
	              {"gauntlet-guest.openrc", 0755},
	              {"user-data", 0600},
	              {"meta-data", 0644},
	              {"network-config", 0644}};
	struct fixture *f = *state;

	assert_int_equal(parse(f, NULL), 0);
	make(f);
	assert_int_equal(f->files.count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < f->files.count; i++) {
		assert_string_equal(f->files.file[i].name, wanted[i].name);
		assert_int_equal(f->files.file[i].mode, wanted[i].mode);
	}
}

static void the_same_options_make_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct guest_files first;

	assert_int_equal(parse(f, "--workload", "true"), 0);
	make(f);
	first = f->files;
	f->files.count = 0;
	make(f);
	for (size_t i = 0; i < first.count; i++) {
		assert_int_equal(first.file[i].len, f->files.file[i].len);
		assert_memory_equal(first.file[i].data, f->files.file[i].data, first.file[i].len);
	}
	guest_files_free(&first);
}

static void the_key_is_in_two_files_that_only_root_reads(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, NULL), 0);
	make(f);
	for (size_t i = 0; i < f->files.count; i++) {
		const struct guest_file *file = &f->files.file[i];

		if (!strcmp(file->name, "wg0.conf") || !strcmp(file->name, "user-data")) {
			assert_non_null(strstr(file->data, KEY));
			assert_int_equal(file->mode, 0600);
		} else {
			assert_null(strstr(file->data, KEY));
		}
	}
	guest_config_wipe(&f->g);
	assert_string_equal(f->g.private_key, "");
}

static void what_looks_nearly_like_a_key_is_not_repeated(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "--private-key-file", "nearly.key"), 2);
	assert_non_null(strstr(f->why, "nearly.key"));
	assert_non_null(strstr(f->why, "wg genkey"));
	assert_null(strstr(f->why, "secret"));
}

/* A file of the user-data with the six blanks of its block taken off again. */
static void unblock(const char *yaml, const char *name, char *out, size_t size)
{
	char path[128];
	const char *p;
	size_t len = 0;

	snprintf(path, sizeof(path), "/%s\n", name);
	p = strstr(yaml, path);
	assert_non_null(p);
	p = strstr(p, "content: |\n");
	assert_non_null(p);
	for (p += strlen("content: |\n"); *p == '\n' || !strncmp(p, "      ", 6);) {
		size_t n = strcspn(p, "\n") + 1;
		size_t skip = *p == '\n' ? 0 : 6;

		assert_true(len + n < size);
		memcpy(out + len, p + skip, n - skip);
		len += n - skip;
		p += n;
	}
	out[len] = '\0';
}

static void user_data_holds_the_same_files(void **state)
{
	static const char *const names[] = {"setup.sh",
	                                    "watchdog.sh",
	                                    "guest.conf",
	                                    "rules.nft",
	                                    "wg0.conf",
	                                    "gauntlet-guest.service",
	                                    "gauntlet-guest.openrc"};
	struct fixture *f = *state;
	char *text = malloc(65536);

	assert_int_equal(parse(f, "--workload", "echo 'a: b' # c"), 0);
	make(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unblock(text_of(f, "user-data"), names[i], text, 65536);
		assert_string_equal(text, text_of(f, names[i]));
	}
	free(text);
}

/* What a literal block of YAML can carry unchanged: see guest_config_seed.c. */
static void the_scripts_fit_into_a_literal_block(void **state)
{
	const struct guest_asset *const all[] = {&guest_setup, &guest_watchdog, &guest_service,
	                                         &guest_openrc};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_false(isspace((unsigned char)all[i]->text[0]));
		assert_int_equal(all[i]->text[all[i]->len - 1], '\n');
		assert_int_not_equal(all[i]->text[all[i]->len - 2], '\n');
		for (size_t j = 0; j < all[i]->len; j++)
			if (!strchr("\n\t", all[i]->text[j]))
				assert_in_range(all[i]->text[j], ' ', '~');
	}
}

/* The holes of the scripts that this one takes the place of. */
static void the_rules_have_none_of_the_known_holes(void **state)
{
	struct fixture *f = *state;
	const char *rules;

	assert_int_equal(parse(f, NULL), 0);
	make(f);
	rules = text_of(f, "rules.nft");
	assert_null(strstr(rules, "established"));
	assert_null(strstr(rules, "ct state"));
	assert_null(strstr(rules, "policy accept"));
	assert_null(strstr(rules, "\"eth0\" accept"));
	assert_null(strstr(rules, "port 67"));
	assert_non_null(strstr(rules, "table inet ")); /* IPv4 and IPv6 */
	assert_non_null(strstr(rules, "hook egress device \"eth0\""));
	assert_non_null(strstr(rules,
	                       "oifname \"eth0\" ip saddr 192.168.100.2 ip daddr 203.0.113.60 "
	                       "meta l4proto udp th sport 51820 th dport 51820 accept"));
	assert_non_null(strstr(rules,
	                       "iifname \"eth0\" ip daddr 192.168.100.2 ip saddr 203.0.113.60 "
	                       "meta l4proto udp th dport 51820 th sport 51820 accept"));
}

static void every_rule_has_a_name_and_is_missed_when_it_is_left_out(void **state)
{
	struct fixture *f = *state;
	char *rules, *conf;

	assert_int_equal(parse(f, NULL), 0);
	make(f);
	rules = strdup(text_of(f, "rules.nft"));
	conf = strdup(text_of(f, "guest.conf"));
	for (unsigned i = 0; i < GUEST_RULES; i++) {
		assert_int_equal(parse(f, "--without", guest_rule_name((enum guest_rule)i)), 0);
		make(f);
		if (!strcmp(rules, text_of(f, "rules.nft")) &&
		    !strcmp(conf, text_of(f, "guest.conf")))
			fail_msg("nothing is different without %s",
			         guest_rule_name((enum guest_rule)i));
		assert_true(strlen(guest_rule_help((enum guest_rule)i)) > 0);
	}
	free(rules);
	free(conf);
}

static void a_workload_reaches_the_shell_as_it_was_given(void **state)
{
	static const char workload[] = "echo \"it's\" $HOME `id` \\ ; # '' \"";
	struct fixture *f = *state;
	char command[PATH_MAX + 100], got[200] = "";
	FILE *shell;

	assert_int_equal(parse(f, "--workload", workload), 0);
	make(f);
	scratch_write(&f->dir, "guest.conf", text_of(f, "guest.conf"));
	snprintf(command, sizeof(command), ". %s; printf %%s \"$WORKLOAD\"",
	         scratch_path(&f->dir, "guest.conf"));
	shell = popen(command, "r");
	assert_non_null(shell);
	assert_non_null(fgets(got, sizeof(got), shell));
	assert_int_equal(pclose(shell), 0);
	assert_string_equal(got, workload);
}

static void the_tunnel_fits_the_mtu_of_the_policy(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, NULL), 0);
	assert_int_equal(f->g.mtu, 1420);
	assert_int_equal(parse(f, "--policy", "small.json"), 2);
	assert_non_null(strstr(f->why, "at least 656"));
}

static void packages_come_with_the_seed_or_from_one_address(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "--packages", "offline", "--package", "tools.tar.gz"), 0);
	make(f);
	assert_string_equal(text_of(f, "packages/tools.tar.gz"), "a package");
	assert_null(strstr(text_of(f, "user-data"), "a package"));
	assert_non_null(strstr(text_of(f, "guest.conf"), "PACKAGE_LIST='tools.tar.gz'"));
	assert_int_equal(parse(f, "--packages", "online", "--package",
	                       "http://203.0.113.80:8080/a/tools.tar.gz#sha256="
	                       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
	                 0);
	make(f);
	assert_non_null(
	        strstr(text_of(f, "guest.conf"),
	               "PACKAGE_LIST='http://203.0.113.80:8080/a/tools.tar.gz|tools.tar.gz|"
	               "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'"));
}

static void a_package_that_cannot_be_read_is_named(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse(f, "--packages", "offline", "--package", "missing.deb"), 0);
	assert_false(guest_config_make(&f->g, &f->files, f->why));
	assert_int_equal(f->files.count, 0);
	assert_non_null(strstr(f->why, "missing.deb: No such file"));
}

static void bad_input_is_named_with_a_remedy(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} bad[] = {
	        {"--policy", "none.json", "none.json"},
	        {"--policy", "guest.key", "guest.key: 1:"},
	        {"--endpoint", "other", "policy.json allows nothing with this id"},
	        {"--endpoint", "web", "a WireGuard peer is a UDP endpoint"},
	        {"--private-key-file", "none.key", "none.key: No such file"},
	        {"--peer-key", "short=", "wg pubkey"},
	        {"--peer-key", "gauntlet/test/key/guest/not/a/secret/000001=", "wg pubkey"},
	        {"--address", "10.99.0.2", "as in 10.99.0.2/24"},
	        {"--address", "10.99.0.2/33", "as in 10.99.0.2/24"},
	        {"--address", "fd00::2/64", "give IPv4"},
	        {"--address", "192.168.100.7/24", "a net of its own"},
	        {"--allowed-ips", "10.99.0.0/x", "--allowed-ips"},
	        {"--allowed-ips", "203.0.113.60/32", "the peer's own address"},
	        {"--listen-port", "0", "from 1 to 65535"},
	        {"--listen-port", "65536", "from 1 to 65535"},
	        {"--interface", "eth0; reboot", "/sys/class/net"},
	        {"--interface", "lo", "/sys/class/net"},
	        {"--interface", "a-name-of-16-let", "/sys/class/net"},
	        {"--packages", "sometimes", "prebuilt, offline, online"},
	        {"--packages", "offline", "needs a --package"},
	        {"--package", "tools.tar.gz", "needs --packages"},
	        {"--handshake", "-1", "from 0 to 86400"},
	        {"--watchdog", "1.5", "from 0 to 86400"},
	        {"--silence", "0", "from 1 to 86400"},
	        {"--on-change", "explode", "off, repair"},
	        {"--marker", "", "--marker"},
	        {"--marker", "two\nlines", "one line"},
	        {"--workload", "caf\xc3\xa9", "one line of ASCII"},
	        {"--without", "outputt", "did you mean 'output'"},
	        {"--nonsense", "1", "--nonsense"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int code = parse(f, bad[i].option, bad[i].value);

		if (code != 2 || !strstr(f->why, bad[i].says) || strchr(f->why, '\n'))
			fail_msg("%s '%s': %d, %s", bad[i].option, bad[i].value, code, f->why);
	}
}

static void a_bad_package_is_named_with_a_remedy(void **state)
{
	static const struct {
		const char *how, *package, *says;
	} bad[] = {
	        {"offline", "tools.exe", "ends in .deb"},
	        {"offline", "a b.deb", "letters, digits"},
	        {"online", "tools.tar.gz", "http://ADDRESS/PATH"},
	        {"online", "https://203.0.113.80/a.deb", "http://ADDRESS/PATH"},
	        {"online", "http://mirror.test/a.deb", "no name"},
	        {"online", "http://203.0.113.80", "http://ADDRESS[:PORT]/PATH"},
	        {"online", "http://203.0.113.80/a'b.deb", "http://ADDRESS[:PORT]/PATH"},
	        {"online", "http://203.0.113.80/a.deb", "#sha256="},
	        {"online", "http://203.0.113.80/a.deb#sha256=12", "64"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int code = parse(f, "--packages", bad[i].how, "--package", bad[i].package);

		if (code != 2 || !strstr(f->why, bad[i].says))
			fail_msg("%s: %d, %s", bad[i].package, code, f->why);
	}
	assert_int_equal(parse(f, "--packages", "offline", "--package", "tools.tar.gz", "--package",
	                       "tools.tar.gz"),
	                 2);
	assert_non_null(strstr(f->why, "two of them"));
}

static void options_may_stand_in_a_file(void **state)
{
	struct fixture *f = *state;

	scratch_write(&f->dir, "more", "# a comment\n--marker FROM-FILE\n\n --watchdog\t7 # no\n");
	assert_int_equal(parse(f, "@more"), 2);
	assert_string_equal(f->why, "unexpected '#'");
	scratch_write(&f->dir, "more", "# a comment\n--marker FROM-FILE\n\n --watchdog\t7\n");
	assert_int_equal(parse(f, "@more", "--silence", "9"), 0);
	assert_string_equal(f->g.marker, "FROM-FILE");
	assert_int_equal(f->g.watchdog_s, 7);
	assert_int_equal(f->g.silence_s, 9);
	assert_int_equal(parse(f, "@none"), 2);
	assert_string_equal(f->why, "@none: No such file or directory");
}

static void each_option_that_is_needed_is_asked_for(void **state)
{
	static char *const needed[] = {"--policy",           "policy.json", "--endpoint", "tunnel",
	                               "--private-key-file", "guest.key",   "--peer-key", PEER,
	                               "--address",          "10.99.0.2/24"};
	struct fixture *f = *state;

	for (size_t leave = 0; leave < 10; leave += 2) {
		char *argv[16] = {"guest-config"};
		int argc = 1;

		for (size_t i = 0; i < 10; i++)
			if (i / 2 != leave / 2)
				argv[argc++] = needed[i];
		assert_int_equal(guest_config_parse(&f->g, argc, argv, f->dir.dir, f->why), 2);
		assert_non_null(strstr(f->why, needed[leave]));
		assert_non_null(strstr(f->why, " is missing: "));
	}
}

static void a_caller_in_the_middle_of_its_options_is_not_disturbed(void **state)
{
	struct fixture *f = *state;

	optind = 7;
	assert_int_equal(parse(f, NULL), 0);
	assert_int_equal(optind, 7);
	optind = 1;
}

static void files_are_written_with_their_modes_and_replaced(void **state)
{
	struct fixture *f = *state;
	char dir[PATH_MAX];
	struct stat st;
	char *text;

	assert_int_equal(parse(f, "--packages", "offline", "--package", "tools.tar.gz"), 0);
	make(f);
	snprintf(dir, sizeof(dir), "%s", scratch_path(&f->dir, "out"));
	for (int twice = 0; twice < 2; twice++)
		assert_true(guest_config_write(&f->files, dir, f->why));
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(scratch_path(&f->dir, "out/wg0.conf"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	text = scratch_read(&f->dir, "out/packages/tools.tar.gz");
	assert_string_equal(text, "a package");
	free(text);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
	struct fixture *f = *state;
	char dir[PATH_MAX];
	int saved;
	bool ok;

	assert_int_equal(parse(f, NULL), 0);
	make(f);
	snprintf(dir, sizeof(dir), "%s", scratch_path(&f->dir, "guest.key/out"));
	saved = scratch_capture(&f->dir, 2, "said");
	ok = guest_config_write(&f->files, dir, f->why);
	scratch_release(2, saved);
	assert_false(ok);
	assert_non_null(strstr(f->why, "guest.key/out"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        T(the_files_are_there_with_their_modes),
	        T(the_same_options_make_the_same_bytes),
	        T(the_key_is_in_two_files_that_only_root_reads),
	        T(what_looks_nearly_like_a_key_is_not_repeated),
	        T(user_data_holds_the_same_files),
	        T(the_scripts_fit_into_a_literal_block),
	        T(the_rules_have_none_of_the_known_holes),
	        T(every_rule_has_a_name_and_is_missed_when_it_is_left_out),
	        T(a_workload_reaches_the_shell_as_it_was_given),
	        T(the_tunnel_fits_the_mtu_of_the_policy),
	        T(packages_come_with_the_seed_or_from_one_address),
	        T(a_package_that_cannot_be_read_is_named),
	        T(bad_input_is_named_with_a_remedy),
	        T(a_bad_package_is_named_with_a_remedy),
	        T(options_may_stand_in_a_file),
	        T(each_option_that_is_needed_is_asked_for),
	        T(a_caller_in_the_middle_of_its_options_is_not_disturbed),
	        T(files_are_written_with_their_modes_and_replaced),
	        T(a_folder_that_cannot_be_made_is_an_error),
	};

	return cmocka_run_group_tests_name("guest_config", tests, NULL, NULL);
}
