/* SPDX-License-Identifier: ISC */
/* policy_json.c: fuzz target: any bytes as a policy file, or as a user's and an organisation's
 * (fuzz/rig/policy_texts.h), beside a second reader of policies (fuzz/rig/contract.h). */
#include "fuzz/fuzz.h"
#include "fuzz/rig/complaints.h"
#include "fuzz/rig/policy_texts.h"

static void hold_taken(const struct policy_texts *texts, const struct contract_files *files,
                       const struct policy *policy, const struct policy *expected)
{
	struct policy again;

	HOLDS("a policy is read as the contract says", contract_same(policy, expected));
	HOLDS("nothing is complained of what is taken", !*complaints_text());
	HOLDS("a policy written in another way is taken too",
	      policy_texts_load_rewritten(texts, files, &again));
	HOLDS("a policy written in another way says the same", contract_same(policy, &again));
	policy_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy nothing;
	const struct policy_texts texts = policy_texts_of(data, size);
	struct contract_files files;
	struct policy policy, expected;
	const bool legal = policy_texts_read(&texts, &files, &expected);
	const bool taken = policy_texts_load(&texts, &policy);

	HOLDS("a policy is taken just where the contract allows it", taken == legal);
	if (taken) {
		hold_taken(&texts, &files, &policy, &expected);
		policy_free(&policy);
	} else {
		HOLDS("a refusal names file, line, column and path",
		      policy_texts_are_blamed(&texts));
	}
	HOLDS("what is refused or freed leaves nothing behind",
	      contract_same(&policy, &nothing) && !policy.rules && !policy.web.names &&
	              !policy.web.hosts && !policy.web.rules);
	contract_free(&expected);
	policy_texts_release(&files);
	return 0;
}
