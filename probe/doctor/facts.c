// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *facts_setting(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->setting_count; i++)
		if (!strcmp(f->settings[i].name, name))
			return f->settings[i].value;
	return NULL;
}

long facts_number(const struct facts *f, const char *name)
{
	const char *value = facts_setting(f, name);
	char *end;
	long number;

	if (!value)
		return -1;
	number = strtol(value, &end, 10);
	return end == value || *end ? -1 : number;
}

uint64_t facts_counter(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->counter_count; i++)
		if (!strcmp(f->counters[i].name, name))
			return f->counters[i].value;
	return 0;
}

const struct fact_link *facts_link(const struct facts *f, unsigned index)
{
	for (size_t i = 0; i < f->link_count; i++)
		if (f->links[i].index == index)
			return &f->links[i];
	return NULL;
}

const char *facts_link_name(const struct facts *f, unsigned index)
{
	const struct fact_link *link = facts_link(f, index);

	return link ? link->name : "?";
}

const struct fact_address *facts_address(const struct facts *f,
					 const struct address *address)
{
	for (size_t i = 0; i < f->address_count; i++)
		if (address_equal(&f->addresses[i].address, address))
			return &f->addresses[i];
	return NULL;
}

bool facts_is_uplink(const struct facts *f, const struct fact_link *link)
{
	if (link->loopback || !link->up)
		return false;
	for (size_t i = 0; i < f->route_count; i++)
		if (f->routes[i].link == link->index &&
		    (f->routes[i].gateway.family || f->routes[i].bits == 0))
			return true;
	return false;
}

bool facts_accepts_mptcp(const struct facts *f)
{
	for (size_t i = 0; i < f->socket_count; i++)
		if (f->sockets[i].listening && f->sockets[i].mptcp)
			return true;
	return false;
}

/* net.mptcp.path_manager since Linux 6.15, pm_type since 5.19. */
bool facts_kernel_manages(const struct facts *f)
{
	const char *name = facts_setting(f, "net.mptcp.path_manager");

	if (name)
		return strcmp(name, "kernel") == 0;
	return facts_number(f, "net.mptcp.pm_type") <= 0;
}

bool facts_endpoints_matter(const struct facts *f)
{
	return facts_kernel_manages(f) || (!f->mptcpd && !f->programs_hidden);
}

bool facts_family_matters(const struct facts *f, int family)
{
	const struct fact_server *s = f->servers;

	return (!s[0].host && !s[1].host) || s[family == 6].host;
}
