/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is known of the path to one target while it is judged: its connections
 * with what hops quote of them, how far they reach, what the server is known to
 * do. judge.c fills it in before any rule is asked; rules read it, and add
 * findings to its report. Everything lives in the report's arena.
 */
#ifndef REPORT_EVIDENCE_JUDGEMENT_H
#define REPORT_EVIDENCE_JUDGEMENT_H

#include "report/evidence/changes.h"
#include "report/evidence/target.h"
#include "report/report.h"
#include "report/track/observer.h"

/* A reply to a segment with the usual TTL does not tell where it came from. */
#define SWEEP_TTL_MAX 63

/* One quote beside what it quotes. */
struct view {
	const struct flow *flow;
	const struct quote *quote;
	const struct kept *sent;
	struct comparison comparison;
	unsigned ttl; /* of the hop that quotes; 0: not told */
};

/* One packet, seen in two places: as it passed the one nearer to its sender,
 * and the other. */
struct pair {
	bool directed; /* it is known which is nearer; else it is unchanged */
	const struct flow *flow;
	unsigned side; /* 0: the client sent it */
	enum segment_kind kind;
	const struct kept *left, *arrived;
	struct viewpoint left_at, arrived_at;
	struct comparison comparison;
};

/* By how much sequence numbers are larger in another place than where the flow
 * is followed: the client's, the server's. */
struct shift {
	uint32_t of[2];
};

/* What one side of a flow sent, as it was seen in one place. */
struct sightings_of {
	struct kept *const *list;
	size_t count;
	bool whole; /* all that came by there */
};

/* Attempts of one kind at full TTL, each SYN that had time to be answered. */
struct attempts {
	unsigned sent, lost; /* lost: unanswered SYNs */
	unsigned flows, answered, reset;
	unsigned late;	  /* flows whose first SYN was not answered */
	unsigned moments; /* of losses: of late flows, or of one's SYNs */
	unsigned apart;	  /* of these, where no plain SYN was lost beside it */
	const struct flow *example;
	int64_t first_us;
};

/* What became of the reference server, which is known to speak MPTCP. */
enum reference {
	REFERENCE_NONE,
	REFERENCE_WORKS,
	REFERENCE_PLAIN, /* answers as if it did not speak MPTCP */
	REFERENCE_UNCLEAR,
};

struct judgement {
	const struct observer *o;     /* what came from the target's source */
	const struct observer *whole; /* the same, or what else there is */
	struct report *r;
	struct arena *arena; /* the report's */

	struct judge_target target;
	struct flow **flows; /* TCP, to the target's address and port */
	size_t flow_count;
	/* left out, as what they miss may be the capture's fault: */
	const struct flow *snapped; /* its options are not whole */
	const struct flow *blurred; /* it is of two places at once */
	const struct flow *unshown; /* its SYN/ACK is not in the capture */
	bool controlled;	    /* the capture is of mpprobe */
	struct flow **controls;	    /* UDP, to the target's address */
	size_t control_count;
	struct view *views; /* of the flows and the controls */
	size_t view_count;
	size_t *first_view; /* by index in flows: the first of its views, and
			       behind the last flow the end of them all */

	struct pair *pairs;
	size_t pair_count;
	unsigned missed; /* packets, between the two places */

	/* path.c; 0: unknown */
	bool ttls_tell;		 /* how far the SYNs came */
	unsigned plain_reach;	 /* of connections without MPTCP */
	unsigned plain_farthest; /* the largest of them */
	unsigned plain_count;	 /* of those that told theirs */
	unsigned farthest_reach; /* the largest that a connection told */
	unsigned reach_count;	 /* connections that told one */
	unsigned capable_reach;	 /* of connections with it */
	unsigned distance;	 /* of the target, by the control */
	unsigned beyond;	 /* a router that answered at this TTL, at or
				    behind plain_reach */
	bool ways_differ; /* plain SYNs expire where others are answered */
	bool doubted;	  /* routers answer where connections do, and the target
			     answers no control: it may be farther away */
	/* With MP_CAPABLE, answered by the fewest hops; or NULL: and as
	 * plain_..., of those of its version. */
	const struct flow *capable_nearest;
	unsigned capable_farthest, capable_count;

	bool ttl_rewritten; /* the controls contradict each other, or SYN/ACKs
			       come from farther away than SYNs reach */
	const struct quote *ttl_witness;
	unsigned distance_answers;

	/* judge.c */
	bool tcp_tried;			/* a SYN without MPTCP */
	bool tcp_answered, tcp_refused; /* a SYN/ACK; only RSTs */
	const struct flow *working;	/* MPTCP proven on it, or NULL */
	const struct flow *taking;     /* that one; or else one of a server that
					  takes data (DATA_ACK) and sends none, so
					  that its key is not proven; or NULL */
	const struct flow *negotiated; /* MP_CAPABLE came back, or NULL */
	const struct flow *unasked;    /* without MPTCP, yet answered with its
					  options, or NULL: then those say nothing
					*/
	struct attempts plain;	       /* those without MPTCP: the controls */
	int64_t *plain_times; /* of plain SYNs that were answered, sorted */
	size_t plain_time_count;
	int64_t *prompt_times; /* of SYNs that were answered at once, sorted */
	size_t prompt_time_count;
	int64_t *plain_late_times; /* of plain SYNs that were not */
	size_t plain_late_count;
	uint16_t working_port; /* another one of the address, that is clear */
	enum reference reference; /* looked at if this one answers plainly */
	const char *reference_name;
	const char *speaks_behind; /* what speaks MPTCP behind the last hop that
				      this port has: "port 80"; or NULL */
	const char *works_from;	   /* another uplink from which MPTCP works
				    with this address and port; or NULL */
	int64_t patience_us; /* how long an answer may take on this path */
};

static inline bool flow_is(const struct flow *f, enum purpose purpose)
{
	return f->purpose == purpose;
}

static inline bool flow_joins(const struct flow *f)
{
	return f->purpose == PURPOSE_MP_JOIN ||
	       f->purpose == PURPOSE_MP_JOIN_RANDOM;
}

/* Its SYNs went unanswered until one without the option did not. */
static inline bool flow_fell(const struct flow *f)
{
	return f->mptcp.gave_up && f->syn_ack_seen && !f->mptcp.syn_ack &&
	       !f->join.syn_ack;
}

/* How many hops an answer took that arrives with this TTL, if it was sent with
 * the usual one. */
static inline unsigned hops_back(unsigned ttl)
{
	return initial_ttl(ttl) - ttl;
}

/* A join whose SYN/ACK came without MP_JOIN, as no MPTCP listener answers a
 * valid token. */
static inline bool flow_lost_join(const struct flow *f)
{
	return f->purpose == PURPOSE_MP_JOIN && f->syn_ack_seen &&
	       !f->join.syn_ack && !flow_fell(f);
}

/* A RST for a SYN. A SYN/ACK may have come as well: then not the same host
 * sent both. */
static inline bool flow_refused(const struct flow *f)
{
	return flow_reset(f) && !f->established;
}

/* DATA_ACK for data of ours, and the server's DSN, both fit the keys. */
bool flow_proves_mptcp(const struct flow *f);
/* A DATA_ACK for data of ours. */
bool flow_data_acked(const struct flow *f);

/* It goes to the address and port of the target. */
bool is_own_join(const struct judgement *j, const struct flow *f);

/* Before this frame the server had begun to close the connection, by DATA_FIN
 * or MP_FASTCLOSE; or this subflow of it, by FIN or RST, as well. */
bool flow_closed_before(const struct flow *f, uint64_t frame);
bool flow_ended_before(const struct flow *f, uint64_t frame);

/* The server acknowledged data, and knows the connection no more, by a RST to
 * what came later (RFC 9293 3.5.2): its end was not seen. */
bool flow_forgotten(const struct flow *f);

/* More was acknowledged by TCP than at data level, though all of it had
 * mappings: the connection has fallen back to TCP. */
bool flow_fell_behind(const struct flow *f);

/* Whether the server acknowledges data by TCP and not at data level, though it
 * goes on speaking MPTCP: the mapping that it got does not fit. */
bool flow_stalls(const struct flow *f);
/* Data without a mapping went out: that makes an MPTCP connection a plain
 * one. */
bool flow_sent_unmapped(const struct flow *f);

/* MPTCP was negotiated, and its first data was not acknowledged at the MPTCP
 * level, but by TCP; or a RST came for it, and not by an MPTCP stack. */
bool flow_lost_mptcp(const struct flow *f);
/* That the server knows the token of an MP_JOIN, to whatever address, which is
 * made of its key, proves that as the first DSN does (RFC 8684 3.2). */
bool flow_joined_by_key(const struct flow *parent);
/* It lost MPTCP so, and others of its version did not: it goes by ports, or by
 * the path that they take. */
bool lost_alone(const struct judgement *j, const struct flow *f);

/* own_acks.c: keep-alives without data (RFC 9293 3.8.4), with the sequence
 * number before the end of all that was sent so far, one after the other. */
struct keep_alive {
	const struct kept *sent;
	const struct kept *answer; /* the ACK without data that only such a one
				      triggers, up to the next; NULL */
	bool unclear;		   /* one came that may have another cause */
	/* where the walk is */
	const struct flow *flow;
	size_t next_sent, next_received;
	uint32_t end; /* of what was sent */
};

struct keep_alive keep_alives(const struct flow *f);
bool keep_alive_next(struct keep_alive *a);
/* A DSS of the server that acknowledges no data: it knows both keys, by a third
 * ACK that came without any (RFC 8684 3.1). */
bool flow_third_ack_taken(const struct flow *f);

/* What of the server's did not come, by the sequence numbers of what did, later
 * than `since_us`, in whatever order. */
struct lack {
	unsigned words;			 /* segments that tell it */
	const struct kept *first, *last; /* of them */
	uint32_t bytes; /* from the first that did not come up to `last` */
};
struct lack flow_lacks(const struct flow *f, int64_t since_us);

/* The TTL of all data that it sent: 0 if there was none, or several. */
unsigned flow_data_ttl(const struct flow *f);

/* Bytes of ours that TCP acknowledged, or DATA_ACKs. */
uint32_t flow_tcp_acked(const struct flow *f);
uint64_t flow_mptcp_acked(const struct flow *f);

/* It has a mapping, or is the first data of version 1, with MP_CAPABLE. */
bool kept_is_mapped(const struct kept *k);
/* It went out with a TTL that reaches any host. */
bool kept_is_full(const struct kept *k);
/* Data that was to reach the server. */
bool kept_is_full_data(const struct kept *k);
/* Bytes of the options that say nothing: NOPs, and what follows EOL. `how`
 * (unless NULL): "nop" or "eol", whichever is more. */
unsigned kept_padding(const struct kept *k, const char **how);
/* An ACK without data that has room for a DSS: SACKs may take it. */
bool kept_is_ack(const struct kept *k);
/* It acknowledges data of ours, with data of its own or without. */
bool kept_acks_data(const struct flow *f, const struct kept *k);
/* It has no MPTCP option, but as much padding as a DSS takes. */
bool kept_lost_dss(const struct kept *k);
/* Payload that counts: of a SYN or RST it does not. */
bool kept_has_data(const struct kept *k);

/* A segment with this TTL cannot have drawn an answer from the target. */
bool falls_short(const struct judgement *j, unsigned ttl);

/* The MP_CAPABLE of the SYN/ACK has flags for which a client must ignore it. */
bool flow_syn_ack_ignored(const struct flow *f);

/* A valid MP_CAPABLE of this version was answered as if it were not there; or
 * with another version's. Not one that asks for DSS checksums (flag A): Linux
 * before 5.14 has none, and answers that as TCP. */
bool flow_answered_plainly(const struct flow *f, int version);
/* So was one of version 1 that does ask for them. */
bool flow_denied_checksums(const struct flow *f);
/* Its SYN/ACKs bring different keys: which one is the server's is not known. */
bool flow_has_several_keys(const struct flow *f);
/* The first flow that fits, or NULL. */
const struct flow *flow_first(const struct judgement *j,
			      bool (*fits)(const struct flow *));

/* Whether a SYN or other segment that went out then had time to be answered
 * before the capture ends. */
bool had_time(const struct judgement *j, const struct kept *k);

/* It has the TTL that hosts send with: captured where it was sent. */
bool as_sent(const struct kept *k);

/* vantage.c */
void judge_vantage(struct judgement *j);
/* What the server of a flow sends is seen as it left it, or it may be. */
bool seen_leaving(const struct judgement *j, const struct flow *f);

/* pairs.c */
void judge_pairs(struct judgement *j, const struct judge_target *target);
/* missed.c: how many packets of a side were seen in the place nearer to their
 * sender, and not in the other: where the flow is followed, and there. */
unsigned missed_packets(const struct judgement *j, const struct flow *f,
			unsigned side, struct viewpoint other,
			const struct sightings_of *home,
			const struct sightings_of *there);
/* Whether its addresses or ports, its sequence number are others in the other
 * place. */
bool pair_translated(const struct pair *p);
bool pair_rewritten(const struct pair *p);
/* "client.pcap", "interface 2" */
const char *viewpoint_name(const struct judgement *j, struct viewpoint v);

/* path.c */
void judge_reach(struct judgement *j);
/* The smallest TTL with which its SYN was answered; 0: that is not known, or
 * any would do. */
unsigned told_reach(const struct judgement *j, const struct flow *f);

/* Whether all connections with MP_CAPABLE are answered with TTLs that are too
 * small for those without it, and for the target as far as it tells. */
bool capable_ends(const struct judgement *j);
/* The TTL with which the target's own answers to controls arrive; 0: it sent
 * none. */
unsigned control_reply_ttl(const struct judgement *j);
/* A plain connection that is answered with the smallest TTL of all, or NULL. */
const struct flow *plain_at_reach(const struct judgement *j);
void judge_path(struct judgement *j);
struct place place_at(const struct judgement *j, unsigned ttl);
/* "at or between hop 3 (10.0.3.2) and hop 4 (10.0.4.2)": either may be it */
const char *place_phrase(const struct judgement *j, struct place after,
			 struct place at);
/* "at hop 3 (10.0.3.2) or just before it", of what answers in the name of the
 * target there, which the finding then says as well: that name is none of the
 * hop's. */
const char *answerer_phrase(const struct judgement *j, struct finding *f);
/* Whether quotes prove the MPTCP option of this kind of segment intact on
 * arrival at the last router before the target; there must be one. */
bool intact_to_last_hop(const struct judgement *j, enum segment_kind kind,
			int version);
/* A quote of a probe to another port, where no answer of our own tells. */
void path_fill(struct judgement *j, const struct flow *f,
	       const struct quote *q);

/* return_path.c */
void judge_return(struct judgement *j);
/* Fills in what reply_ttl tells of the way back from the hop at `ttl`. */
void return_hops_set(struct responder *r, unsigned ttl);
/* Whether another answer took as many hops. */
bool return_hops_agree(const struct responder *r, unsigned ttl,
		       unsigned reply_ttl);

/* server.c: SYNs of a connection without a SYN/ACK that had time for one. */
unsigned unanswered_syns(const struct judgement *j, const struct flow *f);
/* The last plain connection that was tried, if it went unanswered, or was
 * refused, though one before it had been answered; or NULL. */
const struct flow *plain_stopped(const struct judgement *j);
/* A valid MP_CAPABLE of this version was answered as if it were not there, and
 * not with another version's. */
bool plainly_answered(const struct judgement *j, int version);
/* How many were with the MPTCP that works on others: one of several servers
 * behind a balancer answers so, or a device that goes by ports removes the
 * option. 0: none, or MPTCP works on none. */
unsigned plain_beside_working(const struct judgement *j);
/* The reason that a RST names by MP_TCPRST; -1: none. In words: " (MP_TCPRST,
 * reason 1: MPTCP-specific error)"; or "". */
int reset_reason(const struct kept *reset);

/* Another reason than that it does not know what was sent, as of a token: so it
 * knows that, and takes no more (RFC 8684 3.6: prohibited, lack of resources).
 */
bool reset_by_choice(const struct kept *reset);
/* A RST that no MPTCP stack marked, by MP_TCPRST or MP_FASTCLOSE. */
bool is_bare_reset(const struct kept *k);
/* ", except the first 1460 bytes,": these were acknowledged at the MPTCP level,
 * as what came before a device began, or is too short for it; or "". */
const char *except_bytes(const struct judgement *j, const struct flow *f);
/* A subflow from here joined a connection that was opened on another uplink: so
 * joins pass on this path. */
bool joined_across(const struct judgement *j);
/* The server had begun to close the connection when it reset the subflow. */
bool closed_before(const struct judgement *j, const struct flow *f);
/* It may have: it closes without hearing more from the client. What its program
 * closes may have data to send, and takes no more subflows (Linux: reason 3).
 */
bool may_have_closed(const struct judgement *j, const struct flow *f);
/* The RST of a subflow that joined, unless its data had gone over the first one
 * by then: that ends the connection. NULL: none. */
const struct kept *join_data_reset(const struct judgement *j,
				   const struct flow *f);
/* What went out over a subflow that joined went out over another as well, and
 * all data was taken. */
bool join_data_taken(const struct judgement *j, const struct flow *f);
const char *reason_phrase(const struct judgement *j, const struct kept *reset);
/* The answer to an MP_JOIN with an unknown token is one that only an MPTCP
 * listener gives: a RST with MP_TCPRST, or, before Linux 5.13, a SYN/ACK with
 * an MP_JOIN. */
bool flow_shows_listener(const struct flow *f);
/* An MP_JOIN with an unknown token was answered by a SYN/ACK, and its third
 * ACK, which has no HMAC, by a RST, as that of a plain connection is not. So do
 * listeners before Linux 5.13. */
bool token_refused_late(const struct judgement *j, const struct flow *f);
/* What that one says of a token that it does not know, be it one of ours: its
 * nonce is 0, as the HMAC. */
/* Its SYN/ACKs come so often that they may drown other packets. */
bool flow_storms(const struct judgement *j, const struct flow *f);
/* The very same SYN/ACK came twice, and its SYN was sent once. */
bool flow_doubled(const struct judgement *j, const struct flow *f);
bool flow_token_unknown(const struct flow *f);
/* Its SYN/ACK shows that the server knows the token, and so has that key. */
bool flow_token_known(const struct flow *f);
/* The RST that answers an MP_JOIN with an unknown token; or NULL. */
const struct kept *random_token_reset(const struct judgement *j);
/* How often the third ACK was sent without data; 0 unless the SYN/ACK came
 * again behind the first, so that the server still waits for it. */
unsigned flow_third_acks_in_vain(const struct flow *f);
/* Whether it takes no connection before data has come on it (as with
 * TCP_DEFER_ACCEPT), by plain ones without data: their SYN/ACKs come again. */
enum known server_defers(const struct judgement *j);
/* An MP_JOIN with an unknown token is dropped, or refused, before the target:
 * so what that would answer is not known. */
bool token_ends_before(const struct judgement *j);
/* Both versions were answered as TCP, and such an MP_JOIN as well, if it got
 * there. */
bool server_answers_plainly(const struct judgement *j);
/* The target answers as the first hop, though it is none of our neighbours. */
bool answered_next_door(const struct judgement *j);
/* The SYN of version 1 reaches the server, as far as this end can tell. */
bool reaches_server(const struct judgement *j);
/* It does, and yet the server answers plainly: so it is the server that does
 * not speak MPTCP, or what stands right before it. */
bool path_acquitted(const struct judgement *j);

/* Adding to the findings of the report (judgement.c). */
struct finding *finding_add(struct judgement *j, const char *id,
			    enum direction direction,
			    enum segment_kind segment);
void finding_connection(struct judgement *j, struct finding *f, unsigned id);
void finding_evidence(struct judgement *j, struct finding *f, uint64_t frame,
		      const char *sent, const char *seen, const char *format,
		      ...) __attribute__((format(printf, 6, 7)));
struct finding *finding_find(const struct judgement *j, const char *id);
/* Whether it is placed, and between hops that may be these. */
bool finding_overlaps(const struct finding *f, unsigned after, unsigned at);

/* What convicts, in the order of the exchange. */
void judge_forms(struct judgement *j);
void judge_ladder(struct judgement *j);
void judge_verdict(struct judgement *j);

/* What the server announced, and whether that was joined (announced.c). */
void judge_announced(struct judgement *j);

/* What another program's joins to an announced place leave open, in words,
 * where the server had no reason to leave them unanswered or to refuse them; or
 * NULL.
 */
const char *announced_doubt(const struct judgement *j);

/* Why nothing is known of subflows to there, though joins were tried; or NULL.
 */
const char *announced_in_vain(const struct judgement *j,
			      const struct announcement *a);

/* Whether a plain SYN that was sent beside this join, to the same address and
 * port, shows that the port is open. */
bool join_control_answered(const struct judgement *j, const struct flow *join);

/* The packets that are shown, of all findings (packets.c). */
void judge_packets(struct judgement *j);

/* What was not tested, by the ladder (untested.c). */
void judge_untested(struct judgement *j);

/* The best of the joins to connections of the target, to or from whatever
 * address; or NULL. */
const struct flow *join_flow(const struct judgement *j);

/* Whether the server still had to know the token of a subflow that was refused,
 * as data of its connection tells, which it acknowledged later (rules/join.c).
 */
bool join_parent_alive(const struct judgement *j, const struct flow *f);

/* Why no second subflow is possible, if that is what the server decides; or
 * NULL. */
const char *join_impossible(const struct judgement *j);

#endif
