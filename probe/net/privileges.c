// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/invoker.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOBODY 65534
#define ALL_IDS UINT32_MAX
#define MAP_MAX (340 * 33) /* lines and their length, by the kernel */

/* --- the filter ---------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEL__)
#define ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE AUDIT_ARCH_PPC64LE
#elif defined(__mips__) && defined(__MIPSEL__) && _MIPS_SIM == _ABIO32
#define ARCHITECTURE AUDIT_ARCH_MIPSEL
#elif defined(__mips__) && _MIPS_SIM == _ABIO32
#define ARCHITECTURE AUDIT_ARCH_MIPS
#else
#error "which AUDIT_ARCH (linux/audit.h) has this machine?"
#endif

/* Calls that Linux got since 5.1 have one number everywhere. Those that are
 * not known here do not exist, and C libraries fall back to older ones. */
#define NEW_CALLS __NR_pidfd_send_signal

/* Allowed whatever their arguments are. */
static const int everyday[] = {
	/* descriptors that are open */
	__NR_read,
	__NR_readv,
	__NR_pread64,
	__NR_write,
	__NR_writev,
	__NR_pwrite64,
	__NR_close,
	__NR_lseek,
	__NR_fstatfs,
	__NR_fsync,
	__NR_ftruncate,
	__NR_fallocate,
	__NR_fcntl,
	__NR_dup,
	__NR_eventfd2,
	__NR_ppoll,
	__NR_pselect6,
	__NR_statx,
	/* sockets that are open */
	__NR_bind,
	__NR_listen,
	__NR_sendto,
	__NR_sendmsg,
	__NR_sendmmsg,
	__NR_recvfrom,
	__NR_recvmsg,
	__NR_recvmmsg,
	__NR_getsockname,
	__NR_getpeername,
	__NR_getsockopt,
	__NR_setsockopt,
	__NR_shutdown,
	/* the file system, to look at */
	__NR_faccessat,
	__NR_faccessat2,
	__NR_readlinkat,
	__NR_getcwd,
	__NR_getdents64,
	/* memory, locks, signals to itself, the end */
	__NR_brk,
	__NR_munmap,
	__NR_mremap,
	__NR_madvise,
	__NR_futex,
	__NR_set_robust_list,
	__NR_rseq,
	__NR_sched_yield,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_sigaltstack,
	__NR_restart_syscall,
	__NR_wait4,
	__NR_exit,
	__NR_exit_group,
	/* time */
	__NR_clock_gettime,
	__NR_clock_getres,
	__NR_clock_nanosleep,
	__NR_nanosleep,
	__NR_gettimeofday,
	__NR_setitimer,
	/* about this process and system */
	__NR_getpid,
	__NR_getppid,
	__NR_gettid,
	__NR_getuid,
	__NR_geteuid,
	__NR_getgid,
	__NR_getegid,
	__NR_getrandom,
	__NR_uname,
	__NR_sysinfo,
	__NR_sched_getaffinity,
#ifdef __NR_fstat
	__NR_fstat,
#endif
#ifdef __NR_newfstatat
	__NR_newfstatat,
#endif
#ifdef __NR_getrlimit
	__NR_getrlimit,
#endif
#ifdef __NR_open /* where there are older names for all this */
	__NR_stat,
	__NR_lstat,
	__NR_access,
	__NR_readlink,
	__NR_poll,
#endif
#ifdef __NR_select
	__NR_select,
#endif
#ifdef __NR_send
	__NR_send,
	__NR_recv,
#endif
#ifdef __NR_time
	__NR_time,
#endif
#ifdef __NR__newselect
	__NR__newselect,
#endif
#ifdef __NR_mmap2 /* 32 bits */
	__NR__llseek,
	__NR_fstat64,
	__NR_stat64,
	__NR_lstat64,
	__NR_fstatat64,
	__NR_ftruncate64,
	__NR_fcntl64,
	__NR_sigreturn,
	__NR_fstatfs64,
#endif
#ifdef __NR_ugetrlimit
	__NR_ugetrlimit,
#endif
#ifdef __NR_clock_gettime64
	__NR_clock_gettime64,
	__NR_clock_nanosleep_time64,
	__NR_futex_time64,
	__NR_ppoll_time64,
	__NR_pselect6_time64,
	__NR_recvmmsg_time64,
#endif
};

/* Those of a process that asks servers: names by threads, by libraries that
 * are loaded for it. */
static const int asking[] = {
	__NR_connect,	      __NR_socketpair,	__NR_pipe2,
	__NR_set_tid_address, __NR_membarrier,	__NR_epoll_create1,
	__NR_epoll_ctl,	      __NR_epoll_pwait,
};

static const unsigned long allowed_ioctls[] = {
	SIOCGIFFLAGS, /* is the interface up? (wire.c) */
	SIOCGIFINDEX, /* if_nametoindex */
	FIONREAD,     /* the resolver */
	FIONBIO,      /* libcurl */
	TCGETS,	      /* isatty, stdio */
	TIOCGWINSZ,
};

/* What the kernel is told; nothing of it is on the heap. */
struct program {
	struct sock_filter code[400];
	unsigned short length;
};

/* That a half of an argument, less the bits outside the mask, has this value.
 * Mostly the lower half, as the kernel looks at no more. */
struct condition {
	unsigned argument;
	uint32_t mask, value;
	bool upper;
};

static void add(struct program *p, struct sock_filter instruction)
{
	if (p->length < COUNT(p->code))
		p->code[p->length] = instruction;
	p->length++;
}

static void load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    (uint32_t)offset));
}

/* Else `skip` instructions are left out. */
static void must_be(struct program *p, uint32_t value, size_t skip)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0,
					    (uint8_t)skip));
}

static void answer(struct program *p, uint32_t what)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

static size_t argument_offset(const struct condition *c)
{
	bool second = c->upper == (__BYTE_ORDER == __LITTLE_ENDIAN);

	return offsetof(struct seccomp_data, args) + c->argument * 8 +
	       (second ? 4 : 0);
}

static void allow_if(struct program *p, int call, const struct condition *all,
		     size_t count)
{
	must_be(p, (uint32_t)call, 3 * count + 2 - (count == 0));
	for (size_t i = 0; i < count; i++) {
		load(p, argument_offset(&all[i]));
		add(p, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
						    all[i].mask));
		must_be(p, all[i].value, 3 * (count - 1 - i) + 1);
	}
	answer(p, SECCOMP_RET_ALLOW);
	if (count)
		load(p, offsetof(struct seccomp_data, nr));
}

static void allow_when(struct program *p, int call, unsigned argument,
		       uint32_t mask, uint32_t value)
{
	const struct condition only = {argument, mask, value, false};

	allow_if(p, call, &only, 1);
}

static void allow(struct program *p, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		allow_if(p, calls[i], NULL, 0);
}

/* Only for reading, and nothing new. */
static void allow_opening(struct program *p)
{
	const uint32_t forbidden =
		O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

	allow_when(p, __NR_openat, 2, forbidden, O_RDONLY);
#ifdef __NR_open
	allow_when(p, __NR_open, 1, forbidden, O_RDONLY);
#endif
}

static void allow_socket(struct program *p, int family, int type)
{
	const struct condition both[] = {
		{0, ~0U, (uint32_t)family, false},
		{1, ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), (uint32_t)type,
		 false},
	};

	allow_if(p, __NR_socket, both, 2);
}

/* TCP and UDP: no raw and no packet sockets. Who asks for names may have to
 * ask nscd or systemd-resolved (AF_UNIX), and which addresses this host has
 * (rtnetlink). */
static void allow_sockets(struct program *p, bool asks)
{
	allow_socket(p, AF_INET, SOCK_STREAM);
	allow_socket(p, AF_INET, SOCK_DGRAM);
	allow_socket(p, AF_INET6, SOCK_STREAM);
	allow_socket(p, AF_INET6, SOCK_DGRAM);
	if (!asks)
		return;
	allow_socket(p, AF_UNIX, SOCK_STREAM);
	allow_socket(p, AF_UNIX, SOCK_DGRAM);
	allow_socket(p, AF_NETLINK, SOCK_RAW);
}

/* Memory is never both writable and executable, nor made executable later. */
static void allow_memory(struct program *p, bool loads)
{
#ifdef __NR_mmap2
	const int map = __NR_mmap2;
#else
	const int map = __NR_mmap;
#endif

	allow_when(p, map, 2, PROT_EXEC, 0);
	if (loads)
		allow_when(p, map, 2, PROT_WRITE | PROT_EXEC, PROT_EXEC);
	allow_when(p, __NR_mprotect, 2, PROT_EXEC, 0);
}

/* Threads but no processes. The flags of clone3 are out of a filter's sight,
 * so it does not exist, and the C library falls back to clone. */
static void allow_threads(struct program *p)
{
	allow_when(p, __NR_clone, 0, CLONE_THREAD, CLONE_THREAD);
}

/* To read the limits of this process; to be ended with the parent. */
static void allow_itself(struct program *p)
{
	const struct condition reads[] = {
		{0, ~0U, 0, false}, {2, ~0U, 0, false}, {2, ~0U, 0, true}};

	allow_if(p, __NR_prlimit64, reads, COUNT(reads));
	allow_when(p, __NR_prctl, 0, ~0U, PR_SET_NAME);
	allow_when(p, __NR_prctl, 0, ~0U, PR_SET_PDEATHSIG);
	for (size_t i = 0; i < COUNT(allowed_ioctls); i++)
		allow_when(p, __NR_ioctl, 1, ~0U, (uint32_t)allowed_ioctls[i]);
}

static void begin(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	must_be(p, ARCHITECTURE, 1);
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
	answer(p, SECCOMP_RET_ERRNO | EPERM);
	load(p, offsetof(struct seccomp_data, nr));
}

static void end(struct program *p)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
					    NEW_CALLS, 0, 1));
	answer(p, SECCOMP_RET_ERRNO | ENOSYS);
	answer(p, SECCOMP_RET_ERRNO | EPERM);
}

enum privileges_left { MAY_REPLY, MAY_ASK, MAY_KEEP, MAY_WRITE };

static void make_program(struct program *p, enum privileges_left left)
{
	static const int keeping[] = {
		__NR_read,     __NR_close,     __NR_fsync,	__NR_sendto,
		__NR_unlinkat, __NR_renameat2, __NR_exit_group,
#ifdef __NR_renameat
		__NR_renameat,
#endif
#ifdef __NR_rename
		__NR_rename,   __NR_unlink,
#endif
#ifdef __NR_send
		__NR_send,
#endif
	};
	static const int writing[] = {
		__NR_read,   __NR_write,      __NR_close,
		__NR_openat, __NR_exit_group, __NR_sendto,
#ifdef __NR_open
		__NR_open,
#endif
#ifdef __NR_send
		__NR_send,
#endif
	};
	bool asks = left == MAY_ASK;

	begin(p);
	if (left == MAY_KEEP) {
		allow(p, keeping, COUNT(keeping));
	} else if (left == MAY_WRITE) {
		allow(p, writing, COUNT(writing));
	} else {
		allow(p, everyday, COUNT(everyday));
		allow_opening(p);
		allow_sockets(p, asks);
		allow_memory(p, asks);
		allow_itself(p);
	}
	if (asks) {
		allow(p, asking, COUNT(asking));
		allow_threads(p);
	}
	end(p);
}

static int install_filter(enum privileges_left left)
{
	struct program p = {.length = 0};
	struct sock_fprog program = {.filter = p.code};

	make_program(&p, left);
	if (p.length > COUNT(p.code)) {
		errno = E2BIG;
		return -1;
	}
	program.len = p.length;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
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

/* --- who runs it --------------------------------------------------------- */

/* Without the heap, which may be used up. False: there is no /proc. */
static bool read_map(const char *path, char text[MAP_MAX + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n;

	if (fd == -1)
		return false;
	while ((n = read(fd, text + length, MAP_MAX - length)) > 0)
		length += (size_t)n;
	close(fd);
	text[length] = '\0';
	return true;
}

/* Whether a user namespace around us knows this number, by its map; and how
 * many numbers it knows. */
static bool is_mapped(const char *path, id_t id, unsigned long *known)
{
	unsigned long first, outside, count;
	char text[MAP_MAX + 1];
	bool found = false;
	int length;

	*known = 0;
	if (!read_map(path, text)) { /* no such namespace that we could tell */
		*known = ALL_IDS;
		return true;
	}
	for (const char *line = text; sscanf(line, "%lu %lu %lu%n", &first,
					     &outside, &count, &length) == 3;
	     line += length) {
		found |= id >= first && id - first < count;
		*known += count;
	}
	return found;
}

static bool both_mapped(uid_t uid, gid_t gid, bool *alone)
{
	unsigned long users, groups;
	bool user = is_mapped("/proc/self/uid_map", uid, &users);
	bool group = is_mapped("/proc/self/gid_map", gid, &groups);

	*alone = users <= 1 || groups <= 1;
	return user && group;
}

/* Whom root becomes: who called sudo, or nobody. False: there is none but
 * root here. */
static bool choose_user(uid_t *uid, gid_t *gid)
{
	bool alone;

	if (invoker_of_sudo(uid, gid) && *uid && *gid &&
	    both_mapped(*uid, *gid, &alone))
		return true;
	*uid = NOBODY;
	*gid = NOBODY;
	return both_mapped(*uid, *gid, &alone) || !alone;
}

typedef struct __user_cap_data_struct capability_sets[_LINUX_CAPABILITY_U32S_3];

static int get_sets(capability_sets own)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &header, own);
}

static int set_sets(capability_sets own)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capset, &header, own);
}

/* It cannot become anybody, and owns no more than its files. */
static bool has_no_capability(void)
{
	capability_sets own = {{0}};

	return !get_sets(own) && !own[0].permitted && !own[1].permitted;
}

/* By the permissions of the directory and file, as a user without rights. */
static bool may_remove(uid_t uid, gid_t gid, const struct stat *directory,
		       const struct stat *file)
{
	unsigned shift = directory->st_uid == uid   ? 6
			 : directory->st_gid == gid ? 3
						    : 0;

	return (directory->st_mode >> shift & 3) == 3 &&
	       (!(directory->st_mode & S_ISVTX) || directory->st_uid == uid ||
		file->st_uid == uid);
}

/* What the keeper works on. */
struct kept {
	int directory;
	const char *file;
};

/* Unless the user may remove the file, the owner of its directory. */
static int choose_keeper(const struct kept *kept, uid_t *uid, gid_t *gid)
{
	struct stat above, it;

	if (fstat(kept->directory, &above) ||
	    fstatat(kept->directory, kept->file, &it, AT_SYMLINK_NOFOLLOW))
		return -1;
	if (may_remove(*uid, *gid, &above, &it))
		return 0;
	*uid = above.st_uid;
	*gid = above.st_gid;
	return 0;
}

static int change_user(const struct kept *kept)
{
	uid_t uid;
	gid_t gid;

	if ((geteuid() && getuid()) || has_no_capability() ||
	    !choose_user(&uid, &gid))
		return 0;
	if (kept && choose_keeper(kept, &uid, &gid) == -1)
		return -1;
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -1;
	return 0;
}

/* Without CAP_SETPCAP the bounding set cannot be changed; no_new_privs makes
 * it meaningless. */
static int empty_outer_sets(void)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 &&
	    errno != EINVAL)
		return -1;
	for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == -1)
			return errno == EPERM ? 0 : -1;
	return 0;
}

static int empty_own_sets(void)
{
	capability_sets none = {{0}};

	return set_sets(none);
}

/* One thread: /proc/self/task has its own two links and one a thread. */
static bool threaded(void)
{
	struct stat st;

	return !stat("/proc/self/task", &st) && st.st_nlink > 3;
}

static int failed(const char *step)
{
	return failure(EXIT_SYSTEM, "cannot give up privileges: %s: %s", step,
		       strerror(errno));
}

static int leave(enum privileges_left left, const struct kept *kept)
{
	if (threaded())
		return failure(EXIT_SYSTEM,
			       "privileges: a thread was started first");
	if (empty_outer_sets() == -1)
		return failed("capabilities");
	if (change_user(kept) == -1)
		return failed("becoming another user than root");
	if (empty_own_sets() == -1)
		return failed("capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return failed("no_new_privs");
	if (!sanitized() && install_filter(left) == -1)
		return failed("seccomp");
	return 0;
}

/* --- who starts probes ---------------------------------------------------- */

/* What is handed on: a root that stays root hands on as well how to become
 * nobody. All of them are in the first word. */
static uint32_t handed_on(bool root)
{
	uint32_t set = 1U << CAP_NET_RAW;

	return root ? set | 1U << CAP_SETUID | 1U << CAP_SETGID : set;
}

static int empty_bounding_set_but(uint32_t kept)
{
	for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0;
	     i++) {
		if (i < 32 && kept >> i & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == -1)
			return errno == EPERM ? 0 : -1;
	}
	return 0;
}

/* Its capabilities stay, for now. */
static int become(uid_t uid, gid_t gid)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 || setgroups(0, NULL) ||
	    setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

/* Ambient, they become those of the next program; `used` are our own. */
static int hand_on(uint32_t set, uint32_t used)
{
	capability_sets own = {{0}};

	if (get_sets(own) == -1)
		return -1;
	set &= own[0].permitted;
	used &= own[0].permitted;
	memset(own, 0, sizeof(own));
	own[0].inheritable = set;
	own[0].permitted = set | used;
	own[0].effective = used;
	if (set_sets(own) == -1)
		return -1;
	for (unsigned long i = 0; i < 32; i++)
		if (set >> i & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == -1)
			return -1;
	return 0;
}

int privileges_keep_starting(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool alone, changes = invoker_of_sudo(&uid, &gid) && uid && gid &&
			      !has_no_capability() &&
			      both_mapped(uid, gid, &alone);
	bool root = !changes && !geteuid();
	uint32_t set = handed_on(root);

	if (threaded())
		return failure(EXIT_SYSTEM,
			       "privileges: a thread was started first");
	if (empty_bounding_set_but(set) == -1)
		return failed("capabilities");
	if (changes && become(uid, gid) == -1)
		return failed("becoming another user than root");
	/* To end a run that has become nobody. */
	if (hand_on(set, root ? 1U << CAP_KILL : 0) == -1)
		return failed("capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return failed("no_new_privs");
	return 0;
}

int privileges_drop_for_command(void)
{
	if (empty_outer_sets() == -1 || empty_own_sets() == -1)
		return failed("capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return failed("no_new_privs");
	return 0;
}

/* --- for the others ------------------------------------------------------- */

int privileges_drop(void)
{
	return leave(MAY_REPLY, NULL);
}

int privileges_drop_but_asking(void)
{
	return leave(MAY_ASK, NULL);
}

int privileges_keep(int directory, const char *file)
{
	const struct kept kept = {directory, file};

	return leave(MAY_KEEP, &kept);
}

int privileges_keep_writing(int directory)
{
	const struct kept kept = {directory, "."};

	return leave(MAY_WRITE, &kept);
}

bool die_with_parent(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) &&
	       getppid() == parent;
}
