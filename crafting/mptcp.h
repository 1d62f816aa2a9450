/* SPDX-License-Identifier: GPL-3.0-or-later
 * The MPTCP option (TCP option kind 30): every subtype of RFC 8684 (version
 * 1) and RFC 6824 (version 0), bytes <-> meaning.
 */
#ifndef CRAFTING_MPTCP_H
#define CRAFTING_MPTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

struct writer;

#define TCPOPT_MPTCP 30

enum mptcp_subtype {
	MP_CAPABLE = 0,
	MP_JOIN = 1,
	MP_DSS = 2,
	MP_ADD_ADDR = 3,
	MP_REMOVE_ADDR = 4,
	MP_PRIO = 5,
	MP_FAIL = 6,
	MP_FASTCLOSE = 7,
	MP_TCPRST = 8, /* version 1 only */
};

/* MP_CAPABLE flags (RFC 8684 3.1) */
enum {
	MPC_CHECKSUM = 0x80,	  /* A: checksum required */
	MPC_EXTENSIBILITY = 0x40, /* B */
	MPC_DENY_JOIN_ID0 = 0x20, /* C: no joins to this address and port */
	MPC_HMAC = 0x01,	  /* H: HMAC-SHA256 (v0: HMAC-SHA1) */
};

/* Whether an MP_CAPABLE with these flags counts: it names the one algorithm
 * that there is, and asks for no extension. Else who gets it goes on as if it
 * were not there, in a SYN and in a SYN/ACK (RFC 8684 3.1). */
bool mptcp_flags_valid(unsigned version, uint8_t flags);

/* DSS flags (RFC 8684 3.3) */
enum {
	DSS_DATA_FIN = 0x10, /* F */
	DSS_DSN8 = 0x08,     /* m: DSN has eight bytes */
	DSS_MAPPING = 0x04,  /* M: DSN, SSN, data-level length present */
	DSS_ACK8 = 0x02,     /* a: DATA_ACK has eight bytes */
	DSS_ACK = 0x01,	     /* A: DATA_ACK present */
};

/* The segment an MP_JOIN stands on, told by its length (12, 16, 24). */
enum mp_join_stage { JOIN_SYN = 1, JOIN_SYN_ACK = 2, JOIN_ACK = 3 };

/* One option. `subtype` says which member of the union holds. Numbers are in
 * host order. `length` is the length byte of the wire; when encoding, 0
 * lets mptcp_encode choose, any other value is written as it is (wrong on
 * purpose), without changing the bytes that follow. */
struct mptcp_option {
	uint8_t length;
	uint8_t subtype; /* enum mptcp_subtype, or an unknown one, 0..15 */
	union {
		struct {
			uint8_t version; /* 0..15 */
			uint8_t flags;
			bool has_sender_key, has_receiver_key;
			bool has_data_length, has_checksum;
			uint64_t sender_key, receiver_key;
			uint16_t data_length; /* RFC 8684 3.1: MPC + data */
			uint16_t checksum;
		} capable;
		struct {
			enum mp_join_stage stage;
			bool backup;
			uint8_t address_id;
			uint32_t token;	  /* SYN */
			uint32_t nonce;	  /* SYN, SYN/ACK */
			uint8_t hmac[20]; /* SYN/ACK: the first 8; ACK */
		} join;
		struct {
			uint8_t flags; /* DSS_*; says what is present and
					  how long it is */
			uint64_t data_ack;
			uint64_t dsn;
			uint32_t ssn;
			uint16_t data_level_length;
			bool has_checksum;
			uint16_t checksum;
		} dss;
		struct {
			uint8_t version; /* 0: IPVer nibble, no HMAC, no
					    echo; 1 */
			bool echo;
			uint8_t address_id;
			struct address address;
			bool has_port, has_hmac;
			uint16_t port;
			uint64_t hmac;
		} add_addr;
		struct {
			uint8_t count; /* 1.. */
			uint8_t ids[37];
		} remove_addr;
		struct {
			bool backup;
			bool has_address_id; /* version 0 only */
			uint8_t address_id;
		} prio;
		struct {
			uint64_t dsn;
		} fail;
		struct {
			uint64_t receiver_key;
		} fastclose;
		struct {
			uint8_t flags; /* U V W T: the low four bits */
			uint8_t reason;
		} tcprst;
	};
};

/* Decodes one option from its kind byte on; `length` bytes are there, of
 * which the option's own length byte (>= 3 for MPTCP) must not exceed them.
 * The length must be one that the subtype allows (both versions: MP_CAPABLE
 * 4, 12, 20, 22, 24; MP_JOIN 12, 16, 24; DSS as its flags say, and 2 more
 * for a checksum; ADD_ADDR and the rest as in the RFCs). Returns true and
 * fills `out`, or false: not kind 30, truncated, or a length that the subtype
 * does not have (`out->subtype` and `out->length` are still set where two,
 * three bytes were there). An unknown subtype is true, with nothing more. */
bool mptcp_decode(const uint8_t *option, size_t length,
		  struct mptcp_option *out);

/* Appends the option. A DSS whose flags ask for a mapping writes it with the
 * checksum if has_checksum. Returns false, with w->failed set, if it did not
 * fit. */
bool mptcp_encode(struct writer *w, const struct mptcp_option *option);

/* "MP_CAPABLE", ... or "subtype 12". Static storage. */
const char *mptcp_subtype_name(uint8_t subtype);

/* Reasons of an MP_TCPRST: a token that is not known, or an HMAC that does not
 * fit; a limit, or a setting, that forbids it; data without DSS where that
 * must not be. */
#define TCPRST_MPTCP 1
#define TCPRST_PROHIBITED 3
#define TCPRST_MIDDLEBOX 6

/* RFC 8684 3.6: "MPTCP-specific error" ...; "unknown reason". Static. */
const char *mptcp_reset_reason(uint8_t reason);

/* One option in a line, as tcpdump would but complete: "MP_CAPABLE v1 flags
 * H key 29a6c86981ad933c", "DSS ack 8710f99b... dsn ... ssn 1 len 72 csum
 * 0x3aca". At most `size` bytes with NUL; returns `text`. */
const char *mptcp_text(const struct mptcp_option *option, char *text,
		       size_t size);

#endif
