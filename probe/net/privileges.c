// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "probe/net/complain.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Allowed whatever their arguments are. What is missing returns EPERM and
 * never kills: C libraries take to new calls for time and locks. */
/* clang-format off */
static const int allowed[] = {
	/* descriptors that are open */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(close),
	SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(fstat),
	SCMP_SYS(fstat64), SCMP_SYS(fstatfs), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64), SCMP_SYS(dup), SCMP_SYS(getdents64),
	SCMP_SYS(eventfd2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(_newselect),
	/* looking at the file system: the resolver's files, libraries */
	SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(stat64), SCMP_SYS(lstat64), SCMP_SYS(fstatat64),
	SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	/* sockets: which ones is told below */
	SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(listen), SCMP_SYS(send),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(recv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* threads and signals */
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(gettid),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(membarrier), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(tgkill), SCMP_SYS(restart_syscall), SCMP_SYS(wait4),
	SCMP_SYS(waitpid), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* time */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* about this process and system */
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrlimit), SCMP_SYS(ugetrlimit), SCMP_SYS(prlimit64),
	SCMP_SYS(getrandom), SCMP_SYS(uname), SCMP_SYS(sysinfo),
};
/* clang-format on */

static const unsigned long allowed_ioctls[] = {
	SIOCGIFFLAGS, /* is the interface up? (wire.c) */
	SIOCGIFINDEX, /* if_nametoindex */
	FIONREAD,     /* the resolver */
	TCGETS,	      /* isatty, stdio */
	TIOCGWINSZ,
};

static int allow_calls(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT(allowed); i++) {
		int result =
			seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);

		if (result)
			return result;
	}
	for (size_t i = 0; i < COUNT(allowed_ioctls); i++) {
		int result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1_32(SCMP_CMP_EQ, (uint32_t)allowed_ioctls[i]));

		if (result)
			return result;
	}
	return 0;
}

/* Only for reading, and nothing new. */
static int allow_opening(scmp_filter_ctx filter)
{
	const uint32_t forbidden =
		O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	int result;

	result = seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2_32(SCMP_CMP_MASKED_EQ, forbidden, O_RDONLY));
	if (!result)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			SCMP_A1_32(SCMP_CMP_MASKED_EQ, forbidden, O_RDONLY));
	return result;
}

/* TCP and UDP for port guards and name servers, AF_UNIX for nscd and
 * systemd-resolved, rtnetlink for getaddrinfo. No raw or packet sockets. */
static int allow_sockets(scmp_filter_ctx filter)
{
	static const struct {
		int family, type;
	} kinds[] = {
		{AF_INET, SOCK_STREAM},	 {AF_INET, SOCK_DGRAM},
		{AF_INET6, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM},
		{AF_UNIX, SOCK_STREAM},	 {AF_UNIX, SOCK_DGRAM},
	};
	const uint32_t mask = ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (size_t i = 0; i < COUNT(kinds); i++) {
		int result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
			SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)kinds[i].family),
			SCMP_A1_32(SCMP_CMP_MASKED_EQ, mask,
				   (uint32_t)kinds[i].type));

		if (result)
			return result;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
				SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK),
				SCMP_A2_32(SCMP_CMP_EQ, 0));
}

/* Threads but no processes. The flags of clone3 are out of a filter's sight,
 * so it does not exist, and the C library falls back to clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	int result;

	result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
				  SCMP_SYS(clone3), 0);
	if (!result)
		result = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
				   CLONE_THREAD));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					  SCMP_SYS(prctl), 1,
					  SCMP_A0_32(SCMP_CMP_EQ, PR_SET_NAME));
	return result;
}

/* A kernel without seccomp, or a sandbox around us that reserves it: the
 * capabilities are gone all the same. */
static bool seccomp_missing(int result)
{
	return result == -EINVAL || result == -ENOSYS || result == -EPERM ||
	       result == -EACCES || result == -ECANCELED;
}

static int install_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result;

	if (!filter)
		return -ENOMEM;
	result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
				  SCMP_ACT_ERRNO(EPERM));
	if (!result)
		result = allow_calls(filter);
	if (!result)
		result = allow_opening(filter);
	if (!result)
		result = allow_sockets(filter);
	if (!result)
		result = allow_threads(filter);
	if (!result) {
		result = seccomp_load(filter);
		if (seccomp_missing(result))
			result = 0;
	}
	seccomp_release(filter);
	return result;
}

/* The sanitizers trace, clone and open at exit; builds with them keep the
 * rest of the promise. */
static bool sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	return false;
#endif
}

/* Without CAP_SETPCAP the bounding set cannot be changed; no_new_privs makes
 * it meaningless. */
static int drop_capabilities(void)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		return -1;
	if (capng_get_caps_process() == -1)
		return -1;
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS))
			return -1;
	}
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) ? -1 : 0;
}

/* One thread: /proc/self/task has its own two links and one a thread. */
static bool threaded(void)
{
	struct stat st;

	return !stat("/proc/self/task", &st) && st.st_nlink > 3;
}

int privileges_drop(void)
{
	int result;

	if (threaded())
		return failure(EXIT_SYSTEM,
			       "privileges: a thread was started first");
	if (drop_capabilities() == -1)
		return failure(EXIT_SYSTEM, "cannot drop capabilities: %s",
			       strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return failure(EXIT_SYSTEM, "no_new_privs: %s",
			       strerror(errno));
	result = sanitized() ? 0 : install_filter();
	if (result)
		return failure(EXIT_SYSTEM, "seccomp: %s", strerror(-result));
	return 0;
}
