// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: what stands in proc(5). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/doctor/gather.h"
#include "probe/net/mptcp_socket.h"

/* What is not there is a fact; want of memory is none. */
static void *there(void *found)
{
	return found || errno != ENOMEM ? found : must_have(NULL);
}

static FILE *open_in(const char *proc, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return there(fopen(path, "re"));
}

char *proc_text(struct arena *a, const char *proc, const char *name)
{
	FILE *in = open_in(proc, name);
	char bytes[1024];
	size_t length, end = 0;

	if (!in)
		return NULL;
	length = fread(bytes, 1, sizeof(bytes) - 1, in);
	fclose(in);
	for (size_t i = 0; i < length; i++) {
		bool blank = isspace((unsigned char)bytes[i]);

		if (!blank || (end && bytes[end - 1] != ' '))
			bytes[end++] = (char)(blank ? ' ' : bytes[i]);
	}
	while (end && bytes[end - 1] == ' ')
		end--;
	bytes[end] = '\0';
	return arena_printf(a, "%s", bytes);
}

/* --- settings ------------------------------------------------------------ */

struct settings {
	struct doctor_setting *all;
	size_t count;
};

static void add_setting(struct facts *f, struct settings *s, const char *proc,
			const char *folder, const char *name)
{
	const char *path =
		arena_printf(f->arena, "sys/net/%s/%s", folder, name);
	const char *value = proc_text(f->arena, proc, path);
	struct doctor_setting *slot;

	if (!value)
		return;
	slot = ARENA_PUSH(f->arena, s->all, s->count);
	slot->name = arena_printf(f->arena, "net.%s.%s", folder, name);
	slot->value = value;
}

static int by_name(const void *a, const void *b)
{
	const struct doctor_setting *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void gather_settings(struct facts *f, const char *proc)
{
	static const char *const others[] = {"tcp_rmem", "tcp_wmem",
					     "tcp_moderate_rcvbuf"};
	char path[300];
	struct settings s = {0};
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/sys/net/mptcp", proc);
	folder = there(opendir(path));
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			add_setting(f, &s, proc, "mptcp", entry->d_name);
	if (folder)
		closedir(folder);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add_setting(f, &s, proc, "ipv4", others[i]);
	if (s.count)
		qsort(s.all, s.count, sizeof(*s.all), by_name);
	f->settings = s.all;
	f->setting_count = s.count;
}

/* --- counters ------------------------------------------------------------ */

/* Two lines: the names, and as many values. */
static void take_counters(struct facts *f, char *names, char *values)
{
	struct doctor_counter *all = NULL;
	size_t count = 0;
	char *rest[2];
	const char *n, *v = strtok_r(values, " \n", &rest[1]);

	strtok_r(names, " \n", &rest[0]); /* of the line itself */
	while ((n = strtok_r(NULL, " \n", &rest[0])) && v &&
	       (v = strtok_r(NULL, " \n", &rest[1]))) {
		struct doctor_counter *slot = ARENA_PUSH(f->arena, all, count);

		slot->name = arena_printf(f->arena, "%s", n);
		slot->value = strtoull(v, NULL, 10);
	}
	f->counters = all;
	f->counter_count = count;
}

static void gather_counters(struct facts *f, const char *proc)
{
	FILE *in = open_in(proc, "net/netstat");
	char *lines[2] = {0};
	size_t sizes[2] = {0};

	while (in && must_getline(&lines[0], &sizes[0], in) > 0 &&
	       must_getline(&lines[1], &sizes[1], in) > 0)
		if (strncmp(lines[0], "MPTcpExt:", 9) == 0)
			take_counters(f, lines[0], lines[1]);
	free(lines[0]);
	free(lines[1]);
	if (in)
		fclose(in);
}

uint64_t counter_now(const char *name)
{
	struct facts f = {.arena = arena_new()};
	uint64_t value;

	gather_counters(&f, "/proc");
	value = facts_counter(&f, name);
	arena_free(f.arena);
	return value;
}

static int try_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

void gather_proc(struct facts *f, const char *proc)
{
	gather_settings(f, proc);
	gather_counters(f, proc);
	f->socket_error[0] = try_socket(AF_INET);
	f->socket_error[1] = try_socket(AF_INET6);
}

/* --- programs ------------------------------------------------------------ */

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

static const char *name_of(struct facts *f, const char *proc, const char *pid)
{
	return proc_text(f->arena, proc,
			 arena_printf(f->arena, "%s/comm", pid));
}

void gather_managers(struct facts *f, const char *proc)
{
	DIR *folder = there(opendir(proc));
	struct dirent *entry;

	f->programs_hidden = !name_of(f, proc, "1");
	while (folder && (entry = readdir(folder))) {
		const char *name = is_number(entry->d_name)
					   ? name_of(f, proc, entry->d_name)
					   : NULL;

		if (!name) /* names have 15 characters at most */
			continue;
		f->mptcpd |= !strcmp(name, "mptcpd");
		f->network_manager |= !strcmp(name, "NetworkManager");
		f->networkd |= !strcmp(name, "systemd-network");
	}
	if (folder)
		closedir(folder);
}

int by_inode(const void *a, const void *b)
{
	const struct socket_owner *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* That a descriptor of proc(5) leads to; NULL: it is no socket of ours. */
static struct socket_owner *owner_of(struct socket_owner *owners, size_t count,
				     int folder, const char *descriptor)
{
	char target[64];
	ssize_t length =
		readlinkat(folder, descriptor, target, sizeof(target) - 1);
	struct socket_owner wanted = {0};

	if (length <= 0)
		return NULL;
	target[length] = '\0';
	if (sscanf(target, "socket:[%u]", &wanted.inode) != 1)
		return NULL;
	return bsearch(&wanted, owners, count, sizeof(*owners), by_inode);
}

/* Of several processes that have a socket open the first counts. */
static void look_at_process(struct facts *f, const char *pid,
			    struct socket_owner *owners, size_t count)
{
	char path[300];
	const char *name = NULL;
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	folder = there(opendir(path));
	while (folder && (entry = readdir(folder))) {
		struct socket_owner *owner =
			owner_of(owners, count, dirfd(folder), entry->d_name);

		if (!owner || owner->program)
			continue;
		if (!name)
			name = name_of(f, "/proc", pid);
		owner->program = name;
	}
	if (folder)
		closedir(folder);
}

void find_programs(struct facts *f, struct socket_owner *owners, size_t count)
{
	DIR *folder = count ? there(opendir("/proc")) : NULL;
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (is_number(entry->d_name))
			look_at_process(f, entry->d_name, owners, count);
	if (folder)
		closedir(folder);
}
