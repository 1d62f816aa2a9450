/* SPDX-License-Identifier: GPL-3.0-or-later
 * A live run: the wire, the observer that every captured frame goes to, the
 * guarded ports, the clock, and the check that what was crafted is what left
 * this host.
 */
#ifndef PROBE_RUN_LIVE_H
#define PROBE_RUN_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "crafting/segment.h"
#include "probe/net/wire.h"
#include "probe/run/departures.h"

struct anonymous;
struct destination;
struct live;
struct guard;
struct target;
struct observer;
struct names;

/* The kernel's random numbers, some at a time; splitmix64 with --seed. */
#define RANDOM_POOL 32
struct random {
	bool seeded;
	uint64_t state;
	uint64_t pool[RANDOM_POOL];
	unsigned left; /* of the pool */
};

#define FOLLOWED_MAX 32
#define FILTER_SIZE 8000

/* An address beside the targets, and whether it can be probed from there. */
struct followed {
	struct address address, source;
	bool reached;
};

/* What runs that have an observer each share: a wire, of which each gets only
 * its own frames, by live_take(), and ports. */
struct live_host {
	struct wire *wire;
	/* As live_port(): 0 with errno. */
	uint16_t (*port)(void *context, const struct live *live,
			 const struct address *source, bool udp);
	/* As live_follow(), of an address that is reached as the target is. */
	bool (*follow)(void *context, struct live *live,
		       const struct address *address);
	void (*sent)(void *context, size_t length);
	void *context;
};

struct live {
	const struct live_host *host; /* NULL: all is its own */
	void *owner;		      /* of the host: who runs it */
	bool mute;		      /* no payload of TCP leaves */
	struct wire *wire;
	struct guard *guard;
	struct observer *observer;
	struct anonymous *anonymous; /* NULL: all is shown as it is */
	struct observer *covered;    /* of the frames as they may be shown */
	const uint8_t *cover;	     /* the bytes of the latest of them */
	struct wire_cover covering;
	struct names *names; /* NULL with -n */
	struct random random;
	struct departures departures;
	uint16_t next_id;
	uint16_t next_port;
	bool has_sent;
	struct target *targets; /* a copy of those of the config */
	unsigned target_count;
	char filter[FILTER_SIZE];
	struct followed followed[FOLLOWED_MAX];
	unsigned followed_count;
	int exit_code;	 /* 0, or why the run must stop */
	char error[256]; /* one line */
};

/* What a live run needs. */
struct live_config {
	const struct target *targets; /* by one interface, or
					several; the ports
					 are guarded as the first wants it */
	unsigned target_count;
	uint16_t port; /* capture the TCP of this one only; 0: TCP and UDP of
			  all */
	bool owners;   /* answers may come in by the interfaces that the
			  sources belong to */
	bool names;    /* of hops are wanted */
	bool origins;  /* and their autonomous systems */
	const char *write_file;	     /* -w, or NULL */
	const uint64_t *seed;	     /* NULL: from the kernel */
	struct anonymous *anonymous; /* borrowed; NULL: all is shown */
};

/* Opens all that needs privilege, which the caller drops then, once all runs
 * are open. 0, or an exit code after a complaint. To be closed in both
 * cases. */
int live_open(struct live *live, const struct live_config *config);
void live_close(struct live *live);

/* A run to one target beside others: what needs privilege is the host's, which
 * hands it what the wire has for it. To be closed in any case. False: no
 * memory, or OpenSSL failed. */
bool live_join(struct live *live, const struct live_host *host,
	       const struct target *target);

/* A frame of this run, with its number in the run. */
void live_take(struct live *live, const struct wire_frame *frame);

/* Whether what was sent has left. False: the run must stop (exit_code). */
bool live_check(struct live *live);

/* What may be said of the run, which knows but pseudonyms where there are any:
 * the live one goes by real addresses. */
const struct observer *live_shown(const struct live *live);

/* Waits until all that was sent has been captured, 20 ms at most. */
void live_linger(struct live *live);

/* Lingers, and ends the -w file: nothing is sent any more. False: the run has
 * failed, now or before (exit_code). */
bool live_finish(struct live *live);

/* Whether it has failed because this host has lost its interface, address,
 * route or MTU: what was measured before that stands. */
bool live_cut_short(const struct live *live);

/* Of a run to this port of a target. */
struct destination live_destination(struct live *live, const struct target *t,
				    uint16_t port);

/* Has the capture follow another address from this source, too. False: it is
 * not reached as the targets are, or these are too many. */
bool live_follow(struct live *live, const struct address *source,
		 const struct address *address);

uint64_t live_random(struct live *live);
uint32_t live_random32(struct live *live);

/* A fresh guarded source port (TCP, or UDP), 0 on failure (exit_code). */
uint16_t live_port(struct live *live, const struct address *source, bool udp);

/* Monotonic, for waiting; packets have the capture's own times. */
int64_t live_now_us(void);

/* Fills in the IP ID and sends. False: the run must stop (exit_code). */
bool live_send(struct live *live, struct ip_envelope *envelope,
	       const uint8_t *payload, size_t length);

/* The same in IP fragments, each but the last with `size` bytes of the payload
 * (a multiple of 8). Whether they leave this host is not checked: its own
 * connection tracking may put them together, or a firewall refuse them. The
 * capture shows it. */
bool live_send_fragments(struct live *live, struct ip_envelope *envelope,
			 const uint8_t *payload, size_t length, size_t size);

/* Waits until `deadline_us` at most, or until frames came, and feeds them to
 * the observer. False: the run must stop (exit_code). */
bool live_poll(struct live *live, int64_t deadline_us);

#endif
