/* SPDX-License-Identifier: GPL-3.0-or-later
 * What mpprobe says about one address and port: the judged result, which
 * text.c and json.c print. Made by judge.c, from an observation alone.
 * Everything in it lives in its arena.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/findings.h"
#include "report/names.h"

struct arena;
struct rule;

/* And with the exit code. */
#define STATUSES(X)                                                            \
	X(STATUS_CLEAR, "clear", 0)                                            \
	X(STATUS_IMPAIRED, "impaired", 1)                                      \
	X(STATUS_BLOCKED, "blocked", 1)                                        \
	X(STATUS_UNSUPPORTED, "unsupported", 2)                                \
	X(STATUS_UNDETERMINED, "undetermined", 3)                              \
	X(STATUS_UNREACHABLE, "unreachable", 3)

#define CONFIDENCES(X)                                                         \
	X(CONFIDENCE_PROVEN, "proven")                                         \
	X(CONFIDENCE_LIKELY, "likely")

#define DIRECTIONS(X)                                                          \
	X(DIRECTION_FORWARD, "forward")                                        \
	X(DIRECTION_RETURN, "return")                                          \
	X(DIRECTION_UNKNOWN, "unknown")

/* What the place of a finding says. Mostly that the device is at hop `after`,
 * at hop `at`, or between. One that answers in the name of the target is at
 * `at` or just before it, never at `after`. Of the last hop: no hop shows a
 * change, and that right before the target shows there is none, so that it is
 * there, beyond it, or on the return path; `after` and `at` are not known. */
#define BOUNDS(X)                                                              \
	X(BOUNDS_BETWEEN, "between")                                           \
	X(BOUNDS_ANSWERER, "answerer")                                         \
	X(BOUNDS_LAST_HOP, "last_hop")

/* Where in the exchange, in its order, and the words for it. A fragment is the
 * first of data that was sent in several. A pure ACK is one of the client's
 * with DSS and without data. A fallback SYN is one without MPTCP after those
 * with it; it and others (a RST, a FIN, a plain ACK) are not reported on. */
#define SEGMENTS(X)                                                            \
	X(SEGMENT_SYN, "syn", "the SYN")                                       \
	X(SEGMENT_SYN_ACK, "syn_ack", "the SYN/ACK")                           \
	X(SEGMENT_ACK, "ack", "the third ACK")                                 \
	X(SEGMENT_DATA, "data", "data")                                        \
	X(SEGMENT_PURE_ACK, "pure_ack", "ACKs without data")                   \
	X(SEGMENT_ADD_ADDR, "add_addr", "ADD_ADDR")                            \
	X(SEGMENT_FRAGMENT, "fragment", "data in fragments")                   \
	X(SEGMENT_JOIN_SYN, "join_syn", "the MP_JOIN SYN")                     \
	X(SEGMENT_JOIN_SYN_ACK, "join_syn_ack", "the MP_JOIN SYN/ACK")         \
	X(SEGMENT_JOIN_ACK, "join_ack", "the third ACK of the MP_JOIN")        \
	X(SEGMENT_JOIN_DATA, "join_data", "data on the joined subflow")        \
	X(SEGMENT_FALLBACK_SYN, "fallback_syn", "the plain SYN after others")  \
	X(SEGMENT_OTHER, "other", "another segment")

/* Of unknown options: no MPTCP, but an experimental option (kind 253). */
#define PURPOSES(X)                                                            \
	X(PURPOSE_TCP, "tcp")                                                  \
	X(PURPOSE_MP_CAPABLE, "mp_capable")                                    \
	X(PURPOSE_MP_JOIN, "mp_join")                                          \
	X(PURPOSE_MP_JOIN_RANDOM, "mp_join_random")                            \
	X(PURPOSE_UNKNOWN_OPTION, "unknown_option")                            \
	X(PURPOSE_CONTROL, "control")

/* How a quote was matched to what was sent. */
#define MATCHES(X)                                                             \
	X(MATCHED_IP_ID, "ip.id")                                              \
	X(MATCHED_TSVAL, "tsval")                                              \
	X(MATCHED_TCP_CHECKSUM, "tcp.checksum")                                \
	X(MATCHED_LONE_PROBE, "lone_probe")                                    \
	X(MATCHED_PAYLOAD, "payload")

#define RUNGS(X)                                                               \
	X(RUNG_TCP, "tcp")                                                     \
	X(RUNG_DISTANCE, "distance")                                           \
	X(RUNG_SYN_ACK_OPTION, "syn_ack_option")                               \
	X(RUNG_NOT_MIRRORED, "not_mirrored")                                   \
	X(RUNG_RANDOM_TOKEN, "random_token")                                   \
	X(RUNG_DATA_ACK, "data_ack")                                           \
	X(RUNG_SERVER_DSN, "server_dsn")                                       \
	X(RUNG_CHECKSUM, "checksum")                                           \
	X(RUNG_JOIN, "join")                                                   \
	X(RUNG_JOIN_DATA, "join_data")

#define RUNG_RESULTS(X)                                                        \
	X(RUNG_PASS, "pass")                                                   \
	X(RUNG_FAIL, "fail")                                                   \
	X(RUNG_SKIPPED, "skipped")

/* What became of a rule that was asked, and words for it. */
#define WHYS(X)                                                                \
	X(WHY_SAID, "said", "said")                                            \
	X(WHY_ABSENT, "absent", "not said: nothing of the kind was seen")      \
	X(WHY_FEW, "few", "not said: too few show it")                         \
	X(WHY_CONTROL, "control", "not said: its control failed as well")      \
	X(WHY_CONTRARY, "contrary", "not said: other evidence contradicts it") \
	X(WHY_UNLESS, "unless", "not said: another finding explains it")       \
	X(WHY_BLOCKED, "blocked", "not asked: an earlier finding blocks")

/* Where the capture was made; a path is anywhere in between. */
#define VANTAGES(X)                                                            \
	X(VANTAGE_UNKNOWN, "unknown")                                          \
	X(VANTAGE_CLIENT, "client")                                            \
	X(VANTAGE_SERVER, "server")                                            \
	X(VANTAGE_PATH, "path")

enum status { STATUSES(ENUM_VALUE) };
enum confidence { CONFIDENCES(ENUM_VALUE) };
enum direction { DIRECTIONS(ENUM_VALUE) };
enum bounds { BOUNDS(ENUM_VALUE) };
enum segment_kind { SEGMENTS(ENUM_VALUE) };

static inline bool segment_is_syn(enum segment_kind s)
{
	return s == SEGMENT_SYN || s == SEGMENT_JOIN_SYN;
}
enum purpose { PURPOSES(ENUM_VALUE) };
enum matched_by { MATCHES(ENUM_VALUE) };
enum ladder_rung { RUNGS(ENUM_VALUE) RUNG_COUNT };
enum rung_result { RUNG_RESULTS(ENUM_VALUE) };
enum why { WHYS(ENUM_VALUE) };
enum vantage { VANTAGES(ENUM_VALUE) };

const char *status_name(enum status s);
const char *confidence_name(enum confidence c);
const char *direction_name(enum direction d);
const char *bounds_name(enum bounds b);
const char *segment_name(enum segment_kind s);
const char *segment_phrase(enum segment_kind s); /* for sentences */
const char *purpose_name(enum purpose p);
const char *matched_by_name(enum matched_by m);
const char *rung_name(enum ladder_rung r);
const char *rung_result_name(enum rung_result r);
const char *why_name(enum why w);
const char *why_phrase(enum why w);
const char *vantage_name(enum vantage v);

/* A place on the path. ttl 0 is the probing host itself. */
struct place {
	bool known;
	unsigned ttl;
	struct address address; /* family 0 if the hop never answered */
};

struct evidence {
	uint64_t frame;		 /* number in the capture, from 1; 0: none */
	const char *sent, *seen; /* hex or a value; NULL: not there */
	const char *text;
};

struct finding {
	const struct finding_kind *kind;
	enum effect effect; /* the kind's, unless a rule moved it */
	enum direction direction;
	enum segment_kind segment;
	const char *how; /* "cut", "nop", "eol", or NULL */
	struct place after, at;
	enum bounds bounds; /* what these two say */
	enum confidence confidence;
	bool or_server; /* the server itself may be the cause */
	bool of_some;	/* the judge's: what is done to some, not to all */
	const char *text;
	const char *more;      /* the judge's: goes behind the text, but not
				  into the verdict; NULL: nothing */
	unsigned *connections; /* ids */
	size_t connection_count;
	const struct rule *rule; /* the judge's: whose it is; may be NULL */
	struct evidence *evidence;
	size_t evidence_count;
};

/* One field that a quote shows otherwise than it was sent. */
struct change {
	const char *field;  /* "ip.dscp", "tcp.option.mptcp", "payload" */
	const char *sent;   /* hex or decimal as fits the field; never NULL
			       unless the field was not there when sent */
	const char *quoted; /* NULL: gone */
};

struct report_quote {
	enum segment_kind segment;
	unsigned connection; /* id */
	bool plain;	     /* segment of a connection without MPTCP */
	uint64_t frame;
	size_t bytes; /* of the packet that are quoted */
	enum matched_by matched_by;
	bool covers_options; /* every TCP option is in the quote */
	struct change *changes;
	size_t change_count;
};

struct responder {
	struct address address;
	double rtt_ms;
	unsigned reply_ttl;   /* of the first answer, on arrival */
	unsigned initial_ttl; /* inferred: 32, 64, 128, 255 */
	unsigned return_hops; /* the hop that this host is for it: on a path
				 like the way there, the responder's own TTL */
	bool return_varies;   /* other answers took more or fewer */
};

/* The way back differs from the way there. */
struct asymmetry {
	unsigned from;	 /* from this hop on */
	int least, most; /* so many hops more; negative: fewer */
	const char *text;
};

struct report_hop {
	unsigned ttl;
	struct address address;	 /* family 0: silent */
	const char *name;	 /* NULL unless resolved (live only) */
	uint32_t origin;	 /* its autonomous system; 0: not known */
	const char *origin_name; /* of that, or NULL */
	double rtt_ms;		 /* < 0: unknown; the smallest seen */
	bool is_target;
	struct responder *responders;
	size_t responder_count;
	struct report_quote *quotes;
	size_t quote_count;
};

struct report_syn_ack {
	unsigned ttl;	      /* on arrival */
	unsigned initial_ttl; /* inferred: 32, 64, 128, 255 */
	unsigned hops;	      /* initial_ttl - ttl */
	double rtt_ms;
	const char *options;	  /* hex of the block */
	const char *options_text; /* "mss 1460,sackOK,..." */
	int mss, wscale;	  /* -1: absent */
	unsigned window;
	uint64_t frame;
};

struct report_reset {
	unsigned ttl, initial_ttl, hops;
	int reason; /* MP_TCPRST reason, -1: no such option */
	uint64_t frame;
};

struct report_connection {
	unsigned id; /* from 1, in order of the first packet */
	enum purpose purpose;
	int version; /* of MPTCP; -1: none */
	uint16_t source_port, port;
	unsigned attempts; /* SYNs (or datagrams) sent at one TTL */
	unsigned syn_ttl;  /* the highest TTL sent */
	int reach_ttl;	   /* smallest TTL that was answered by the target;
			      -1: none or unknown */
	bool swept;
	bool checksum;	   /* DSS checksums in use */
	int keys_verified; /* 1: DATA_ACK and server DSN fit the keys; 0: they
			      did not; -1: not known */
	struct report_syn_ack *syn_ack; /* NULL: none */
	struct report_reset *reset;	/* NULL: none */
};

/* A packet that is shown: what decides, with its bytes. */
struct report_packet {
	uint64_t frame;
	double ms;	     /* since the first frame of the capture */
	unsigned connection; /* id */
	bool received;
	enum segment_kind segment; /* of an ICMP error: of what it quotes */
	uint64_t quotes;	   /* it is an ICMP error, which quotes this
				      frame; 0: it is none */
	unsigned hop;		   /* that quotes; 0: not told */
	struct address responder;  /* of an ICMP error; else family 0 */
	const uint8_t *bytes;	   /* from the IP header on, as much of it as
				      is shown; of an ICMP error: its quote */
	size_t length;
};

struct ladder_step {
	enum ladder_rung rung;
	int version; /* -1: does not apply */
	enum rung_result result;
	uint64_t *frames;
	size_t frame_count;
	const char *text;
};

/* What no verdict speaks of: a rung that was skipped, or ADD_ADDR. */
struct untested {
	const char *what;  /* the rung's name, or "add_addr" */
	const char *words; /* "joins" */
	const char *why;
};

/* The words for it; or itself. */
const char *untested_words(const char *what);

/* An address where the server wants to be joined. */
struct announcement {
	struct address address;
	int port; /* -1: as that of the connection */
	unsigned id;
	int hmac; /* 1: right; -1: not known, as in version 0 */
	bool joined;
	const char *text;
};

/* What became of one way to come to a finding. */
struct report_rule {
	const char *id, *row; /* the finding; tells those of one id apart */
	enum why why;
	unsigned have, need; /* witnesses, losses: as the rule counts; or 0 */
	const char *by; /* of WHY_UNLESS and WHY_BLOCKED: the finding's id */
};

struct report {
	struct arena *arena;
	int64_t started_us; /* since 1970, of the first frame; 0: none */
	double elapsed_ms;
	bool interrupted;
	const char *interruption; /* by what; NULL: a signal, or nothing */
	const char *target_name;  /* as typed; the address text offline */
	struct address target;
	uint16_t port;
	bool reference; /* known to speak MPTCP (--reference) */
	struct address source;
	const char *interface; /* NULL offline */
	bool uplink;	       /* one of several that a run went by */
	bool leaves_otherwise; /* this host would send from the source by
				  another interface; false offline */
	uint64_t frames, dropped;
	uint64_t truncated; /* of the frames: by a snap length */
	enum vantage vantage;
	bool vantage_said;	/* by the user, not by the packets */
	const char *seen_twice; /* packets seen in two places; NULL: none */
	uint64_t misfits;	/* packets with the addresses and ports of its
				   connections that fit nothing that was sent */
	enum status status;
	enum confidence confidence;
	int mptcp_version;   /* proven or spoken; -1: none */
	const char *verdict; /* the first line, a sentence */
	const char *advice;  /* what would decide or mend it; may be NULL */
	struct finding *findings;
	size_t finding_count;
	struct report_hop *path; /* ttl 1..path_length, in order */
	size_t path_length;
	struct asymmetry *asymmetry; /* NULL: none that shows */
	struct report_connection *connections;
	size_t connection_count;
	struct report_packet *packets; /* by connection, then by frame */
	size_t packet_count;
	struct ladder_step ladder[RUNG_COUNT];
	struct report_rule *rules; /* in the order in which they are asked */
	size_t rule_count;
	struct address *announced; /* by ADD_ADDR */
	size_t announced_count;
	struct announcement *announcements; /* the same, with more of each */
	size_t announcement_count;
	struct untested *untested;
	size_t untested_count;
	int initial_joins; /* the server takes joins to the address and port
			      of the first subflow: 1; 0: it forbids them, by
			      flag C; -1: not known */
};

/* 0 clear, 1 blocked or impaired, 2 unsupported, 3 undetermined or
 * unreachable. */
int report_exit_code(const struct report *r);

/* Frees the report with its arena; NULL is fine. */
void report_free(struct report *r);

#endif
