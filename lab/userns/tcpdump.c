// SPDX-License-Identifier: GPL-3.0-or-later
/* tcpdump(8) in a lab without root, whose user namespace has root and nobody
 * else: tcpdump would change to a user of its own, and end because it cannot.
 * Here it is told that it could. Put before the real one in the PATH. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field)                                                            \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Skips the rest of the list, which is so long, to the last line. */
#define DONE_IF(call, left) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, left, 0)

/* On success these calls return 0, and so they do now. */
static struct sock_filter filter[] = {
	LOAD(nr),
	DONE_IF(SYS_setgroups, 5),
	DONE_IF(SYS_setgid, 4),
	DONE_IF(SYS_setuid, 3),
	DONE_IF(SYS_setresgid, 2),
	DONE_IF(SYS_setresuid, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
};

int main(int argc, char **argv)
{
	static const char *const places[] = {"/usr/bin/tcpdump",
					     "/usr/sbin/tcpdump"};
	const struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	(void)argc;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		execv(places[i], argv);
	fprintf(stderr, "tcpdump: %s\n", strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
