/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hostile captures in the place of the peer. The first line names the
 * scenario, the rest is the capture.
 */
#include <glob.h>
#include <string.h>

#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/scenario.h"
#include "tests/fuzz.h"

#define SCRIPTS_MAX 64

/* The scenario that the input names, or the first. */
static const struct script *choose(const uint8_t *name, size_t length)
{
	static struct script scripts[SCRIPTS_MAX];
	static size_t count;
	char error[300];
	glob_t found;

	if (!count) {
		FUZZ_REQUIRE(!glob("scenarios/*.lua", 0, NULL, &found));
		for (; count < found.gl_pathc && count < SCRIPTS_MAX; count++)
			FUZZ_REQUIRE(!script_load(&scripts[count],
						  found.gl_pathv[count], error,
						  sizeof(error)));
		globfree(&found);
	}
	for (size_t i = 0; i < count; i++)
		if (strlen(scripts[i].name) == length &&
		    !memcmp(scripts[i].name, name, length))
			return &scripts[i];
	return &scripts[0];
}

static void run(const struct script *script, struct peer *peer)
{
	struct page page = fuzz_page();
	struct run_total total = {.count = 1};
	struct scenario r;

	scenario_run(&r, script, peer);
	FUZZ_REQUIRE(r.end == SCENARIO_COMPLETE || *r.error);
	for (unsigned i = 0; i < 2; i++) {
		const struct run_format *f =
			run_format(format_named(i ? "json" : "text"));

		f->run(&page, &r);
		f->row(&page, &r);
		f->summary(&page, &total);
	}
	scenario_free(&r);
	fuzz_page_done(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size < 40 ? size : 40);
	size_t length = end ? (size_t)(end - data) : 0;
	const struct script *script = choose(data, length);
	int code = 0;
	struct peer *peer;

	if (!end)
		return 0;
	peer = peer_replay(fuzz_file(end + 1, size - length - 1), -1, &code);
	FUZZ_REQUIRE((peer == NULL) == (code != 0));
	if (!peer)
		return 0;
	run(script, peer);
	peer->ops->close(peer);
	return 0;
}
