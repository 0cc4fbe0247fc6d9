/* SPDX-License-Identifier: ISC */
/* tcp_model.h: for tests only. A guest's TCP, client side, as simple as it can be and not derived
 * from refnat's: positions are 64 bits wide and never wrap (0 is the SYN, 1 the first byte, the FIN
 * follows the last), what was received is a list of spans, losses are repaired by going back.
 *
 * It asserts what an honest guest may expect of the other end: nothing acknowledged that was not
 * sent, nothing sent past the window or above the MSS, every byte the right one, one FIN at one
 * place, a window whose end does not move back.
 */
#ifndef REF_TCP_MODEL_H
#define REF_TCP_MODEL_H

#include "ref/tcp_seg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MODEL_MS       UINT64_C(1000000)
#define MODEL_RTO      (200 * MODEL_MS)
#define MODEL_RTO_MAX  (3000 * MODEL_MS)
#define MODEL_DELAY    (40 * MODEL_MS) /* of acknowledgements */
#define MODEL_SPANS    128
#define MODEL_PATTERN  1048573 /* a prime: a shift by a power of two shows */
#define MODEL_OVERHANG 131072

/* Byte `pos` of a stream is pattern[pos % MODEL_PATTERN]; runs of MODEL_OVERHANG can be read. */
static uint8_t model_pattern[2][MODEL_PATTERN + MODEL_OVERHANG];
enum { MODEL_GUEST_BYTES, MODEL_WORLD_BYTES };

static inline const uint8_t *model_bytes(int stream, uint64_t pos)
{
	return model_pattern[stream] + pos % MODEL_PATTERN;
}

static inline void model_fill_pattern(void)
{
	uint64_t x = 88172645463325252;

	for (int stream = 0; stream < 2; stream++) {
		uint8_t *p = model_pattern[stream];

		for (size_t i = 0; i < MODEL_PATTERN; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			p[i] = (uint8_t)x;
		}
		memcpy(p + MODEL_PATTERN, p, MODEL_OVERHANG);
	}
}

struct model_span {
	uint64_t start, end;
};

/* Sorted, disjoint. */
struct model_spans {
	unsigned n;
	struct model_span span[MODEL_SPANS];
};

enum model_state { MODEL_SYN_SENT, MODEL_OPEN, MODEL_RESET };

struct model {
	/* set by the test */
	uint16_t mss;
	int8_t scale;
	bool sack;
	uint32_t buffer;      /* for receiving */
	uint64_t total;       /* bytes to send */
	bool closes;          /* may send FIN when all is sent */
	bool probes_by_byte;  /* probes a closed window with a byte, else with an old number */
	bool may_see_shrink;  /* the other end has no rings */
	uint32_t greed;       /* sends so far past the window */
	unsigned sack_blocks; /* at most so many ranges in an ACK */
	uint32_t isn;

	enum model_state state;
	uint32_t irs;
	uint16_t peer_mss;
	int8_t peer_scale;
	bool syn_due;

	uint64_t una, nxt, edge; /* edge: end of the other's window */
	uint64_t resend, resend_end;
	uint64_t credit; /* segments that going back may send now */
	struct model_spans sacked;
	unsigned dups;
	bool probe_due;
	uint64_t rto, rto_at; /* rto_at also for probes; UINT64_MAX: off */

	uint64_t rcv, read, promised;
	struct model_spans early;
	uint64_t recent; /* position of the last early segment */
	uint64_t fin;    /* position of the other's FIN, 0: not seen */
	bool fin_read;   /* and everything before it is here */
	unsigned heard;  /* segments not acknowledged yet */
	bool ack_due;
	uint64_t ack_at;

	uint64_t resent; /* segments, for statistics */
};

static inline void model_start(struct model *m)
{
	m->state = MODEL_SYN_SENT;
	m->syn_due = true;
	m->nxt = 1;
	m->rcv = 1;
	m->rto = MODEL_RTO;
	m->rto_at = m->ack_at = UINT64_MAX;
}

/* --- spans --- */

static inline bool model_spans_add(struct model_spans *s, uint64_t start, uint64_t end)
{
	unsigned kept = 0;
	struct model_spans t = {0};

	if (s->n == MODEL_SPANS)
		return false;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->span[i].end < start || s->span[i].start > end) {
			t.span[kept++] = s->span[i];
			continue;
		}
		start = s->span[i].start < start ? s->span[i].start : start;
		end = s->span[i].end > end ? s->span[i].end : end;
	}
	for (unsigned i = kept; i--;) {
		if (t.span[i].start < start) {
			t.span[i + 1] = (struct model_span){start, end};
			start = UINT64_MAX;
			break;
		}
		t.span[i + 1] = t.span[i];
	}
	if (start != UINT64_MAX)
		t.span[0] = (struct model_span){start, end};
	t.n = kept + 1;
	*s = t;
	return true;
}

/* Forgets what lies before `pos`, and returns where the span at `pos` ends: `pos` if there is none.
 */
static inline uint64_t model_spans_pass(struct model_spans *s, uint64_t pos)
{
	unsigned gone = 0;

	while (gone < s->n && s->span[gone].start <= pos) {
		pos = s->span[gone].end > pos ? s->span[gone].end : pos;
		gone++;
	}
	s->n -= gone;
	memmove(s->span, s->span + gone, s->n * sizeof(s->span[0]));
	return pos;
}

/* --- receiving --- */

/* The position nearest to `near` that has this sequence number. */
static inline uint64_t model_position(uint32_t base, uint32_t seq, uint64_t near)
{
	const uint32_t at = seq - base;
	int32_t off = (int32_t)(at - (uint32_t)near);

	assert_true(off >= 0 || near >= (uint64_t)(-(int64_t)off));
	return near + (uint64_t)(int64_t)off;
}

static inline void model_take_syn_ack(struct model *m, const struct tcp_seg *seg)
{
	if (!(seg->flags & TCP_SEG_SYN) || seg->ack != m->isn + 1)
		return;
	assert_true(seg->flags & TCP_SEG_ACK);
	assert_true(seg->mss >= 64);
	assert_true(m->scale >= 0 || seg->window_scale == -1);
	assert_true(m->sack || !seg->sack_permitted);
	m->state = MODEL_OPEN;
	m->syn_due = false;
	m->irs = seg->seq;
	m->peer_mss = seg->mss < m->mss ? seg->mss : m->mss;
	m->peer_scale = seg->window_scale < 0 ? 0 : seg->window_scale;
	if (seg->window_scale < 0)
		m->scale = -1;
	m->una = 1;
	m->edge = 1 + (uint64_t)seg->window;
	m->promised = 1 + (m->buffer < 65535 ? m->buffer : 65535);
	m->rto_at = UINT64_MAX;
	m->ack_due = true;
}

static inline uint64_t model_end(const struct model *m)
{
	return m->total + 1 + m->closes;
}

static inline void model_take_ack(struct model *m, const struct tcp_seg *seg, uint64_t now_ns)
{
	const uint64_t ack = model_position(m->isn, seg->ack, m->una);
	const uint64_t edge = ack + ((uint64_t)seg->window << m->peer_scale);
	const uint64_t rounding = ((uint64_t)1 << m->peer_scale) - 1;
	const bool same_edge = edge == m->edge;

	assert_true(ack <= m->nxt);
	for (unsigned i = 0; i < seg->sack_count; i++) {
		uint64_t left = model_position(m->isn, seg->sack[i].left, m->una);
		uint64_t right = model_position(m->isn, seg->sack[i].right, m->una);

		assert_true(m->sack);
		assert_true(ack < left && left < right && right <= m->nxt);
		if (right > m->una)
			model_spans_add(&m->sacked, left, right);
	}
	if (ack < m->una)
		return;
	if (!m->may_see_shrink)
		assert_true(ack == m->una || edge + rounding >= m->edge);
	if (edge > m->edge || (m->may_see_shrink && !seg->payload.n))
		m->edge = edge;
	if (ack > m->una) {
		m->una = ack;
		model_spans_pass(&m->sacked, ack);
		m->dups = 0;
		m->credit += 2;
		m->rto = MODEL_RTO;
		m->rto_at = now_ns + m->rto;
		if (m->resend < ack)
			m->resend = ack;
	} else if (!seg->payload.n && !(seg->flags & TCP_SEG_FIN) && same_edge && m->una < m->nxt) {
		m->credit++;
		if (++m->dups == 3 && m->resend >= m->resend_end) {
			m->resend = m->una;
			m->resend_end = m->una + m->peer_mss;
			if (m->sacked.n)
				m->resend_end = m->sacked.span[m->sacked.n - 1].start;
			m->credit = 64;
		}
	}
}

static inline void model_take_fin(struct model *m, uint64_t pos)
{
	assert_true(!m->fin || m->fin == pos);
	m->fin = pos;
}

static inline void model_take_data(struct model *m, const struct tcp_seg *seg, uint64_t now_ns)
{
	const uint64_t pos = model_position(m->irs, seg->seq, m->rcv);
	const uint64_t end = pos + seg->payload.n;
	const bool fin = seg->flags & TCP_SEG_FIN;

	if (!seg->payload.n && !fin) {
		m->ack_due |= pos < m->rcv; /* a probe */
		return;
	}
	assert_true(seg->payload.n <= m->peer_mss);
	assert_true(end + fin <= m->promised);
	assert_true(!m->fin || end <= m->fin);
	assert_memory_equal(seg->payload.p, model_bytes(MODEL_WORLD_BYTES, pos - 1),
	                    seg->payload.n);
	if (end + fin <= m->rcv) {
		m->ack_due = true;
		return;
	}
	if (fin)
		model_take_fin(m, end);
	if (pos > m->rcv) {
		if (seg->payload.n)
			model_spans_add(&m->early, pos, end);
		m->recent = pos;
		m->ack_due = true;
	} else {
		m->ack_due |= m->early.n > 0;
		m->rcv = end > m->rcv ? end : m->rcv;
	}
	m->rcv = model_spans_pass(&m->early, m->rcv);
	if (m->fin && m->rcv == m->fin) {
		m->rcv++;
		m->fin_read = true;
		m->ack_due = true;
	}
	if (++m->heard >= 2)
		m->ack_due = true;
	else if (m->ack_at == UINT64_MAX)
		m->ack_at = now_ns + MODEL_DELAY;
}

static inline void model_receive(struct model *m, const struct tcp_seg *seg, uint64_t now_ns)
{
	if (m->state == MODEL_RESET)
		return;
	if (m->state == MODEL_SYN_SENT) {
		if (seg->flags & TCP_SEG_RST && seg->flags & TCP_SEG_ACK && seg->ack == m->isn + 1)
			m->state = MODEL_RESET;
		else
			model_take_syn_ack(m, seg);
		return;
	}
	if (seg->flags & TCP_SEG_RST) {
		if (seg->seq == m->irs + (uint32_t)m->rcv)
			m->state = MODEL_RESET;
		else
			m->ack_due = true;
		return;
	}
	if (seg->flags & TCP_SEG_SYN) {
		m->ack_due = true;
		return;
	}
	assert_true(seg->flags & TCP_SEG_ACK);
	model_take_ack(m, seg, now_ns);
	model_take_data(m, seg, now_ns);
}

/* --- sending --- */

static inline void model_describe(const struct model *m, struct tcp_seg *seg)
{
	const struct model_spans *s = &m->early;
	unsigned first = 0;

	if (!m->sack)
		return;
	for (unsigned i = 0; i < s->n; i++)
		if (s->span[i].start <= m->recent && m->recent < s->span[i].end)
			first = i;
	for (unsigned k = 0; k < s->n && seg->sack_count < m->sack_blocks; k++)
		seg->sack[seg->sack_count++] = (struct tcp_seg_range){
		        m->irs + (uint32_t)s->span[(first + s->n - k) % s->n].start,
		        m->irs + (uint32_t)s->span[(first + s->n - k) % s->n].end,
		};
}

/* A segment of the positions pos..pos+len: bytes, then the FIN if they reach so far. */
static inline void model_fill(struct model *m, uint64_t pos, uint64_t len, struct tcp_seg *seg)
{
	const int shift = m->scale > 0 ? m->scale : 0;
	const uint64_t window = (m->promised - (m->rcv - m->fin_read)) >> shift;
	const bool fin = len && pos + len > m->total + 1;

	assert_true(pos + len <= m->total + 2);
	seg->seq = m->isn + (uint32_t)pos;
	seg->ack = m->irs + (uint32_t)m->rcv;
	seg->flags = fin ? TCP_SEG_ACK | TCP_SEG_FIN : TCP_SEG_ACK;
	seg->window = (uint16_t)(window < 65535 ? window : 65535);
	seg->payload = rd_of(model_bytes(MODEL_GUEST_BYTES, pos - 1), len - fin);
	m->nxt = pos + len > m->nxt ? pos + len : m->nxt;
	m->ack_due = false;
	m->heard = 0;
	m->ack_at = UINT64_MAX;
}

static inline bool model_again(struct model *m, struct tcp_seg *seg)
{
	uint64_t len;

	if (m->resend_end > m->nxt)
		m->resend_end = m->nxt;
	for (unsigned i = 0; i < m->sacked.n; i++)
		if (m->sacked.span[i].start <= m->resend && m->resend < m->sacked.span[i].end)
			m->resend = m->sacked.span[i].end;
	if (m->resend >= m->resend_end || !m->credit)
		return false;
	len = m->resend_end - m->resend;
	len = len < m->peer_mss ? len : m->peer_mss;
	for (unsigned i = 0; i < m->sacked.n; i++)
		if (m->resend < m->sacked.span[i].start &&
		    m->sacked.span[i].start < m->resend + len)
			len = m->sacked.span[i].start - m->resend;
	model_fill(m, m->resend, len, seg);
	m->resend += len;
	m->credit--;
	m->resent++;
	return true;
}

/* The next segment to send, if any. */
static inline bool model_next(struct model *m, uint64_t now_ns, struct tcp_seg *seg)
{
	const uint64_t end = model_end(m);
	uint64_t len;

	*seg = (struct tcp_seg){.window_scale = -1};
	if (m->state == MODEL_RESET)
		return false;
	if (m->state == MODEL_SYN_SENT) {
		if (!m->syn_due)
			return false;
		m->syn_due = false;
		m->rto_at = now_ns + m->rto;
		seg->seq = m->isn;
		seg->flags = TCP_SEG_SYN;
		seg->mss = m->mss;
		seg->window = (uint16_t)(m->buffer < 65535 ? m->buffer : 65535);
		seg->window_scale = m->scale;
		seg->sack_permitted = m->sack;
		return true;
	}
	if (m->ack_due && m->early.n) { /* a duplicate must be bare to count */
		model_fill(m, m->nxt, 0, seg);
		model_describe(m, seg);
		return true;
	}
	if (model_again(m, seg))
		return true;
	if (m->nxt < end && m->nxt < m->edge + m->greed) {
		if (m->una == m->nxt || m->rto_at == UINT64_MAX)
			m->rto_at = now_ns + m->rto;
		len = m->edge + m->greed - m->nxt;
		len = len < end - m->nxt ? len : end - m->nxt;
		model_fill(m, m->nxt, len < m->peer_mss ? len : m->peer_mss, seg);
		return true;
	}
	if (m->nxt < end && m->una == m->nxt && m->rto_at == UINT64_MAX)
		m->rto_at = now_ns + m->rto;
	if (m->probe_due) {
		m->probe_due = false;
		model_fill(m, m->probes_by_byte ? m->nxt : m->una - 1, m->probes_by_byte, seg);
		return true;
	}
	if (!m->ack_due)
		return false;
	model_fill(m, m->nxt, 0, seg);
	return true;
}

/* --- time and the application --- */

static inline uint64_t model_deadline(const struct model *m)
{
	if (m->state == MODEL_RESET)
		return UINT64_MAX;
	return m->rto_at < m->ack_at ? m->rto_at : m->ack_at;
}

static inline void model_expire(struct model *m, uint64_t now_ns)
{
	if (now_ns >= m->ack_at) {
		m->ack_due = true;
		m->ack_at = UINT64_MAX;
	}
	if (now_ns < m->rto_at)
		return;
	m->rto = m->rto * 2 < MODEL_RTO_MAX ? m->rto * 2 : MODEL_RTO_MAX;
	m->rto_at = now_ns + m->rto;
	if (m->state == MODEL_SYN_SENT) {
		m->syn_due = true;
	} else if (m->una < m->nxt) {
		m->resend = m->una;
		m->resend_end = m->nxt;
		m->credit = 2;
		m->dups = 0;
		m->sacked.n = 0;
	} else if (m->nxt < model_end(m)) {
		m->probe_due = true;
	} else {
		m->rto_at = UINT64_MAX;
	}
}

/* The application reads up to `n` bytes. */
static inline void model_read(struct model *m, uint64_t n)
{
	const uint64_t here = m->rcv - 1 - m->fin_read - m->read;
	uint64_t edge, step = 2ULL * m->peer_mss;

	if (m->state != MODEL_OPEN)
		return;
	m->read += n < here ? n : here;
	edge = 1 + m->read + m->buffer;
	if (m->scale < 0 && edge > m->rcv + 65535)
		edge = m->rcv + 65535;
	step = step < m->buffer / 2 ? step : m->buffer / 2;
	if (edge > m->promised && edge - m->promised >= step) {
		m->ack_due |= m->promised < m->rcv + step;
		m->promised = edge;
	}
}

#endif
