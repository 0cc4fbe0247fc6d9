/* SPDX-License-Identifier: ISC */
/* dns_answer_model.c: answers, read once more: first all records into a list, as far as they go, then what they
 * mean from first to last. */
#include "fuzz/rig/dns_model.h"

struct answer_model {
	struct dns_model m;
	const struct dns_query *sent;
	int64_t counts[4];
	char names[1 + DNS_ANSWER_CHAIN_MAX][DNS_NAME_TEXT_MAX + 1]; /* asked for, aliases */
	unsigned aliases;
	struct dns_edns edns;
	bool soa;
	uint32_t ttl, soa_ttl;
	struct dns_answer *answer;
};

static uint32_t lifetime(uint32_t ttl)
{
	return ttl > INT32_MAX ? 0 : ttl;
}

static enum dns_fault judge_alias(struct answer_model *model, const struct dns_model_record *record)
{
	/* The name may not reach beyond its record. */
	struct dns_model data = {model->m.p, record->data + record->data_len, record->data};
	struct dns_name target;
	const enum dns_fault fault = dns_model_name(&data, true, &target);

	if (fault)
		return fault;
	if (data.at != data.n)
		return DNS_RECORD;
	if (!target.host)
		return DNS_NAME_CHARACTER;
	if (model->answer->address_count)
		return DNS_CONTRADICTION;
	if (model->aliases == DNS_ANSWER_CHAIN_MAX)
		return DNS_CHAIN;
	for (unsigned i = 0; i <= model->aliases; i++)
		if (!strcmp(model->names[i], target.text))
			return DNS_CHAIN;
	memcpy(model->names[++model->aliases], target.text, sizeof(target.text));
	return DNS_OK;
}

static enum dns_fault judge_answer(struct answer_model *model,
                                   const struct dns_model_record *record)
{
	struct dns_answer *answer = model->answer;
	const uint8_t *data = model->m.p + record->data;

	if (record->type != 1 && record->type != 5)
		return DNS_OK;
	if (strcmp(record->owner.text, model->names[model->aliases]) != 0)
		return DNS_OFF_CHAIN;
	if (lifetime(record->ttl) < model->ttl)
		model->ttl = lifetime(record->ttl);
	if (record->type == 5)
		return judge_alias(model, record);
	if (record->data_len != 4)
		return DNS_RECORD;
	if (answer->address_count == 16)
		answer->address_excess++;
	else
		answer->addresses[answer->address_count++] = data[0] * 0x1000000u +
		                                             data[1] * 0x10000u + data[2] * 0x100u +
		                                             data[3];
	return DNS_OK;
}

/* Whether `name` ends in the labels of `zone`. */
static bool is_below(const char *name, const char *zone)
{
	const size_t n = strlen(name), z = strlen(zone);

	return !z || !strcmp(name, zone) ||
	       (n > z && name[n - z - 1] == '.' && !strcmp(name + n - z, zone));
}

static enum dns_fault judge_soa(struct answer_model *model, const struct dns_model_record *record)
{
	struct dns_model data = {model->m.p, record->data + record->data_len, record->data};
	struct dns_name name;
	enum dns_fault fault = dns_model_name(&data, true, &name);
	uint32_t minimum;

	fault = fault ? fault : dns_model_name(&data, true, &name);
	if (fault)
		return fault;
	if (data.n - data.at != 20)
		return DNS_RECORD;
	data.at += 16;
	minimum = (uint32_t)dns_model_number(&data, 4);
	if (model->soa || !is_below(model->names[model->aliases], record->owner.text))
		return DNS_OK;
	model->soa = true;
	model->soa_ttl = lifetime(record->ttl) < minimum ? lifetime(record->ttl) : minimum;
	return DNS_OK;
}

static enum dns_fault judge_record(struct answer_model *model, unsigned section)
{
	struct dns_model_record record;
	const enum dns_fault fault = dns_model_record(&model->m, true, &record);

	if (fault)
		return fault;
	if (record.type == 41) {
		if (section != 3 || model->edns.present)
			return DNS_EDNS;
		return dns_model_edns(&model->m, &record, &model->edns);
	}
	if (record.class != 1)
		return DNS_NOT_IN;
	if (section == 1)
		return judge_answer(model, &record);
	return section == 2 && record.type == 6 ? judge_soa(model, &record) : DNS_OK;
}

static enum dns_fault judge_whole(struct answer_model *model, uint16_t flags)
{
	struct dns_answer *answer = model->answer;

	if (model->edns.present && !model->sent->edns.present)
		return DNS_EDNS;
	answer->aliases = (uint8_t)model->aliases;
	answer->rcode = (uint16_t)(model->edns.rcode_top * 16 + (flags & 15));
	if (answer->address_count && answer->rcode)
		return DNS_CONTRADICTION;
	answer->ttl_s = model->ttl;
	if (answer->address_count)
		return DNS_OK;
	if (!model->soa || (answer->rcode && answer->rcode != 3))
		answer->ttl_s = 0;
	else if (model->soa_ttl < answer->ttl_s)
		answer->ttl_s = model->soa_ttl;
	return DNS_OK;
}

/* Id, bits and question; *flags are the message's. */
static enum dns_fault judge_ours(struct answer_model *model, uint16_t *flags)
{
	struct dns_model *m = &model->m;
	const struct rd question = model->sent->question;
	uint16_t id;

	if (m->n < 12)
		return DNS_SHORT;
	id = (uint16_t)dns_model_number(m, 2);
	*flags = (uint16_t)dns_model_number(m, 2);
	for (unsigned i = 0; i < 4; i++)
		model->counts[i] = dns_model_number(m, 2);
	if (*flags < 0x8000)
		return DNS_DIRECTION;
	if (id != model->sent->id)
		return DNS_OTHER_ID;
	if (*flags & 0x7800)
		return DNS_NOT_QUERY;
	if (model->counts[0] != 1)
		return DNS_QUESTIONS;
	if (m->n - m->at < question.n)
		return DNS_SHORT;
	for (size_t i = 0; i < question.n; i++)
		if (m->p[m->at + i] != question.p[i])
			return DNS_OTHER_QUESTION;
	m->at += question.n;
	return DNS_OK;
}

static enum dns_fault judge(struct answer_model *model)
{
	uint16_t flags = 0;
	enum dns_fault fault = judge_ours(model, &flags);

	if (fault)
		return fault;
	model->answer->ours = true;
	if (flags & 0x0200)
		return DNS_TRUNCATED;
	if (flags & 0x0040)
		return DNS_FLAGS;
	if (model->counts[1] + model->counts[2] + model->counts[3] > DNS_MODEL_RECORDS_MAX)
		return DNS_COUNTS;
	for (unsigned section = 1; section <= 3 && !fault; section++)
		for (int64_t i = 0; i < model->counts[section] && !fault; i++)
			fault = judge_record(model, section);
	if (fault)
		return fault;
	if (model->m.at < model->m.n)
		return DNS_TRAILING;
	return judge_whole(model, flags);
}

enum dns_fault dns_model_answer(const uint8_t *p, size_t n, const struct dns_query *sent,
                                struct dns_answer *answer)
{
	struct answer_model model = {
	        .m = {p, n, 0}, .sent = sent, .ttl = INT32_MAX, .answer = answer};
	enum dns_fault fault;
	bool ours;

	*answer = (struct dns_answer){0};
	memcpy(model.names[0], sent->name.text, sizeof(sent->name.text));
	fault = judge(&model);
	ours = answer->ours;
	if (fault)
		*answer = (struct dns_answer){.ours = ours};
	return fault;
}

bool dns_model_is_special(uint32_t ip)
{
	const uint32_t a = ip >> 24, b = ip >> 16 & 255, c = ip >> 8 & 255;

	switch (a) {
	case 0:
	case 10:
	case 127:
		return true;
	case 100:
		return b >= 64 && b < 128;
	case 169:
		return b == 254;
	case 172:
		return b >= 16 && b < 32;
	case 192:
		return b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99);
	case 198:
		return b == 18 || b == 19 || (b == 51 && c == 100);
	case 203:
		return b == 0 && c == 113;
	default:
		return a >= 224;
	}
}
