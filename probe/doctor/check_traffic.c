// SPDX-License-Identifier: GPL-3.0-or-later
/* What programs ask for, what became of it, and the buffers that it has. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe/doctor/checks.h"
#include "probe/doctor/counters.h"
#include "report/evidence/loss.h"

/* Of one path: 100 Mbit/s, for 50 ms unless a subflow takes longer. */
#define BYTES_A_MS 12500L
#define MS_AT_LEAST 50L
/* What Linux 6.15 has for receiving. */
#define LARGEST_USUAL 33554432L

/* --- programs ------------------------------------------------------------ */

#define USERS_SHOWN 8

/* A program, and its sockets of one kind. */
struct user {
	const struct doctor_socket *like;
	size_t count;
	const char *ports;		   /* "80, 443" */
	const struct doctor_socket **seen; /* one for each port */
	size_t seen_count;
};

struct users {
	struct user *all;
	size_t count;
	const char *text;
};

typedef bool pick_fn(const struct doctor_socket *s);

static bool same_user(const struct doctor_socket *a,
		      const struct doctor_socket *b)
{
	if (a->program && b->program)
		return !strcmp(a->program, b->program);
	return !a->program && !b->program && a->user == b->user;
}

static struct user *find_user(const struct checkup *c, struct users *u,
			      const struct doctor_socket *s)
{
	struct user *slot;

	for (size_t i = 0; i < u->count; i++)
		if (same_user(u->all[i].like, s))
			return &u->all[i];
	slot = ARENA_PUSH(c->facts->arena, u->all, u->count);
	slot->like = s;
	slot->ports = "";
	return slot;
}

static void add_port(const struct checkup *c, struct user *u,
		     const struct doctor_socket *s)
{
	for (size_t i = 0; i < u->seen_count; i++)
		if (u->seen[i]->local_port == s->local_port)
			return;
	*ARENA_PUSH(c->facts->arena, u->seen, u->seen_count) = s;
	u->ports = SAY(c, "%s%s%u", u->ports, *u->ports ? ", " : "",
		       s->local_port);
}

/* "nginx (80, 443), a program of user 33 (8080)" */
static const char *list_users(const struct checkup *c, const struct users *u)
{
	const char *text = "";

	for (size_t i = 0; i < u->count && i < USERS_SHOWN; i++) {
		const struct user *one = &u->all[i];
		const char *what = one->like->listening
					   ? one->ports
					   : SAY(c, "%zu", one->count);

		if (i)
			text = SAY(c, "%s, ", text);
		if (one->like->program)
			text = SAY(c, "%s%s (%s)", text, one->like->program,
				   what);
		else
			text = SAY(c, "%sa program of user %u (%s)", text,
				   one->like->user, what);
	}
	if (u->count > USERS_SHOWN)
		text = SAY(c, "%s and %zu more", text, u->count - USERS_SHOWN);
	return text;
}

static struct users find_users(const struct checkup *c, pick_fn *pick)
{
	const struct facts *f = c->facts;
	struct users u = {0};

	for (size_t i = 0; i < f->socket_count; i++) {
		const struct doctor_socket *s = &f->sockets[i];
		struct user *one = pick(s) ? find_user(c, &u, s) : NULL;

		if (!one)
			continue;
		one->count++;
		if (s->listening)
			add_port(c, one, s);
	}
	u.text = list_users(c, &u);
	return u;
}

/* A program names itself as it likes, and a command is copied into a shell. */
static bool is_harmless(const char *name)
{
	return name && *name && *name != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")] ==
		       '\0';
}

/* The first that is known by name. */
static const char *mptcpize(const struct checkup *c, const struct users *u)
{
	for (size_t i = 0; i < u->count; i++)
		if (is_harmless(u->all[i].like->program))
			return SAY(c, "mptcpize run %s",
				   u->all[i].like->program);
	return "mptcpize run PROGRAM";
}

static bool listens_mptcp(const struct doctor_socket *s)
{
	return s->listening && s->mptcp;
}

static bool listens_plain(const struct doctor_socket *s)
{
	return s->listening && !s->mptcp;
}

static bool connected_mptcp(const struct doctor_socket *s)
{
	return !s->listening && s->mptcp;
}

/* By this host: what a listener accepted is its matter. */
static bool connected_plain(const struct doctor_socket *s)
{
	return !s->listening && !s->mptcp && !s->accepted;
}

static bool sockets_told(struct checkup *c)
{
	const struct facts *f = c->facts;

	if (f->sockets_known == KNOWN && f->mptcp_sockets_known == KNOWN)
		return true;
	check_unknown(c, EFFECT_PROGRAMS,
		      "this kernel does not tell which sockets are MPTCP's "
		      "(inet_diag, mptcp_diag)",
		      "modprobe -a tcp_diag mptcp_diag");
	return false;
}

void check_listeners(struct checkup *c)
{
	struct users mptcp, plain;

	if (!sockets_told(c))
		return;
	mptcp = find_users(c, listens_mptcp);
	plain = find_users(c, listens_plain);
	if (!mptcp.count && !plain.count)
		check_ok(c, "no program accepts connections of other hosts");
	else if (!mptcp.count && c->facts->listeners_hidden)
		check_unknown(c, EFFECT_PROGRAMS,
			      SAY(c,
				  "whether these accept MPTCP this kernel does "
				  "not tell (Linux 6.0 does): %s",
				  plain.text),
			      "ss -tlnp");
	else if (!mptcp.count)
		check_wrong(c, EFFECT_PROGRAMS,
			    SAY(c,
				"what accepts connections here accepts plain "
				"TCP only: %s",
				plain.text),
			    mptcpize(c, &plain));
	else
		check_ok(c, SAY(c, "MPTCP is accepted by %s%s%s", mptcp.text,
				plain.count ? "; plain TCP only by " : "",
				plain.text));
}

void check_programs(struct checkup *c)
{
	const struct facts *f = c->facts;
	struct users mptcp, plain;

	if (f->sockets_known != KNOWN || f->mptcp_sockets_known != KNOWN)
		return; /* said of the listeners */
	mptcp = find_users(c, connected_mptcp);
	plain = find_users(c, connected_plain);
	if (!mptcp.count && !plain.count)
		check_ok(c, "no program is connected to another host now");
	else if (!mptcp.count)
		check_wrong(c, EFFECT_PROGRAMS,
			    SAY(c,
				"what is connected now asked for plain TCP: %s",
				plain.text),
			    mptcpize(c, &plain));
	else
		check_ok(c,
			 SAY(c, "MPTCP was asked for by %s%s%s", mptcp.text,
			     plain.count ? "; plain TCP by " : "", plain.text));
}

/* --- what became of it --------------------------------------------------- */

/* "; since boot: 3 SYN/ACKs ..." */
static const char *why(const struct checkup *c)
{
	const struct facts *f = c->facts;
	const char *text =
		counters_reasons(f->arena, f->counters, f->counter_count);

	return *text ? SAY(c, "; since %s: %s", f->since ? f->since : "boot",
			   text)
		     : "";
}

/* As mpprobe takes it. */
static const char *host_argument(const struct checkup *c,
				 const struct address *a, uint16_t port)
{
	return SAY(c, a->family == 6 ? "[%s]:%u" : "%s:%u",
		   arena_address(c->facts->arena, a), port);
}

static const char *probe_command(const struct checkup *c,
				 const struct address *a, uint16_t port)
{
	return SAY(c, "mpprobe %s", host_argument(c, a, port));
}

static const char *probe_of(const struct checkup *c,
			    const struct doctor_socket *s)
{
	return probe_command(c, &s->remote, s->remote_port);
}

void check_connections(struct checkup *c)
{
	const struct facts *f = c->facts;
	const struct doctor_socket *fallen = NULL;
	size_t all = 0, fell = 0;

	for (size_t i = 0; i < f->socket_count; i++) {
		const struct doctor_socket *s = &f->sockets[i];

		if (!connected_mptcp(s))
			continue;
		all++;
		if (s->fallback && !fell++)
			fallen = s;
	}
	if (f->mptcp_sockets_known != KNOWN)
		return;
	if (fallen)
		check_wrong(c, EFFECT_FALLBACK,
			    SAY(c,
				"%zu of %zu MPTCP connections fell back to "
				"TCP, that to %s port %u%s%s",
				fell, all,
				arena_address(f->arena, &fallen->remote),
				fallen->remote_port, fell > 1 ? " for one" : "",
				why(c)),
			    probe_of(c, fallen));
	else if (all == 0)
		check_ok(c,
			 SAY(c, "there is no MPTCP connection now%s", why(c)));
	else
		check_ok(c,
			 SAY(c, "%zu MPTCP connection%s now, none fell back%s",
			     all, all == 1 ? "" : "s", why(c)));
}

/* "10.0.2.2 port 80" */
static const char *host_of(const struct checkup *c)
{
	const struct fact_connection *k = &c->facts->connection;

	return SAY(c, "%s port %u", arena_address(c->facts->arena, &k->to),
		   k->port);
}

static const char *further(const struct checkup *c, unsigned subflows)
{
	if (subflows == 0)
		return "no further subflow";
	return SAY(c, "%u further subflow%s", subflows,
		   subflows == 1 ? "" : "s");
}

/* The kernel's connection has MPTCP, and was answered. Subflows that were tried
 * are wrong if they did not come into use; why none was tried is not known. */
static void check_subflows(struct checkup *c)
{
	const struct fact_connection *k = &c->facts->connection;
	const char *has = SAY(c,
			      "a connection of this kernel to %s has MPTCP; "
			      "its request was answered",
			      host_of(c));
	const char *joined = k->joined ? SAY(c, "%u", k->joined) : "none";
	const char *of = SAY(c,
			     "of %u further subflow%s that w%s tried %s "
			     "joined",
			     k->tried, k->tried == 1 ? "" : "s",
			     k->tried == 1 ? "as" : "ere", joined);
	const char *probes = SAY(c, "mpprobe -i all %s\n%s",
				 host_argument(c, &k->to, k->port),
				 probe_command(c, &k->to, k->port));

	if (k->closed && k->joined < k->expected)
		check_unknown(
			c, EFFECT_PATHS,
			SAY(c,
			    "%s, but the server closed it before %s could "
			    "join",
			    has,
			    k->joined ? "all further subflows"
				      : "a further subflow"),
			probes);
	else if (k->joined < k->expected && k->tried > k->joined)
		check_wrong(c, EFFECT_PATHS, SAY(c, "%s, but %s", has, of),
			    probes);
	else if (k->joined < k->expected)
		check_unknown(c, EFFECT_PATHS,
			      SAY(c,
				  "%s, but the endpoints ask for %u further "
				  "subflow%s, and %u w%s tried: the server may "
				  "not allow it",
				  has, k->expected, k->expected == 1 ? "" : "s",
				  k->tried, k->tried == 1 ? "as" : "ere"),
			      probes);
	else
		check_ok(c, SAY(c, "%s, and %s joined", has,
				further(c, k->joined)));
}

void check_connection(struct checkup *c)
{
	const struct fact_connection *k = &c->facts->connection;

	if (!k->asked || facts_number(c->facts, "net.mptcp.enabled") == 0)
		return;
	if (k->error)
		check_unknown(c, EFFECT_FALLBACK,
			      SAY(c,
				  "a connection of this kernel to %s failed: "
				  "%s%s%s",
				  host_of(c), strerror(k->error),
				  *k->why ? "; " : "", k->why),
			      probe_command(c, &k->to, k->port));
	else if (k->fallback)
		check_wrong(c, EFFECT_FALLBACK,
			    SAY(c,
				"a connection of this kernel to %s fell back "
				"to TCP%s%s",
				host_of(c), *k->why ? ": " : "", k->why),
			    probe_command(c, &k->to, k->port));
	else if (!k->answered)
		check_unknown(c, EFFECT_FALLBACK,
			      SAY(c,
				  "a connection of this kernel to %s has "
				  "MPTCP, but its request was not answered",
				  host_of(c)),
			      probe_command(c, &k->to, k->port));
	else
		check_subflows(c);
}

/* Of what only raw packets can tell. */
void check_path(struct checkup *c)
{
	const struct fact_connection *k = &c->facts->connection;

	if (k->asked && !k->raw)
		check_unknown(c, EFFECT_FALLBACK,
			      SAY(c,
				  "the path to %s was not probed: that takes "
				  "CAP_NET_RAW",
				  host_of(c)),
			      SAY(c, "sudo mpprobe doctor %s", k->name));
}

/* Whom to probe, if anybody is known. */
static const char *probe_server(const struct checkup *c)
{
	const struct facts *f = c->facts;

	for (size_t i = 0; i < f->socket_count; i++)
		if (connected_mptcp(&f->sockets[i]))
			return probe_of(c, &f->sockets[i]);
	return "mpprobe HOST";
}

/* One that is lost is sent again by TCP, but counted once. */
void check_joins(struct checkup *c)
{
	const struct facts *f = c->facts;
	uint64_t sent = facts_counter(f, "MPJoinSynTx");
	uint64_t answered = facts_counter(f, "MPJoinSynAckRx");
	const char *when = f->since ? f->since : "boot";

	if (sent >= LOST_MIN && !answered)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"%" PRIu64 " subflows were tried since %s, and "
				"no SYN with MP_JOIN was answered",
				sent, when),
			    probe_server(c));
	else if (sent)
		check_ok(c, SAY(c,
				"of %" PRIu64 " joins since %s %" PRIu64 " %s "
				"answered",
				sent, when, answered,
				answered == 1 ? "was" : "were"));
}

void check_refused_joins(struct checkup *c)
{
	const struct facts *f = c->facts;
	uint64_t refused = facts_counter(f, "MPJoinRejected");

	if (refused && f->subflows > 0 && facts_kernel_manages(f))
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"this host refused %" PRIu64
				" subflow%s of clients: the limit is %d beside "
				"the first",
				refused, refused == 1 ? "" : "s", f->subflows),
			    "ip mptcp limits set subflows 8");
}

void check_damage(struct checkup *c)
{
	static const char *const names[] = {
		"DataCsumErr", "MPJoinSynAckHMacFailure",
		"MPJoinAckHMacFailure", "DSSCorruptionReset"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct doctor_counter one = {
			names[i], facts_counter(c->facts, names[i])};

		if (one.value)
			check_wrong(c, EFFECT_WORSE,
				    doctor_counter_text(c->facts->arena, &one),
				    probe_server(c));
	}
}

/* --- buffers ------------------------------------------------------------- */

/* The third number of "4096 131072 6291456"; < 0: there is none. */
static long largest(const struct facts *f, const char *name)
{
	const char *text = facts_setting(f, name);
	const char *last = text ? strrchr(text, ' ') : NULL;

	return last ? strtol(last, NULL, 10) : -1;
}

static long count_paths(const struct facts *f)
{
	long paths = 0;

	for (size_t i = 0; i < f->link_count; i++)
		paths += facts_is_uplink(f, &f->links[i]);
	return paths ? paths : 1;
}

/* All subflows share the buffer of their connection, which waits for the
 * slowest (RFC 8684 3.3.1). */
static void check_buffer(struct checkup *c, const char *name,
			 const char *others)
{
	const struct facts *f = c->facts;
	long most = largest(f, name), paths = count_paths(f);
	long measured = (long)f->rtt_us / 1000;
	long ms = measured > MS_AT_LEAST ? measured : MS_AT_LEAST;
	long wanted = paths * ms * BYTES_A_MS;

	if (most < 0)
		return;
	if (most < wanted)
		check_wrong(
			c, EFFECT_WORSE,
			SAY(c,
			    "%s allows %ld bytes, and %ld path%s of 100 "
			    "Mbit/s and %ld ms want%s %ld",
			    name, most, paths, paths == 1 ? "" : "s", ms,
			    paths == 1 ? "s" : "", wanted),
			SAY(c, "sysctl -w %s='%s %ld'", name, others,
			    wanted > LARGEST_USUAL ? wanted : LARGEST_USUAL));
	else
		check_ok(c, SAY(c, "%s allows %ld bytes", name, most));
}

void check_receive_buffer(struct checkup *c)
{
	check_buffer(c, "net.ipv4.tcp_rmem", "4096 131072");
}

void check_send_buffer(struct checkup *c)
{
	check_buffer(c, "net.ipv4.tcp_wmem", "4096 16384");
}

void check_autotuning(struct checkup *c)
{
	long on = facts_number(c->facts, "net.ipv4.tcp_moderate_rcvbuf");

	if (on == 0)
		check_wrong(c, EFFECT_WORSE,
			    "net.ipv4.tcp_moderate_rcvbuf is 0: receive "
			    "buffers do not grow to what several paths need",
			    "sysctl -w net.ipv4.tcp_moderate_rcvbuf=1");
	else if (on > 0)
		check_ok(c, "receive buffers grow as they are needed");
}
