/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <string.h>

#include "crafting/tcp_options.h"
#include "tests/devices.h"
#include "tests/server.h"

uint8_t flags_of(struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP ? p.tcp.flags : 0;
}

bool is_syn(struct wire *w)
{
	return flags_of(w) & TCP_FLAG_SYN;
}

bool has_capable(struct wire *w)
{
	return wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL) != NULL;
}

bool has_join(struct wire *w)
{
	return wire_option(w, TCPOPT_MPTCP, MP_JOIN, NULL) != NULL;
}

bool has_data(struct wire *w)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.payload_length > 0;
}

enum act strip(struct scene *s, struct wire *w)
{
	(void)s;
	option_fill(w, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
	return PASS;
}

enum act strip_eol(struct scene *s, struct wire *w)
{
	(void)s;
	option_fill(w, TCPOPT_MPTCP, TCPOPT_KIND_EOL);
	return PASS;
}

enum act strip_cut(struct scene *s, struct wire *w)
{
	(void)s;
	option_cut(w, TCPOPT_MPTCP);
	return PASS;
}

enum act strip_syn(struct scene *s, struct wire *w)
{
	return is_syn(w) ? strip(s, w) : PASS;
}

enum act strip_not_syn(struct scene *s, struct wire *w)
{
	return is_syn(w) || flags_of(w) & TCP_FLAG_RST ? PASS : strip(s, w);
}

enum act strip_join(struct scene *s, struct wire *w)
{
	return has_join(w) ? strip(s, w) : PASS;
}

enum act strip_capable(struct scene *s, struct wire *w)
{
	return has_capable(w) ? strip(s, w) : PASS;
}

enum act strip_capable_eol(struct scene *s, struct wire *w)
{
	return has_capable(w) ? strip_eol(s, w) : PASS;
}

enum act cut_capable(struct scene *s, struct wire *w)
{
	return has_capable(w) ? strip_cut(s, w) : PASS;
}

enum act drop_capable(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && has_capable(w) ? DROP : PASS;
}

enum act prohibit_capable(struct scene *s, struct wire *w)
{
	return drop_capable(s, w) == DROP ? PROHIBIT : PASS;
}

enum act drop_join(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && has_join(w) ? DROP : PASS;
}

enum act reset_capable(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && has_capable(w) ? RESET : PASS;
}

enum act reset_join(struct scene *s, struct wire *w)
{
	(void)s;
	return is_syn(w) && has_join(w) ? RESET : PASS;
}

enum act drop_dss(struct scene *s, struct wire *w)
{
	(void)s;
	return has_data(w) && wire_has(w, TCPOPT_MPTCP) ? DROP : PASS;
}

enum act drop_late_dss(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	return drop_dss(s, w) == DROP && p.tcp.payload_length != HALF ? DROP
								      : PASS;
}

enum act drop_all_dss(struct scene *s, struct wire *w)
{
	(void)s;
	return !is_syn(w) && wire_has(w, TCPOPT_MPTCP) ? DROP : PASS;
}

enum act drop_add_addr(struct scene *s, struct wire *w)
{
	(void)s;
	return wire_option(w, TCPOPT_MPTCP, MP_ADD_ADDR, NULL) ? DROP : PASS;
}

enum act strip_data(struct scene *s, struct wire *w)
{
	return has_data(w) ? strip(s, w) : PASS;
}

enum act reset_dss(struct scene *s, struct wire *w)
{
	(void)s;
	return has_data(w) && wire_has(w, TCPOPT_MPTCP) ? RESET : PASS;
}

enum act downgrade(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	(void)s;
	if (o && is_syn(w))
		o[3] &= (uint8_t)~MPC_HMAC;
	return PASS;
}

enum act alter_key(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	(void)s;
	if (o && is_syn(w))
		o[7] ^= 0x55;
	return PASS;
}

enum act alter_version(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	(void)s;
	if (o && is_syn(w))
		o[2] ^= 0x01;
	return PASS;
}

enum act alter_dsn(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);

	(void)s;
	if (o && (o[3] & DSS_MAPPING) && (o[3] & DSS_DSN8))
		o[4 + (o[3] & DSS_ACK ? o[3] & DSS_ACK8 ? 8 : 4 : 0) + 3] ^=
			0x55;
	return PASS;
}

enum act alter_data_ack(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);

	(void)s;
	if (o && (o[3] & DSS_ACK))
		o[5] ^= 0x55;
	return PASS;
}

enum act alter_hmac(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_JOIN, NULL);

	(void)s;
	if (o && is_syn(w))
		o[7] ^= 0x55;
	return PASS;
}

/* As Linux before 5.13 answers a token that it does not know: zeros, or what
 * its memory holds. */
enum act forget_token(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_JOIN, NULL);

	if (!o || !is_syn(w))
		return PASS;
	if (wire_parse(w).tcp.destination_port & 1)
		return alter_hmac(s, w);
	memset(o + 4, 0, 12);
	return PASS;
}

static uint8_t class_of(struct wire *w)
{
	return wire_parse(w).ip.traffic_class;
}

static enum purpose purpose_to(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	struct flow *f =
		observer_flow(s->o, &p.ip.destination, p.tcp.destination_port,
			      &p.ip.source, p.tcp.source_port, IPPROTO_TCP);

	return f ? f->purpose : PURPOSE_CONTROL;
}

/* Of an MP_JOIN SYN. */
enum act alter_nonce(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_JOIN, NULL);

	(void)s;
	if (o && is_syn(w))
		o[o[1] - 1] ^= 0x55; /* it ends the option */
	return PASS;
}

enum act mirror(struct scene *s, struct wire *w)
{
	static const uint8_t option[4] = {0x1e, 4, 1, 1};

	if (is_syn(w) && purpose_to(s, w) == PURPOSE_MP_CAPABLE)
		option_append(w, option, sizeof(option));
	return PASS;
}

static enum act proxy_of(struct scene *s, struct wire *w, int version)
{
	struct scene before = *s;

	if (wire_parse(w).transport != TRANSPORT_TCP)
		return PASS;
	s->server_hop = s->hops + 1;
	s->version = version;
	s->hops = s->box_at - 1;
	server_receive(s, w);
	s->hops = before.hops;
	s->version = before.version;
	s->server_hop = before.server_hop;
	return ANSWER;
}

enum act proxy(struct scene *s, struct wire *w)
{
	return proxy_of(s, w, -1);
}

enum act mptcp_proxy(struct scene *s, struct wire *w)
{
	return proxy_of(s, w, 1);
}

enum act raise_ttl(struct scene *s, struct wire *w)
{
	(void)s;
	set_ttl(w, 64);
	return PASS;
}

enum act raise_tcp_ttl(struct scene *s, struct wire *w)
{
	if (wire_parse(w).transport == TRANSPORT_TCP)
		set_ttl(w, 64);
	(void)s;
	return PASS;
}

enum act clamp_mss(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_KIND_MSS, -1, NULL);

	(void)s;
	if (o)
		o[2] = 4;
	return PASS;
}

enum act strip_wscale(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_syn(w))
		option_fill(w, TCPOPT_KIND_WSCALE, TCPOPT_KIND_NOP);
	return PASS;
}

enum act alter_wscale(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_KIND_WSCALE, -1, NULL);

	(void)s;
	if (o)
		o[2] = 0;
	return PASS;
}

enum act add_option(struct scene *s, struct wire *w)
{
	static const uint8_t option[4] = {28, 4, 0, 9};

	(void)s;
	if (is_syn(w) && !wire_has(w, TCPOPT_MPTCP))
		option_append(w, option, sizeof(option));
	return PASS;
}

enum act shift_sequence(struct scene *s, struct wire *w)
{
	(void)s;
	if (class_of(w) && wire_parse(w).transport == TRANSPORT_TCP)
		wire_tcp_header(w)[5] ^= 0x77;
	return PASS;
}

enum act set_window(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_syn(w))
		wire_tcp_header(w)[14] = 1;
	return PASS;
}

enum act clear_ecn_flags(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_syn(w))
		wire_tcp_header(w)[13] &= 0x3f;
	return PASS;
}

enum act clear_dscp(struct scene *s, struct wire *w)
{
	(void)s;
	set_traffic_class(w, class_of(w) & 3);
	return PASS;
}

enum act clear_ecn(struct scene *s, struct wire *w)
{
	(void)s;
	set_traffic_class(w, class_of(w) & 0xfc);
	return PASS;
}

enum act mark_congestion(struct scene *s, struct wire *w)
{
	(void)s;
	if (class_of(w) & 3)
		set_traffic_class(w, class_of(w) | 3);
	return PASS;
}

enum act rewrite_id(struct scene *s, struct wire *w)
{
	if (!s->ip6)
		set_id(w, 0xbeef);
	return PASS;
}

enum act translate(struct scene *s, struct wire *w)
{
	(void)s;
	w->bytes[w->bytes[0] >> 4 == 4 ? 15 : 23] = 0xc8;
	fix_ip_checksum(w);
	return PASS;
}

enum act alter_payload(struct scene *s, struct wire *w)
{
	(void)s;
	if (has_data(w))
		w->bytes[w->length - 3] ^= 0x20;
	return PASS;
}

enum act lengthen_payload(struct scene *s, struct wire *w)
{
	(void)s;
	if (has_data(w) && class_of(w)) { /* copies: the rest needs repair */
		memset(w->bytes + w->length - 4, 'x', 8);
		w->length += 4;
		fix_length(w);
	}
	return PASS;
}
