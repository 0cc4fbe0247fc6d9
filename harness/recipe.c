/* SPDX-License-Identifier: ISC */
/* recipe.c: what can be done with a recipe besides reading it. */
#include "harness/recipe.h"

#include "bytes/rd.h"
#include "bytes/wr.h"

#include <stdlib.h>
#include <string.h>

void recipe_free(struct recipe *r)
{
	free(r->inner);
	r->inner = NULL;
}

const struct recipe_override *recipe_find(const struct recipe *r, enum recipe_key key)
{
	for (size_t i = 0; i < r->override_count; i++)
		if (r->overrides[i].key == key)
			return &r->overrides[i];
	return NULL;
}

static uint32_t base_of(enum recipe_sequence sequence, const struct recipe_vars *vars)
{
	return sequence == SEQUENCE_SEQ ? vars->tcp_seq : vars->tcp_ack;
}

bool recipe_number_of(const struct recipe_override *o, const struct recipe_vars *vars,
                      uint64_t *out)
{
	*out = o->number;
	if (o->sequence != SEQUENCE_NONE)
		*out = base_of(o->sequence, vars) + (uint32_t)o->number;
	return o->sequence == SEQUENCE_NONE || vars->has_tcp;
}

bool recipe_bytes_of(const struct recipe_override *o, const struct recipe_vars *vars, uint8_t *out)
{
	memcpy(out, o->bytes, o->bytes_len);
	for (size_t i = 0; i < o->word_count; i++) {
		struct rd r = rd_of(o->bytes + o->words[i].at, 4);
		struct wr w = wr_of(out + o->words[i].at, 4);
		uint32_t add = 0;

		if (!rd_u32(&r, &add) || !wr_u32(&w, base_of(o->words[i].sequence, vars) + add))
			return false;
	}
	return !o->word_count || vars->has_tcp;
}

bool recipe_uses_nat(const struct recipe *r)
{
	return r->src.nat || r->dst.nat || (r->inner && (r->inner->src.nat || r->inner->dst.nat));
}

static bool has_sequence(const struct recipe *r)
{
	for (size_t i = 0; i < r->override_count; i++)
		if (r->overrides[i].sequence != SEQUENCE_NONE || r->overrides[i].word_count)
			return true;
	return false;
}

bool recipe_uses_sequence(const struct recipe *r)
{
	return has_sequence(r) || (r->inner && has_sequence(r->inner));
}

bool recipe_expand(const char *text, const struct recipe_vars *vars, char *out, size_t size)
{
	static const char name[] = "$NONCE";
	size_t len = 0;

	while (*text) {
		bool nonce = strncmp(text, name, sizeof(name) - 1) == 0;
		const char *from = nonce ? vars->nonce : text;
		size_t n = nonce ? strlen(vars->nonce) : 1;

		if (n >= size - len)
			return false;
		memcpy(out + len, from, n);
		len += n;
		text += nonce ? sizeof(name) - 1 : 1;
	}
	if (len >= size)
		return false;
	out[len] = '\0';
	return true;
}

uint8_t recipe_proto(const struct recipe *r)
{
	switch (r->kind) {
	case RECIPE_UDP:
	case RECIPE_DHCP:
	case RECIPE_UDP6:
		return 17;
	case RECIPE_TCP:
	case RECIPE_TCP6:
		return 6;
	case RECIPE_ICMP:
		return 1;
	case RECIPE_ICMP6:
		return 58;
	case RECIPE_IP4:
	case RECIPE_IP6:
	case RECIPE_ARP:
	case RECIPE_ETH:
	case RECIPE_RAW:
	case RECIPE_REPLAY:
	case RECIPE_RUN:
		break;
	}
	return (uint8_t)r->proto;
}

/* A DHCP message to the client, with the transaction id it chose. */
static void answer_dhcp(const struct recipe *r, struct recipe *out)
{
	const struct recipe_override *xid = recipe_find(r, KEY_DHCP_XID);

	out->any_type = true;
	out->src.any_ip = out->src.any_port = true;
	out->dst.any_ip = true;
	out->dst.port = 68;
	if (xid)
		out->overrides[out->override_count++] = *xid;
}

static bool answer_icmp(const struct recipe *r, struct recipe *out)
{
	/* A pattern of a `run` recipe may leave the type open; then it is a ping. */
	if (!r->any_type && r->type != 8)
		return false;
	out->type = 0;
	return true;
}

static bool answer_icmp6(const struct recipe *r, struct recipe *out)
{
	if (!r->any_type && r->type != 128 && r->type != 135)
		return false;
	out->type = r->type == 135 ? 136 : 129;
	if (r->type == 135) { /* the solicitation went to a group, the answer may go to all */
		out->src6.any_ip = true;
		out->dst6.any_ip = true;
	}
	return true;
}

bool recipe_answer(const struct recipe *r, struct recipe *out)
{
	if (r->kind == RECIPE_RUN) {
		if (!r->inner)
			return false;
		r = r->inner;
	}
	*out = (struct recipe){
	        .kind = r->kind,
	        .pattern = true,
	        .src = r->dst,
	        .dst = r->src,
	        .src6 = r->dst6,
	        .dst6 = r->src6,
	        .any_code = true,
	        .any_flags = true,
	        .any_tags = true,
	        .no_rst = r->kind == RECIPE_TCP || r->kind == RECIPE_TCP6,
	};
	switch (r->kind) {
	case RECIPE_UDP:
	case RECIPE_TCP:
	case RECIPE_UDP6:
	case RECIPE_TCP6:
		return true;
	case RECIPE_ICMP:
		return answer_icmp(r, out);
	case RECIPE_ICMP6:
		return answer_icmp6(r, out);
	case RECIPE_ARP:
		out->type = 2;
		return r->type == 1;
	case RECIPE_DHCP:
		answer_dhcp(r, out);
		return r->type != 2 && r->type != 5 && r->type != 6;
	case RECIPE_IP4:
	case RECIPE_IP6:
	case RECIPE_ETH:
	case RECIPE_RAW:
	case RECIPE_REPLAY:
	case RECIPE_RUN:
		break;
	}
	return false;
}
