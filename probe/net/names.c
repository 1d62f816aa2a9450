// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/names.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/net/sockaddr.h"

#define QUESTIONS_MAX 256 /* more hops than any path has */
#define WORKERS_MAX 16
#define STACK_BYTES (512 * 1024)
#define NAME_MAX_BYTES 256

enum answer_state { WAITING, UNDER_WAY, ANSWERED };

struct question {
	struct address address;
	enum answer_state state;
	char name[NAME_MAX_BYTES]; /* empty: none */
};

/* Shared with the workers; the last one to leave frees it. */
struct names {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct question questions[QUESTIONS_MAX];
	size_t count;
	unsigned workers, users;
	bool closing;
	int waited_ms;
};

struct names *names_new(void)
{
	struct names *n = calloc(1, sizeof(*n));
	pthread_condattr_t attributes;

	if (!n)
		return NULL;
	pthread_mutex_init(&n->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&n->answered, &attributes);
	pthread_condattr_destroy(&attributes);
	n->users = 1;
	return n;
}

/* With the lock held, which it gives back. */
static void leave(struct names *n)
{
	bool last = --n->users == 0;

	pthread_mutex_unlock(&n->lock);
	if (!last)
		return;
	pthread_cond_destroy(&n->answered);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static bool is_host_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	return true;
}

static void look_up(const struct address *a, char *name, size_t size)
{
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(a, 0, 0, &to);
	int result = getnameinfo((struct sockaddr *)&to, length, name,
				 (socklen_t)size, NULL, 0, NI_NAMEREQD);

	if (result || !is_host_name(name))
		name[0] = '\0';
}

static struct question *next_question(struct names *n)
{
	for (size_t i = 0; !n->closing && i < n->count; i++)
		if (n->questions[i].state == WAITING)
			return &n->questions[i];
	return NULL;
}

static void *work(void *argument)
{
	struct names *n = argument;
	struct question *q;
	char name[NAME_MAX_BYTES];

	pthread_mutex_lock(&n->lock);
	while ((q = next_question(n))) {
		struct address address = q->address;

		q->state = UNDER_WAY;
		pthread_mutex_unlock(&n->lock);
		look_up(&address, name, sizeof(name));
		pthread_mutex_lock(&n->lock);
		memcpy(q->name, name, sizeof(name));
		q->state = ANSWERED;
		pthread_cond_broadcast(&n->answered);
	}
	n->workers--;
	leave(n);
	return NULL;
}

/* With the lock held. Signals are the main thread's to take. */
static void start_worker(struct names *n)
{
	sigset_t all, old;
	pthread_attr_t attributes;
	pthread_t thread;

	if (n->workers == WORKERS_MAX)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (!pthread_create(&thread, &attributes, work, n)) {
		n->workers++;
		n->users++;
	}
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static struct question *find(struct names *n, const struct address *a)
{
	for (size_t i = 0; i < n->count; i++)
		if (address_equal(&n->questions[i].address, a))
			return &n->questions[i];
	return NULL;
}

void names_ask(struct names *n, const struct address *a)
{
	pthread_mutex_lock(&n->lock);
	if (a->family && n->count < QUESTIONS_MAX && !find(n, a)) {
		n->questions[n->count++] = (struct question){.address = *a};
		start_worker(n);
	}
	pthread_mutex_unlock(&n->lock);
}

static int milliseconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - start->tv_sec) * 1000 +
		     (now.tv_nsec - start->tv_nsec) / 1000000);
}

/* With the lock held, for what is left of the patience. */
static void wait_for(struct names *n, const struct question *q, int wait_ms)
{
	int left = wait_ms - n->waited_ms;
	struct timespec start, end;

	if (left <= 0 || q->state == ANSWERED || !n->workers)
		return;
	clock_gettime(CLOCK_MONOTONIC, &start);
	end = start;
	end.tv_sec += left / 1000;
	end.tv_nsec += left % 1000 * 1000000L;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_nsec -= 1000000000L;
		end.tv_sec++;
	}
	while (q->state != ANSWERED)
		if (pthread_cond_timedwait(&n->answered, &n->lock, &end))
			break;
	n->waited_ms += milliseconds_since(&start);
}

const char *names_get(struct names *n, const struct address *a, int wait_ms)
{
	const char *name = NULL;
	struct question *q;

	pthread_mutex_lock(&n->lock);
	q = find(n, a);
	if (q) {
		wait_for(n, q, wait_ms);
		if (q->state == ANSWERED && q->name[0])
			name = q->name;
	}
	pthread_mutex_unlock(&n->lock);
	return name;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	pthread_mutex_lock(&n->lock);
	n->closing = true;
	leave(n);
}
