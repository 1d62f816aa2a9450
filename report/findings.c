/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is claimed here is what the RFCs say, what was observed on the wire,
 * or what the maker's public documentation says (Palo Alto: PAN-OS TCP
 * settings; Cisco: ASA connection settings and technote 116519).
 */
#include "report/findings.h"

#include <string.h>

/* Sentences that several rows share; each may go on with one of its own. */
#define STRIPPERS(more)                                                        \
	"Palo Alto PAN-OS strips MPTCP by default (`strip-mptcp-option`, set " \
	"globally or by a zone protection profile). Cisco ASA clears TCP "     \
	"option 30 by default, unless a `tcp-map` allows it. Linux does it "   \
	"where a rule says so (iptables TCPOPTSTRIP, nft `reset tcp option "   \
	"mptcp`)." more

#define LET_PASS(more)                                                         \
	"Ask whoever runs the device to let TCP option 30 pass (PAN-OS: `set " \
	"deviceconfig setting tcp strip-mptcp-option no`; Cisco ASA: a "       \
	"tcp-map with `tcp-options range 30 30 allow`)." more

#define QUOTED(more)                                                           \
	"A router's ICMP error quotes the packet as it arrived there: one "    \
	"hop still quotes the option as it was sent, a later one does "        \
	"not." more

#define CONTRAST(more)                                                         \
	"Segments with and without the option are sent in turn, from fresh "   \
	"ports, until at least four with it stayed unanswered, all without "   \
	"it were answered, and the chance that loss alone did this is under "  \
	"one in a million." more

#define SHOW_BOTH(more)                                                        \
	"Capture on both sides of the place named in the report and show its " \
	"operator the difference." more

#define NORMALISERS(more)                                                      \
	"Traffic normalisers and intrusion prevention systems (RFC 8684 "      \
	"6)." more

#define NOTHING(more) "Nothing to do for MPTCP." more

const struct finding_kind finding_kinds[] = {
	{
		.id = "mp_capable.removed",
		.effect = EFFECT_BLOCKS,
		.title = "MP_CAPABLE is removed",
		.meaning = "The option that asks for MPTCP is removed from the "
			   "handshake: cut out, or overwritten with NOP or "
			   "EOL. Both ends fall back to plain TCP; "
			   "applications keep working, over a single path.",
		.proof = QUOTED(" From the server back to us there are no "
				"quotes; there it is proven by an MP_JOIN with "
				"a random token, to which only an MPTCP "
				"listener answers with MP_TCPRST, while no "
				"SYN/ACK carries MP_CAPABLE."),
		.culprits = STRIPPERS(""),
		.rfc = "RFC 8684 3.1, 3.7, 6",
		.advice = LET_PASS(" Until then MPTCP may still work on "
				   "another port or over another access "
				   "network."),
	},
	{
		.id = "mp_capable.modified",
		.effect = EFFECT_BLOCKS,
		.title = "MP_CAPABLE is modified",
		.meaning = "The version, the flags or the key in the option "
			   "are changed on the path. With another version or "
			   "other flags a server answers with plain TCP; with "
			   "another key the two ends disagree about tokens and "
			   "data sequence numbers.",
		.proof = "A hop quotes the option with other bytes than were "
			 "sent, or the cryptography tells: a DATA_ACK does "
			 "not fit IDSN(client key), or the server's first DSN "
			 "is not IDSN(server key) + 1. Or that of the SYN/ACK "
			 "has flags for which a client ignores it.",
		.culprits = NULL,
		.rfc = "RFC 8684 3.1, 3.3",
		.advice = SHOW_BOTH(" The option must pass unchanged, or be "
				    "left out altogether."),
	},
	{
		.id = "mp_capable.mirrored",
		.effect = EFFECT_BLOCKS,
		.title = "MP_CAPABLE is echoed back",
		.meaning = "The SYN/ACK carries a copy of our own option. A "
			   "server that speaks MPTCP puts a key of its own "
			   "there; an echo is made by a device that copies "
			   "options which it does not understand, or by a "
			   "server's TCP that does.",
		.proof = "The option in the SYN/ACK is byte for byte the one "
			 "in the SYN: in version 1 it has 4 bytes and no key, "
			 "where a true answer has 12; in version 0 it holds "
			 "our own key.",
		.culprits = "Of 88,484 hosts that answered on port 443 with "
			    "MP_CAPABLE at the end of 2018, 77,384 sent such "
			    "an echo (blog.multipath-tcp.org).",
		.rfc = "RFC 8684 3.1, 6",
		.advice = "Probe another port of the same server. If that "
			  "port answers with a key, the echo comes from a "
			  "device that handles only the first port.",
	},
	{
		.id = "mp_capable.dropped",
		.effect = EFFECT_BLOCKS,
		.title = "segments with MP_CAPABLE are dropped",
		.meaning = "Segments with MP_CAPABLE are dropped, while the "
			   "same segments without it are answered. A Linux "
			   "client (6.12 and later) loses three such SYNs "
			   "before it tries without the option; if that "
			   "succeeds it turns MPTCP off for the whole host, "
			   "for an hour at first and longer each time "
			   "(`net.mptcp.blackhole_timeout`). Where only the "
			   "third ACK is dropped, the client's first data "
			   "brings what that had said; but where the server "
			   "speaks first, as SSH and mail servers do, both "
			   "wait for ever.",
		.proof = CONTRAST(" The last hop that quotes such a segment is "
				  "right before the device, or is the device "
				  "itself. Among them are SYNs with an "
				  "experimental option of the same length "
				  "(kind 253): if they are answered, the "
				  "device acts on MPTCP, else on any option "
				  "that it does not know. Where only some "
				  "connections are not answered, those send "
				  "their SYN once more without the option: "
				  "from the same ports, and so over the same "
				  "one of several paths (load balancing). "
				  "Third ACKs without data are sent again and "
				  "again, and the SYN/ACK comes again, as it "
				  "does not without the option."),
		.culprits = "Firewalls with a rule that drops segments with "
			    "unknown TCP options (Cisco ASA: `tcp-options "
			    "range ... drop`; Linux: iptables `--tcp-option "
			    "30 -j DROP`).",
		.rfc = "RFC 8684 3.1, 3.7, 6",
		.advice = LET_PASS(" Stripping the option would already be "
				   "better than dropping the segment: "
				   "clients then fall back at once."),
	},
	{
		.id = "mp_capable.reset",
		.effect = EFFECT_BLOCKS,
		.title = "segments with MP_CAPABLE trigger a reset",
		.meaning = "A SYN with MP_CAPABLE triggers a RST that the "
			   "server did not send, while the same SYN without it "
			   "gets a SYN/ACK. A client takes the RST as a "
			   "refusal, so the connection fails instead of "
			   "falling back.",
		.proof = "SYNs with and without the option are sent in turn, "
			 "from new ports: each with it triggers a RST, each "
			 "without it a SYN/ACK. No known server resets a "
			 "well-formed MP_CAPABLE SYN on an open port; the "
			 "smallest TTL that triggers the RST tells where it is "
			 "made.",
		.culprits = "Firewalls with a reject rule on unknown TCP "
			    "options.",
		.rfc = "RFC 8684 3.1, 6",
		.advice = LET_PASS(" Until then applications on this path "
				   "must use plain TCP."),
	},
	{
		.id = "dss.removed",
		.effect = EFFECT_BLOCKS,
		.title = "DSS options are removed",
		.meaning = "The handshake agrees on MPTCP, but the options on "
			   "later segments (third ACK, data) are removed. A "
			   "connection with one subflow falls back to plain "
			   "TCP; one that already has several is reset. Where "
			   "it starts only after some segments, transfers "
			   "break midway. Where it is the client's ACKs "
			   "without data that lose it, connections work, but a "
			   "download stops when it has filled the first "
			   "window: with Linux, after 64 kB.",
		.proof = QUOTED(" Or the server, which had answered with "
				"MP_CAPABLE, acknowledges our data without a "
				"DATA_ACK and sends its own without a "
				"mapping; or it resets a subflow whose data "
				"had a mapping, with middlebox interference as "
				"the reason (MP_TCPRST, 6). Or it has filled a "
				"narrow window, and ACKs without data do not "
				"have it send on, while data with the same "
				"DATA_ACK does."),
		.culprits = STRIPPERS(" A device that begins only after some "
				      "data is described in issue 518 of "
				      "mptcp_net-next."),
		.rfc = "RFC 8684 3.3, 3.7",
		.advice = LET_PASS(""),
	},
	{
		.id = "dss.modified",
		.effect = EFFECT_BLOCKS,
		.title = "DSS options are modified",
		.meaning = "A data sequence number, a subflow sequence number, "
			   "a length or a DATA_ACK is changed on the path. "
			   "Mappings then do not fit the bytes: the server "
			   "falls back to plain TCP, resets the subflow, or "
			   "stops acknowledging data.",
		.proof = "A hop quotes the option with other bytes than were "
			 "sent; or the DATA_ACKs or the DSNs of the server do "
			 "not fit the keys of the connection, its DATA_ACKs "
			 "what it answers, or its mappings the data that they "
			 "come with.",
		.culprits = NULL,
		.rfc = "RFC 8684 3.3.1, 3.3.2",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "dss.dropped",
		.effect = EFFECT_BLOCKS,
		.title = "segments with DSS are dropped",
		.meaning = "The handshake agrees on MPTCP, then segments with "
			   "a DSS are dropped, while the same bytes without it "
			   "arrive. Connections are set up and stall, which "
			   "the fallback of the handshake cannot notice. Where "
			   "only ACKs without data are dropped, requests "
			   "arrive, and the server's answer stops behind its "
			   "first segments.",
		.proof = "The data is not acknowledged in repeated attempts "
			 "while it carries the option, and is acknowledged as "
			 "soon as the same bytes are sent without it; loss "
			 "alone would do this less than once in a million. "
			 "Or keep-alives with a DSS, which are ACKs without "
			 "data, are not answered, and those without MPTCP "
			 "are.",
		.culprits = "Firewalls that check options beyond the "
			    "handshake.",
		.rfc = "RFC 8684 3.3, 3.7",
		.advice = LET_PASS(" Stripping the option from the SYN as "
				   "well would be better than this: clients "
				   "then fall back at once."),
	},
	{
		.id = "dss.reset",
		.effect = EFFECT_BLOCKS,
		.title = "segments with DSS trigger a reset",
		.meaning = "The handshake agrees on MPTCP, then data with a "
			   "DSS triggers a RST that the server did not send. "
			   "Connections break as soon as they carry data; if "
			   "it is said of the joined subflow, that one does.",
		.proof = "Data with the option triggers a RST in each attempt, "
			 "the same bytes without it are acknowledged, or over "
			 "the first subflow. The RST "
			 "has no MP_TCPRST, or its TTL is not the server's.",
		.culprits = "Firewalls that check options beyond the "
			    "handshake.",
		.rfc = "RFC 8684 3.3, 3.6",
		.advice = LET_PASS(""),
	},
	{
		.id = "mp_join.removed",
		.effect = EFFECT_IMPAIRS,
		.title = "MP_JOIN is removed",
		.meaning = "The option that adds a subflow is removed from its "
			   "SYN, SYN/ACK or third ACK. Additional subflows "
			   "fail; the connection goes on over its first path.",
		.proof = QUOTED(" From the server back to us: the SYN/ACK to "
				"a valid token carries no MP_JOIN, which an "
				"MPTCP listener that knows the token never "
				"leaves out."),
		.culprits = STRIPPERS(""),
		.rfc = "RFC 8684 3.2, 3.7",
		.advice = LET_PASS(""),
	},
	{
		.id = "mp_join.modified",
		.effect = EFFECT_IMPAIRS,
		.title = "MP_JOIN is modified",
		.meaning = "The token, a nonce, the address ID or the HMAC is "
			   "changed on the path. The proof of who joins then "
			   "fails, and the subflow is reset; the first one "
			   "goes on.",
		.proof = "A hop quotes the option with other bytes than were "
			 "sent, or the HMAC in the SYN/ACK does not fit the "
			 "keys and nonces of the connection.",
		.culprits = NULL,
		.rfc = "RFC 8684 3.2",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "mp_join.dropped",
		.effect = EFFECT_IMPAIRS,
		.title = "segments with MP_JOIN are dropped",
		.meaning = "Attempts to add a subflow go unanswered; the "
			   "connection goes on over its first path. The fast "
			   "second path of a phone or of a router with two "
			   "lines stays unused.",
		.proof = CONTRAST(
			" Silence to a random token proves "
			"nothing, since a server under SYN cookies "
			"stays silent too: only valid tokens count. "
			"Of the third ACK: the server sends its SYN/ACK "
			"again; and of the fourth, which answers it, "
			"that it does not."),
		.culprits =
			"Firewalls with a rule that drops segments with "
			"unknown TCP options; or that know the server's usual "
			"ports only, where it takes subflows at another "
			"(flag C and ADD_ADDR with a port).",
		.rfc = "RFC 8684 3.2, 6",
		.advice = LET_PASS(""),
	},
	{
		.id = "mp_join.reset",
		.effect = EFFECT_IMPAIRS,
		.title = "segments with MP_JOIN trigger a reset",
		.meaning = "Attempts to add a subflow trigger a RST that the "
			   "server did not send; the connection goes on over "
			   "its first path.",
		.proof = "SYNs with a valid token trigger a RST without "
			 "MP_TCPRST, or with a TTL that is not the server's, "
			 "while SYNs without the option get a SYN/ACK. Or the "
			 "third ACK does, and its TTL is not that of the "
			 "SYN/ACK.",
		.culprits = "Firewalls with a reject rule on unknown TCP "
			    "options.",
		.rfc = "RFC 8684 3.2, 3.6",
		.advice = LET_PASS(""),
	},
	{
		.id = "mp_join.refused",
		.effect = EFFECT_IMPAIRS,
		.title = "MP_JOIN reaches another server",
		.meaning = "An MPTCP stack refused a valid token, so it is "
			   "not the one that the connection was made with: a "
			   "load balancer sent the new subflow to another "
			   "backend. The connection goes on over its first "
			   "path.",
		.proof = "A SYN with MP_JOIN and the right token triggers a "
			 "RST with MP_TCPRST while the connection is alive, "
			 "acknowledges data, and has not reached its limit of "
			 "subflows.",
		.culprits = "Load balancers that place each subflow by its "
			    "addresses and ports, and not by its token.",
		.rfc = "RFC 8684 3.1, 3.2, 3.6",
		.advice = "For the server's operator: announce an address of "
			  "the backend itself with ADD_ADDR, and set the C "
			  "flag so that clients do not join the shared "
			  "address (Linux: "
			  "`net.mptcp.allow_join_initial_addr_port=0`).",
	},
	{
		.id = "path.join_refused",
		.effect = EFFECT_IMPAIRS,
		.title = "a join by another uplink is refused",
		.meaning = "A subflow by one uplink of this host is refused by "
			   "the server that a connection was opened with over "
			   "another, though over each a connection is joined "
			   "by that uplink itself: what is asked over one "
			   "reaches another server than over the other. The "
			   "connection goes on over its first path, and the "
			   "uplinks are not used together.",
		.proof = "A SYN with MP_JOIN and the token of a connection "
			 "that is alive, from another uplink, triggers a RST, "
			 "or a SYN/ACK without MP_JOIN, and no report of "
			 "either uplink has a reason; proven where it is so "
			 "both ways.",
		.culprits = "Load balancers that place connections by their "
			    "source address; names and anycast addresses that "
			    "are other servers over another network.",
		.rfc = "RFC 8684 3.2, 3.6",
		.advice = "For the server's operator: announce an address of "
			  "the backend itself with ADD_ADDR, and set the C "
			  "flag so that clients do not join the shared "
			  "address (Linux: "
			  "`net.mptcp.allow_join_initial_addr_port=0`).",
	},
	{
		.id = "add_addr.removed",
		.effect = EFFECT_IMPAIRS,
		.title = "ADD_ADDR is removed",
		.meaning = "The announcement of a further address is removed "
			   "from a segment. Subflows to that address are not "
			   "made by the peer; the existing ones go on.",
		.proof = QUOTED(" A valid ADD_ADDR that is not echoed proves "
				"nothing by itself: a server need not."),
		.culprits = STRIPPERS(""),
		.rfc = "RFC 8684 3.4.1",
		.advice = LET_PASS(""),
	},
	{
		.id = "add_addr.modified",
		.effect = EFFECT_IMPAIRS,
		.title = "ADD_ADDR is modified",
		.meaning = "The announced address, its ID, its port or the "
			   "HMAC is changed on the path. The receiver ignores "
			   "an announcement whose HMAC is wrong.",
		.proof = "A hop quotes the option with other bytes than were "
			 "sent, or its HMAC does not fit the keys of the "
			 "connection.",
		.culprits = NULL,
		.rfc = "RFC 8684 3.4.1, 5",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "add_addr.dropped",
		.effect = EFFECT_IMPAIRS,
		.title = "segments with ADD_ADDR are dropped",
		.meaning = "Segments that announce a further address are "
			   "dropped. Subflows to that address are not made by "
			   "the peer; the existing ones go on.",
		.proof = "With --all: repeated ADD_ADDRs get no echo, though "
			 "data on the same connection is acknowledged, and "
			 "hops quote them only up to a certain hop, while "
			 "later hops quote other segments. A server need not "
			 "echo an ADD_ADDR, so that alone proves nothing, and "
			 "the finding is never more than likely.",
		.culprits = "Firewalls that check options beyond the "
			    "handshake.",
		.rfc = "RFC 8684 3.4.1",
		.advice = LET_PASS(""),
	},
	{
		.id = "payload.modified",
		.effect = EFFECT_IMPAIRS,
		.title = "payload bytes are changed",
		.meaning = "Bytes of the data are changed and its length is "
			   "not. Without DSS checksums nobody notices; with "
			   "them the server falls back to plain TCP, sends "
			   "MP_FAIL, or resets the subflow.",
		.proof = "A hop quotes other bytes than were sent, or on a "
			 "connection with checksums the DATA_ACK stops or "
			 "MP_FAIL comes, or the checksum of the server's data "
			 "is wrong.",
		.culprits = "Application-level gateways, which rewrite "
			    "addresses in FTP or SIP, and proxies that rewrite "
			    "HTTP headers.",
		.rfc = "RFC 8684 3.3.1, 3.7, 6",
		.advice = "Turn the gateway for this protocol off, or encrypt "
			  "(TLS): what a device cannot read it does not "
			  "rewrite.",
	},
	{
		.id = "data.rewritten",
		.effect = EFFECT_IMPAIRS,
		.title = "payload is rewritten to another length",
		.meaning = "The data is changed and so is its length. "
			   "Sequence numbers behind it shift, so that MPTCP's "
			   "mappings no longer fit: the server falls back to "
			   "plain TCP or resets the subflow.",
		.proof = "A hop quotes data of another length, or data whose "
			 "sequence number was shifted while that of segments "
			 "without data was not.",
		.culprits = "Application-level gateways, which rewrite "
			    "addresses in FTP or SIP, and proxies that rewrite "
			    "HTTP headers.",
		.rfc = "RFC 8684 3.3.1, 3.7, 6",
		.advice = "Turn the gateway for this protocol off, or encrypt "
			  "(TLS): what a device cannot read it does not "
			  "rewrite.",
	},
	{
		.id = "data.split",
		.effect = EFFECT_IMPAIRS,
		.title = "segments are split",
		.meaning = "A segment is split into smaller ones on the path. "
			   "A mapping may span several segments, so MPTCP "
			   "usually survives; it does not where only a part "
			   "keeps a usable mapping.",
		.proof = "A hop quotes a segment shorter than the one that "
			 "was sent. What the network card of this host does "
			 "(TSO, GRO) is not counted.",
		.culprits = "Devices that terminate TCP, or that split "
			    "segments to a smaller MSS.",
		.rfc = "RFC 8684 3.3.1, 6",
		.advice = "Lower the MSS at the sender, and see whether the "
			  "finding goes away.",
	},
	{
		.id = "data.coalesced",
		.effect = EFFECT_IMPAIRS,
		.title = "segments are merged",
		.meaning = "Two segments are merged into one, and the mapping "
			   "of only one of them is kept. A version 1 Linux "
			   "server with one subflow then falls back to plain "
			   "TCP; the older version 0 kernel goes on.",
		.proof = "Two small segments, each with a mapping of its own, "
			 "sent back to back are not both acknowledged at the "
			 "MPTCP level (DATA_ACK); sent apart they are. What "
			 "the network card of this host does (TSO, GRO) is not "
			 "counted.",
		.culprits = "Devices that terminate or normalise TCP.",
		.rfc = "RFC 8684 3.3.1, 6",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "data.acked_early",
		.effect = EFFECT_IMPAIRS,
		.title = "data is acknowledged on the path",
		.meaning = "A device on the path acknowledges data in place "
			   "of the server. TCP's acknowledgment then no "
			   "longer means that the data arrived; the DATA_ACK "
			   "of MPTCP still does.",
		.proof = "Data that was sent with a TTL too small to reach the "
			 "server is acknowledged, though a router reports that "
			 "it expired. Likely, and harmless where MPTCP works: "
			 "SYN/ACKs come from farther away, by their TTL, than "
			 "all that follows them.",
		.culprits = "Performance enhancing proxies in mobile and "
			    "satellite networks.",
		.rfc = "RFC 8684 3.3.2, 6; RFC 3135",
		.advice = "Ask the operator to exempt these connections. "
			  "Encrypting below TCP (a VPN) also keeps such "
			  "devices out.",
	},
	{
		.id = "data.hole_blocked",
		.effect = EFFECT_IMPAIRS,
		.title = "data after a gap is held back",
		.meaning = "Data that arrives ahead of a missing segment is "
			   "not forwarded until the gap is filled. A lost "
			   "packet then delays everything behind it, and "
			   "selective acknowledgments cannot work.",
		.proof = "A segment beyond a gap triggers no duplicate "
			 "acknowledgment, although segments without a gap "
			 "before them are answered; once the gap is filled the "
			 "DATA_ACK goes on.",
		.culprits = NORMALISERS(""),
		.rfc = "RFC 8684 3.3.6, 6; RFC 2018",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "data.retransmission_dropped",
		.effect = EFFECT_IMPAIRS,
		.title = "retransmissions are dropped",
		.meaning = "A retransmission whose bytes differ from the "
			   "first copy is dropped, or replaced by the first "
			   "copy. Connections that depend on it stall.",
		.proof = "A segment that expired on the path is sent again "
			 "with other bytes, several times, and never "
			 "acknowledged; with the original bytes it is.",
		.culprits = "Traffic normalisers (RFC 8684 6). Cisco ASA does "
			    "this with `check-retransmission`, which is off "
			    "by default.",
		.rfc = "RFC 8684 3.3.6, 6",
		.advice = SHOW_BOTH(""),
	},
	{
		.id = "data.injected",
		.effect = EFFECT_BLOCKS,
		.title = "data is injected on the path",
		.meaning = "A device answers our data itself, with a block "
			   "page or a redirect, and closes the connection or "
			   "keeps the data from the server. What it sends has "
			   "no mapping, so MPTCP ends with it.",
		.proof = "The answer to our data arrives with another TTL than "
			 "the SYN/ACK, and without MPTCP; and the SYN/ACK is "
			 "the server's own: it brings a key, a random token "
			 "triggers a RST with MP_TCPRST and the same TTL, and "
			 "SYNs are answered at the distance of the server.",
		.culprits = "Web filters, captive portals and intrusion "
			    "prevention systems that forge an answer (HTTP "
			    "403, a redirect).",
		.rfc = "RFC 8684 3.3, 3.7",
		.advice = "Look at what was sent (mpprobe -w FILE): a block "
			  "page mostly names who runs the filter. Another "
			  "port, or TLS, may pass.",
	},
	{
		.id = "tcp.idle_forgotten",
		.effect = EFFECT_IMPAIRS,
		.title = "idle connections time out",
		.meaning = "A stateful device removes connections from its "
			   "table that are idle for some seconds, and then "
			   "drops their packets. What is sent next stalls "
			   "until it times out. An idle subflow, such as a "
			   "backup, dies unnoticed, and is missing when it is "
			   "needed.",
		.proof = "With --all: connections are opened together, send "
			 "some data that is acknowledged, and are idle for 1, "
			 "2 and 4 seconds. Keep-alives (RFC 9293 3.8.4) after "
			 "that stay unanswered in repeated attempts on two "
			 "connections or more, and again on two later ones, "
			 "while they are answered on connections of the same "
			 "age that were idle for less. No server does that: "
			 "one that has closed answers with a RST. RSTs count "
			 "if keep-alives with TTLs too small to reach the "
			 "server trigger them, and are never more than likely. "
			 "Longer timeouts, as most devices have, are not "
			 "found.",
		.culprits = "Stateful firewalls and NATs. RFC 5382 asks NATs "
			    "to remember idle connections for two hours and "
			    "four minutes at least; not all do.",
		.rfc = "RFC 5382 5; RFC 9293 3.8.4; RFC 8684 3.3.8",
		.advice = "Ask the operator for a longer timeout. Until then "
			  "send keep-alives more often than that (Linux: "
			  "TCP_KEEPIDLE of the socket, or sysctl "
			  "net.ipv4.tcp_keepalive_time, where the application "
			  "sets SO_KEEPALIVE).",
	},
	{
		.id = "tcp.terminated",
		.effect = EFFECT_BLOCKS,
		.title = "a device on the path terminates TCP",
		.meaning = "A proxy, an optimiser or a SYN proxy on the path "
			   "terminates the connection and opens another one to "
			   "the server. The MPTCP options that we send are "
			   "read by that device, not by the server. If it is "
			   "said of connections with MP_CAPABLE only, MPTCP "
			   "ends at the device, and others reach the server. "
			   "If it is "
			   "said of SYNs with MP_JOIN only, these are "
			   "redirected to another machine: MPTCP works, but no "
			   "second subflow joins.",
		.proof = "SYNs with a TTL too small for the server are "
			 "answered, while a control (a UDP datagram, another "
			 "port, an ICMP echo) shows that the server is "
			 "farther away, or routers beyond that TTL are seen. "
			 "Of connections with MP_CAPABLE, or without it: "
			 "routers forward the SYNs of the others. "
			 "Of joins: as well, and without MP_JOIN, though the "
			 "token is valid. "
			 "Reply TTLs alone are never taken as proof.",
		.culprits = "Transparent proxies; performance enhancing "
			    "proxies in mobile and satellite networks; "
			    "hybrid access gateways and other proxies that "
			    "speak MPTCP for servers; "
			    "user-mode NATs of virtual machines and "
			    "containers (slirp, passt); SYN proxies (Linux "
			    "SYNPROXY, Cisco ASA TCP Intercept) and DDoS "
			    "scrubbers, which answer SYNs for the server.",
		.rfc = "RFC 8684 3.7, 6; RFC 3135",
		.advice = "Probe another port: many proxies take only some. "
			  "In a virtual machine, use bridged or routed "
			  "networking in place of user-mode NAT. Else ask the "
			  "operator to exempt the server.",
	},
	{
		.id = "tcp.reset_injected",
		.effect = EFFECT_BLOCKS,
		.title = "a reset is injected on the path",
		.meaning = "A RST that the server did not send ends the "
			   "connection. If plain TCP is not reset, a device "
			   "refuses what it does not understand.",
		.proof = "Data that was sent with a TTL too small to reach the "
			 "server triggers a RST; with a still smaller one it "
			 "triggers none. Or a hop quotes a RST towards the "
			 "server that was never sent.",
		.culprits = "Firewalls and intrusion prevention systems.",
		.rfc = "RFC 8684 3.6; RFC 5961 3",
		.advice = "Look in the firewall's log for the ports and the "
			  "time in the report; the smallest TTL that triggers "
			  "the RST tells where it is made.",
	},
	{
		.id = "tcp.sequence_rewritten",
		.effect = EFFECT_HARMLESS,
		.title = "sequence numbers are rewritten",
		.meaning = "A firewall replaces the initial sequence number "
			   "by one of its own. MPTCP is made for this: its "
			   "mappings count from the beginning of the subflow.",
		.proof = "A hop quotes another sequence number than was sent; "
			 "every quote is long enough to show it.",
		.culprits = "Cisco ASA randomises initial sequence numbers in "
			    "both directions by default.",
		.rfc = "RFC 8684 3.3.1, 6",
		.advice = NOTHING(" It does break the TCP MD5 option of BGP "
				  "sessions across the device."),
	},
	{
		.id = "tcp.mss_changed",
		.effect = EFFECT_HARMLESS,
		.title = "the maximum segment size is changed",
		.meaning = "A router lowers the MSS option (or adds one) so "
			   "that segments fit a link with a small MTU.",
		.proof = "A hop quotes another MSS than was sent.",
		.culprits = "Routers in front of PPPoE lines, tunnels and "
			    "VPNs (Linux: `TCPMSS --clamp-mss-to-pmtu`; pf: "
			    "`scrub max-mss`).",
		.rfc = "RFC 9293 3.7.1",
		.advice = NOTHING(""),
	},
	{
		.id = "tcp.option_removed",
		.effect = EFFECT_HARMLESS,
		.title = "a TCP option is removed",
		.meaning = "A TCP option other than MPTCP's (SACK, timestamps, "
			   "window scale or an unknown one) is removed. MPTCP "
			   "survives; without SACK or window scale, transfers "
			   "may be slower.",
		.proof = QUOTED(""),
		.culprits = "Traffic normalisers. Cisco ASA clears all "
			    "options that it does not know by default.",
		.rfc = "RFC 9293 3.2; RFC 7323; RFC 2018",
		.advice = NOTHING(" If SACK or window scale are lost, ask "
				  "the operator to let them pass."),
	},
	{
		.id = "tcp.option_added",
		.effect = EFFECT_HARMLESS,
		.title = "a TCP option is added",
		.meaning = "An option that was not sent is in the segment "
			   "further on, often an MSS.",
		.proof = "A hop quotes an option that was not in the segment "
			 "that was sent.",
		.culprits = "Routers that clamp the MSS.",
		.rfc = "RFC 9293 3.2",
		.advice = NOTHING(""),
	},
	{
		.id = "tcp.option_modified",
		.effect = EFFECT_HARMLESS,
		.title = "a TCP option is modified",
		.meaning = "The value of an option other than MPTCP's is "
			   "changed, for example a timestamp or the window "
			   "scale.",
		.proof = "A hop quotes the option with another value than was "
			 "sent.",
		.culprits = "Traffic normalisers (pf with `scrub reassemble "
			    "tcp` modulates timestamps).",
		.rfc = "RFC 9293 3.2; RFC 7323",
		.advice = NOTHING(""),
	},
	{
		.id = "tcp.option_mirrored",
		.effect = EFFECT_HARMLESS,
		.title = "unknown TCP options are echoed",
		.meaning = "An option of an experimental kind (253) comes back "
			   "in the SYN/ACK. Some device, or the server's TCP, "
			   "copies options blindly; an MP_CAPABLE that it "
			   "returns would prove nothing.",
		.proof = "The SYN carries an option of an experimental kind "
			 "with random content, and the SYN/ACK returns it.",
		.culprits = NULL,
		.rfc = "RFC 9293 3.2; RFC 6994",
		.advice = NOTHING(" Do not trust other scans of this host "
				  "that look only for MP_CAPABLE in the "
				  "SYN/ACK."),
	},
	{
		.id = "tcp.window_changed",
		.effect = EFFECT_HARMLESS,
		.title = "the receive window is changed",
		.meaning = "The window that a segment announces is another "
			   "one further on. MPTCP survives; a smaller window "
			   "limits the speed.",
		.proof = "A hop quotes another window than was sent.",
		.culprits = "Performance enhancing proxies and traffic "
			    "shapers.",
		.rfc = "RFC 9293 3.8.6; RFC 8684 3.3.4",
		.advice = NOTHING(""),
	},
	{
		.id = "tcp.ecn_cleared",
		.effect = EFFECT_HARMLESS,
		.title = "the ECN flags of TCP are cleared",
		.meaning = "The flags ECE and CWR in the SYN, which ask for "
			   "explicit congestion notification, are cleared. "
			   "Congestion is then signalled by loss only.",
		.proof = "A hop whose quote reaches as far as the flags "
			 "quotes them cleared.",
		.culprits = "Linux routers with the iptables target `ECN "
			    "--ecn-tcp-remove`.",
		.rfc = "RFC 3168 6.1.1",
		.advice = NOTHING(""),
	},
	{
		.id = "tcp.urgent_cleared",
		.effect = EFFECT_HARMLESS,
		.title = "the urgent flag is cleared",
		.meaning = "The flag URG or the urgent pointer is cleared. "
			   "MPTCP does not use them.",
		.proof = "A hop whose quote reaches as far as the urgent "
			 "pointer quotes it cleared.",
		.culprits = "Cisco ASA (`urgent-flag clear`) and Palo Alto "
			    "PAN-OS clear it by default.",
		.rfc = "RFC 9293 3.8.5; RFC 6093",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.translated",
		.effect = EFFECT_HARMLESS,
		.title = "addresses or ports are translated (NAT)",
		.meaning = "A device translates addresses or ports. MPTCP is "
			   "made for this: additional subflows name the "
			   "connection by its token, not by addresses.",
		.proof = "A hop quotes other addresses or ports than were "
			 "sent, or a TCP checksum that only fits others. A "
			 "NAT that repairs what it quotes, as Linux does, "
			 "cannot be seen in this way.",
		.culprits = "Home routers, and carriers that share addresses "
			    "(CGN).",
		.rfc = "RFC 8684 3.2, 6",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.dscp_rewritten",
		.effect = EFFECT_HARMLESS,
		.title = "the DSCP is rewritten",
		.meaning = "The traffic class of the packets is set to "
			   "another value at a network's border.",
		.proof = "A hop quotes another DSCP than was sent.",
		.culprits = "Routers at the border of a provider's network.",
		.rfc = "RFC 2474",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.ecn_cleared",
		.effect = EFFECT_HARMLESS,
		.title = "the ECN field of IP is cleared",
		.meaning = "The mark that a packet can carry congestion "
			   "notification is cleared. Congestion is then "
			   "signalled by loss only.",
		.proof = "A hop quotes a packet as not ECN-capable that was "
			 "sent as ECT(0).",
		.culprits = "Routers that overwrite the whole former TOS byte "
			    "when they set the DSCP.",
		.rfc = "RFC 3168 5",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.id_rewritten",
		.effect = EFFECT_HARMLESS,
		.title = "the IP identification is rewritten",
		.meaning = "The identification field of IPv4 is another one "
			   "further on. It matters only for fragments.",
		.proof = "A hop quotes another identification than was sent, "
			 "in a packet that is known by its timestamp or "
			 "checksum.",
		.culprits = "Firewalls that normalise (pf: `scrub random-id`).",
		.rfc = "RFC 6864",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.ttl_rewritten",
		.effect = EFFECT_HARMLESS,
		.title = "the TTL is rewritten",
		.meaning = "A device sets the TTL (the hop limit) anew. Hops "
			   "behind it show in the table under other numbers, "
			   "or not at all.",
		.proof = "The same router quotes several TTLs in a row, with a "
			 "remaining TTL that does not fit what was sent.",
		.culprits = "Linux routers with the iptables target TTL, and "
			    "pf with `scrub min-ttl`.",
		.rfc = "RFC 791 3.1; RFC 8200 3",
		.advice = NOTHING(""),
	},
	{
		.id = "ip.too_big_dropped",
		.effect = EFFECT_HARMLESS,
		.title = "full-size packets are dropped silently",
		.meaning = "A link on the path has a smaller MTU than both "
			   "ends assume, and the ICMP error that should say so "
			   "does not come back (a path MTU black hole). "
			   "Connections stall when they send much, with MPTCP "
			   "and without it. An MPTCP option that does not fit "
			   "any more is an effect of it, not the cause.",
		.proof = "Full-size segments stay unanswered in repeated "
			 "attempts on several connections, with a DSS and "
			 "without it, while smaller ones are acknowledged on "
			 "the same connections.",
		.culprits = "Tunnels and PPPoE links without MSS clamping, "
			    "behind firewalls that drop all of ICMP.",
		.rfc = "RFC 1191, RFC 8201, RFC 2923",
		.advice = "Let ICMP `fragmentation needed` and ICMPv6 `packet "
			  "too big` pass, or lower the MTU or the MSS on the "
			  "link (Linux: iptables TCPMSS "
			  "`--clamp-mss-to-pmtu`).",
	},
	{
		.id = "ip.fragment_dropped",
		.effect = EFFECT_HARMLESS,
		.title = "IP fragments are dropped",
		.meaning = "Packets that are sent in fragments do not arrive. "
			   "TCP avoids fragments, so MPTCP is not concerned; "
			   "DNS and tunnels over UDP may be.",
		.proof = "With --all: on several plain connections, a segment "
			 "in IP fragments is not acknowledged in repeated "
			 "attempts, while the server answers other data; in "
			 "one piece the same bytes are. Copies with small "
			 "TTLs tell how far fragments come. Routers of IPv4 "
			 "quote the first only: where that passes and the "
			 "others do not, the place is not told.",
		.culprits = "Firewalls that do not reassemble, NATs that know "
			    "connections by their ports, which the first "
			    "fragment alone has, and servers.",
		.rfc = "RFC 8900",
		.advice = NOTHING(""),
	},
};

const size_t finding_kind_count =
	sizeof(finding_kinds) / sizeof(finding_kinds[0]);

const struct finding_kind *finding_kind(const char *id)
{
	size_t i;

	for (i = 0; i < finding_kind_count; i++)
		if (strcmp(finding_kinds[i].id, id) == 0)
			return &finding_kinds[i];
	return NULL;
}

NAMES_OF(effect_name, enum effect, EFFECTS, ENUM_NAME)
