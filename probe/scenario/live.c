// SPDX-License-Identifier: GPL-3.0-or-later
/* The live peer of a scenario: raw sockets, guarded ports, a capture. */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/run/connection.h"
#include "probe/run/live.h"
#include "probe/scenario/peer.h"
#include "report/track/observer.h"

#define SEGMENT_MTU 1500 /* scripts send nothing larger */

struct live_peer {
	struct peer peer;
	struct live live;
	struct destination to;
	struct target ways[2]; /* of the first subflow, and of those that join
				  it: the same without --join-source */
};

static struct live_peer *live_peer_of(struct peer *p)
{
	return (struct live_peer *)p;
}

/* The run's error is the peer's; a signal stops the script, but not the
 * segments that end its connections. */
static bool fine(struct live_peer *l)
{
	if (l->live.exit_code && !l->peer.exit_code) {
		l->peer.exit_code = l->live.exit_code;
		snprintf(l->peer.error, sizeof(l->peer.error), "%s",
			 l->live.error);
	}
	if (!l->peer.exit_code && signals_interrupted()) {
		l->peer.exit_code = EXIT_INTERRUPTED;
		snprintf(l->peer.error, sizeof(l->peer.error), "interrupted");
	}
	return l->peer.exit_code == 0;
}

/* --- the peer ------------------------------------------------------------ */

static bool live_peer_choose(struct peer *p, const struct wish *wish,
			     unsigned attempt, struct choices *out)
{
	struct live_peer *l = live_peer_of(p);
	struct live *live = &l->live;

	if (attempt || !fine(l))
		return false;
	*out = (struct choices){
		.source = wish->source.family
				  ? wish->source
				  : l->ways[wish->joins].route.source,
		.target = l->to.target,
		.port = l->to.port,
		.isn = live_random32(live),
		.key = live_random(live) | 1,
		.nonce = live_random32(live),
		.token = live_random32(live),
		.mss = l->to.mss,
		.flow_label = (live_random32(live) & 0xfffff) | 1,
	};
	if (out->source.family != out->target.family) {
		snprintf(p->error, sizeof(p->error),
			 "the source is of another IP version than the target");
		return false;
	}
	if (wish->source_port)
		live->next_port = wish->source_port;
	out->source_port = live_port(live, &out->source, false);
	return fine(l) && out->source_port != 0;
}

static enum peer_result live_peer_send(struct peer *p,
				       struct ip_envelope *envelope,
				       const uint8_t *segment, size_t length)
{
	struct live_peer *l = live_peer_of(p);

	if (!fine(l) && !p->ending)
		return PEER_STOP;
	if (!live_send(&l->live, envelope, segment, length))
		return fine(l) ? PEER_DIFFERS : PEER_STOP;
	return PEER_OK;
}

static bool live_peer_wait(struct peer *p, int64_t until_us)
{
	struct live_peer *l = live_peer_of(p);
	uint64_t before = p->observer->frames;

	while (fine(l) && p->observer->frames == before) {
		if (live_now_us() >= until_us)
			return false;
		live_poll(&l->live, until_us);
	}
	return p->exit_code == 0;
}

static int64_t live_peer_now(const struct peer *p)
{
	(void)p;
	return live_now_us();
}

static void live_peer_close(struct peer *p)
{
	struct live_peer *l = live_peer_of(p);

	live_close(&l->live);
	free(l);
}

static const struct peer_ops live_peer_ops = {
	live_peer_choose, live_peer_send, live_peer_wait,
	live_peer_now,	  NULL,		  live_peer_close,
};

/* --- opening ------------------------------------------------------------- */

/* By the interface that the address belongs to, whatever the main table says of
 * the target. */
static int take_owners_way(struct target *join, const struct address *source,
			   const char *owner)
{
	char to[ADDRESS_TEXT], from[ADDRESS_TEXT];

	if (join->name.zone[0] || !route_leads(&join->address, owner))
		return failure(EXIT_USAGE,
			       "--join-source %s is of %s, by which no route "
			       "leads to %s",
			       address_text(source, from), owner,
			       address_text(&join->address, to));
	join->bound = true;
	snprintf(join->route.interface, sizeof(join->route.interface), "%s",
		 owner);
	return target_route(join, source, "--join-source");
}

/* As a connection that is bound to the address would leave, if rules by source
 * say so; else by the address's own interface. */
static int find_join_route(struct live_peer *l, const char *join_source)
{
	struct target *join = &l->ways[1];
	char owner[IF_NAMESIZE];
	struct address source;
	int code;

	*join = l->ways[0];
	if (!join_source || !address_parse(join_source, &source))
		return 0;
	join->bound = join->name.zone[0];
	code = target_route(join, &source, "--join-source");
	if (code != 0)
		return code;
	route_owner(&source, owner);
	if (!owner[0] || !strcmp(owner, "lo") ||
	    !strcmp(owner, join->route.interface) ||
	    route_is_by_source(&join->address, &join->route))
		return 0;
	return take_owners_way(join, &source, owner);
}

static int open_live(struct live_peer *l, const struct peer_wanted *w)
{
	const struct live_config config = {
		.targets = l->ways,
		.target_count = 2,
		.write_file = w->write_file,
		.seed = w->seed,
		.anonymous = w->anonymous,
	};
	int code = live_open(&l->live, &config);

	l->peer.observer = l->live.observer;
	l->peer.covered = l->live.covered;
	return code ? code : privileges_drop();
}

static int open_peer(struct live_peer *l, const struct peer_wanted *w,
		     const char *host)
{
	struct target *t = &l->ways[0];
	int code;

	if (target_find(host, &w->where, t, &code) == 0)
		return code;
	code = find_join_route(l, w->join_source);
	if (code != 0)
		return code;
	if (t->route.mtu > SEGMENT_MTU)
		t->route.mtu = SEGMENT_MTU;
	l->to = live_destination(&l->live, t, w->port ? w->port : t->name.port);
	l->peer.request_length = request_write(target_say(&t->name, w->say),
					       t->name.host, l->peer.request);
	l->peer.opening_length = OPENING_MAX < l->peer.request_length
					 ? OPENING_MAX
					 : l->peer.request_length - 1;
	l->peer.has_end = true;
	snprintf(l->peer.target, sizeof(l->peer.target), "%s", t->name.host);
	return open_live(l, w);
}

struct peer *peer_live(const struct peer_wanted *w, const char *host,
		       int *exit_code)
{
	struct live_peer *l = calloc(1, sizeof(*l));

	if (!l) {
		*exit_code = failure(EXIT_SYSTEM, "no memory");
		return NULL;
	}
	l->peer.ops = &live_peer_ops;
	l->peer.version = -1;
	*exit_code = open_peer(l, w, host);
	if (*exit_code == 0)
		return &l->peer;
	live_peer_close(&l->peer);
	return NULL;
}

/* --- which version ------------------------------------------------------- */

/* Whether the SYN/ACK of a SYN of this version has MP_CAPABLE, if only as an
 * echo; the SYN is the usual one of mpprobe, which no script sends. */
static bool speaks(struct live_peer *l, unsigned version)
{
	struct connection c;
	const struct flow *f;
	int64_t until;

	connection_open(&c, NULL, &l->to, PURPOSE_MP_CAPABLE, version);
	connection_begin(&c);
	while (fine(l) && (until = connection_step(&c, live_now_us())) != NEVER)
		live_peer_wait(&l->peer, until);
	connection_end(&c);
	f = client_flow(&c.client);
	l->peer.answered |= f && f->syn_ack_seen;
	return f && (f->mptcp.syn_ack || f->mptcp.mirrored);
}

bool peer_live_detect(struct peer *p, int mptcp_version)
{
	struct live_peer *l = live_peer_of(p);

	if (mptcp_version >= 0) {
		p->version = mptcp_version;
		p->answered = true;
	} else if (speaks(l, 1)) {
		p->version = 1;
		p->speaks_without_checksums = true;
	} else if (fine(l) && speaks(l, 0)) {
		p->version = 0;
	}
	return fine(l);
}

bool peer_live_finish(struct peer *p)
{
	bool finished = live_finish(&live_peer_of(p)->live);

	return fine(live_peer_of(p)) && finished;
}
