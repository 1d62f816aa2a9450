// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/ways.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "probe/net/complain.h"
#include "probe/net/sockaddr.h"

#define ALL "all"

static bool is_list(const char *text)
{
	return text && strchr(text, ',');
}

bool ways_are_several(const struct target_wanted *w)
{
	return is_list(w->interface) || is_list(w->source) ||
	       (w->interface && !strcmp(w->interface, ALL));
}

/* The next of a list, which is moved on; "" at its end. */
static void take_word(const char **list, char *word, size_t size)
{
	size_t length = strcspn(*list, ",");

	snprintf(word, size, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
}

/* ---- all interfaces ------------------------------------------------------ */

struct found {
	char interface[IF_NAMESIZE];
	struct address source; /* by rules for it; family 0: by any */
};

static bool is_known(const struct found *list, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(list[i].interface, name))
			return true;
	return false;
}

/* Whether this address of an interface leads to the target: a route by that
 * interface, or rules by source. */
static bool leads(const struct ifaddrs *i, const struct address *target,
		  struct found *out)
{
	struct route by_rule = {0};
	uint16_t port;

	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
	    i->ifa_flags & IFF_LOOPBACK ||
	    i->ifa_addr->sa_family !=
		    (target->family == 4 ? AF_INET : AF_INET6))
		return false;
	*out = (struct found){0};
	snprintf(out->interface, sizeof(out->interface), "%s", i->ifa_name);
	if (route_leads(target, out->interface))
		return true;
	out->source = by_rule.source = sockaddr_read(i->ifa_addr, &port);
	snprintf(by_rule.interface, sizeof(by_rule.interface), "%.15s",
		 i->ifa_name);
	return route_is(target, &by_rule);
}

static unsigned find_all(const struct address *target, struct found *out)
{
	struct ifaddrs *list = NULL;
	unsigned count = 0;

	if (getifaddrs(&list))
		return 0;
	for (const struct ifaddrs *i = list; i && count < WAYS_MAX;
	     i = i->ifa_next)
		if (!is_known(out, count, i->ifa_name) &&
		    leads(i, target, &out[count]))
			count++;
	freeifaddrs(list);
	return count;
}

/* ---- what cannot be sent by ---------------------------------------------- */

/* What is to be known of an interface before anything is sent by it. */
struct state {
	unsigned flags; /* IFF_UP ...; 0: there is none of that name, or it is
			   down */
	bool known, has_address, leads;
};

/* One that packets to the target can come from; of family 0: to any. */
static bool is_source(const struct ifaddrs *i, const struct address *target)
{
	struct address a = {0};
	uint16_t port;

	if (i->ifa_addr && (i->ifa_addr->sa_family == AF_INET ||
			    i->ifa_addr->sa_family == AF_INET6))
		a = sockaddr_read(i->ifa_addr, &port);
	return a.family && (!target->family || a.family == target->family) &&
	       !(a.family == 6 && a.bytes[0] == 0xfe &&
		 (a.bytes[1] & 0xc0) == 0x80);
}

static struct state state_of(const char *interface,
			     const struct address *target)
{
	struct ifaddrs *list = NULL;
	struct state s = {0};
	struct found unused;

	if (getifaddrs(&list))
		return s;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, interface) != 0)
			continue;
		s.known = true;
		s.flags = i->ifa_flags;
		s.has_address |= is_source(i, target);
		s.leads = s.leads ||
			  (target->family && leads(i, target, &unused));
	}
	freeifaddrs(list);
	return s;
}

/* Why nothing can be sent to the target by it; NULL: it can, or there is none
 * of that name. Without ARP, no route is needed. */
static const char *why_not(const char *interface, const struct address *target)
{
	struct state s = state_of(interface, target);

	if (!s.known)
		return NULL;
	if (!(s.flags & IFF_UP))
		return "it is down";
	if (!(s.flags & IFF_RUNNING))
		return "its link has no carrier";
	if (!s.has_address)
		return target->family == 4 ? "it has no IPv4 address"
					   : "it has no IPv6 address";
	return s.leads || s.flags & IFF_NOARP ? NULL
					      : "no route leads there by it";
}

static bool is_running(const char *interface)
{
	const struct address any = {0};
	struct state s = state_of(interface, &any);

	return s.flags & IFF_UP && s.flags & IFF_RUNNING && s.has_address;
}

bool ways_left_out_named(const struct ways_left_out *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->all[i].named)
			return true;
	return false;
}

static void leave_out(struct ways_left_out *l, const char *interface,
		      uint8_t family, const char *why, bool named)
{
	struct path_left_out *one;

	if (!l || l->count == sizeof(l->all) / sizeof(l->all[0]))
		return;
	complain("%s is left out: %s", interface, why);
	one = &l->all[l->count++];
	*one = (struct path_left_out){
		.family = family, .why = why, .named = named};
	snprintf(one->name, sizeof(one->name), "%s", interface);
}

static bool is_loopback(const char *interface, const struct address *target)
{
	return state_of(interface, target).flags & IFF_LOOPBACK;
}

/* ---- ways ---------------------------------------------------------------- */

static int bind_way(struct target *t, const char *interface,
		    const struct address *source)
{
	t->bound = true;
	snprintf(t->route.interface, sizeof(t->route.interface), "%.15s",
		 interface);
	return target_route(t, source && source->family ? source : NULL, "-i");
}

/* The one that this host prefers goes first. */
static void prefer(struct found *list, unsigned count, const char *interface)
{
	for (unsigned i = 1; i < count; i++) {
		struct found one = list[i];

		if (strcmp(one.interface, interface) != 0)
			continue;
		memmove(&list[1], &list[0], i * sizeof(one));
		list[0] = one;
	}
}

static unsigned all_ways(const struct target *first, unsigned count,
			 struct target *out, struct ways_left_out *left_out,
			 int *code)
{
	unsigned total = 0;

	for (unsigned i = 0; i < count; i++) {
		struct found found[WAYS_MAX];
		unsigned ways = find_all(&first[i].address, found);

		prefer(found, ways, first[i].route.interface);
		for (unsigned k = 0; k < ways && *code == 0; k++) {
			const char *why =
				why_not(found[k].interface, &first[i].address);

			if (why) {
				leave_out(left_out, found[k].interface,
					  first[i].address.family, why, false);
				continue;
			}
			out[total] = first[i];
			*code = bind_way(&out[total++], found[k].interface,
					 &found[k].source);
		}
	}
	if (total || *code)
		return total;
	memcpy(out, first, count * sizeof(*first));
	return count;
}

static int route_by(struct target *t, const struct target_wanted *w,
		    const char *word)
{
	struct address source = {0};

	if (is_list(w->interface))
		return bind_way(t, word, NULL);
	address_parse(word, &source);
	return target_route(t, &source, "-s");
}

/* After a line that says so; loopback is an error. */
static bool is_left_out(const char *word, const struct target_wanted *w,
			const struct target *t, struct ways_left_out *left_out,
			int *code)
{
	const char *why;

	if (!is_list(w->interface))
		return false;
	if (is_loopback(word, &t->address)) {
		*code = failure(EXIT_USAGE,
				"-i %s: loopback is no uplink to %s", word,
				t->name.host);
		return true;
	}
	why = why_not(word, &t->address);
	if (why)
		leave_out(left_out, word, t->address.family, why, true);
	return why != NULL;
}

static unsigned listed_ways(const struct target *first, unsigned count,
			    const struct target_wanted *w, struct target *out,
			    struct ways_left_out *left_out, int *code)
{
	const char *list = is_list(w->interface) ? w->interface : w->source;
	unsigned total = 0;
	char word[64];

	/* One is a list: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	while (*list && *code == 0) {
		take_word(&list, word, sizeof(word));
		for (unsigned i = 0; i < count && *code == 0; i++) {
			if (is_left_out(word, w, &first[i], left_out, code))
				continue;
			out[total] = first[i];
			*code = route_by(&out[total++], w, word);
		}
	}
	if (*code == 0 && !total)
		*code = EXIT_INTERFACE;
	return total;
}

/* The first of a list that can be sent by. */
static void first_word(const char *list, char *word, size_t size)
{
	const char *rest = list;

	do
		take_word(&rest, word, size);
	while (*rest && !is_running(word));
	if (!is_running(word))
		take_word(&list, word, size);
}

static void keep_lost(struct ways_left_out *l, const struct target list[2])
{
	for (unsigned i = 0; l && i < 2; i++)
		if (list[i].lost)
			l->lost[l->lost_count++] = list[i];
}

unsigned ways_find(const char *text, const struct target_wanted *w,
		   struct target *out, struct ways_left_out *left_out,
		   int *exit_code)
{
	const char *interfaces = w->interface, *sources = w->source;
	struct target_wanted one = *w;
	struct target first[2] = {0};
	char interface[64], source[64];
	unsigned count;

	if (!ways_are_several(w)) {
		count = target_find(text, w, first, exit_code);
		memcpy(out, first, count * sizeof(*first));
		keep_lost(left_out, first);
		return count;
	}
	if (is_list(interfaces)) {
		first_word(interfaces, interface, sizeof(interface));
		one.interface = interface;
	} else if (interfaces && !strcmp(interfaces, ALL)) {
		one.interface = NULL;
	}
	if (sources) {
		take_word(&sources, source, sizeof(source));
		one.source = source;
	}
	count = target_find(text, &one, first, exit_code);
	keep_lost(left_out, first);
	if (count && first[0].name.zone[0])
		*exit_code = failure(EXIT_USAGE,
				     "%s: a link-local address is of one "
				     "interface",
				     text);
	if (!count || *exit_code)
		return 0;
	count = w->interface && !strcmp(w->interface, ALL)
			? all_ways(first, count, out, left_out, exit_code)
			: listed_ways(first, count, w, out, left_out,
				      exit_code);
	return *exit_code ? 0 : count;
}

bool way_is_own(const struct target *t)
{
	return route_is(&t->address, &t->route);
}
