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

struct arena;
struct rule;

enum status {
	STATUS_CLEAR,
	STATUS_IMPAIRED,
	STATUS_BLOCKED,
	STATUS_UNSUPPORTED,
	STATUS_UNDETERMINED,
	STATUS_UNREACHABLE,
};

enum confidence { CONFIDENCE_PROVEN, CONFIDENCE_LIKELY };

enum direction { DIRECTION_FORWARD, DIRECTION_RETURN, DIRECTION_UNKNOWN };

/* Where in the exchange; the order is that of the exchange. */
enum segment_kind {
	SEGMENT_SYN,
	SEGMENT_SYN_ACK,
	SEGMENT_ACK,
	SEGMENT_DATA,
	SEGMENT_ADD_ADDR,
	SEGMENT_FRAGMENT, /* data sent in IP fragments: the first of them */
	SEGMENT_JOIN_SYN,
	SEGMENT_JOIN_SYN_ACK,
	SEGMENT_JOIN_ACK,
	SEGMENT_JOIN_DATA,
	SEGMENT_FALLBACK_SYN, /* without MPTCP, after those with it; it and ...
			       */
	SEGMENT_OTHER, /* ... a RST, a FIN, a plain ACK: not reported on */
};

enum purpose {
	PURPOSE_TCP,
	PURPOSE_MP_CAPABLE,
	PURPOSE_MP_JOIN,
	PURPOSE_MP_JOIN_RANDOM,
	PURPOSE_UNKNOWN_OPTION, /* no MPTCP, but an experimental option */
	PURPOSE_CONTROL,
};

enum matched_by {
	MATCHED_IP_ID,
	MATCHED_TSVAL,
	MATCHED_TCP_CHECKSUM,
	MATCHED_LONE_PROBE,
	MATCHED_PAYLOAD,
};

enum ladder_rung {
	RUNG_TCP,
	RUNG_DISTANCE,
	RUNG_SYN_ACK_OPTION,
	RUNG_NOT_MIRRORED,
	RUNG_RANDOM_TOKEN,
	RUNG_DATA_ACK,
	RUNG_SERVER_DSN,
	RUNG_CHECKSUM,
	RUNG_JOIN,
	RUNG_COUNT,
};

enum rung_result { RUNG_PASS, RUNG_FAIL, RUNG_SKIPPED };

/* The names of the JSON report, by enum value. */
const char *status_name(enum status s);		  /* "clear" ... */
const char *confidence_name(enum confidence c);	  /* "proven", "likely" */
const char *direction_name(enum direction d);	  /* "forward" ... */
const char *segment_name(enum segment_kind s);	  /* "syn", "syn_ack" ... */
const char *purpose_name(enum purpose p);	  /* "tcp" ... */
const char *matched_by_name(enum matched_by m);	  /* "ip.id", "tsval",
				      "tcp.checksum", "lone_probe", "payload" */
const char *rung_name(enum ladder_rung r);	  /* "tcp" ... */
const char *rung_result_name(enum rung_result r); /* "pass" ... */
/* For sentences: "the SYN", "the SYN/ACK", "the third ACK", "data",
 * "the MP_JOIN SYN" ... */
const char *segment_phrase(enum segment_kind s);

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
	enum confidence confidence;
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
	struct address address; /* family 0: silent */
	const char *name;	/* NULL unless resolved (live only) */
	double rtt_ms;		/* < 0: unknown; the smallest seen */
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

struct ladder_step {
	enum ladder_rung rung;
	int version; /* -1: does not apply */
	enum rung_result result;
	uint64_t *frames;
	size_t frame_count;
	const char *text;
};

struct report {
	struct arena *arena;
	int64_t started_us; /* since 1970, of the first frame; 0: none */
	double elapsed_ms;
	bool interrupted;
	const char *target_name; /* as typed; the address text offline */
	struct address target;
	uint16_t port;
	bool reference; /* known to speak MPTCP (--reference) */
	struct address source;
	const char *interface; /* NULL offline */
	uint64_t frames, dropped;
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
	struct ladder_step ladder[RUNG_COUNT];
	struct address *announced; /* by ADD_ADDR */
	size_t announced_count;
};

/* 0 clear, 1 blocked or impaired, 2 unsupported, 3 undetermined or
 * unreachable. */
int report_exit_code(const struct report *r);

/* Frees the report with its arena; NULL is fine. */
void report_free(struct report *r);

#endif
