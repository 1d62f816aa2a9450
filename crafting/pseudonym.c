/* SPDX-License-Identifier: GPL-3.0-or-later
 * Crypto-PAn, and pseudonyms of what has no prefixes.
 */
#include "pseudonym.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"

enum {
	BLOCK = 16, /* of AES, bytes */
	BITS_MAX = 128,
	DIGEST = 32,
	LINK_ADDRESS = 6,
};

struct pseudonyms {
	EVP_CIPHER_CTX *blocks; /* AES-128, block by block */
	EVP_CIPHER_CTX *stream; /* AES-128-CFB8, of another key */
	EVP_MD_CTX *digest;
	uint8_t key[PSEUDONYM_KEY];
	uint8_t padding[BLOCK];
};

static void must(bool worked)
{
	if (!worked)
		abort();
}

static void encrypt(struct pseudonyms *p, const uint8_t *in, uint8_t *out,
		    unsigned blocks)
{
	int length;

	must(EVP_EncryptUpdate(p->blocks, out, &length, in,
			       (int)blocks * BLOCK) == 1);
}

/* SHA-256 of the key, the kind and the bytes. */
static void digest(struct pseudonyms *p, const char *kind, const void *bytes,
		   size_t length, uint8_t out[DIGEST])
{
	must(EVP_DigestInit_ex(p->digest, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(p->digest, p->key, sizeof(p->key)) == 1 &&
	     EVP_DigestUpdate(p->digest, kind, strlen(kind) + 1) == 1 &&
	     EVP_DigestUpdate(p->digest, bytes, length) == 1 &&
	     EVP_DigestFinal_ex(p->digest, out, NULL) == 1);
}

static EVP_CIPHER_CTX *cipher(const EVP_CIPHER *algorithm, const uint8_t *key)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	must(c && EVP_EncryptInit_ex(c, algorithm, NULL, key, NULL) == 1);
	EVP_CIPHER_CTX_set_padding(c, 0);
	return c;
}

struct pseudonyms *pseudonyms_new(const uint8_t key[PSEUDONYM_KEY])
{
	struct pseudonyms *p = calloc(1, sizeof(*p));
	uint8_t other[DIGEST];

	if (!p)
		return NULL;
	memcpy(p->key, key, sizeof(p->key));
	p->digest = EVP_MD_CTX_new();
	must(p->digest != NULL);
	p->blocks = cipher(EVP_aes_128_ecb(), key);
	encrypt(p, key + BLOCK, p->padding, 1);
	digest(p, "payload", "", 0, other);
	p->stream = cipher(EVP_aes_128_cfb8(), other);
	return p;
}

void pseudonyms_free(struct pseudonyms *p)
{
	if (!p)
		return;
	EVP_CIPHER_CTX_free(p->blocks);
	EVP_CIPHER_CTX_free(p->stream);
	EVP_MD_CTX_free(p->digest);
	free(p);
}

/* --- Crypto-PAn ----------------------------------------------------------- */

static bool bit_of(const uint8_t *bytes, unsigned i)
{
	return bytes[i / 8] >> (7 - i % 8) & 1;
}

static void flip(uint8_t *bytes, unsigned i)
{
	bytes[i / 8] ^= (uint8_t)(0x80 >> i % 8);
}

/* The first bits of an address, with padding behind them: whether the next one
 * is flipped is the first bit of its encryption. */
static void prefix_block(const struct pseudonyms *p, const uint8_t *bytes,
			 unsigned bits, uint8_t out[BLOCK])
{
	memcpy(out, p->padding, BLOCK);
	memcpy(out, bytes, bits / 8);
	for (unsigned i = bits & ~7u; i < bits; i++)
		if (bit_of(out, i) != bit_of(bytes, i))
			flip(out, i);
}

/* Behind the first bits that stay. */
static struct address flipped(struct pseudonyms *p, const struct address *a,
			      unsigned stay)
{
	unsigned bits = (unsigned)address_length(a) * 8;
	uint8_t blocks[BITS_MAX][BLOCK], out[BITS_MAX][BLOCK];
	struct address found = *a;

	if (stay >= bits)
		return found;
	for (unsigned i = stay; i < bits; i++)
		prefix_block(p, a->bytes, i, blocks[i]);
	encrypt(p, blocks[stay], out[stay], bits - stay);
	for (unsigned i = stay; i < bits; i++)
		if (bit_of(out[i], 0))
			flip(found.bytes, i);
	return found;
}

struct address pseudonym_crypto_pan(struct pseudonyms *p,
				    const struct address *a)
{
	return flipped(p, a, 0);
}

/* --- kinds ---------------------------------------------------------------- */

#define ALL 128
#define NOT_EMBEDDED 255

/* Addresses under a prefix: of these bits `stay`, and behind `ipv4` stands an
 * address of IPv4. The first that fits. */
struct kind {
	uint8_t family, bits, stay, ipv4;
	uint8_t prefix[BLOCK];
};

static const struct kind kinds[] = {
	{4, 8, ALL, NOT_EMBEDDED, {0}},			  /* RFC 1122 3.2.1.3 */
	{4, 8, ALL, NOT_EMBEDDED, {127}},		  /* the same */
	{4, 8, 8, NOT_EMBEDDED, {10}},			  /* RFC 1918 */
	{4, 12, 12, NOT_EMBEDDED, {172, 16}},		  /* the same */
	{4, 16, 16, NOT_EMBEDDED, {192, 168}},		  /* the same */
	{4, 10, 10, NOT_EMBEDDED, {100, 64}},		  /* RFC 6598 */
	{4, 16, 16, NOT_EMBEDDED, {169, 254}},		  /* RFC 3927 */
	{4, 4, ALL, NOT_EMBEDDED, {224}},		  /* RFC 5771 */
	{4, 32, ALL, NOT_EMBEDDED, {255, 255, 255, 255}}, /* RFC 919 */
	{4, 4, 4, NOT_EMBEDDED, {240}},			  /* RFC 1112 4 */
	{4, 0, 0, NOT_EMBEDDED, {0}},
	{6, 127, ALL, NOT_EMBEDDED, {0}},	 /* RFC 4291 2.5 */
	{6, 96, 96, 96, {[10] = 0xff, 0xff}},	 /* RFC 4291 2.5.5.2 */
	{6, 96, 96, 96, {0, 0x64, 0xff, 0x9b}},	 /* RFC 6052 */
	{6, 16, 16, 16, {0x20, 0x02}},		 /* RFC 3056 */
	{6, 7, 8, NOT_EMBEDDED, {0xfc}},	 /* RFC 4193 */
	{6, 10, 64, NOT_EMBEDDED, {0xfe, 0x80}}, /* RFC 4291 2.5.6 */
	{6, 8, 16, NOT_EMBEDDED, {0xff}},	 /* RFC 4291 2.7 */
	{6, 0, 3, NOT_EMBEDDED, {0}},
};

static bool is_of_kind(const struct address *a, const struct kind *k)
{
	if (a->family != k->family)
		return false;
	for (unsigned i = 0; i < k->bits; i++)
		if (bit_of(a->bytes, i) != bit_of(k->prefix, i))
			return false;
	return true;
}

static const struct kind *kind_of(const struct address *a)
{
	const struct kind *k = kinds;

	while (!is_of_kind(a, k))
		k++;
	return k;
}

static struct address embedded(const struct kind *k, const struct address *a)
{
	return address_from(a->bytes + k->ipv4 / 8, 4);
}

static struct address step(struct pseudonyms *p, const struct kind *k,
			   const struct address *a)
{
	struct address found = flipped(p, a, k->stay), ipv4;

	if (k->ipv4 == NOT_EMBEDDED)
		return found;
	ipv4 = embedded(k, a);
	ipv4 = pseudonym_address(p, &ipv4);
	memcpy(found.bytes + k->ipv4 / 8, ipv4.bytes, 4);
	return found;
}

/* Encrypted until it is of its kind again: then no two become one. */
struct address pseudonym_address(struct pseudonyms *p, const struct address *a)
{
	const struct kind *k;
	struct address found = *a;

	if (!address_length(a))
		return found;
	k = kind_of(a);
	do
		found = step(p, k, &found);
	while (kind_of(&found) != k);
	return found;
}

/* Each bit tells what the next one was. */
static struct address step_back(struct pseudonyms *p, const struct kind *k,
				const struct address *a)
{
	unsigned bits = (unsigned)address_length(a) * 8;
	struct address found = *a, ipv4;
	uint8_t block[BLOCK], out[BLOCK];

	for (unsigned i = k->stay; i < bits; i++) {
		if (i == k->ipv4) {
			ipv4 = embedded(k, a);
			ipv4 = pseudonym_original(p, &ipv4);
			memcpy(found.bytes + i / 8, ipv4.bytes, 4);
			i += 31;
			continue;
		}
		prefix_block(p, found.bytes, i, block);
		encrypt(p, block, out, 1);
		if (bit_of(out, 0))
			flip(found.bytes, i);
	}
	return found;
}

struct address pseudonym_original(struct pseudonyms *p, const struct address *a)
{
	const struct kind *k;
	struct address found = *a;

	if (!address_length(a))
		return found;
	k = kind_of(a);
	do
		found = step_back(p, k, &found);
	while (kind_of(&found) != k);
	return found;
}

/* --- what has no prefixes ------------------------------------------------- */

uint64_t pseudonym_number(struct pseudonyms *p, const char *kind,
			  const void *bytes, size_t length)
{
	uint8_t out[DIGEST];
	struct cursor c;

	digest(p, kind, bytes, length, out);
	c = cursor_over(out, sizeof(out));
	return cursor_u64(&c);
}

static bool is_all(const uint8_t *bytes, size_t length, uint8_t value)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* IEEE 802 8.2: the lowest bits of the first byte tell of groups, and of
 * addresses that no vendor has given. */
void pseudonym_link(struct pseudonyms *p, const uint8_t *from, size_t length,
		    uint8_t *out)
{
	uint8_t made[DIGEST];

	/* What has room for more is filled up with zeros. */
	if (length > LINK_ADDRESS && length <= DIGEST) {
		memset(out + LINK_ADDRESS, 0, length - LINK_ADDRESS);
		if (is_all(from + LINK_ADDRESS, length - LINK_ADDRESS, 0))
			length = LINK_ADDRESS;
	}
	if (!length || is_all(from, length, 0) || is_all(from, length, 0xff)) {
		memcpy(out, from, length);
		return;
	}
	digest(p, "link", from, length, made);
	if (length == LINK_ADDRESS)
		made[0] = (uint8_t)((made[0] & ~3) | 2 | (from[0] & 1));
	memcpy(out, made, length);
}

void pseudonym_payload(struct pseudonyms *p, uint8_t *bytes, size_t length)
{
	static const uint8_t start[BLOCK];
	int done;

	if (!length)
		return;
	must(EVP_EncryptInit_ex(p->stream, NULL, NULL, NULL, start) == 1 &&
	     EVP_EncryptUpdate(p->stream, bytes, &done, bytes, (int)length) ==
		     1);
}
