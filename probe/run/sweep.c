/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/sweep.h"

#include "probe/run/live.h"
#include "report/track/observer.h"

void sweep_start(struct sweep *w, const struct destination *to,
		 enum purpose purpose, unsigned version, unsigned first,
		 unsigned last, unsigned reach)
{
	*w = (struct sweep){.first = first, .last = last};
	client_open(&w->client, to, purpose, version);
	w->sent_us = live_now_us();
	for (unsigned ttl = first; ttl <= last; ttl++) {
		bool low = ttl < reach;

		client_send_syn(
			&w->client,
			(struct copy){(uint8_t)ttl, low,
				      low && purpose == PURPOSE_MP_CAPABLE});
	}
}

void sweep_open_bare(struct sweep *w, const struct destination *to,
		     unsigned first, unsigned last)
{
	*w = (struct sweep){.first = first, .last = last};
	client_open(&w->client, to, PURPOSE_TCP, 0);
	w->client.no_mss = true;
}

void sweep_open_capable(struct sweep *w, const struct destination *to,
			unsigned version, unsigned first, unsigned last)
{
	*w = (struct sweep){.first = first, .last = last};
	client_open(&w->client, to, PURPOSE_MP_CAPABLE, version);
}

unsigned sweep_reach(const struct sweep *w)
{
	const struct flow *f = w->last ? client_flow(&w->client) : NULL;

	return f ? flow_reach(f) : 0;
}

bool sweep_quoted(const struct sweep *w, unsigned ttl)
{
	const struct flow *f = w->last ? client_flow(&w->client) : NULL;

	return f && flow_quote(f, SEGMENT_SYN, ttl);
}

void sweep_again(struct sweep *w, unsigned ttl, bool marked)
{
	w->sent_us = live_now_us();
	client_send_syn(&w->client, (struct copy){(uint8_t)ttl, marked, false});
}

void sweep_end(struct sweep *w)
{
	if (w->last)
		client_send_reset(&w->client);
}
