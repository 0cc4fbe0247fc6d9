/* SPDX-License-Identifier: ISC */
/* scenario.c: fuzz target: any bytes as a scenario (harness/scenario.h). It stands, so to say, in the
 * folder `scenarios`, whose policies and flags it may name, under the name that it gives itself. */
#include "harness/scenario.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/scenario_rules.h"

#include <string.h>

/* What the first line that says `suite` calls itself. */
static void name_file(const char *text, size_t size, char path[SCN_NAME_MAX + 24])
{
	static const char word[] = "suite ";
	const char *at = size ? memmem(text, size, word, strlen(word)) : NULL;
	char head[SCN_NAME_MAX + 16], name[SCN_NAME_MAX] = "x";
	const size_t left = at ? (size_t)(text + size - at) : 0;

	if (at) {
		snprintf(head, sizeof(head), "%.*s", (int)left, at);
		sscanf(head, "suite %63[a-z0-9.-]", name);
	}
	snprintf(path, SCN_NAME_MAX + 24, "scenarios/%s.scn", name);
}

/* Lines that say nothing change nothing. */
static void parse_longer(const char *path, const char *text, size_t size, const struct suite *suite)
{
	static const char more[] = "\n# nothing\r\n  \t\n";
	static struct diag diag;
	char *longer = malloc(size + sizeof(more));
	struct suite *again;

	if (!longer)
		return;
	memcpy(longer, text, size);
	memcpy(longer + size, more, sizeof(more));
	again = scenario_parse(path, longer, size + strlen(more), &diag);
	HOLDS("a scenario with empty lines behind it is taken too", again != NULL);
	HOLDS("a scenario with empty lines behind it says the same",
	      scenario_rules_same(suite, again));
	scenario_free(again);
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag diag, second;
	const char *text = size ? (const char *)data : "";
	char path[SCN_NAME_MAX + 24];
	struct suite *suite, *again;

	name_file(text, size, path);
	suite = scenario_parse(path, text, size, &diag);
	HOLDS("a scenario is refused with complaints, and taken without",
	      !suite == (diag.count > 0));
	if (suite) {
		scenario_rules_tree(suite);
		parse_longer(path, text, size, suite);
	} else {
		scenario_rules_complaints(&diag, rd_of(data, size));
		again = scenario_parse(path, text, size, &second);
		HOLDS("a scenario that is refused is refused again", !again);
		HOLDS("the same is complained about",
		      scenario_rules_same_complaints(&diag, &second));
	}
	scenario_free(suite);
	return 0;
}
