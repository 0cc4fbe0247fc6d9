/* SPDX-License-Identifier: ISC */
/* host_name.c: fuzz target: any bytes as the name of a host (ref/host_name.h) and as that of a server_name
 * extension (ref/tls_name.h), against a second reader. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/name_model.h"
#include "ref/dns_name.h"
#include "ref/tls_name.h"

static void try_rule(struct rd name, bool underscores)
{
	char out[HOST_NAME_LEN_MAX + 1] = "?", model[HOST_NAME_LEN_MAX + 1] = "?", again[256];
	uint8_t bad = 0, model_bad = 0;
	const enum host_name_rule rule = underscores ? HOST_NAME_UNDERSCORES : HOST_NAME_STRICT;
	const enum host_name_fault fault = host_name_normalise(name, rule, out, &bad);

	HOLDS("two readers say the same of a name",
	      fault == name_model(name, underscores, model, &model_bad));
	HOLDS("two readers read the same name", !strcmp(out, model) && bad == model_bad);
	HOLDS("what is wrong can be said",
	      !strncmp(host_name_fault_text(fault), "is ", 3) ||
	              !strncmp(host_name_fault_text(fault), "has ", 4) ||
	              !strncmp(host_name_fault_text(fault), "ends ", 5));
	HOLDS("nobody need ask which byte it is",
	      host_name_normalise(name, rule, again, NULL) == fault);
	if (fault)
		return;
	HOLDS("a name has one spelling",
	      !host_name_normalise(rd_of(out, strlen(out)), rule, again, NULL) &&
	              !strcmp(out, again));
}

/* DNS and policies know the same names. */
static void try_text(struct rd name)
{
	char text[512], out[HOST_NAME_LEN_MAX + 1];
	struct dns_name dns;
	enum host_name_fault fault;

	if (name.n >= sizeof(text) || (name.n && memchr(name.p, 0, name.n)))
		return;
	if (name.n)
		memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (!name.n || text[name.n - 1] == '.') {
		HOLDS("in text nothing is the root, and no dot is at the end",
		      dns_name_of_text(text, &dns) ? name.n : !name.n && !dns.len);
		return;
	}
	fault = host_name_normalise(name, HOST_NAME_UNDERSCORES, out, NULL);
	if (dns_name_of_text(text, &dns))
		HOLDS("what DNS refuses is no name", fault != HOST_NAME_OK);
	else
		HOLDS("what DNS takes is the same name", !fault && !strcmp(out, dns.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[TLS_NAME_MAX + 1] = "?", model[TLS_NAME_MAX + 1] = "?";
	const enum tls_fault fault = tls_name_normalise(rd_of(data, size), out);

	HOLDS("two readers say the same of a server name",
	      fault == name_model_tls(rd_of(data, size), model) && !strcmp(out, model));
	HOLDS("a refusal leaves the result alone", !fault || !strcmp(out, "?"));
	try_rule(rd_of(data, size), false);
	try_rule(rd_of(data, size), true);
	try_text(rd_of(data, size));
	HOLDS("what is no fault has words too",
	      !size || data[0] <= HOST_NAME_NUMBER ||
	              !strcmp(host_name_fault_text((enum host_name_fault)data[0]), "is no name"));
	return 0;
}
