/* SPDX-License-Identifier: ISC */
/* names_words.c: fuzz target: the closed lists of words for what is wrong with names, TLS and DNS (ref/tls_fault.h,
 * ref/tls_failure.h, ref/dns.h), and the classes of addresses (ref/dns_addr.h). Two bytes pick two words, four bytes
 * an address. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/dns_model.h"
#include "ref/dns_addr.h"
#include "ref/tls_failure.h"

#include <string.h>

static const char *fault_word(unsigned i)
{
	return tls_fault_name((enum tls_fault)i);
}

static const char *failure_word(unsigned i)
{
	return tls_failure_name((enum tls_failure)i);
}

static const char *dns_word(unsigned i)
{
	return dns_fault_name((enum dns_fault)i);
}

static const char *class_word(unsigned i)
{
	return dns_addr_class_name((enum dns_addr_class)i);
}

static const struct {
	const char *(*word)(unsigned i);
	unsigned count;
	const char *first, *last, *other;
} lists[] = {
        {fault_word, TLS_FAULTS, "none", "label-hyphen", "unknown"},
        {failure_word, TLS_FAILURES, "none", "internal", "unknown"},
        {dns_word, DNS_FAULT_COUNT, "ok", "contradiction", "invalid"},
        {class_word, DNS_ADDR_CLASS_COUNT, "global", "broadcast", "invalid"},
};

static void check_words(unsigned i, unsigned k)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
		const char *a = lists[list].word(i), *b = lists[list].word(k);
		const unsigned count = lists[list].count;

		HOLDS("a word is one", *a && !a[strspn(a, alphabet)]);
		HOLDS("each has a word of its own",
		      !strcmp(a, b) == (i == k || (i >= count && k >= count)));
		HOLDS("what is not listed has no word",
		      !strcmp(a, lists[list].other) == (i >= count));
		HOLDS("the list begins and ends where it did",
		      (i || !strcmp(a, lists[list].first)) &&
		              (i + 1 != count || !strcmp(a, lists[list].last)));
	}
	HOLDS("what is no fault has no alert",
	      i < TLS_FAULTS || !tls_alert_for((enum tls_fault)i, &(enum tls_alert){0}));
	/* Those of the certificate stand together: ref/tls_failure.h. */
	HOLDS("a certificate's failure is one",
	      tls_failure_is_certificate((enum tls_failure)i) == (i >= 1 && i <= 11));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t ip = 0;

	if (size < 4)
		return 0;
	for (int i = 0; i < 4; i++)
		ip = ip << 8 | data[i];
	check_words(data[0], data[1]);
	HOLDS("two lists of special addresses agree",
	      (dns_addr_class(ip) != DNS_ADDR_GLOBAL) == dns_model_is_special(ip));
	return 0;
}
