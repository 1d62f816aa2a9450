/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/report.h"

#include "report/arena.h"

/* A value beyond its table can only come from a mistake of ours; a report
 * that says "?" beats a read out of bounds. */
#define NAME_OF(table, value)                                                  \
	((size_t)(value) < sizeof(table) / sizeof((table)[0]) ? (table)[value] \
							      : "?")

const char *status_name(enum status s)
{
	static const char *const names[] = {
		[STATUS_CLEAR] = "clear",
		[STATUS_IMPAIRED] = "impaired",
		[STATUS_BLOCKED] = "blocked",
		[STATUS_UNSUPPORTED] = "unsupported",
		[STATUS_UNDETERMINED] = "undetermined",
		[STATUS_UNREACHABLE] = "unreachable",
	};

	return NAME_OF(names, s);
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[CONFIDENCE_PROVEN] = "proven",
		[CONFIDENCE_LIKELY] = "likely",
	};

	return NAME_OF(names, c);
}

const char *direction_name(enum direction d)
{
	static const char *const names[] = {
		[DIRECTION_FORWARD] = "forward",
		[DIRECTION_RETURN] = "return",
		[DIRECTION_UNKNOWN] = "unknown",
	};

	return NAME_OF(names, d);
}

const char *segment_name(enum segment_kind s)
{
	static const char *const names[] = {
		[SEGMENT_SYN] = "syn",
		[SEGMENT_SYN_ACK] = "syn_ack",
		[SEGMENT_ACK] = "ack",
		[SEGMENT_DATA] = "data",
		[SEGMENT_ADD_ADDR] = "add_addr",
		[SEGMENT_FRAGMENT] = "fragment",
		[SEGMENT_JOIN_SYN] = "join_syn",
		[SEGMENT_JOIN_SYN_ACK] = "join_syn_ack",
		[SEGMENT_JOIN_ACK] = "join_ack",
		[SEGMENT_JOIN_DATA] = "join_data",
		[SEGMENT_FALLBACK_SYN] = "fallback_syn",
		[SEGMENT_OTHER] = "other",
	};

	return NAME_OF(names, s);
}

const char *segment_phrase(enum segment_kind s)
{
	static const char *const phrases[] = {
		[SEGMENT_SYN] = "the SYN",
		[SEGMENT_SYN_ACK] = "the SYN/ACK",
		[SEGMENT_ACK] = "the third ACK",
		[SEGMENT_DATA] = "data",
		[SEGMENT_ADD_ADDR] = "ADD_ADDR",
		[SEGMENT_FRAGMENT] = "data in fragments",
		[SEGMENT_JOIN_SYN] = "the MP_JOIN SYN",
		[SEGMENT_JOIN_SYN_ACK] = "the MP_JOIN SYN/ACK",
		[SEGMENT_JOIN_ACK] = "the third ACK of the MP_JOIN",
		[SEGMENT_JOIN_DATA] = "data on the joined subflow",
		[SEGMENT_FALLBACK_SYN] = "the plain SYN after others",
		[SEGMENT_OTHER] = "another segment",
	};

	return NAME_OF(phrases, s);
}

const char *purpose_name(enum purpose p)
{
	static const char *const names[] = {
		[PURPOSE_TCP] = "tcp",
		[PURPOSE_MP_CAPABLE] = "mp_capable",
		[PURPOSE_MP_JOIN] = "mp_join",
		[PURPOSE_MP_JOIN_RANDOM] = "mp_join_random",
		[PURPOSE_UNKNOWN_OPTION] = "unknown_option",
		[PURPOSE_CONTROL] = "control",
	};

	return NAME_OF(names, p);
}

const char *matched_by_name(enum matched_by m)
{
	static const char *const names[] = {
		[MATCHED_IP_ID] = "ip.id",
		[MATCHED_TSVAL] = "tsval",
		[MATCHED_TCP_CHECKSUM] = "tcp.checksum",
		[MATCHED_LONE_PROBE] = "lone_probe",
		[MATCHED_PAYLOAD] = "payload",
	};

	return NAME_OF(names, m);
}

const char *rung_name(enum ladder_rung r)
{
	static const char *const names[] = {
		[RUNG_TCP] = "tcp",
		[RUNG_DISTANCE] = "distance",
		[RUNG_SYN_ACK_OPTION] = "syn_ack_option",
		[RUNG_NOT_MIRRORED] = "not_mirrored",
		[RUNG_RANDOM_TOKEN] = "random_token",
		[RUNG_DATA_ACK] = "data_ack",
		[RUNG_SERVER_DSN] = "server_dsn",
		[RUNG_CHECKSUM] = "checksum",
		[RUNG_JOIN] = "join",
	};

	return NAME_OF(names, r);
}

const char *rung_result_name(enum rung_result r)
{
	static const char *const names[] = {
		[RUNG_PASS] = "pass",
		[RUNG_FAIL] = "fail",
		[RUNG_SKIPPED] = "skipped",
	};

	return NAME_OF(names, r);
}

int report_exit_code(const struct report *r)
{
	static const int codes[] = {
		[STATUS_CLEAR] = 0,	   [STATUS_IMPAIRED] = 1,
		[STATUS_BLOCKED] = 1,	   [STATUS_UNSUPPORTED] = 2,
		[STATUS_UNDETERMINED] = 3, [STATUS_UNREACHABLE] = 3,
	};

	return codes[r->status];
}

void report_free(struct report *r)
{
	if (r != NULL)
		arena_free(r->arena);
}
