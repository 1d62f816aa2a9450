/* SPDX-License-Identifier: GPL-3.0-or-later
 * What devices on the path do to packets.
 */
#ifndef TESTS_DEVICES_H
#define TESTS_DEVICES_H

#include "tests/scene.h"

/* Of a TCP segment; 0 or false of anything else. */
uint8_t flags_of(struct wire *w);
bool is_syn(struct wire *w);
bool has_capable(struct wire *w);
bool has_join(struct wire *w);
bool has_data(struct wire *w);

/* Take MPTCP options away: with NOPs, with EOLs (_eol), or cut out (_cut). */
box_fn strip, strip_eol, strip_cut;
box_fn strip_syn, strip_not_syn, strip_data, strip_join;
box_fn strip_capable, strip_capable_eol, cut_capable;

/* Drop or answer segments that carry MPTCP options. */
box_fn drop_capable, drop_join, drop_add_addr;
box_fn drop_dss;      /* data with an option */
box_fn drop_late_dss; /* the same of the second half of the request */
box_fn drop_all_dss;  /* all but SYNs */
box_fn prohibit_capable, reset_capable, reset_join, reset_dss;

/* Change MPTCP options. */
box_fn downgrade; /* clears the flag of the only algorithm */
box_fn alter_key, alter_version, alter_hmac, alter_nonce, forget_token;
box_fn alter_data_ack;
box_fn alter_dsn; /* the upper half of one of eight bytes */
box_fn mirror;	  /* a plain server's SYN/ACK brings our own option */

/* End TCP, at box_at, with or without MPTCP. */
box_fn proxy, mptcp_proxy;

/* Change other things. */
box_fn raise_ttl, raise_tcp_ttl, clear_dscp, clear_ecn, mark_congestion;
box_fn rewrite_id, clear_ecn_flags, set_window, add_option;
box_fn clamp_mss, strip_wscale, alter_wscale;
box_fn translate; /* repairs the server's answers, but not the quotes */
/* On copies only: what the server gets, such a device repairs. */
box_fn shift_sequence, lengthen_payload;
box_fn alter_payload;

#endif
