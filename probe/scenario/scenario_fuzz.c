/* SPDX-License-Identifier: GPL-3.0-or-later
 * Scripts of strangers: what they declare, and run against the answers of a
 * capture, which a comment in the first line may name.
 */
#include <string.h>
#include <unistd.h>

#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"
#include "tests/fuzz.h"

#define CAPTURES "pcaps/v1-scenarios/"

static void print(struct scenario *r)
{
	struct page page = fuzz_page();

	run_format(format_named("text"))->run(&page, r);
	run_format(format_named("json"))->run(&page, r);
	fuzz_page_done(&page);
}

static const char *capture_of(const struct script *script)
{
	static char path[100];
	size_t length = strspn(script->text, "- abcdefghijklmnopqrstuvwxyz0");
	int skip = strncmp(script->text, "-- ", 3) ? 0 : 3;

	snprintf(path, sizeof(path), CAPTURES "%.*s.pcap",
		 length < 60 ? (int)length - skip : 0, script->text + skip);
	return access(path, R_OK) ? CAPTURES "compliant.pcap" : path;
}

static void run(const struct script *script)
{
	int code = 0;
	struct peer *peer = peer_replay(capture_of(script), -1, &code);
	struct scenario r;

	FUZZ_REQUIRE(peer);
	scenario_run(&r, script, peer);
	FUZZ_REQUIRE(r.end == SCENARIO_COMPLETE || *r.error);
	scenario_sentence(&r);
	print(&r);
	scenario_free(&r);
	peer->ops->close(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script;
	struct scenario r;
	char error[300] = "";

	if (script_load(&script, fuzz_file(data, size), error, sizeof(error))) {
		FUZZ_REQUIRE(size > SANDBOX_SCRIPT_MAX && *error);
		return 0;
	}
	if (scenario_declare(&r, &script) != 0)
		FUZZ_REQUIRE(*r.error);
	scenario_free(&r);
	run(&script);
	script_free(&script);
	return 0;
}
