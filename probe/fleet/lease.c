// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probe/fleet/bus.h"
#include "probe/fleet/claim.h"
#include "probe/fleet/clock.h"
#include "probe/fleet/names.h"

#define TAKE_MS 1000

/* Each time by an inbox of its own: a message that comes out of time, of which
 * nobody knows when the server had sent it, finds nobody. */
static natsStatus open_inbox(natsSubscription **sub, struct bus *bus,
			     const char *queue)
{
	jsSubOptions o;

	jsSubOptions_Init(&o);
	o.Stream = queue;
	o.Consumer = WORKERS;
	return js_PullSubscribe(sub, bus->js, NULL, NULL, NULL, &o, NULL);
}

enum taking lease_take(struct lease *l, struct bus *bus,
		       const struct survey_names *names, unsigned ack_wait_s)
{
	natsSubscription *sub = NULL;
	natsMsgList list = {0};
	natsStatus s;

	*l = (struct lease){
		.bus = bus, .names = names, .wait_ms = ack_wait_s * 1000LL};
	if (open_inbox(&sub, bus, names->queue) != NATS_OK)
		return NOT_NOW;
	l->since_ms = l->tried_ms = fleet_now_ms();
	s = natsSubscription_Fetch(&list, sub, 1, TAKE_MS, NULL);
	if (s == NATS_OK && list.Count) {
		l->message = list.Msgs[0];
		list.Msgs[0] = NULL;
	}
	natsMsgList_Destroy(&list);
	natsSubscription_Destroy(sub);
	if (l->message)
		return TAKEN;
	return s == NATS_TIMEOUT && bus_is_up(bus) ? NOTHING : NOT_NOW;
}

int64_t lease_end_ms(const struct lease *l)
{
	return claim_end_ms(l->since_ms, l->wait_ms);
}

/* An acknowledgment that is acknowledged: the server answers whatever of its
 * kinds it is. */
static bool say(struct lease *l, const char *what)
{
	natsMsg *answer = NULL;
	natsStatus s = natsConnection_RequestString(
		&answer, l->bus->connection, natsMsg_GetReply(l->message), what,
		BUS_WAIT_MS);
	bool heard = s == NATS_OK && !natsMsg_IsNoResponders(answer);

	natsMsg_Destroy(answer);
	return heard;
}

/* --- claims -------------------------------------------------------------- */

/* Who we are, and nobody else: not the process before us on this host, either.
 */
static const char *own_id(void)
{
	static char id[20];
	uint64_t number;

	if (!*id && getrandom(&number, sizeof(number), 0) == sizeof(number))
		snprintf(id, sizeof(id), "%016" PRIx64, number);
	return id;
}

/* Replaces the claim that has the number `sequence`. */
static bool put_claim(struct lease *l, const char *subject, bool free)
{
	json_t *claim = json_pack("{s:s}", "worker", free ? "" : own_id());
	bool put = bus_replace(l->bus, subject, claim, &l->sequence);

	json_decref(claim);
	return put;
}

/* By its own clock, some time since this was called; 0: not known. */
static int64_t server_time_ms(struct lease *l)
{
	json_t *content = json_object();
	struct bus_message m = {0};

	if (bus_store(l->bus, l->names->clock, NULL, content) == 0)
		bus_get(l->bus, l->names->state, l->names->clock, &m);
	json_decref(content);
	json_decref(m.content);
	return m.time_ms;
}

static const char *worker_of(const struct bus_message *claim)
{
	const char *worker =
		json_string_value(json_object_get(claim->content, "worker"));

	return worker ? worker : "";
}

/* How long a claim holds, in milliseconds. */
static int64_t left_of(struct lease *l, const struct bus_message *claim)
{
	const char *worker = worker_of(claim);

	if (!claim_is_anothers(worker, own_id()))
		return 0;
	return claim_left_ms(claim->time_ms, server_time_ms(l), l->wait_ms);
}

static void give_back(struct lease *l, int64_t delay_ms)
{
	char text[64];

	snprintf(text, sizeof(text), "-NAK {\"delay\": %" PRId64 "}",
		 (delay_ms + 1) * 1000000);
	say(l, text);
	lease_free(l);
}

bool lease_claim(struct lease *l, const char *subject)
{
	struct bus_message claim;
	natsStatus s = bus_get(l->bus, l->names->state, subject, &claim);
	int64_t left = s == NATS_OK ? left_of(l, &claim) : 0;

	l->sequence = claim.sequence;
	json_decref(claim.content);
	if (left <= 0 && (s == NATS_OK || s == NATS_NOT_FOUND)) {
		l->since_ms = fleet_now_ms();
		if (put_claim(l, subject, false)) {
			snprintf(l->claim, sizeof(l->claim), "%s", subject);
			return true;
		}
	}
	give_back(l, left > 0 ? left : l->wait_ms);
	return false;
}

/* Where an answer was lost, the claim may have been replaced all the same. */
static bool find_own_claim(struct lease *l)
{
	struct bus_message claim;
	bool own =
		bus_get(l->bus, l->names->state, l->claim, &claim) == NATS_OK &&
		!strcmp(worker_of(&claim), own_id());

	if (own)
		l->sequence = claim.sequence;
	json_decref(claim.content);
	return own;
}

bool lease_renew(struct lease *l)
{
	int64_t now = fleet_now_ms();

	if (!claim_is_due(l->since_ms, l->tried_ms, now, l->wait_ms) ||
	    !bus_is_up(l->bus))
		return false;
	l->tried_ms = now;
	if (!put_claim(l, l->claim, false) &&
	    (!find_own_claim(l) || !put_claim(l, l->claim, false)))
		return false;
	l->since_ms = now;
	say(l, "+WPI"); /* or it is handed on, to who cannot claim it */
	return true;
}

/* --- ends ---------------------------------------------------------------- */

bool lease_finish(struct lease *l)
{
	return say(l, "+ACK");
}

void lease_refuse(struct lease *l)
{
	say(l, "+TERM");
	lease_free(l);
}

void lease_return(struct lease *l)
{
	if (fleet_now_ms() < lease_end_ms(l) && bus_is_up(l->bus) &&
	    (!*l->claim || put_claim(l, l->claim, true)))
		give_back(l, 0);
	lease_free(l);
}

void lease_adopt(struct lease *l, struct lease *again)
{
	lease_free(l);
	l->message = again->message;
	again->message = NULL;
}

void lease_free(struct lease *l)
{
	natsMsg_Destroy(l->message);
	l->message = NULL;
}
