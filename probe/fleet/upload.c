// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/upload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/fleet/bus.h"
#include "probe/net/complain.h"

#define BATCH_BYTES (256 << 10)
#define ID_MAX (SURVEY_NAME_MAX + ADDRESS_TEXT + 40)

void upload_begin(struct upload *u, struct bus *l, const char *survey,
		  uint64_t shard)
{
	*u = (struct upload){
		.bus = l, .survey = survey, .shard = shard, .fd = -1};
	survey_lines_of(survey, shard, u->subject);
}

void upload_end(struct upload *u)
{
	if (u->fd != -1)
		close(u->fd);
	seen_free(&u->seen);
}

static bool store_line(struct upload *u, const char *line, size_t length)
{
	char id[ID_MAX], address[ADDRESS_TEXT];
	struct seen_target target;
	jsPubOptions o;

	if (!seen_line(line, length, &target)) {
		complain("shard %" PRIu64 ": a line is none of a survey",
			 u->shard);
		return true;
	}
	seen_add(&u->seen, &target);
	snprintf(id, sizeof(id), "%s.%" PRIu64 ".%s.%u", u->survey, u->shard,
		 address_text(&target.address, address), target.port);
	jsPubOptions_Init(&o);
	o.MsgId = id;
	return js_PublishAsync(u->bus->js, u->subject, line, (int)length, &o) ==
	       NATS_OK;
}

/* What is not acknowledged by now is forgotten, and will be sent again. */
static bool wait_for_all(struct upload *u)
{
	natsMsgList pending = {0};
	jsPubOptions o;

	jsPubOptions_Init(&o);
	o.MaxWait = BUS_WAIT_MS;
	if (js_PublishAsyncComplete(u->bus->js, &o) == NATS_OK)
		return true;
	if (js_PublishAsyncGetPendingList(&pending, u->bus->js) == NATS_OK)
		natsMsgList_Destroy(&pending);
	return false;
}

static bool store_lines(struct upload *u, const char *lines, size_t length)
{
	const char *end;
	bool good = true;
	size_t at;

	__atomic_store_n(&u->bus->refused, 0, __ATOMIC_SEQ_CST);
	for (at = 0; good && at < length; at = (size_t)(end + 1 - lines)) {
		end = memchr(lines + at, '\n', length - at);
		good = store_line(u, lines + at, (size_t)(end - lines) - at);
	}
	good &= wait_for_all(u);
	return good && !__atomic_load_n(&u->bus->refused, __ATOMIC_SEQ_CST);
}

bool upload_some(struct upload *u, const char *path, bool *left)
{
	static char bytes[BATCH_BYTES];
	const char *end;
	ssize_t n;

	*left = false;
	if (u->fd == -1)
		u->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (u->fd == -1)
		return true;
	n = pread(u->fd, bytes, sizeof(bytes), (off_t)u->stored);
	end = n > 0 ? memrchr(bytes, '\n', (size_t)n) : NULL;
	if (!end)
		return true;
	*left = n == sizeof(bytes);
	if (!bus_is_up(u->bus) ||
	    !store_lines(u, bytes, (size_t)(end + 1 - bytes))) {
		*left = true;
		return false;
	}
	u->stored += (uint64_t)(end + 1 - bytes);
	return true;
}
