/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/doctor.h"

#include <inttypes.h>
#include <string.h>

#include "report/arena.h"

const char *endpoint_flag_name(unsigned bit)
{
	static const char *const names[] = {"signal",	"subflow",  "backup",
					    "fullmesh", "implicit", "laminar"};

	return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

/* --- counters ------------------------------------------------------------ */

/* Of net/mptcp/mib.c; where one and many differ, behind a bar. */
static const struct {
	const char *name, *text;
} counter_texts[] = {
	{"MPCapableSYNTX", "SYN%s with MP_CAPABLE sent"},
	{"MPCapableSYNRX", "SYN%s with MP_CAPABLE received"},
	{"MPCapableSYNACKRX", "SYN/ACK%s with MP_CAPABLE received"},
	{"MPCapableACKRX", "third ACK%s with MP_CAPABLE received"},
	{"MPCapableFallbackSYNACK",
	 "SYN/ACK%s came without MP_CAPABLE: the server has no MPTCP, or a "
	 "device on the path removes it"},
	{"MPCapableFallbackACK",
	 "third ACK%s came without MP_CAPABLE: a device on the path removes it "
	 "from segments behind the SYN"},
	{"MPCapableDataFallback",
	 "connection%s fell back as the first data came without an MPTCP "
	 "option"},
	{"DssFallback",
	 "connection%s fell back as data came without a DSS that fits"},
	{"DSSCorruptionFallback",
	 "connection%s fell back as a DSS did not fit its data"},
	{"DSSCorruptionReset",
	 "subflow%s reset as a DSS did not fit its data: a device on the path "
	 "changes segments"},
	{"InfiniteMapRx",
	 "connection%s fell back as the peer asked for it (infinite mapping)"},
	{"InfiniteMapTx",
	 "connection%s fell back by an infinite mapping of this host"},
	{"MD5SigFallback",
	 "connection%s fell back as it has TCP MD5 signatures"},
	{"SimultConnectFallback",
	 "connection%s fell back as both ends connected at once"},
	{"MPFallbackTokenInit", "connection%s fell back for want of a token"},
	{"FallbackFailed",
	 "connection%s could not fall back, as it had several subflows"},
	{"MPCapableSYNTXDrop",
	 "connection%s sent a SYN without MP_CAPABLE, as those with it were "
	 "not answered"},
	{"MPCapableSYNTXDisabled", "connection%s made without MP_CAPABLE while "
				   "MPTCP was off (blackhole)"},
	{"Blackhole", "time%s MPTCP was switched off, as SYNs with MP_CAPABLE "
		      "were not answered"},
	{"MPJoinSynTx", "SYN%s with MP_JOIN sent"},
	{"MPJoinSynRx", "SYN%s with MP_JOIN received"},
	{"MPJoinSynAckRx", "SYN/ACK%s with MP_JOIN received"},
	{"MPJoinAckRx", "third ACK%s with MP_JOIN received"},
	{"MPJoinNoTokenFound", "join%s with a token that this host does not "
			       "know"},
	{"MPJoinRejected", "join%s refused by this host, for its limit"},
	{"MPJoinSynAckHMacFailure",
	 "join%s answered with a wrong HMAC: by another server, or changed on "
	 "the path"},
	{"MPJoinAckHMacFailure",
	 "join%s of clients with a wrong HMAC: changed on the path"},
	{"MPJoinSynTxBindErr",
	 "join%s not sent, as the endpoint's address could not be bound"},
	{"MPJoinSynTxConnectErr", "join%s not sent, as there was no route"},
	{"MPJoinSynTxCreatSkErr",
	 "join%s not sent, as no socket could be made"},
	{"DataCsumErr", "DSS checksum%s wrong: a device on the path changes "
			"payload"},
	{"AddAddr", "ADD_ADDR%s received"},
	{"AddAddrTx", "ADD_ADDR%s sent"},
	{"AddAddrDrop", "ADD_ADDR%s received and not used"},
	{"AddAddrTxDrop", "ADD_ADDR%s not sent for want of room"},
	{"EchoAdd", "echo%s of ADD_ADDR received"},
	{"RmAddr", "RM_ADDR%s received"},
	{"MPFailTx", "MP_FAIL%s sent"},
	{"MPFailRx", "MP_FAIL%s received"},
	{"MPFastcloseTx", "MP_FASTCLOSE%s sent"},
	{"MPFastcloseRx", "MP_FASTCLOSE%s received"},
	{"MPRstTx", "subflow%s reset by this host (MP_TCPRST)"},
	{"MPRstRx", "subflow%s reset by peers (MP_TCPRST)"},
	{"SubflowStale",
	 "time%s a subflow was set aside, as nothing came back"},
	{"SubflowRecover", "time%s such a subflow came back"},
	{"MPTCPRetrans", "segment%s sent again over a subflow"},
	{"MPCurrEstab", "MPTCP connection%s now"},
};

const char *doctor_counter_text(struct arena *a, const struct doctor_counter *c)
{
	for (size_t i = 0; i < sizeof(counter_texts) / sizeof(counter_texts[0]);
	     i++) {
		const char *text = counter_texts[i].text;
		const char *plural = strstr(text, "%s");

		if (!strcmp(counter_texts[i].name, c->name))
			return arena_printf(a, "%" PRIu64 " %.*s%s%s", c->value,
					    (int)(plural - text), text,
					    c->value == 1 ? "" : "s",
					    plural + 2);
	}
	return arena_printf(a, "%s: %" PRIu64, c->name, c->value);
}

/* --- the verdict --------------------------------------------------------- */

static const struct {
	const char *status, *text;
} effects[] = {
	[EFFECT_OFF] = {"off", "This host does not use MPTCP"},
	[EFFECT_MAYBE_OFF] = {"maybe_off", "This host may not use MPTCP"},
	[EFFECT_FALLBACK] = {"fallback",
			     "MPTCP was asked for and is not in use"},
	[EFFECT_PROGRAMS] = {"programs",
			     "Programs of this host do not ask for MPTCP"},
	[EFFECT_PATHS] = {"paths",
			  "This host does not use MPTCP on all of its paths"},
	[EFFECT_WORSE] = {"worse", "MPTCP does worse here than it could"},
};

static size_t count_state(const struct doctor *d, enum check_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < d->check_count; i++)
		count += d->checks[i].state == state;
	return count;
}

static const struct doctor_check *worst(const struct doctor *d)
{
	const struct doctor_check *found = NULL;

	for (size_t i = 0; i < d->check_count; i++) {
		const struct doctor_check *c = &d->checks[i];

		if (c->state == CHECK_WRONG &&
		    (!found || c->effect < found->effect))
			found = c;
	}
	return found;
}

/* "firewall, listeners" */
static const char *unknown_ids(struct arena *a, const struct doctor *d)
{
	const char *text = "";

	for (size_t i = 0; i < d->check_count; i++)
		if (d->checks[i].state == CHECK_UNKNOWN)
			text = arena_printf(a, "%s%s%s", text,
					    *text ? ", " : "", d->checks[i].id);
	return text;
}

struct doctor_verdict doctor_verdict(struct arena *a, const struct doctor *d)
{
	const struct doctor_check *found = worst(d);
	size_t more = count_state(d, CHECK_WRONG);
	size_t unknown = count_state(d, CHECK_UNKNOWN);

	if (found)
		return (struct doctor_verdict){
			effects[found->effect].status, 1,
			arena_printf(a,
				     more > 1 ? "%s: %s (and %zu more)."
					      : "%s: %s.",
				     effects[found->effect].text, found->text,
				     more - 1)};
	if (unknown)
		return (struct doctor_verdict){
			"unknown", 3,
			arena_printf(a,
				     "Nothing that was seen keeps this host "
				     "from using MPTCP, but not all could be: "
				     "%s.",
				     unknown_ids(a, d))};
	return (struct doctor_verdict){
		"ok", 0, "Nothing on this host keeps it from using MPTCP."};
}
