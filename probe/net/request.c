// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crafting/address.h"
#include "crafting/cursor.h"

static size_t room(size_t more)
{
	return more ? REQUEST_LONG_MAX : REQUEST_MAX;
}

/* A line of `more` bytes. */
static void write_field(struct writer *w, size_t more)
{
	static const char name[] = "X-Padding: ";

	write_bytes(w, name, sizeof(name) - 1);
	for (size_t i = sizeof(name) - 1; i + 2 < more; i++)
		write_u8(w, 'x');
	write_bytes(w, "\r\n", 2);
}

static size_t write_http(const char *host, size_t more, uint8_t *out)
{
	bool ipv6 = strchr(host, ':') != NULL; /* RFC 3986 3.2.2 */
	int length = snprintf((char *)out, REQUEST_MAX,
			      "GET / HTTP/1.1\r\nHost: %s%.255s%s\r\n"
			      "User-Agent: mpprobe/" MPPROBE_VERSION "\r\n"
			      "Accept: */*\r\nConnection: keep-alive\r\n",
			      ipv6 ? "[" : "", host, ipv6 ? "]" : "");
	struct writer w =
		writer_over(out + length, room(more) - (size_t)length);

	if (more)
		write_field(&w, more);
	write_bytes(&w, "\r\n", 2);
	return (size_t)length + w.length;
}

/* A length of two bytes, once what it counts is written. */
static void set_length(uint8_t *out, size_t at, const struct writer *w)
{
	size_t length = w->length - at - 2;

	out[at] = (uint8_t)(length >> 8);
	out[at + 1] = (uint8_t)length;
}

/* Names only: an address is no name (RFC 6066 3). */
static void write_server_name(struct writer *w, const char *host)
{
	struct address address;
	size_t length = strnlen(host, 255);

	if (address_parse(host, &address))
		return;
	write_u16(w, 0); /* server_name */
	write_u16(w, (uint16_t)(length + 5));
	write_u16(w, (uint16_t)(length + 3));
	write_u8(w, 0); /* host_name */
	write_u16(w, (uint16_t)length);
	write_bytes(w, host, length);
}

/* RFC 7685 */
static void write_padding(struct writer *w, size_t more)
{
	write_u16(w, 21);
	write_u16(w, (uint16_t)(more - 4));
	for (size_t i = 4; i < more; i++)
		write_u8(w, 0);
}

static void write_extensions(struct writer *w, const char *host, size_t more)
{
	static const uint8_t rest[] = {
		0,    10, 0, 6, 0, 4, 0, 29, 0, 23, /* x25519, secp256r1 */
		0,    11, 0, 2, 1, 0,		    /* points: uncompressed */
		0,    13, 0, 8, 0, 6, 4, 3,  8, 4,  4, 1, /* SHA-256 */
		0,    23, 0, 0,				  /* extended secret */
		0xff, 1,  0, 1, 0,			  /* renegotiation */
	};

	write_server_name(w, host);
	write_bytes(w, rest, sizeof(rest));
	if (more)
		write_padding(w, more);
}

static size_t write_tls(const char *host, size_t more, uint8_t *out)
{
	static const uint16_t ciphers[] = {0xc02b, 0xc02f, 0xc02c, 0xc030,
					   0xcca9, 0xcca8, 0x009c, 0x002f};
	static const char random[32] = "mpprobe: a probe of the path";
	struct writer w = writer_over(out, room(more));
	size_t extensions;

	write_u8(&w, 22); /* handshake */
	write_u16(&w, 0x0301);
	write_u16(&w, 0);
	write_u8(&w, 1); /* ClientHello */
	write_u8(&w, 0);
	write_u16(&w, 0);
	write_u16(&w, 0x0303); /* TLS 1.2 */
	write_bytes(&w, random, sizeof(random));
	write_u8(&w, 0); /* no session */
	write_u16(&w, sizeof(ciphers));
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++)
		write_u16(&w, ciphers[i]);
	write_u16(&w, 0x0100); /* no compression */
	extensions = w.length;
	write_u16(&w, 0);
	write_extensions(&w, host, more);
	set_length(out, extensions, &w);
	set_length(out, 7, &w);
	set_length(out, 3, &w);
	return w.length;
}

static size_t write_socks5(const char *host, size_t more, uint8_t *out)
{
	static const uint8_t greeting[] = {5, 1, 0}; /* no authentication */

	(void)host;
	(void)more;
	memcpy(out, greeting, sizeof(greeting));
	return sizeof(greeting);
}

static size_t write_nothing(const char *host, size_t more, uint8_t *out)
{
	(void)host;
	(void)more;
	memcpy(out, "\r\n", 2);
	return 2;
}

static const struct {
	const char *name;
	size_t (*write)(const char *host, size_t more, uint8_t *out);
	bool takes_more;
} requests[] = {
	{"http", write_http, true},
	{"tls", write_tls, true},
	{"socks5", write_socks5, false},
	{"none", write_nothing, false},
};

#define REQUESTS (sizeof(requests) / sizeof(*requests))

bool request_is(const char *say)
{
	size_t digits = strspn(say, "0123456789abcdefABCDEF");

	for (size_t i = 0; i < REQUESTS; i++)
		if (!strcmp(requests[i].name, say))
			return true;
	return !say[digits] && digits % 2 == 0 && digits >= 4 &&
	       digits <= 2 * REQUEST_MAX;
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
						   : (c | 0x20) - 'a' + 10);
}

size_t request_write(const char *say, const char *host, uint8_t *out)
{
	size_t length;

	for (size_t i = 0; i < REQUESTS; i++)
		if (!say || !strcmp(requests[i].name, say))
			return requests[i].write(host, 0, out);
	for (length = 0; say[2 * length]; length++)
		out[length] = (uint8_t)(hex_digit(say[2 * length]) << 4 |
					hex_digit(say[2 * length + 1]));
	return length;
}

size_t request_write_long(const char *say, const char *host, size_t more,
			  uint8_t *out)
{
	for (size_t i = 0; i < REQUESTS; i++)
		if (!say || strcmp(requests[i].name, say) == 0)
			return requests[i].takes_more
				       ? requests[i].write(host, more, out)
				       : 0;
	return 0;
}
