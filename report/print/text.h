/* SPDX-License-Identifier: GPL-3.0-or-later
 * The form for people: every colour comes with a word or a sign, and no line
 * is wider than the page, unless a single word is.
 */
#ifndef REPORT_PRINT_TEXT_H
#define REPORT_PRINT_TEXT_H

#include "report/print/format.h"

struct finding_kind;
struct survey_places;
struct topic;
struct tcp_view;

/* Rows of the table in format.c, which has their contract. */
int text_report(const struct page *p, const struct report *r);
int text_paths(const struct page *p, const struct paths *all);
int text_legs(const struct page *p, const struct legs *l);
int text_list(const struct page *p);
int text_list_rest(const struct page *p, uint64_t left_out);
int text_connection(const struct page *p, const struct mptcp_connection *c);
int text_packet(const struct page *p, const struct packet *packet,
		uint64_t frame, int64_t time_us);
int text_compare(const struct page *p, const struct compare *c);
int text_speed(const struct page *p, const struct speed *s);
int text_doctor(const struct page *p, const struct doctor *d);
int text_contrast(const struct page *p, const struct contrast *c);
int text_survey(const struct page *p, const struct survey_tables *t);
int text_watch(const struct page *p, const struct watch_change *c);

/* The verdicts of a survey's probes, and each finding and place, those with
 * most targets first; nothing if nobody was probed. */
void text_places(const struct page *p, const struct survey_places *s);

/* `mpprobe explain` and `mpprobe list`. */
void text_explain(const struct page *p, const struct finding_kind *kind);
void text_explain_topic(const struct page *p, const struct topic *t);
void text_list_findings(const struct page *p);

/* Writes `text` wrapped, the first line behind `first`, the next ones behind
 * `rest`, and the end of the line. What is not printable ASCII becomes
 * \xNN. */
void text_wrap(const struct page *p, const char *first, const char *rest,
	       const char *text);

/* --- words that other forms use as well ---------------------------------- */

extern const char *const traffic_hosts[]; /* "client", "server" */
const char *traffic_state(const struct mptcp_connection *c);

/* "10.0.1.1, 10.0.1.5", "this host (10.0.2.2):1081", a sentence. */
struct leg;
const char *leg_client(const struct page *p, const struct legs *l,
		       const struct leg *leg);
const char *leg_server(const struct page *p, const struct legs *l,
		       const struct leg *leg);
const char *legs_heading(const struct page *p, const struct legs *l);

/* Whether it is TCP, an ICMP error or a later fragment. */
bool packet_is_listed(const struct packet *packet);
/* "S.", as tcpdump has them. */
const char *flag_letters(struct arena *a, uint8_t flags);
/* Every option, MPTCP in full: "mss 1460, nop, MP_CAPABLE v1 ...". */
const char *options_in_words(struct arena *a, const struct tcp_view *tcp);

#endif
