// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe speed URL: downloads by TCP and MPTCP in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/cover.h"
#include "probe/cli/download.h"
#include "probe/cli/output.h"
#include "probe/cli/speed_ways.h"
#include "probe/doctor/gather.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/run/live.h"
#include "report/arena.h"
#include "report/evidence/loss.h"
#include "report/print/speed.h"

/* What is done, and where it stands, for the bar. */
struct stand {
	unsigned round, rounds;
	const char *name; /* "TCP", "MPTCP", "TCP eth0" */
	char in[40];	  /* that it may be in */
	double share;	  /* of the bytes of this download; < 0: not known */
	double mptcp_s, busy_s; /* of downloads by MPTCP; of processors then */
	struct download how;	/* each */
	struct speed_ways *ways;
	size_t opener;
};

static void describe(const void *context, char *text, size_t size)
{
	static const char full[] = "##############################";
	const struct stand *s = context;
	int percent = s->share < 0 ? 0 : (int)(s->share * 100);

	snprintf(text, size, "round %u of %u  %-5s  [%-30.*s] %3d %%", s->round,
		 s->rounds, s->name, percent * 30 / 100, full, percent);
}

static void advance(void *context, double share)
{
	struct stand *s = context;

	s->share = share;
	ticker_tick();
}

/* Seconds that the processors of this host have worked, all together; < 0: not
 * known. */
static double processor_seconds(void)
{
	FILE *file = fopen("/proc/stat", "re");
	unsigned long long ticks[7] = {0}, busy = 0;
	int found =
		file ? fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu",
			      &ticks[0], &ticks[1], &ticks[2], &ticks[3],
			      &ticks[4], &ticks[5], &ticks[6])
		     : 0;

	if (file)
		fclose(file);
	for (int i = 0; i < 7; i++)
		if (i != 3 && i != 4) /* idle, and idle for want of data */
			busy += ticks[i];
	return found == 7 ? (double)busy / (double)sysconf(_SC_CLK_TCK) : -1;
}

/* By that uplink, if there are several. */
static struct download way_of(struct stand *stand, size_t way)
{
	struct download d = stand->how;

	if (stand->ways->count) {
		d.interface = speed_way_interface(stand->ways, way);
		d.source = speed_way_source(stand->ways, way);
	}
	return d;
}

static bool run_mptcp(struct stand *stand, struct speed_run *out)
{
	struct download d = way_of(stand, stand->opener);
	int64_t start_us = live_now_us();
	double busy = processor_seconds(), end;
	bool goes_on;

	stand->name = "MPTCP";
	stand->share = -1;
	goes_on = download_run(&d, true, out);
	end = processor_seconds();
	stand->mptcp_s += (double)(live_now_us() - start_us) / 1e6;
	if (busy >= 0 && end >= 0)
		stand->busy_s += end - busy;
	return goes_on;
}

static bool run_tcp(struct stand *stand, size_t way, struct speed_run *out)
{
	struct download d = way_of(stand, way);

	stand->name = "TCP";
	if (stand->ways->count) {
		snprintf(stand->in, sizeof(stand->in), "TCP %.30s",
			 stand->ways->uplinks[way].name);
		stand->name = stand->in;
	}
	stand->share = -1;
	return download_run(&d, false, out);
}

static void not_tried(struct speed_run *r)
{
	snprintf(r->error, sizeof(r->error), "not tried");
}

/* At first TCP, which tells whether anybody is there. An uplink over which
 * nothing came then is not tried again, as that takes its time. */
static bool first_round(struct stand *stand, struct speed_round *r)
{
	bool any = false;

	for (size_t i = 0; i < (stand->ways->count ?: 1); i++) {
		if (!run_tcp(stand, i, &r->tcp[i]))
			return false;
		any |= r->tcp[i].done;
	}
	stand->opener = speed_way_opener(stand->ways, r);
	if (any)
		return run_mptcp(stand, &r->mptcp);
	not_tried(&r->mptcp);
	return true;
}

/* Who begins changes from round to round. */
static bool run_round(struct stand *stand, const struct speed_round *first,
		      struct speed_round *r)
{
	size_t ways = stand->ways->count ?: 1;

	if (r == first)
		return first_round(stand, r);
	for (size_t i = 0; i <= ways; i++) {
		size_t way = (stand->round - 1 + i) % (ways + 1);

		if (way == 0 ? !run_mptcp(stand, &r->mptcp)
		    : first->tcp[way - 1].done
			    ? !run_tcp(stand, way - 1, &r->tcp[way - 1])
			    : (not_tried(&r->tcp[way - 1]), false))
			return false;
	}
	return true;
}

static int uplink_of(void *context, const struct address *local)
{
	return speed_way_of(context, local);
}

static struct download how(const struct options *o, const struct speed *s,
			   struct speed_ways *ways, struct stand *stand)
{
	bool ipv6 = ways->count && ways->targets[0].address.family == 6;

	return (struct download){
		.url = s->url,
		.ipv4 = ways->count ? !ipv6 : o->where.ipv4,
		.ipv6 = ways->count ? ipv6 : o->where.ipv6,
		.interface = o->where.interface,
		.source = o->where.source,
		.pinned = ways->pinned[0] ? ways->pinned : NULL,
		.uplink_of = ways->count ? uplink_of : NULL,
		.uplinks = ways,
		.insecure = o->insecure,
		.seconds = o->seconds,
		.progress = advance,
		.context = stand,
	};
}

static int run_rounds(const struct options *o, struct speed *s,
		      struct speed_ways *ways, struct speed_round *rounds)
{
	struct stand stand = {.rounds = o->count ?: ROUNDS_WANTED,
			      .ways = ways};
	uint64_t disabled = counter_now("MPCapableSYNTXDisabled");
	uint64_t dropped = counter_now("MPCapableSYNTXDrop");

	stand.how = how(o, s, ways, &stand);
	stand.name = "TCP";
	ticker_source(describe, &stand);
	while (speed_goes_on(s, o->count)) {
		stand.round = (unsigned)s->round_count + 1;
		if (!run_round(&stand, rounds, &rounds[s->round_count]))
			break;
		s->round_count++;
	}
	s->opener = stand.opener;
	s->processors = stand.mptcp_s > 0 ? stand.busy_s / stand.mptcp_s : -1;
	ticker_source(NULL, NULL);
	s->blackhole = counter_now("MPCapableSYNTXDisabled") > disabled;
	s->unanswered = (unsigned)(counter_now("MPCapableSYNTXDrop") - dropped);
	if (rounds[0].tcp[0].unknown_host)
		return failure(EXIT_NO_HOST, "%s: %s", s->url,
			       rounds[0].tcp[0].error);
	return signals_interrupted() ? EXIT_INTERRUPTED
				     : speed_verdict(s)->exit_code;
}

static int print_speed(const struct format *f, const struct page *p,
		       const void *speed)
{
	return f->speed(p, speed);
}

static void print(struct output *out, struct speed *s, struct speed_ways *ways)
{
	speed_ways_explain(ways, s);
	output_print(out, print_speed, s);
}

static int compare_downloads(const struct options *o, struct output *out,
			     struct speed *s, struct speed_ways *ways)
{
	struct speed_round *rounds;
	char error[200];
	int ret;

	/* Nothing of this needs a right, so libcurl never has one. */
	ret = privileges_drop_but_asking();
	if (ret != 0)
		return ret;
	if (!download_has_mptcp(error, sizeof(error)) ||
	    !download_load(error, sizeof(error)))
		return failure(EXIT_SYSTEM, "%s", error);
	s->rounds = rounds =
		must_have(calloc(o->count ?: ROUNDS_WANTED, sizeof(*rounds)));
	signals_install();
	ret = run_rounds(o, s, ways, rounds);
	if (s->round_count)
		print(out, s, ways);
	free(rounds);
	return ret;
}

static bool is_url(const char *text)
{
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

int cmd_speed(const struct options *o, struct output *out, int argc,
	      char **argv)
{
	struct speed s = {.url = argv[0]};
	struct speed_ways ways;
	struct cover *cover;
	int ret;

	(void)argc;
	if (!is_url(s.url))
		return failure(EXIT_USAGE,
			       "%s: not a URL of http:// or https://", s.url);
	cover = cover_new(o->anonymous, s.url);
	output_cover(out, cover);
	ret = speed_ways_find(&ways, &o->where, s.url);
	s.uplinks = ways.uplinks;
	s.uplink_count = ways.count;
	s.left_out = ways.gone;
	s.left_out_count = ways.gone_count;
	if (ret == 0)
		ret = compare_downloads(o, out, &s, &ways);
	if (ret == EXIT_CLEAR && ways_left_out_named(&ways.left_out))
		ret = EXIT_UNKNOWN;
	speed_ways_free(&ways);
	output_cover(out, NULL);
	cover_free(cover);
	return ret;
}
