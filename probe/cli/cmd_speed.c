// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe speed URL: downloads by TCP and MPTCP in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/download.h"
#include "probe/cli/output.h"
#include "probe/doctor/gather.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/run/live.h"
#include "report/evidence/loss.h"
#include "report/print/speed.h"

/* Where it stands, for the bar. */
struct stand {
	unsigned round, rounds;
	bool mptcp;
	double share; /* of the bytes of this download; < 0: not known */
	double mptcp_s, busy_s; /* of downloads by MPTCP; of processors then */
};

static void describe(const void *context, char *text, size_t size)
{
	static const char full[] = "##############################";
	const struct stand *s = context;
	int percent = s->share < 0 ? 0 : (int)(s->share * 100);

	snprintf(text, size, "round %u of %u  %-5s  [%-30.*s] %3d %%", s->round,
		 s->rounds, s->mptcp ? "MPTCP" : "TCP", percent * 30 / 100,
		 full, percent);
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

static bool download_mptcp(const struct download *d, struct stand *stand,
			   struct speed_run *out)
{
	int64_t start_us = live_now_us();
	double busy = processor_seconds();
	bool goes_on = download_run(d, true, out);
	double end = processor_seconds();

	stand->mptcp_s += (double)(live_now_us() - start_us) / 1e6;
	if (busy >= 0 && end >= 0)
		stand->busy_s += end - busy;
	return goes_on;
}

/* Who begins changes from round to round; at first TCP, which tells whether
 * anybody is there. */
static bool run_round(const struct download *d, struct stand *stand,
		      struct speed_round *r)
{
	for (unsigned i = 0; i < 2; i++) {
		bool mptcp = (stand->round + i) % 2 == 0;
		struct speed_run *run = mptcp ? &r->mptcp : &r->tcp;

		stand->mptcp = mptcp;
		stand->share = -1;
		if (!(mptcp ? download_mptcp(d, stand, run)
			    : download_run(d, false, run)))
			return false;
		if (stand->round == 1 && !mptcp && !run->done) {
			snprintf(r->mptcp.error, sizeof(r->mptcp.error),
				 "not tried");
			break;
		}
	}
	return true;
}

static int run_rounds(const struct options *o, struct speed *s,
		      struct speed_round *rounds)
{
	struct stand stand = {.rounds = o->count ?: ROUNDS_WANTED};
	struct download d = {
		.url = s->url,
		.ipv4 = o->where.ipv4,
		.ipv6 = o->where.ipv6,
		.interface = o->where.interface,
		.source = o->where.source,
		.insecure = o->insecure,
		.seconds = o->seconds,
		.progress = advance,
		.context = &stand,
	};
	uint64_t disabled = counter_now("MPCapableSYNTXDisabled");
	uint64_t dropped = counter_now("MPCapableSYNTXDrop");

	ticker_source(describe, &stand);
	while (speed_goes_on(s, o->count)) {
		stand.round = (unsigned)s->round_count + 1;
		if (!run_round(&d, &stand, &rounds[s->round_count]))
			break;
		s->round_count++;
	}
	s->processors = stand.mptcp_s > 0 ? stand.busy_s / stand.mptcp_s : -1;
	ticker_source(NULL, NULL);
	s->blackhole = counter_now("MPCapableSYNTXDisabled") > disabled;
	s->unanswered = (unsigned)(counter_now("MPCapableSYNTXDrop") - dropped);
	if (rounds[0].tcp.unknown_host)
		return failure(EXIT_NO_HOST, "%s: %s", s->url,
			       rounds[0].tcp.error);
	return signals_interrupted() ? EXIT_INTERRUPTED
				     : speed_verdict(s)->exit_code;
}

static bool is_url(const char *text)
{
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

int cmd_speed(const struct options *o, struct output *out, int argc,
	      char **argv)
{
	struct speed_round *rounds;
	struct speed s = {.url = argv[0]};
	char error[200];
	int ret;

	(void)argc;
	if (!is_url(s.url))
		return failure(EXIT_USAGE,
			       "%s: not a URL of http:// or https://", s.url);
	/* Nothing of this needs a right, so libcurl never has one. */
	ret = privileges_drop_but_asking();
	if (ret != 0)
		return ret;
	if (!download_has_mptcp(error, sizeof(error)) ||
	    !download_load(error, sizeof(error)))
		return failure(EXIT_SYSTEM, "%s", error);
	s.rounds = rounds = calloc(o->count ?: ROUNDS_WANTED, sizeof(*rounds));
	if (!rounds)
		return failure(EXIT_SYSTEM, "no memory");
	signals_install();
	ret = run_rounds(o, &s, rounds);
	if (s.round_count)
		output_end(out,
			   output_format(out)->speed(output_begin(out), &s));
	free(rounds);
	return ret;
}
