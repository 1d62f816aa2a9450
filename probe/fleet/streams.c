// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/streams.h"

#include "probe/fleet/bus.h"
#include "probe/fleet/define.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/net/complain.h"

#define WINDOW_DEFAULT 120
#define SECOND_NS INT64_C(1000000000)

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static int refused(const char *what, natsStatus status, jsErrCode code)
{
	return failure(EXIT_INTERFACE, "the NATS server makes no %s: %s", what,
		       bus_error(status, code));
}

static void common_config(const struct fleet_options *o, jsStreamConfig *c,
			  const char *name)
{
	jsStreamConfig_Init(c);
	c->Name = name;
	c->Storage = js_FileStorage;
	c->Discard = js_DiscardNew;
	c->Replicas = or_else(o->replicas, 1);
	c->Duplicates = or_else(o->window, WINDOW_DEFAULT) * SECOND_NS;
}

static int add_stream(struct bus *bus, jsStreamConfig *c, const char *subject)
{
	const char *subjects[] = {subject};
	jsErrCode code = 0;
	natsStatus status;

	c->Subjects = subjects;
	c->SubjectsLen = 1;
	status = js_AddStream(NULL, bus->js, c, NULL, &code);
	return status == NATS_OK ? 0 : refused(c->Name, status, code);
}

static int add_workers(struct bus *bus, const struct fleet_options *o,
		       const char *queue)
{
	jsErrCode code = 0;
	jsConsumerConfig c;
	natsStatus status;

	jsConsumerConfig_Init(&c);
	c.Durable = WORKERS;
	c.AckPolicy = js_AckExplicit;
	c.AckWait = or_else(o->ack_wait, ACK_WAIT_DEFAULT) * SECOND_NS;
	c.MaxDeliver = -1;
	c.MaxAckPending = o->at_once ? (int64_t)o->at_once : -1;
	status = js_AddConsumer(NULL, bus->js, queue, &c, NULL, &code);
	return status == NATS_OK ? 0 : refused(WORKERS, status, code);
}

int streams_add(struct bus *bus, const struct fleet_options *o,
		const struct survey_names *names)
{
	jsStreamConfig c;
	int code;

	common_config(o, &c, names->state);
	c.MaxMsgsPerSubject = 1;
	code = add_stream(bus, &c, names->all_states);
	common_config(o, &c, names->results);
	if (!code)
		code = add_stream(bus, &c, names->all_lines);
	common_config(o, &c, names->queue);
	c.Retention = js_WorkQueuePolicy;
	if (!code)
		code = add_stream(bus, &c, names->shard);
	return code ? code : add_workers(bus, o, names->queue);
}

/* One message a shard, and none else. */
int streams_count_shards(struct bus *bus, const struct survey_names *names,
			 uint64_t *count)
{
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus status =
		js_GetStreamInfo(&info, bus->js, names->queue, NULL, &code);

	if (status != NATS_OK)
		return refused(names->queue, status, code);
	*count = info->State.LastSeq;
	jsStreamInfo_Destroy(info);
	return 0;
}

int streams_remove(struct bus *bus, const char *name)
{
	struct survey_names names;
	const char *streams[] = {names.queue, names.results, names.state};
	bool there = false;

	survey_names_of(name, &names);
	for (unsigned i = 0; i < 3; i++) {
		jsErrCode code = 0;
		natsStatus s =
			js_DeleteStream(bus->js, streams[i], NULL, &code);

		there |= s == NATS_OK;
		if (s != NATS_OK && code != JSStreamNotFoundErr)
			return failure(EXIT_INTERFACE, "%s: %s", streams[i],
				       bus_error(s, code));
	}
	return there ? 0
		     : failure(EXIT_INPUT,
			       "there is no survey %s on that server", name);
}
