/* SPDX-License-Identifier: GPL-3.0-or-later
 * Chance, and how much is enough: every count, rate and wait that a rule speaks
 * by, with the reason for it. The judge, compare and speed conclude by them,
 * and the probe sends as much as they need.
 *
 * Equal numbers are not one fact: each has a name of its own, so that one can
 * be changed without the others.
 */
#ifndef REPORT_EVIDENCE_LOSS_H
#define REPORT_EVIDENCE_LOSS_H

#include <stdbool.h>
#include <stddef.h>

/* ---- silence: what is sent and not answered ------------------------------ */

/* Of a million paths that only lose packets one may be accused. */
#define CHANCE_OF_LOSS 1e-6
/* The same for the place: there an error costs a hop, not a verdict. */
#define CHANCE_OF_SILENCE 1e-3
/* And for that of a device that lets some pass, as against the likeliest. */
#define CHANCE_OF_PASSING 5e-3

/* SYNs, segments: a host sends a SYN four times in its first seven seconds, so
 * fewer say less than one connection that failed. */
#define LOST_MIN 4
/* Answered controls: with fewer, their rate of loss is a guess. */
#define CONTROLS_MIN 3
/* So many controls are answered for each that is not. Loss takes some of them
 * as well; an outage takes them all. */
#define ANSWERED_PER_LOST 3
/* Microseconds between an attempt and the nearest control that is answered:
 * what is lost in an outage while nothing else was tried counts for nothing. */
#define COMPANY_US 1000000
/* SYN/ACKs of one connection: a kernel sends six, and a duplicate of each may
 * come. A server that sends more may be what drowns the others. */
#define STORM_MIN 16
/* SYNs that are lost at one moment may be lost to one cause, and count as one,
 * unless a SYN of the same moment, with or without the option, is answered. */
#define MOMENT_US 20000
/* At one moment all may be lost to one outage, however many there are. */
#define MOMENTS_MIN 2

/* Answered SYNs with an option that show that it passes... */
#define PASSING_MIN 4
/* ... if so many times more are answered than are lost. */
#define PASSING_PER_LOST 2
/* SYNs whose MP_CAPABLE names no algorithm, answered as plain TCP (or, all of
 * them, not), that show whether SYNs with the option arrive. */
#define NO_ALGORITHM_MIN 4

/* On one connection, of what the same connection delivers otherwise: */
#define MAPPED_LOST_MIN 4     /* sends of data with a mapping */
#define FULL_SIZE_LOST_MIN 4  /* sends of a segment of full size */
#define FRAGMENTED_LOST_MIN 4 /* sends of a segment in fragments */
#define KEEP_ALIVES_LOST_MIN 4
#define ADD_ADDRS_LOST_MIN 4 /* ADD_ADDRs without an echo */
/* Answers to other data while fragments are not answered. */
#define ALIVE_MIN 3
/* A fragment and its answer are three packets that may be lost, where a SYN
 * and its answer are two: so one in two counts. */
#define FRAGMENTED_PER_LOSS 2
/* Other bytes, or bytes behind a gap, sent again and again in vain while the
 * same connection goes on at once when they come right. No rate is known for
 * these: at one lost in five, eight are lost once in 390,000. */
#define VAIN_MIN 8

/* ---- how many connections must show the same ----------------------------- */

/* One may have met an outage or a server of its own; two that did at different
 * times have not. */
#define MAPPED_WITNESSES_MIN 2	 /* data with a mapping, never acknowledged */
#define UNMAPPED_WITNESSES_MIN 2 /* the server's data without one: proven */
#define MUTE_WITNESSES_MIN 2	 /* the server answers nothing */
#define DATA_RESETS_MIN 2	 /* a RST for data with a mapping */
#define LOST_MPTCP_MIN 2    /* lost it with the first data, beside others */
#define PLAIN_REFUSED_MIN 2 /* by a RST, beside others that are not */
#define PLAIN_BESIDE_MIN 2  /* answered as plain TCP, beside others */
#define FULL_SIZE_WITNESSES_MIN 2
#define FULL_SIZE_RESETS_MIN 4 /* and as many plain ones that are not */
#define FRAGMENTED_WITNESSES_MIN 2
#define VAIN_WITNESSES_MIN 2
#define PAIR_WITNESSES_MIN 2	 /* broke at two segments sent at once */
#define IDLE_WITNESSES_MIN 2	 /* of each: first, later, busy, reset */
#define BARE_ACK_WITNESSES_MIN 2 /* whose ACKs have no DSS: likely */
#define COMPLAINTS_MIN 2	 /* of our DSS checksums, with MP_FAIL */
#define BAD_CHECKSUMS_MIN 2	 /* of the server's DSS: proven */
#define ACKS_AHEAD_MIN 2	 /* with DATA_ACKs ahead of TCP's */
#define ACKS_BEHIND_MIN 2      /* answered, and not acknowledged by DATA_ACK */
#define ACKS_STUCK_MIN 3       /* acknowledged by TCP, with the same DATA_ACK */
#define SSNS_WRONG_MIN 2       /* whose server's mappings miss its data */
#define RETURN_WITNESSES_MIN 2 /* hops whose answers take another way */
#define ANSWERED_DATA_MIN 2    /* data answered from elsewhere than SYNs */
#define SYN_ACKS_ALIKE_MIN 4   /* SYN/ACKs of one TTL, and none other */
#define RANDOM_RESETS_MIN 2    /* bare RSTs for MP_JOINs of no connection */
#define LATE_SEGMENTS_MIN 3    /* more than a segment or two, unmapped */
#define VAIN_SYNS_MIN 3	       /* of a connection that is worth a word */
#define SYNS_IN_VAIN_MIN 2     /* that may be why nothing is known */
#define BASELINE_SYNS_MIN 3    /* plain TCP does not work any more */

/* ---- sorted by chance -----------------------------------------------------
 */

/* One in five hundred: what connections of two kinds met may be sorted by kind
 * without a reason, behind a balancer one server of which refuses them all, or
 * where they take ways of different lengths. By Fisher's exact test, with all
 * of one kind here and all of the other there. */
#define CHANCE_OF_SORTING 2e-3
/* RSTs for SYNs with the option, and answers to those without: 1 in 924. Of
 * which this many must be there to say it at all, and fewer only "likely". */
#define RESETS_MIN 6
#define RESETS_LIKELY_MIN 2
/* Third ACKs with MP_JOIN that the server misses, where others arrive or it
 * answers under SYN cookies. Linux then keeps the nonces of joins in 1,024
 * places: of ten SYNs that come together, one in a hundred finds its place
 * taken by another. */
#define THIRD_ACKS_MISSED_MIN 2
/* In a comparison, where the others may be many: fewer may be the moment that a
 * server restarts. */
#define RESETS_COMPARED_MIN 4
/* Connections of each kind that end at one hop, and farther: 1 in 252, and the
 * hop also quotes what goes on. */
#define SORTED_MIN 5
/* In a comparison of two runs, that one hop more is no other way: 1 in 70. */
#define ONE_HOP_MIN 4
/* TTLs of controls that differ by so many as sent must differ on arrival, by
 * half of it at least; if not, somebody rewrites them: ways of several lengths
 * (ECMP) are not that far apart. */
#define TTLS_APART_MIN 16
/* A RST comes from so many hops before the target, at least. */
#define HOPS_FEWER_MIN 2
/* SYNs of one TTL that expired tell how far it is to the host; one was lost. */
#define EXPIRED_MIN 2
/* Controls that went a hop farther than any connection, and connections. */
#define FARTHER_ANSWERS_MIN 3
#define FARTHER_REACHES_MIN 2
#define DISTANCE_ANSWERS_MIN 2 /* controls that agree: proven */
/* SYNs that are lost where others are answered: a way of another length. */
#define WAYS_SILENT_MIN 2
/* Routers behind the host that answers, each asked on a port of its own. */
#define BEYOND_MIN 3

/* Connections that were answered only when they gave the option up, on the
 * same ports, and so many for each that was not answered then, either. */
#define FALLEN_MIN 3
#define FALLEN_PER_SILENT 3

/* SYNs lost before one from the same ports, and so on the same path, is
 * answered: what drops them does not go by the path. */
#define LATE_MIN 3

/* Subflows beside the first that Linux lets a connection have. */
#define SUBFLOWS_TAKEN 2

/* ---- copies with a small TTL ----------------------------------------------
 */

/* Copies that a hop has quoted none of, before its silence says something, for
 * hops that quote others: routers answer six, then one a second. */
#define WAY_COPIES_MIN 2
#define ADD_ADDR_COPIES_MIN 2
#define KEEP_ALIVE_COPIES_MIN 3

/* What every host takes: a window below it is mpprobe's own. */
#define NARROW_BYTES 536

/* ---- patience -------------------------------------------------------------
 */

/* An answer may take twice as long as the slowest that came, in microseconds;
 * none came: as long as anybody waits for. */
#define PATIENCE_FACTOR 2
#define PATIENCE_MIN_US 200000
#define PATIENCE_MAX_US 1000000
/* Servers send data again several times within this time. */
#define ANSWER_TIME_US 2500000
/* Another program's connection stalls: Linux has sent again after 0.2, 0.6 and
 * 1.4 s, and it is more than a program may leave unread when it ends. */
#define STALLED_MIN_US 2000000
#define STALLED_MIN_BYTES 10000
/* What the list of connections tells of such: Linux waits 200 ms before it
 * sends again; at the end a DATA_ACK may be merely late. */
#define STALL_TOLD_US 200000
#define STALLED_TOLD_US 1000000
/* A server that accepts only when data has come sends its SYN/ACK again after
 * 1 s; so many connections without data to which none came tell otherwise. */
#define DEFER_TOLD_US 1300000
#define DEFER_CONTROLS_MIN 3
/* A server whose FIN was lost has sent it again twice by then. */
#define CLOSE_TOLD_US 700000
/* So far from the others a busy connection may be that is compared with one
 * that idled. */
#define IDLE_CONTROL_US 1000000
/* Routers answer one more a second when their first answers are spent. */
#define ROUTER_REST_US 1050000

/* ---- speed and time
 * -----------------------------------------------------------------
 */

/* Rounds of which both downloads came to their end: one has no interval. */
#define ROUNDS_MIN 2
/* Less than this share of the speed of TCP is worth a word. */
#define WORTH_A_WORD 0.9
/* MPTCP's own cost in the kernel makes a third of difference where the
 * processor is what limits; an interval below this is the path's doing... */
#define TREATED_OTHERWISE 0.67
/* ...if meanwhile this host used less than so much of a processor, all in all;
 * a busy host made MPTCP up to four times slower, so there, below this. */
#define BUSY_PROCESSORS 0.5
#define TREATED_THOUGH_BUSY 0.1
/* On a short path Linux sends at times by MPTCP again, 200 ms later (its least
 * RTO), what had come: up to once a download, 0.16 to 0.24 s in 80 rounds. What
 * is left without it may be the path's doing. */
#define HOST_STALL_SECONDS 0.25
/* Rounds unless the user says how many, and the seconds after which they end,
 * ten for each protocol. */
#define ROUNDS_WANTED 20
#define ROUNDS_SECONDS 20
/* A download takes so long, or is repeated: below, the time of one interrupt
 * shows. So many downloads at most. */
#define DOWNLOAD_SECONDS 0.1
#define DOWNLOADS_MAX 50

/* Round-trip times of two runs that are worth a word beside each other: so many
 * times as long, and so many milliseconds more, as hosts take their time. */
#define RTT_FACTOR 3
#define RTT_SLACK_MS 5

/* A server has so long for going on over another subflow with what was not
 * acknowledged on one: its RTO (RFC 6298: 200 ms on Linux, or three round trips
 * before it knows more), and as much again. Later is "never"; the probe waits
 * somewhat longer. */
#define TAKEOVER_NEVER_US 1000000
#define TAKEOVER_US 1500000
#define TAKEOVER_RTTS 4

/* ---- how much the probe sends ---------------------------------------------
 */

/* SYNs of one connection, as a host sends them: LOST_MIN. */
#define SYN_TRIES LOST_MIN
/* Where SYNs with an option go unanswered longer than those without it took,
 * so many pairs on fresh ports decide it, instead of waiting until a host would
 * give up: all without it are answered and none with it, by chance 4 times in
 * ten million (Fisher's exact test). CHANCE_OF_LOSS decides as well: of 12
 * controls none is lost. What is sent when, and how long it waits, is in
 * probe/run: connection.c (SYNs and data), contrast.c (pairs), reach.c
 * (sweeps). */
#define DECIDING_PAIRS 12
/* Microseconds between two of them: side by side, but neither one burst that a
 * device takes for a flood, nor lost together in one full queue. Which of a
 * pair goes first changes, so that a limiter of SYNs spares one kind as often
 * as the other. */
#define PAIR_GAP_US 5000
/* Data that must arrive, if that is not what is asked. */
#define DATA_TRIES 5
/* Data with a mapping or in fragments, keep-alives: as many as it takes on a
 * path of which nothing is known but CONTROLS_MIN answers. */
#define VAIN_TRIES 9
/* How long the server's answer is waited for: longer than the judge does. */
#define ANSWER_WAIT_US (ANSWER_TIME_US + 500000)
/* Rounds of SYNs with an option and without, by turns: RESETS_MIN, of which
 * two may be lost. */
#define CONTRAST_ROUNDS (RESETS_MIN + 2)
/* Pairs of SYNs with the TTL at which plain connections end; so many of them
 * suffice to look farther, as that accuses nobody. */
#define SORT_PAIRS SORTED_MIN
#define SORTED_TOLD_MIN 3
/* Pairs on fresh ports: so many find ways that few connections take. */
#define WAY_PAIRS 16
/* More are lost with the option than without it, so often by loss alone: reason
 * enough for such pairs, and not to call it proven that all pass; nor to say
 * that size is what matters, where smaller segments are lost as well. */
#define CHANCE_OF_DOUBT 0.05
/* Pairs that are sent in any case, where MPTCP is spoken, and SYNs with
 * MP_JOIN: a device that spares one port in two spares them all less than once
 * in a hundred runs. One lost packet is none of its doing. */
#define PORT_PAIRS 6
#define PORT_TRIES 2
#define JOIN_PORTS 6
/* Pieces of data with a DSS that had to be sent again, and none without it:
 * then so many connections of each kind send so many pieces. Of a device that
 * drops three in ten of the former that shows beyond CHANCE_OF_LOSS. */
#define DATA_PAIRS_LOST_MIN 1
#define DATA_PAIRS 12
#define DATA_PAIR_PIECES 6
/* Copies of one SYN at once that leave a device that lets only so many through
 * with none to spare, where it has let fewer pass before; a few may be lost.
 */
#define BURST_SYNS 14
#define BURST_MIN 10
/* No limit on how many there may be a second lets one pass so soon behind one
 * that it stopped, in microseconds, and so often; loss may look so once. */
#define SIDE_BY_SIDE_US 2000
#define MIXED_MIN 2
/* Plain SYNs on the ports of those that were not answered. */
#define WAY_PLAIN_TRIES 3
/* Times that a router is asked again, ROUTER_REST_US apart. */
#define REST_ROUNDS 3

/* ---- arithmetic ------------------------------------------------------------
 */

/* How often something was sent, and how often in vain. */
struct tries {
	unsigned sent, lost;
};

/* The rate of loss by the rule of succession, so that few controls that were
 * all answered do not count as certainty. 1/2 where nothing was sent. */
double loss_rate(struct tries control);

/* How often loss alone, at the rate of the control, takes that many. */
double chance_of_loss(unsigned lost, struct tries control);

/* How often loss alone, at the rate of the control, takes that many, or more,
 * of so many: where the rest is answered. */
double chance_of_losses(struct tries of, struct tries control);

/* The fewest losses that are beyond chance, at the rate of the control. */
unsigned losses_needed(struct tries control);

/* Whether so many losses are none by chance, at the rate of `control`, and
 * with so many controls that were answered meanwhile. */
bool beyond_chance(unsigned lost, struct tries control, unsigned controls);

/* How often chance sorts that many of two kinds so that all of one are here
 * and all of the other there (Fisher's exact test, one-sided). */
double chance_of_sorting(unsigned one, unsigned other);

/* How often chance marks `marked` of two kinds so that all of them are of one
 * kind, of which there are `one`, and none of the `other` (the same test). */
double chance_of_marking(unsigned marked, unsigned one, unsigned other);

/* Student's t, 97.5 %, by degrees of freedom, of which there is one at least:
 * an interval so wide on both sides holds 95 %. */
double student(size_t freedom);

#endif
