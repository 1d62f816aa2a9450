// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/names.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/clock.h"
#include "probe/net/complain.h"
#include "probe/net/dns_txt.h"
#include "probe/net/privileges.h"
#include "probe/net/sockaddr.h"

#define QUESTIONS_MAX 512 /* more hops than any path has, twice */
#define RESPONSE_MAX 1232 /* bytes */
#define WORKERS_MAX 16
#define STACK_BYTES (512 * 1024)
#define NAME_MAX_BYTES 256

enum about { ABOUT_NAME, ABOUT_ORIGIN, ABOUTS };

/* What the two processes tell each other, one message each. */
struct asked {
	struct address address;
	enum about about;
};

struct answer {
	struct asked of;
	uint32_t number;	   /* of an autonomous system; 0: none */
	char name[NAME_MAX_BYTES]; /* empty: none */
};

struct question {
	struct answer answer;
	bool answered;
};

struct names {
	int socket; /* to the process that asks */
	bool wants[ABOUTS];
	struct question questions[QUESTIONS_MAX];
	size_t count;
	int waited_ms;
};

/* --- the process that asks ----------------------------------------------- */

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

/* What the zone says; false: nothing. */
static bool ask_txt(const char *name, char text[DNS_TEXT_MAX])
{
	unsigned char answer[RESPONSE_MAX];
	int length = res_query(name, C_IN, T_TXT, answer, sizeof(answer));

	return length > 0 && (size_t)length <= sizeof(answer) &&
	       dns_txt_read(answer, (size_t)length, text);
}

/* Who announces the address: the number at least, if its name is not told. */
static void look_up_origin(struct answer *a)
{
	char name[DNS_NAME_MAX], text[DNS_TEXT_MAX];

	dns_origin_name(&a->of.address, name);
	if (ask_txt(name, text))
		a->number = dns_origin_number(text);
	snprintf(name, sizeof(name), "AS%u.asn.cymru.com", a->number);
	if (a->number && ask_txt(name, text))
		dns_origin_title(text, a->name, sizeof(a->name));
}

/* Of several: whoever is free takes the next question. */
static void *work(void *argument)
{
	int socket = *(const int *)argument;
	struct answer a;

	while (recv(socket, &a.of, sizeof(a.of), 0) == (ssize_t)sizeof(a.of)) {
		memset(a.name, 0, sizeof(a.name));
		a.number = 0;
		if (a.of.about == ABOUT_ORIGIN)
			look_up_origin(&a);
		else
			look_up(&a.of.address, a.name, sizeof(a.name));
		send(socket, &a, sizeof(a), MSG_NOSIGNAL);
	}
	_exit(0);
}

static void __attribute__((noreturn)) ask_servers(int socket, pid_t parent)
{
	pthread_attr_t attributes;
	pthread_t thread;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dup2(socket, STDIN_FILENO);
	syscall(SYS_close_range, 3, ~0U, 0);
	socket = STDIN_FILENO;
	if (privileges_drop_but_asking() || !die_with_parent(parent))
		_exit(EXIT_SYSTEM);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	for (unsigned i = 1; i < WORKERS_MAX; i++)
		pthread_create(&thread, &attributes, work, &socket);
	work(&socket);
	_exit(0);
}

/* --- the process that wants to know -------------------------------------- */

struct names *names_new(bool names, bool origins)
{
	struct names *n = calloc(1, sizeof(*n));
	pid_t parent = getpid(), child;
	int ends[2];

	if (!n || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		free(n);
		return NULL;
	}
	child = fork();
	if (!child)
		ask_servers(ends[1], parent);
	close(ends[1]);
	n->socket = ends[0];
	n->wants[ABOUT_NAME] = names;
	n->wants[ABOUT_ORIGIN] = origins;
	if (child != -1)
		return n;
	names_free(n);
	return NULL;
}

static struct question *find(struct names *n, const struct address *a,
			     enum about about)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->questions[i].answer.of.about == about &&
		    address_equal(&n->questions[i].answer.of.address, a))
			return &n->questions[i];
	return NULL;
}

static void ask(struct names *n, const struct address *a, enum about about)
{
	const struct asked asked = {*a, about};

	if (n->count == QUESTIONS_MAX || find(n, a, about) ||
	    send(n->socket, &asked, sizeof(asked),
		 MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(asked))
		return;
	n->questions[n->count++] = (struct question){.answer = {.of = asked}};
}

void names_ask(struct names *n, const struct address *a)
{
	if (!a->family)
		return;
	if (n->wants[ABOUT_NAME])
		ask(n, a, ABOUT_NAME);
	if (n->wants[ABOUT_ORIGIN] && !address_is_private(a))
		ask(n, a, ABOUT_ORIGIN);
}

/* No byte of it does anything to a terminal. */
static bool is_title(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* The other process reads what strangers send, so it is not trusted. */
static void take(struct names *n, const struct answer *a)
{
	struct question *q = find(n, &a->of.address, a->of.about);

	if (!q || q->answered)
		return;
	q->answered = true;
	if (!a->name[NAME_MAX_BYTES - 1] &&
	    (a->of.about == ABOUT_ORIGIN ? is_title(a->name)
					 : is_host_name(a->name)))
		q->answer = *a;
}

/* False: none came in this time. */
static bool take_next(struct names *n, int wait_ms)
{
	struct pollfd p = {.fd = n->socket, .events = POLLIN};
	struct answer a;

	if (poll(&p, 1, wait_ms) != 1 ||
	    recv(n->socket, &a, sizeof(a), MSG_DONTWAIT) != (ssize_t)sizeof(a))
		return false;
	take(n, &a);
	return true;
}

static int milliseconds_since(int64_t start_us)
{
	return (int)((clock_us(CLOCK_MONOTONIC) - start_us) / 1000);
}

/* For what is left of the patience. */
static void wait_for(struct names *n, const struct question *q, int wait_ms)
{
	int64_t start_us = clock_us(CLOCK_MONOTONIC);
	int left = wait_ms - n->waited_ms;

	while (!q->answered && left > milliseconds_since(start_us))
		if (!take_next(n, left - milliseconds_since(start_us)))
			break;
	n->waited_ms += milliseconds_since(start_us);
}

static const struct answer *get(struct names *n, const struct address *a,
				enum about about, int wait_ms)
{
	struct question *q = find(n, a, about);

	while (take_next(n, 0))
		;
	if (!q)
		return NULL;
	wait_for(n, q, wait_ms);
	return &q->answer;
}

const char *names_get(struct names *n, const struct address *a, int wait_ms)
{
	const struct answer *found = get(n, a, ABOUT_NAME, wait_ms);

	return found && found->name[0] ? found->name : NULL;
}

uint32_t names_origin(struct names *n, const struct address *a, int wait_ms,
		      const char **title)
{
	const struct answer *found = get(n, a, ABOUT_ORIGIN, wait_ms);

	*title = found && found->name[0] ? found->name : NULL;
	return found ? found->number : 0;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	close(n->socket);
	free(n);
}
