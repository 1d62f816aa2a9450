// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/download.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/clock.h"
#include "probe/net/mptcp_socket.h"
#include "probe/net/signals.h"
#include "probe/net/subflow_bytes.h"
#include "report/arena.h"
#include "report/print/speed.h"

/* Without a byte. */
#define SILENT_SECONDS 20L

/* libcurl brings forty libraries: it is loaded when it is needed. */
static struct {
	CURL *(*init)(void);
	CURLcode (*setopt)(CURL *, CURLoption, ...);
	CURLcode (*perform)(CURL *);
	CURLcode (*getinfo)(CURL *, CURLINFO, ...);
	void (*cleanup)(CURL *);
	const char *(*strerror)(CURLcode);
	struct curl_slist *(*append)(struct curl_slist *, const char *);
	void (*free_list)(struct curl_slist *);
} api;

bool download_load(char *error, unsigned size)
{
	static const char *const names[] = {
		"curl_easy_init",    "curl_easy_setopt",   "curl_easy_perform",
		"curl_easy_getinfo", "curl_easy_cleanup",  "curl_easy_strerror",
		"curl_slist_append", "curl_slist_free_all"};
	void *library = dlopen("libcurl.so.4", RTLD_NOW);
	void **slots = (void **)&api;

	for (unsigned i = 0; library && i < sizeof(names) / sizeof(names[0]);
	     i++) {
		slots[i] = dlsym(library, names[i]);
		if (!slots[i])
			library = NULL;
	}
	if (!library)
		snprintf(error, size, "libcurl is missing: %s", dlerror());
	return library != NULL;
}

/* One download on its way. */
struct transfer {
	const struct download *about;
	struct speed_run *run;
	int socket;	 /* -1: none yet */
	char source[64]; /* "host!ADDRESS" */
	uint64_t before; /* bytes of the downloads before */
	struct curl_slist *pinned;
	struct subflow_bytes subflows;
	int64_t looked_us; /* when these were asked for last */
};

/* Subflows that are gone at the end are told of by what was seen before. */
#define LOOK_US 20000

static void look_at_subflows(struct transfer *t, bool at_once)
{
	int64_t now = clock_us(CLOCK_MONOTONIC);

	if (!t->about->uplink_of || !t->run->mptcp || t->socket < 0 ||
	    (!at_once && now - t->looked_us < LOOK_US))
		return;
	t->looked_us = now;
	subflow_bytes_look(&t->subflows, t->socket);
}

static void add_shares(struct transfer *t)
{
	const struct download *d = t->about;
	const struct subflow_bytes *s = &t->subflows;

	t->run->shares_known |= s->told;
	for (unsigned i = 0; i < s->count; i++) {
		int uplink = d->uplink_of(d->uplinks, &s->all[i].local);
		uint64_t *sum = uplink < 0 ? &t->run->elsewhere
					   : &t->run->shares[uplink];

		*sum += s->all[i].received;
	}
}

static curl_socket_t open_socket(void *context, curlsocktype purpose,
				 struct curl_sockaddr *address)
{
	struct transfer *t = context;
	const char *interface = t->about->interface;

	(void)purpose;
	t->socket = socket(address->family, address->socktype | SOCK_CLOEXEC,
			   t->run->mptcp ? IPPROTO_MPTCP : IPPROTO_TCP);
	if (t->socket == -1 || !interface ||
	    setsockopt(t->socket, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface)) == 0)
		return t->socket;
	close(t->socket);
	t->socket = -1;
	return CURL_SOCKET_BAD;
}

/* A connection that fell back has no MPTCP_INFO, or says so. */
static void ask_socket(struct transfer *t)
{
	struct tcp_info tcp = {0};
	struct mptcp_info mptcp = {0};
	socklen_t size = sizeof(tcp);

	if (t->socket < 0 ||
	    getsockopt(t->socket, IPPROTO_TCP, TCP_INFO, &tcp, &size) == -1)
		return;
	look_at_subflows(t, true);
	t->run->rtt_ms = (double)tcp.tcpi_rtt / 1000;
	t->run->retransmitted = tcp.tcpi_total_retrans;
	if (!t->run->mptcp)
		return;
	size = sizeof(mptcp);
	t->run->fallback = getsockopt(t->socket, SOL_MPTCP, MPTCP_INFO, &mptcp,
				      &size) == -1 ||
			   (mptcp.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK);
	if (!t->run->fallback && mptcp.mptcpi_subflows > t->run->subflows)
		t->run->subflows = mptcp.mptcpi_subflows;
}

static int close_socket(void *context, curl_socket_t item)
{
	struct transfer *t = context;

	if (item == t->socket) {
		ask_socket(t);
		t->socket = -1;
	}
	return close(item);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	(void)bytes;
	t->run->bytes += size * count;
	look_at_subflows(t, false);
	return size * count;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now,
		       curl_off_t up_total, curl_off_t up_now)
{
	struct transfer *t = context;

	(void)up_total;
	(void)up_now;
	if (t->about->progress)
		t->about->progress(t->about->context,
				   total > 0 ? (double)now / (double)total
					     : -1);
	return signals_interrupted();
}

static void set_options(CURL *curl, const struct download *d,
			struct transfer *t)
{
	api.setopt(curl, CURLOPT_URL, d->url);
	api.setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	api.setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	api.setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	api.setopt(curl, CURLOPT_MAXREDIRS, 5L);
	api.setopt(curl, CURLOPT_FAILONERROR, 1L);
	api.setopt(curl, CURLOPT_NOSIGNAL, 1L);
	api.setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	api.setopt(curl, CURLOPT_USERAGENT, "mpprobe/" MPPROBE_VERSION);
	api.setopt(curl, CURLOPT_CONNECTTIMEOUT, SILENT_SECONDS);
	api.setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	api.setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENT_SECONDS);
	if (d->source)
		api.setopt(curl, CURLOPT_INTERFACE, t->source);
	if (t->pinned)
		api.setopt(curl, CURLOPT_RESOLVE, t->pinned);
	api.setopt(curl, CURLOPT_SSL_VERIFYPEER, d->insecure ? 0L : 1L);
	api.setopt(curl, CURLOPT_SSL_VERIFYHOST, d->insecure ? 0L : 2L);
	if (d->seconds)
		/* 0: no limit */
		api.setopt(curl, CURLOPT_TIMEOUT, (long)d->seconds);
	api.setopt(curl, CURLOPT_IPRESOLVE,
		   d->ipv4 == d->ipv6 ? (long)CURL_IPRESOLVE_WHATEVER
		   : d->ipv4	      ? (long)CURL_IPRESOLVE_V4
				      : (long)CURL_IPRESOLVE_V6);
	api.setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	api.setopt(curl, CURLOPT_OPENSOCKETDATA, t);
	api.setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	api.setopt(curl, CURLOPT_CLOSESOCKETDATA, t);
	api.setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	api.setopt(curl, CURLOPT_WRITEDATA, t);
	api.setopt(curl, CURLOPT_NOPROGRESS, 0L);
	api.setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	api.setopt(curl, CURLOPT_XFERINFODATA, t);
}

static bool came(const struct transfer *t, CURLcode code)
{
	return t->run->bytes > t->before &&
	       (code == CURLE_OK ||
		(code == CURLE_OPERATION_TIMEDOUT && t->about->seconds));
}

/* From the first byte on: names and handshakes are not throughput. */
static void take_result(CURL *curl, CURLcode code, struct transfer *t)
{
	struct speed_run *run = t->run;
	curl_off_t total = 0, start = 0;

	api.getinfo(curl, CURLINFO_TOTAL_TIME_T, &total);
	api.getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &start);
	ask_socket(t);
	run->done = came(t, code) && total > start;
	run->unknown_host = code == CURLE_COULDNT_RESOLVE_HOST;
	if (!run->done) {
		snprintf(run->error, sizeof(run->error), "%s",
			 code == CURLE_OK ? "nothing came"
					  : api.strerror(code));
		return;
	}
	run->downloads++;
	run->seconds += (double)(total - start) / 1e6;
	run->rate = (double)run->bytes * 8 / 1e6 / run->seconds;
}

static void download_once(const struct download *d, struct speed_run *out)
{
	struct transfer t = {
		.about = d, .run = out, .socket = -1, .before = out->bytes};
	CURL *curl = api.init();

	out->done = false;
	if (!curl) {
		snprintf(out->error, sizeof(out->error), "no memory");
		return;
	}
	snprintf(t.source, sizeof(t.source), "host!%s", d->source ?: "");
	if (d->pinned)
		t.pinned = must_have(api.append(NULL, d->pinned));
	set_options(curl, d, &t);
	take_result(curl, api.perform(curl), &t);
	api.cleanup(curl);
	api.free_list(t.pinned);
	add_shares(&t);
}

bool download_run(const struct download *d, bool mptcp, struct speed_run *out)
{
	*out = (struct speed_run){.mptcp = mptcp, .rtt_ms = -1};
	do {
		download_once(d, out);
	} while (out->done && !signals_interrupted() && !d->seconds &&
		 !speed_run_suffices(out));
	return !signals_interrupted() && !out->unknown_host;
}

bool download_has_mptcp(char *error, unsigned size)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (s != -1) {
		close(s);
		return true;
	}
	snprintf(error, size, "%s",
		 errno == ENOPROTOOPT
			 ? "MPTCP is switched off (sysctl net.mptcp.enabled=1)"
			 : "this kernel has no MPTCP (it came with Linux 5.6)");
	return false;
}

/* The file has pairs of lines, names and values. */
