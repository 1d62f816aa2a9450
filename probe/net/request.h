/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is said to a server: a request that it answers.
 */
#ifndef PROBE_NET_REQUEST_H
#define PROBE_NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_MAX 1024
#define REQUEST_MORE_MAX 2400
#define REQUEST_LONG_MAX (REQUEST_MAX + REQUEST_MORE_MAX)

/* Whether `say` is "http", "tls", "socks5", "none" or an even number of
 * hexadecimal digits, two bytes to REQUEST_MAX. */
bool request_is(const char *say);

/* Writes it for this host, a name or a numeric address, and returns its length
 * in bytes: GET of HTTP/1.1 (NULL: the same), whose answer keeps the
 * connection open; a ClientHello of TLS 1.2 (RFC 5246 7.4.1.2) with the name
 * (RFC 6066); the greeting of SOCKS 5 (RFC 1928 3); an empty line, to which
 * hardly a server answers; or those bytes. `out` holds REQUEST_MAX. */
size_t request_write(const char *say, const char *host, uint8_t *out);

/* The same with `more` bytes of padding, 20 to REQUEST_MORE_MAX, in a header
 * field of HTTP or an extension of TLS (RFC 7685). Returns 0 where that has no
 * place. `out` holds REQUEST_LONG_MAX. */
size_t request_write_long(const char *say, const char *host, size_t more,
			  uint8_t *out);

#endif
