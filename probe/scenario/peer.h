/* SPDX-License-Identifier: GPL-3.0-or-later
 * The other end of a scenario: a live peer behind raw sockets, or the answers
 * of a capture. What it said is read from the observer, in both cases.
 */
#ifndef PROBE_SCENARIO_PEER_H
#define PROBE_SCENARIO_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "probe/net/request.h"
#include "probe/net/target.h"

/* The server waits for the rest of a request, whatever it does behind one: TLS
 * for its fifth byte, others for the end of the line. */
#define OPENING_MAX 4
/* The last bytes of a request, without which no server answers it. */
#define ENDING 2

struct anonymous;
struct ip_envelope;
struct observer;
struct live;
struct peer;

/* What a new subflow draws at random, or a capture has drawn before. All in
 * host order. */
struct choices {
	struct address source, target;
	uint16_t source_port, port;
	uint32_t isn;
	uint64_t key;	/* of the client */
	uint32_t nonce; /* of a MP_JOIN */
	uint32_t token; /* random, of a MP_JOIN to no known connection */
	uint16_t mss;
	uint32_t flow_label;
};

/* What of it the script asks for; family 0, port 0: nothing. */
struct wish {
	struct address source;
	uint16_t source_port;
	bool joins; /* an additional subflow: --join-source applies */
};

enum peer_result {
	PEER_OK,
	PEER_DIFFERS, /* from what the capture has; peer->error says how */
	PEER_STOP,    /* the run must stop: peer->exit_code, peer->error */
};

struct peer_ops {
	/* Choices for a subflow that is about to begin. A live peer draws them
	 * for attempt 0; a capture offers one flow after the other. False: no
	 * more, or, with exit_code set, the run must stop. */
	bool (*choose)(struct peer *p, const struct wish *wish,
		       unsigned attempt, struct choices *out);
	/* Sends a segment with the TTL of the envelope. */
	enum peer_result (*send)(struct peer *p, struct ip_envelope *envelope,
				 const uint8_t *segment, size_t length);
	/* Feeds the observer with what comes before `until_us`. True: something
	 * came. False: nothing will before that time (peer->exit_code is set
	 * if the run must stop). */
	bool (*wait)(struct peer *p, int64_t until_us);
	int64_t (*now_us)(const struct peer *p);
	/* Whether there is more that the client is to send, at the end of the
	 * script: peer->error says what. NULL: there never is. */
	bool (*is_left)(struct peer *p);
	void (*close)(struct peer *p);
};

struct peer {
	const struct peer_ops *ops;
	struct observer *observer;
	uint8_t request[REQUEST_MAX]; /* what scripts send */
	size_t request_length;
	size_t opening_length; /* of the part that they hold the rest back
				  behind */
	bool has_end;	       /* the request has; a capture may lack it */
	int version;	       /* of MPTCP that the peer speaks; -1: none */
	bool speaks_without_checksums; /* a SYN without flag A was answered
					  with MP_CAPABLE */
	bool answered; /* TCP: any SYN was answered by a SYN/ACK */
	bool replay;
	bool ending;		  /* what is sent now ends connections */
	char target[300];	  /* as the user named it */
	char shown[300];	  /* as others may see it named */
	struct observer *covered; /* of frames with pseudonyms; NULL: none */
	int exit_code;
	char error[400];
};

/* What the user wants of a live peer. */
struct peer_wanted {
	struct target_wanted where;
	uint16_t port;		     /* 0: that of HOST[:PORT] */
	const char *say;	     /* of request_write(); NULL: HTTP */
	const char *join_source;     /* NULL: further subflows as the first */
	const char *write_file;	     /* NULL: none */
	const uint64_t *seed;	     /* NULL: from the kernel */
	struct anonymous *anonymous; /* NULL: all is shown as it is */
};

/* Live: finds HOST, opens what needs privilege, and drops it. NULL after a
 * complaint; `*exit_code` says why. */
struct peer *peer_live(const struct peer_wanted *w, const char *host,
		       int *exit_code);

/* Finds out which version the peer speaks, unless it is said (-1: it is not).
 * False: the run must stop. */
bool peer_live_detect(struct peer *p, int mptcp_version);

/* Ends the -w file. False: the run has failed, or been interrupted. */
bool peer_live_finish(struct peer *p);

/* From a capture (NULL after a complaint; exit code 65). Privileges are
 * dropped in between opening and reading. `mptcp_version`: as above. */
struct peer *peer_replay(const char *file, int mptcp_version, int *exit_code);

#endif
