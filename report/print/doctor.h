/* SPDX-License-Identifier: GPL-3.0-or-later
 * What `mpprobe doctor` says of this host: each check with what it found, and
 * the facts that they rest on.
 */
#ifndef REPORT_PRINT_DOCTOR_H
#define REPORT_PRINT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct arena;

/* A name, and what it is: "net.mptcp.enabled", "1". */
struct doctor_setting {
	const char *name, *value;
};

/* How often something happened: a counter of MPTcpExt. */
struct doctor_counter {
	const char *name;
	uint64_t value;
};

/* An address of the in-kernel path manager, as `ip mptcp endpoint` shows it. */
struct doctor_endpoint {
	unsigned id;
	struct address address;
	uint16_t port;	    /* 0: none */
	uint32_t flags;	    /* ENDPOINT_* */
	unsigned link;	    /* its interface's index; 0: none was given */
	const char *device; /* and name; NULL: none */
	/* Attributes that are not known here, by number, in hex. */
	const struct doctor_setting *raw;
	size_t raw_count;
};

/* Of linux/mptcp_pm.h; LAMINAR is Linux 6.18's. */
#define ENDPOINT_SIGNAL (1U << 0)
#define ENDPOINT_SUBFLOW (1U << 1)
#define ENDPOINT_BACKUP (1U << 2)
#define ENDPOINT_FULLMESH (1U << 3)
#define ENDPOINT_IMPLICIT (1U << 4)
#define ENDPOINT_LAMINAR (1U << 5)

/* The name of flag number `bit`; NULL: it is not known. */
const char *endpoint_flag_name(unsigned bit);

/* A TCP socket of this host, to others. */
struct doctor_socket {
	bool mptcp, listening;
	bool accepted; /* its port is one that is listened on here */
	bool fallback; /* MPTCP was asked for, and is not in use */
	struct address local, remote;
	uint16_t local_port, remote_port;
	unsigned subflows; /* beside the first */
	uint32_t user;
	const char *program; /* NULL: not to be seen by this user */
};

enum check_state { CHECK_OK, CHECK_WRONG, CHECK_UNKNOWN };

/* What becomes of MPTCP by what is wrong, the worst first. */
enum check_effect {
	EFFECT_OFF,	  /* it is not used */
	EFFECT_MAYBE_OFF, /* it may not be used now */
	EFFECT_FALLBACK,  /* connections fell back to TCP */
	EFFECT_PROGRAMS,  /* programs do not ask for it */
	EFFECT_PATHS,	  /* not all paths are used */
	EFFECT_WORSE,	  /* it does worse than it could */
	EFFECT_NONE	  /* nothing is wrong */
};

struct doctor_check {
	const char *id;
	enum check_state state;
	enum check_effect effect; /* of what is wrong, or may be */
	const char *text;	  /* the fact, a clause without a full stop */
	const char *commands;	  /* that mend it, or tell: a line each; NULL */
};

struct doctor {
	int64_t now_us;	  /* since 1970 */
	const char *host; /* asked about; NULL: none */
	const struct doctor_check *checks;
	size_t check_count;
	const struct doctor_setting *settings;
	size_t setting_count;
	const struct doctor_counter *counters; /* since this host was booted */
	size_t counter_count;
	const char *since; /* when the other counts begin; NULL: with those */
	const struct doctor_counter *differences;
	size_t difference_count;
	const struct doctor_endpoint *endpoints;
	size_t endpoint_count;
	const struct doctor_socket *sockets;
	size_t socket_count;
	int subflows, add_addr_accepted; /* limits; < 0: not known */
	const struct doctor_setting *limits_raw;
	size_t limits_raw_count;
};

/* The status in JSON, the exit code, and the sentence (of the arena). */
struct doctor_verdict {
	const char *status;
	int exit_code;
	const char *text;
};

/* What a counter means, with its number: "3 SYN/ACKs came without MP_CAPABLE:
 * ..."; its name and number for those that are not known. */
const char *doctor_counter_text(struct arena *a,
				const struct doctor_counter *c);

struct doctor_verdict doctor_verdict(struct arena *a, const struct doctor *d);

#endif
