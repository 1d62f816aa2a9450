// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/bus.h"

#include <stdlib.h>
#include <string.h>

#include "probe/fleet/clock.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "report/arena.h"

#define AGAIN_MS 500
#define PATIENCE_MS 60000

const char *bus_error(natsStatus status, jsErrCode code)
{
	const char *last = code ? nats_GetLastError(NULL) : NULL;

	return last ? last : natsStatus_GetText(status);
}

const char *bus_why(const struct bus *l, natsStatus status)
{
	const char *last = NULL;

	if (status == NATS_TIMEOUT &&
	    natsConnection_GetLastError(l->connection, &last) ==
		    NATS_NOT_PERMITTED &&
	    last)
		return last;
	return natsStatus_GetText(status);
}

bool bus_is_up(const struct bus *l)
{
	return natsConnection_Status(l->connection) ==
	       NATS_CONN_STATUS_CONNECTED;
}

static natsStatus store(struct bus *l, const char *subject, const char *id,
			const char *text, jsErrCode *code)
{
	jsPubOptions o;

	jsPubOptions_Init(&o);
	o.MaxWait = BUS_WAIT_MS;
	o.MsgId = id;
	*code = 0;
	return js_Publish(NULL, l->js, subject, text, (int)strlen(text), &o,
			  code);
}

int bus_store(struct bus *l, const char *subject, const char *id,
	      const json_t *content)
{
	char *text = must_have(json_dumps(content, JSON_COMPACT));
	int64_t end = fleet_now_ms() + PATIENCE_MS;
	jsErrCode code;
	natsStatus s = store(l, subject, id, text, &code);

	while (s != NATS_OK && s != NATS_MAX_PAYLOAD && fleet_now_ms() < end &&
	       !signals_interrupted()) {
		nats_Sleep(AGAIN_MS);
		s = store(l, subject, id, text, &code);
	}
	free(text);
	if (s == NATS_OK)
		return 0;
	return signals_interrupted() ? EXIT_INTERRUPTED
				     : failure(EXIT_INTERFACE,
					       "the NATS server does not "
					       "store %s: %s",
					       subject, bus_error(s, code));
}

bool bus_replace(struct bus *l, const char *subject, const json_t *content,
		 uint64_t *sequence)
{
	char *text = must_have(json_dumps(content, JSON_COMPACT));
	jsPubAck *ack = NULL;
	jsPubOptions o;
	natsStatus s;

	jsPubOptions_Init(&o);
	o.MaxWait = BUS_WAIT_MS;
	o.ExpectLastSubjectSeq = *sequence;
	o.ExpectNoMessage = !*sequence;
	s = js_Publish(&ack, l->js, subject, text, (int)strlen(text), &o, NULL);
	if (s == NATS_OK)
		*sequence = ack->Sequence;
	jsPubAck_Destroy(ack);
	free(text);
	return s == NATS_OK;
}

natsStatus bus_get(struct bus *l, const char *stream, const char *subject,
		   struct bus_message *out)
{
	jsErrCode code = 0;
	natsMsg *m = NULL;
	natsStatus s = js_GetLastMsg(&m, l->js, stream, subject, NULL, &code);

	*out = (struct bus_message){0};
	if (code == JSStreamNotFoundErr || code == JSNoMessageFoundErr)
		s = NATS_NOT_FOUND;
	if (s != NATS_OK)
		return s;
	out->content = json_loadb(natsMsg_GetData(m),
				  (size_t)natsMsg_GetDataLength(m), 0, NULL);
	out->sequence = natsMsg_GetSequence(m);
	out->time_ms = natsMsg_GetTime(m) / 1000000;
	natsMsg_Destroy(m);
	return out->content ? NATS_OK : NATS_PROTOCOL_ERROR;
}

json_t *bus_latest(struct bus *l, const char *stream, const char *subject,
		   natsStatus *status)
{
	struct bus_message m;

	*status = bus_get(l, stream, subject, &m);
	return m.content;
}
