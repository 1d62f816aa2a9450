// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/topics.h"

#include <string.h>

#define VERDICT "verdict"
#define RUNG "rung of the ladder"
#define EXIT "exit code"
#define EFFECT "effect of a finding"
#define CONFIDENCE "confidence"

#define MPTCP_ON                                                               \
	"If the server is yours, switch MPTCP on in its software: nginx from " \
	"1.29.7 with `listen ... multipath`; HAProxy from 3.1 with the "       \
	"address `mptcp@...`; programs in Go from 1.24 listen with it by "     \
	"default (GODEBUG=multipathtcp=0 is off); systemd from 257 with "      \
	"`SocketProtocol=mptcp`; Apache httpd from 2.5.1 with `Listen 80 "     \
	"options=multipathtcp`; lighttpd from 1.4.76 has a setting for it; "   \
	"else start the program by `mptcpize run`. The kernel must allow it: " \
	"`sysctl net.mptcp.enabled` is 1. "                                    \
	"Clients ask for it likewise: curl from 8.9 by `--mptcp`, others by "  \
	"`mptcpize run`."

#define SEE_REPORT(more)                                                       \
	"Read the findings of the report; `mpprobe explain ID` says of each "  \
	"what it means and what to do." more

const struct topic topics[] = {
	/* ---- verdicts ---- */
	{
		.name = "clear",
		.kind = VERDICT,
		.title = "MPTCP works on this path",
		.meaning = "MPTCP was in use from end to end, and nothing was "
			   "seen that blocks or impairs it. Harmless findings "
			   "are allowed. What was not tested stands behind the "
			   "verdict.",
		.proof = "The server acknowledges data by a DATA_ACK that fits "
			 "our key. It is proven if no rung of the ladder "
			 "failed, the server's DSN fits its key, and the "
			 "target's own answers come from as far away as its "
			 "SYN/ACKs; else likely.",
		.advice = "Nothing, unless something that matters to you was "
			  "not tested: --all tests more.",
	},
	{
		.name = "impaired",
		.kind = VERDICT,
		.title = "MPTCP works on this path, but only in part",
		.meaning = "Connections use MPTCP, but part of it does not "
			   "work, as further subflows or announced addresses; "
			   "or its data is changed on the way.",
		.proof = "MPTCP is proven by DATA_ACKs as for `clear`, and a "
			 "finding impairs it. The confidence is that of the "
			 "finding.",
		.advice = SEE_REPORT(""),
	},
	{
		.name = "blocked",
		.kind = VERDICT,
		.title = "MPTCP is blocked on this path",
		.meaning = "A device keeps MPTCP from working: connections "
			   "fall back to plain TCP, wait for retransmissions, "
			   "or fail.",
		.proof = "A finding blocks it. The confidence is that of the "
			 "finding.",
		.advice = SEE_REPORT(" Another port (-p 443) may pass."),
	},
	{
		.name = "unsupported",
		.kind = VERDICT,
		.title = "the server does not speak MPTCP",
		.meaning = "The server, or a device right before it, answers "
			   "as plain TCP, and nothing on the path is seen to "
			   "interfere. Connections work, over a single path.",
		.proof = "MPTCP v1, v0 and a join with a random token are all "
			 "answered as plain TCP, and the last hop quotes the "
			 "option as it was sent. That is likely, never proven: "
			 "a device right before the server would look the "
			 "same, even one that acts on this port only. Another "
			 "port, or a reference, that speaks MPTCP behind the "
			 "same hop clears that hop.",
		.advice = MPTCP_ON,
	},
	{
		.name = "undetermined",
		.kind = VERDICT,
		.title = "what was seen does not decide it",
		.meaning = "TCP works, or did at first, and what was seen fits "
			   "more than one cause; the verdict says which. It is "
			   "no sign that MPTCP works, nor that it does not, "
			   "where it does not say that one subflow works.",
		.proof = "None of the other verdicts is borne out.",
		.advice = "The line behind the verdict says what would decide "
			  "it: most often another port (-p 443), or a server "
			  "known to speak MPTCP (--reference).",
	},
	{
		.name = "unreachable",
		.kind = VERDICT,
		.title = "plain TCP does not work",
		.meaning = "The port is closed, silent or filtered, or there "
			   "is no route to it, so MPTCP could not be tested.",
		.proof = "SYNs without MPTCP, sent several times, are answered "
			 "with a RST or an ICMP error, or not at all.",
		.advice = "Check the address and that the server runs, or "
			  "probe a port that is open (-p).",
	},
	/* ---- rungs, in their order ---- */
	{
		.name = "tcp",
		.kind = RUNG,
		.title = "plain TCP is answered",
		.meaning = "Without it nothing can be said of MPTCP.",
		.proof = "A SYN without MPTCP is answered with a SYN/ACK.",
		.advice = "If it fails, see `mpprobe explain unreachable`.",
	},
	{
		.name = "distance",
		.kind = RUNG,
		.title = "what answers is as far away as the target",
		.meaning =
			"It tells the server from a proxy on the path, which "
			"may speak MPTCP itself and pass all other rungs. "
			"If it fails, what was learnt may be of the proxy, "
			"so the verdict is no more than likely.",
		.proof = "SYNs with increasing TTLs tell at how many hops they "
			 "are answered; a UDP datagram to a closed port of the "
			 "target triggers an ICMP error that quotes the TTL "
			 "with which it arrived there. Targets limit such "
			 "errors, most to one a second, and some send none.",
		.advice = "If it fails, ask who runs the hop at which SYNs are "
			  "answered whether TCP ends there. If it was skipped, "
			  "let the target answer ICMP port unreachable.",
	},
	{
		.name = "syn_ack_option",
		.kind = RUNG,
		.title = "the SYN/ACK carries MP_CAPABLE",
		.meaning = "The other end, or a device before it, offers "
			   "MPTCP.",
		.proof = "A SYN with MP_CAPABLE is sent, and the options of "
			 "its SYN/ACK are read.",
		.advice = "If it fails, either the server lacks MPTCP (mpprobe "
			  "explain unsupported) or the option is lost on the "
			  "path (mpprobe explain mp_capable.removed).",
	},
	{
		.name = "not_mirrored",
		.kind = RUNG,
		.title = "MP_CAPABLE comes back with a key of its own",
		.meaning = "Some servers and devices copy unknown options of a "
			   "SYN into their SYN/ACK, which looks like MPTCP.",
		.proof = "The key in the SYN/ACK differs from ours.",
		.advice = "If it fails, see `mpprobe explain "
			  "mp_capable.mirrored`.",
	},
	{
		.name = "random_token",
		.kind = RUNG,
		.title = "a join to no connection is refused",
		.meaning = "Only who knows MP_JOIN refuses such a SYN; plain "
			   "TCP accepts it. So it tells a server that speaks "
			   "MPTCP behind a device that removes MP_CAPABLE.",
		.proof =
			"A SYN with MP_JOIN and a random token triggers a RST, "
			"from newer servers with MP_TCPRST; Linux before 5.13 "
			"answers it with a SYN/ACK that has MP_JOIN.",
		.advice = "If it fails, what answers does not speak MPTCP, or "
			  "does not see the option.",
	},
	{
		.name = "data_ack",
		.kind = RUNG,
		.title = "data is acknowledged at the MPTCP level",
		.meaning = "MPTCP is really in use: both ends took it up, and "
			   "DSS passes in both directions.",
		.proof = "The server's DATA_ACK counts from IDSN(our key) + 1, "
			 "which is a hash of the key that we sent.",
		.advice = "If it fails, DSS is changed or removed on the path "
			  "(mpprobe explain dss.removed), or the server fell "
			  "back to TCP.",
	},
	{
		.name = "server_dsn",
		.kind = RUNG,
		.title = "the server's data numbers fit its key",
		.meaning = "The key in the SYN/ACK is that of whoever sends "
			   "the data: nobody changed it on the way.",
		.proof = "The DSN of the server's first data is IDSN(its key) "
			 "+ 1.",
		.advice = "If it was skipped, no data of the server came: "
			  "probe a "
			  "port that answers a request (-p).",
	},
	{
		.name = "checksum",
		.kind = RUNG,
		.title = "DSS checksums are right in both directions",
		.meaning = "The payload arrives as it was sent; where "
			   "checksums are in use, a changed one ends MPTCP on "
			   "that connection.",
		.proof = "On a connection that negotiated checksums, the "
			 "server's are computed again over its data, and it "
			 "acknowledges ours by DATA_ACK.",
		.advice =
			"If it fails, see `mpprobe explain payload.modified`.",
	},
	{
		.name = "join",
		.kind = RUNG,
		.title = "a second subflow joins",
		.meaning = "More than one path can be used: what MPTCP is for.",
		.proof = "MP_JOIN goes through its four packets, the HMACs of "
			 "both ends are right, and the server sends the fourth "
			 "ACK.",
		.advice = "If it fails, see the findings and `mpprobe explain "
			  "mp_join.dropped`. If the server takes none: on "
			  "Linux, `ip mptcp limits set subflows 8` there, and "
			  "an address that flag C asks for must be announced.",
	},
	{
		.name = "join_data",
		.kind = RUNG,
		.title = "a second subflow carries data",
		.meaning = "A subflow may join and yet be of no use, where a "
			   "device removes DSS from it, or drops its larger "
			   "packets.",
		.proof = "Data that is sent over the second subflow alone is "
			 "acknowledged by DATA_ACK, in a short segment and in "
			 "one of full size, and the server is asked to answer "
			 "over it (MP_PRIO).",
		.advice = "If it fails, see the findings with `subflow: "
			  "joined`. If it was skipped, no data was left to "
			  "send over it.",
	},
	/* ---- what stands beside a finding ---- */
	{
		.name = "blocks",
		.kind = EFFECT,
		.title = "MPTCP does not work because of it",
		.meaning = "Connections fall back to plain TCP, wait for "
			   "retransmissions, or fail. The verdict is "
			   "`blocked`.",
		.advice = SEE_REPORT(""),
	},
	{
		.name = "impairs",
		.kind = EFFECT,
		.title = "part of MPTCP does not work because of it",
		.meaning = "Connections use MPTCP, but joins, announced "
			   "addresses or some data fail. The verdict is "
			   "`impaired`.",
		.advice = SEE_REPORT(""),
	},
	{
		.name = "harmless",
		.kind = EFFECT,
		.title = "MPTCP works all the same",
		.meaning = "Something on the path changes packets, as an "
			   "address translator does, in a way that MPTCP is "
			   "made for. The verdict may be `clear`.",
		.advice = "Nothing for MPTCP.",
	},
	{
		.name = "proven",
		.kind = CONFIDENCE,
		.title = "nothing else explains it",
		.meaning = "It rests on a quote, a cryptographic check, a "
			   "control measurement, or a contrast that loss does "
			   "not explain: chance does that less than once in a "
			   "million.",
		.advice = "The frames of its evidence are those of the capture "
			  "that -w writes.",
	},
	{
		.name = "likely",
		.kind = CONFIDENCE,
		.title = "another explanation is possible, and less probable",
		.meaning = "The packets fit it, but a part of the proof is "
			   "missing, such as a quote of each hop or a control; "
			   "or the server itself may do the same.",
		.advice = "Probe again, another port, or from elsewhere; "
			  "--reference HOST, of which it is known that it "
			  "speaks MPTCP, decides more.",
	},
	/* ---- exit codes ---- */
	{
		.name = "0",
		.kind = EXIT,
		.title = "MPTCP works, and nothing interferes with what was "
			 "tested",
		.meaning = "The verdict is `clear`, of each port and address.",
		.advice = "See `mpprobe explain clear`.",
	},
	{
		.name = "1",
		.kind = EXIT,
		.title = "interference",
		.meaning = "A verdict is `blocked` or `impaired`. `run` and "
			   "`compare`: there is a difference; `speed`: MPTCP "
			   "is slower.",
		.advice = SEE_REPORT(""),
	},
	{
		.name = "2",
		.kind = EXIT,
		.title = "the server does not speak MPTCP",
		.meaning = "The verdict is `unsupported`: the server, or a "
			   "device right before it, answers as plain TCP.",
		.advice = "See `mpprobe explain unsupported`.",
	},
	{
		.name = "3",
		.kind = EXIT,
		.title = "undetermined or unreachable",
		.meaning = "Nothing can be said of MPTCP: what was seen does "
			   "not decide it, or plain TCP does not work.",
		.advice = "See `mpprobe explain undetermined` and `mpprobe "
			  "explain unreachable`.",
	},
	{
		.name = "64",
		.kind = EXIT,
		.title = "wrong usage",
		.meaning = "An option, argument or command is not known, or "
			   "does not fit the others. Nothing was sent.",
		.advice = "The line on standard error says which; `mpprobe -h` "
			  "lists them.",
	},
	{
		.name = "65",
		.kind = EXIT,
		.title = "input cannot be used",
		.meaning = "The capture is missing, unreadable or without any "
			   "TCP connection, or a scenario script is wrong.",
		.advice = "Capture both directions whole: tcpdump -s 0 -w FILE "
			  "host ADDRESS.",
	},
	{
		.name = "68",
		.kind = EXIT,
		.title = "no such host",
		.meaning = "The name is not known to the resolver, or has no "
			   "address of the family that -4 or -6 asks for.",
		.advice = "Check the name (getent ahosts NAME), or give an "
			  "address.",
	},
	{
		.name = "69",
		.kind = EXIT,
		.title = "the interface is not usable",
		.meaning = "It does not exist, is down, or went away during "
			   "the run; what was known by then is reported.",
		.advice = "See `ip link`, and -i.",
	},
	{
		.name = "71",
		.kind = EXIT,
		.title = "system error",
		.meaning = "The system refused a socket, memory or the like; "
			   "or this host's own firewall changes the probes.",
		.advice = "The line on standard error says which. For the "
			  "firewall: `nft list ruleset` on this host.",
	},
	{
		.name = "74",
		.kind = EXIT,
		.title = "output could not be written",
		.meaning = "The report or the capture is not complete.",
		.advice = "Check that the file may be written and that the "
			  "disk is not full (-o, -w).",
	},
	{
		.name = "77",
		.kind = EXIT,
		.title = "no privilege",
		.meaning = "Raw packets and captures need CAP_NET_RAW. "
			   "`read`, `list`, `explain` and `speed` work "
			   "without.",
		.advice = "Run mpprobe by sudo.",
	},
	{
		.name = "130",
		.kind = EXIT,
		.title = "interrupted",
		.meaning = "By a signal such as that of Ctrl-C, or because "
			   "this host lost its address, route or MTU during "
			   "the run. What was known by then is reported.",
		.advice = "Probe again.",
	},
};

const size_t topic_count = sizeof(topics) / sizeof(topics[0]);

const struct topic *topic(const char *name)
{
	for (size_t i = 0; i < topic_count; i++)
		if (strcmp(topics[i].name, name) == 0)
			return &topics[i];
	return NULL;
}
