/* SPDX-License-Identifier: GPL-3.0-or-later
 * What MPTCP derives from keys: tokens, IDSNs and HMACs.
 *
 * The first digest of a process costs OpenSSL about a millisecond, so that
 * nothing is fetched before it is first used; a fetch each time would cost
 * more than the hash, so that it is kept. A MAC context also keeps its key:
 * the same pair of keys serves every subflow of a connection, and starting
 * again with the key that is set spares two compressions.
 */
#include "keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "cursor.h"

enum {
	KEY = 8,
	KEY_PAIR = 2 * KEY,
	NONCE_PAIR = 8,
	TRUNCATED_HMAC = 8,
	VERSIONS = 2,
};

/* RFC 6824 3.1, RFC 8684 3.1: the hash of each version */
static const char *const digest_names[VERSIONS] = {"SHA1", "SHA256"};

struct hash {
	EVP_MD *digest;
	EVP_MD_CTX *digest_context;
	EVP_MAC_CTX *hmac_context;
	bool keyed; /* hmac_context holds key_pair */
	uint8_t key_pair[KEY_PAIR];
};

struct keys {
	struct hash hashes[VERSIONS];
};

struct keys *keys_new(void)
{
	return calloc(1, sizeof(struct keys));
}

void keys_free(struct keys *k)
{
	if (!k)
		return;
	for (unsigned v = 0; v < VERSIONS; v++) {
		EVP_MAC_CTX_free(k->hashes[v].hmac_context);
		EVP_MD_CTX_free(k->hashes[v].digest_context);
		EVP_MD_free(k->hashes[v].digest);
	}
	free(k);
}

/* NULL for a version that there is not. */
static struct hash *hash_of(struct keys *k, unsigned version)
{
	return version < VERSIONS ? &k->hashes[version] : NULL;
}

static int fetch_digest(struct hash *h, unsigned version)
{
	if (h->digest)
		return 0;
	if (!h->digest_context)
		h->digest_context = EVP_MD_CTX_new();
	if (!h->digest_context)
		return -1;
	h->digest = EVP_MD_fetch(NULL, digest_names[version], NULL);
	return h->digest ? 0 : -1;
}

/* The digest is set here, once; EVP_MAC_init then needs the key only. */
static int fetch_hmac(struct hash *h, unsigned version)
{
	char name[8];
	OSSL_PARAM parameters[2];
	EVP_MAC_CTX *context;
	EVP_MAC *algorithm;

	if (h->hmac_context)
		return 0;
	algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!algorithm)
		return -1;
	context = EVP_MAC_CTX_new(algorithm);
	EVP_MAC_free(algorithm); /* the context holds on to it */
	strcpy(name, digest_names[version]);
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
							 name, 0);
	parameters[1] = OSSL_PARAM_construct_end();
	if (!context || !EVP_MAC_CTX_set_params(context, parameters)) {
		EVP_MAC_CTX_free(context);
		return -1;
	}
	h->hmac_context = context;
	return 0;
}

/* RFC 8684 3.1, 3.2: the token is the most significant 32 bits of the hash of
 * the key, the IDSN the least significant 64. The key is hashed as it stands on
 * the wire. RFC 6824 says the same of SHA-1. */
int keys_derive(struct keys *k, unsigned version, uint64_t key, uint32_t *token,
		uint64_t *idsn)
{
	struct hash *h = hash_of(k, version);
	uint8_t bytes[KEY], hash[EVP_MAX_MD_SIZE];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct cursor first, last;
	unsigned length = 0;

	write_u64(&w, key);
	if (!h || fetch_digest(h, version) < 0 ||
	    !EVP_DigestInit_ex2(h->digest_context, h->digest, NULL) ||
	    !EVP_DigestUpdate(h->digest_context, bytes, sizeof(bytes)) ||
	    !EVP_DigestFinal_ex(h->digest_context, hash, &length))
		return -1;
	first = cursor_over(hash, length);
	last = first;
	cursor_take(&last, length - sizeof(*idsn));
	if (token)
		*token = cursor_u32(&first);
	if (idsn)
		*idsn = cursor_u64(&last);
	return 0;
}

static int set_key(struct hash *h, const uint8_t *key_pair)
{
	if (h->keyed && !memcmp(h->key_pair, key_pair, KEY_PAIR))
		return EVP_MAC_init(h->hmac_context, NULL, 0, NULL) ? 0 : -1;
	h->keyed = false;
	if (!EVP_MAC_init(h->hmac_context, key_pair, KEY_PAIR, NULL))
		return -1;
	memcpy(h->key_pair, key_pair, KEY_PAIR);
	h->keyed = true;
	return 0;
}

/* HMAC (RFC 2104) with the key `first` || `second`, as on the wire. `out` has
 * room for EVP_MAX_MD_SIZE bytes. Returns the length, or -1. */
static int keyed_hmac(struct keys *k, unsigned version, uint64_t first,
		      uint64_t second, const struct writer *message,
		      uint8_t *out)
{
	struct hash *h = hash_of(k, version);
	uint8_t key_pair[KEY_PAIR];
	struct writer w = writer_over(key_pair, sizeof(key_pair));
	size_t length = 0;

	write_u64(&w, first);
	write_u64(&w, second);
	if (!h || message->failed || fetch_hmac(h, version) < 0 ||
	    set_key(h, key_pair) < 0)
		return -1;
	if (!EVP_MAC_update(h->hmac_context, message->start, message->length) ||
	    !EVP_MAC_final(h->hmac_context, out, &length, EVP_MAX_MD_SIZE)) {
		h->keyed = false;
		return -1;
	}
	return (int)length;
}

/* RFC 8684 3.2, RFC 6824 3.2: HMAC-A of the initiator, HMAC-B of the other */
int keys_join_hmac(struct keys *k, unsigned version, uint64_t own_key,
		   uint64_t other_key, uint32_t own_nonce, uint32_t other_nonce,
		   uint8_t *out)
{
	uint8_t message[NONCE_PAIR], digest[EVP_MAX_MD_SIZE];
	struct writer w = writer_over(message, sizeof(message));
	int length;

	write_u32(&w, own_nonce);
	write_u32(&w, other_nonce);
	length = keyed_hmac(k, version, own_key, other_key, &w, digest);
	if (length < 0)
		return -1;
	memcpy(out, digest, (size_t)length);
	return 0;
}

/* RFC 8684 3.4.1: the rightmost 64 bits of the HMAC */
int keys_add_addr_hmac(struct keys *k, uint64_t sender_key,
		       uint64_t receiver_key, uint8_t address_id,
		       const struct address *address, uint16_t port,
		       uint64_t *out)
{
	uint8_t message[1 + sizeof(address->bytes) + 2];
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct writer w = writer_over(message, sizeof(message));
	struct cursor c;
	int length;

	if (!address_length(address))
		return -1;
	write_u8(&w, address_id);
	write_bytes(&w, address->bytes, address_length(address));
	write_u16(&w, port);
	length = keyed_hmac(k, 1, sender_key, receiver_key, &w, digest);
	if (length < 0)
		return -1;
	c = cursor_over(digest, (size_t)length);
	cursor_take(&c, (size_t)length - TRUNCATED_HMAC);
	*out = cursor_u64(&c);
	return 0;
}
