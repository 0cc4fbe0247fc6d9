/* SPDX-License-Identifier: ISC */
/* batch_origin.c: the programs that serve a suite, and what they have printed about its conversations. */
#include "harness/batch_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRINT_MS   1000 /* for a program to print what it has got */
#define DNS_PORT   53
#define TEXT_BYTES 4096

bool batch_serve_suite(struct batch *b, char *why)
{
	const struct recipe_vars nothing = {0};

	for (size_t i = 0; i < b->suite->serve_count; i++) {
		char phrase[256];

		if (serve_start(b, &b->suite->serves[i], &nothing, 0, phrase)) {
			b->serve.list[b->serve.count - 1].port = b->suite->serves[i].port;
			continue;
		}
		snprintf(why, 256, "line %u: %.200s", b->suite->serves[i].line, phrase);
		return false;
	}
	b->serve.kept = b->serve.count;
	return true;
}

/* All that a program has printed so far; malloc'ed, with a zero behind it. */
static char *printed(const struct served *it)
{
	struct stat st;
	size_t size = fstat(it->program.out_fd, &st) ? 0 : (size_t)st.st_size, at = 0;
	char *text = calloc(1, size + 1);
	ssize_t n;

	while (text && at < size &&
	       (n = pread(it->program.out_fd, text + at, size - at, (off_t)at)) > 0)
		at += (size_t)n;
	for (size_t i = 0; text && i < at; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

/* The first program that has printed it, not asking those that serve names if `no_names`; NULL: none. */
static const struct served *who_printed(const struct batch *b, const char *text, bool no_names)
{
	for (size_t i = 0; i < b->serve.kept; i++) {
		const struct served *it = &b->serve.list[i];
		char *all = no_names && it->port == DNS_PORT ? NULL : printed(it);
		bool found = all && strstr(all, text);

		free(all);
		if (found)
			return it;
	}
	return NULL;
}

static bool wait_printed(struct batch *b, const char *text)
{
	double deadline = batch_now_ms() + PRINT_MS;

	while (!who_printed(b, text, false)) {
		if (batch_now_ms() > deadline || session_interrupted)
			return false;
		session_pump(&b->session, 5);
	}
	return true;
}

static void check_words(struct batch *b, struct judge_item *it)
{
	const struct talk_words *words = &it->row->talk->origin;

	for (size_t i = 0; i < words->count && !*it->failure; i++) {
		const struct talk_word *w = &words->list[i];
		char text[TEXT_BYTES];

		if (!recipe_expand(w->text, &it->vars, text, sizeof(text)))
			continue;
		if (w->kind == TALK_GOT && !wait_printed(b, text))
			snprintf(it->failure, sizeof(it->failure),
			         "no program in the world has got \"%.200s\"", text);
		else if (w->kind == TALK_NOT && who_printed(b, text, false))
			snprintf(it->failure, sizeof(it->failure),
			         "a program in the world has got \"%.200s\"", text);
	}
}

void batch_check_origins(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct judge_item *it = &b->items[i];
		const struct row *row = it->row;
		bool ask = row && row->verdict == ROW_ASK;

		if (!row || !row->talk || it->sent == JUDGE_NOT_SENT)
			continue;
		check_words(b, it);
		if ((ask || row->verdict == ROW_DROP) && who_printed(b, it->vars.nonce, ask))
			snprintf(it->failure, sizeof(it->failure),
			         "a program in the world has got what is denied");
	}
}
