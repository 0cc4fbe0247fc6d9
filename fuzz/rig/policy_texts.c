/* SPDX-License-Identifier: ISC */
/* policy_texts.c: an input as the texts of policies. */
#include "fuzz/rig/policy_texts.h"

#include "fuzz/rig/complaints.h"
#include "ref/exits.h"

#include <stdlib.h>
#include <string.h>

struct policy_texts policy_texts_of(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	const size_t len = zero ? (size_t)(zero - data) : size;
	struct policy_texts texts = {.user = {.name = "user.json", .text = rd_of(data, len)},
	                             .organisation = {.name = "org.json", .folder = "/org"},
	                             .both = zero != NULL};

	if (zero)
		texts.organisation.text = rd_of(zero + 1, size - len - 1);
	return texts;
}

bool policy_texts_load(const struct policy_texts *texts, struct policy *policy)
{
	FILE *errors = complaints_begin();

	return policy_load(&texts->user, texts->both ? &texts->organisation : NULL, errors,
	                   policy) == EXITS_OK;
}

static json_t *parse(const struct policy_source *source)
{
	return json_loadb((const char *)source->text.p, source->text.n, JSON_REJECT_DUPLICATES,
	                  NULL);
}

bool policy_texts_read(const struct policy_texts *texts, struct contract_files *files,
                       struct policy *policy)
{
	*files = (struct contract_files){
	        .user = parse(&texts->user),
	        .organisation = texts->both ? parse(&texts->organisation) : NULL,
	        .organisation_folder = texts->organisation.folder,
	};
	*policy = (struct policy){0};
	return files->user && (files->organisation || !texts->both) && contract_read(files, policy);
}

void policy_texts_release(struct contract_files *files)
{
	json_decref((json_t *)(uintptr_t)files->user);
	json_decref((json_t *)(uintptr_t)files->organisation);
}

bool policy_texts_load_rewritten(const struct policy_texts *texts,
                                 const struct contract_files *files, struct policy *policy)
{
	char *one = json_dumps(files->user, JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	char *other = texts->both ? json_dumps(files->organisation, JSON_INDENT(3)) : NULL;
	struct policy_texts again = *texts;
	bool loaded;

	again.user.text = rd_of(one, strlen(one));
	if (other)
		again.organisation.text = rd_of(other, strlen(other));
	loaded = policy_texts_load(&again, policy);
	free(one);
	free(other);
	return loaded;
}

bool policy_texts_are_blamed(const struct policy_texts *texts)
{
	const struct complaints_file files[] = {
	        {texts->user.name, texts->user.text},
	        {texts->organisation.name, texts->organisation.text}};

	return complaints_are_placed(complaints_text(), files, texts->both ? 2 : 1);
}
