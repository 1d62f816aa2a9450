// SPDX-License-Identifier: GPL-3.0-or-later
/* The live peer of a scenario: raw sockets, guarded ports, a capture. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/cli/options.h"
#include "probe/net/complain.h"
#include "probe/net/guard.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/net/wire.h"
#include "probe/run/client.h"
#include "probe/run/live.h"
#include "probe/scenario/peer.h"
#include "report/track/observer.h"

#define DEFAULT_PORT 80
#define DETECT_TRIES 3
#define DETECT_WAIT_US 1000000
#define LINGER_US 20000

struct live_peer {
	struct peer peer;
	struct live live;
	struct destination to;
	struct target_name name;
	struct route route;
	struct address join_source; /* family 0: as the first subflow */
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
		.source = wish->source.family ? wish->source
			  : wish->joins && l->join_source.family
				  ? l->join_source
				  : l->to.source,
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

	live_end(&l->live);
	free(l);
}

static const struct peer_ops live_peer_ops = {
	live_peer_choose, live_peer_send,  live_peer_wait,
	live_peer_now,	  live_peer_close,
};

/* --- opening ------------------------------------------------------------- */

static int say(int code, const char *error)
{
	complain("%s", error);
	return code;
}

static int find_target(struct live_peer *l, const struct options *o,
		       const char *host)
{
	char error[300];
	bool ipv4 = o->ipv4, ipv6 = o->ipv6;
	struct address source = {0}, found[2];

	if (target_parse(host, &l->name, error, sizeof(error)) != 0)
		return say(EXIT_USAGE, error);
	if (o->port_count > 1 || (ipv4 && ipv6))
		return say(EXIT_USAGE, "mpprobe run: one port and one IP "
				       "version at a time");
	if (o->source && address_parse(o->source, &source) && !ipv4 && !ipv6) {
		ipv4 = source.family == 4;
		ipv6 = source.family == 6;
	}
	if (target_resolve(l->name.host, ipv4, ipv6, found, error,
			   sizeof(error)) == 0)
		return say(EXIT_NO_HOST, error);
	l->to.target = found[0];
	l->to.port = o->port_count  ? o->ports[0]
		     : l->name.port ? l->name.port
				    : DEFAULT_PORT;
	return 0;
}

static const char *chosen_interface(const struct live_peer *l,
				    const struct options *o)
{
	return o->interface	   ? o->interface
	       : l->name.zone[0] ? l->name.zone
				 : NULL;
}

static int find_route(struct live_peer *l, const struct options *o)
{
	struct address source;
	unsigned headers = l->to.target.family == 6 ? 60 : 40;
	char error[300];
	int code;

	if (o->source)
		address_parse(o->source, &source);
	code = route_find(&l->to.target, chosen_interface(l, o),
			  o->source ? &source : NULL, &l->route, error,
			  sizeof(error));
	if (code != 0)
		return say(code, error);
	l->to.source = l->route.source;
	l->to.mss = (uint16_t)((l->route.mtu < 1500 ? l->route.mtu : 1500) -
			       headers);
	return 0;
}

/* One capture handle a run: both subflows leave by the same interface. */
static int find_join_route(struct live_peer *l, const struct options *o)
{
	struct route route;
	char error[300];
	int code;

	if (!o->join_source)
		return 0;
	address_parse(o->join_source, &l->join_source);
	code = route_find(&l->to.target, chosen_interface(l, o),
			  &l->join_source, &route, error, sizeof(error));
	if (code != 0) {
		complain("--join-source: %s", error);
		return code;
	}
	if (!strcmp(route.interface, l->route.interface))
		return 0;
	complain("--join-source %s leaves by %s, but the first subflow by %s; "
		 "both must use one interface",
		 o->join_source, route.interface, l->route.interface);
	return EXIT_USAGE;
}

static void make_filter(const struct live_peer *l, char *filter, size_t size)
{
	char target[ADDRESS_TEXT], source[ADDRESS_TEXT], join[ADDRESS_TEXT];

	address_text(&l->to.target, target);
	address_text(&l->to.source, source);
	address_text(l->join_source.family ? &l->join_source : &l->to.source,
		     join);
	snprintf(filter, size,
		 "(tcp and host %s and (host %s or host %s)) or "
		 "(%s and (host %s or host %s))",
		 target, source, join,
		 l->to.target.family == 6 ? "icmp6" : "icmp", source, join);
}

static int open_wire(struct live_peer *l, const struct options *o)
{
	char filter[400], error[300];
	int code = EXIT_SYSTEM;
	bool ipv4 = l->to.target.family == 4;
	struct wire_config config = {
		.interface = l->route.interface,
		.bind_interface = chosen_interface(l, o) != NULL,
		.ipv4 = ipv4,
		.ipv6 = !ipv4,
		.filter = filter,
		.write_file = o->write_file,
	};

	make_filter(l, filter, sizeof(filter));
	if (ipv4)
		config.source4 = l->to.source;
	else
		config.source6 = l->to.source;
	l->live.wire = wire_open(&config, error, sizeof(error), &code);
	return l->live.wire ? 0 : say(code, error);
}

static int open_live(struct live_peer *l, const struct options *o)
{
	uint64_t seed = o->seed;
	char error[200];
	int code;

	if (!o->has_seed &&
	    getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)live_now_us();
	live_init(&l->live, seed);
	code = open_wire(l, o);
	if (code != 0)
		return code;
	l->live.guard = guard_new(l->route.interface);
	l->live.observer = l->peer.observer = observer_new();
	if (!l->live.guard || !l->peer.observer)
		return say(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	if (privileges_drop(error, sizeof(error)) != 0)
		return say(EXIT_SYSTEM, error);
	return 0;
}

static void make_request(struct live_peer *l)
{
	int length = snprintf((char *)l->peer.request, sizeof(l->peer.request),
			      "GET / HTTP/1.1\r\nHost: %s\r\n"
			      "Connection: keep-alive\r\n\r\n",
			      l->name.host);

	l->peer.request_length = (size_t)length;
	snprintf(l->peer.target, sizeof(l->peer.target), "%s", l->name.host);
}

struct peer *peer_live(const struct options *o, const char *host,
		       int *exit_code)
{
	struct live_peer *l = calloc(1, sizeof(*l));

	*exit_code = EXIT_SYSTEM;
	if (!l) {
		complain("no memory");
		return NULL;
	}
	l->peer.ops = &live_peer_ops;
	l->peer.version = -1;
	*exit_code = find_target(l, o, host);
	if (*exit_code == 0)
		*exit_code = find_route(l, o);
	if (*exit_code == 0)
		*exit_code = find_join_route(l, o);
	if (*exit_code == 0)
		*exit_code = open_live(l, o);
	if (*exit_code == 0) {
		make_request(l);
		return &l->peer;
	}
	live_peer_close(&l->peer);
	return NULL;
}

/* --- which version ------------------------------------------------------- */

static bool answered(const struct client *c)
{
	const struct flow *f = client_flow(c);

	return f && (flow_syn_ack(f) || flow_reset(f));
}

/* Whether the SYN/ACK of a SYN of this version has MP_CAPABLE, if only as an
 * echo; the SYN is the usual one of mpprobe, which no script sends. */
static bool speaks(struct live_peer *l, unsigned version)
{
	const struct flow *f;
	struct client c;

	if (!client_open(&c, &l->live, &l->to, PURPOSE_MP_CAPABLE, version))
		return false;
	for (int i = 0; i < DETECT_TRIES && fine(l) && !answered(&c); i++) {
		int64_t until = live_now_us() + DETECT_WAIT_US;

		client_send_syn(&c, COPY_FULL);
		while (!answered(&c) && live_peer_wait(&l->peer, until))
			;
	}
	f = client_flow(&c);
	if (f && f->syn_ack_seen)
		l->peer.answered = true;
	if (f)
		client_send_reset(&c);
	return f && (f->mptcp.syn_ack || f->mptcp.mirrored);
}

bool peer_live_detect(struct peer *p, const struct options *o)
{
	struct live_peer *l = live_peer_of(p);

	if (o->mptcp_version >= 0) {
		p->version = o->mptcp_version;
		p->answered = true;
	} else if (speaks(l, 1)) {
		p->version = 1;
	} else if (fine(l) && speaks(l, 0)) {
		p->version = 0;
	}
	return fine(l);
}

bool peer_live_finish(struct peer *p)
{
	struct live_peer *l = live_peer_of(p);
	int64_t end = live_now_us() + LINGER_US;

	while (l->live.departure_count && !l->live.exit_code &&
	       live_now_us() < end)
		live_poll(&l->live, end);
	fine(l);
	if (wire_finish_file(l->live.wire) == 0)
		return true;
	if (!p->exit_code) {
		p->exit_code = EXIT_OUTPUT;
		snprintf(p->error, sizeof(p->error), "%s",
			 wire_error(l->live.wire));
	}
	return false;
}
