// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/fleet/bus.h"
#include "probe/fleet/options.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "report/arena.h"

#define PING_MS 3000 /* two that are not answered: the connection is lost */
#define AGAIN_MS 500
#define BUFFER (64 << 20) /* of what is said while it is lost */
#define PENDING_MAX 8192  /* publishes that are not acknowledged yet */

/* --- files --------------------------------------------------------------- */

static int check_file(const char *name)
{
	if (!name || access(name, R_OK) == 0)
		return 0;
	return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
}

static void check_secret(const char *name)
{
	struct stat st;

	if (name && stat(name, &st) == 0 && st.st_mode & S_IROTH)
		complain("%s: all may read it; chmod 600 keeps it secret",
			 name);
}

/* The library says of a file no more than "Error". */
static int check_files(const struct fleet_options *o)
{
	const char *secret =
		o->tls_key || !o->tls_cert ? o->tls_key : o->tls_cert;
	int code = check_file(o->creds);

	if (!code)
		code = check_file(o->tls_ca);
	if (!code)
		code = check_file(o->tls_cert);
	if (!code)
		code = check_file(o->tls_key);
	if (code)
		return code;
	check_secret(o->creds);
	check_secret(secret);
	return 0;
}

/* --- options ------------------------------------------------------------- */

static const char *url_of(const struct fleet_options *o)
{
	const char *variable = getenv("NATS_URL");

	if (o->server)
		return o->server;
	return variable && *variable ? variable : NATS_DEFAULT_URL;
}

/* The same without users and passwords, for complaints: "nats://" and what
 * stands behind the '@', for each. */
static const char *url_shown(const struct fleet_options *o)
{
	static char text[300];
	char *at, *begin;

	snprintf(text, sizeof(text), "%s", url_of(o));
	while ((at = strchr(text, '@'))) {
		for (begin = at; begin > text && !strchr("/,", begin[-1]);)
			begin--;
		memmove(begin, at + 1, strlen(at));
	}
	return text;
}

/* Splits "URL,URL"; the text is changed. */
static natsStatus set_servers(natsOptions *n, char *list)
{
	const char *servers[16];
	int count = 0;

	for (char *url = strtok(list, ","); url && count < 16;
	     url = strtok(NULL, ","))
		servers[count++] = url;
	return natsOptions_SetServers(n, servers, count);
}

static natsStatus set_tls(natsOptions *n, const struct fleet_options *o)
{
	natsStatus s = NATS_OK;

	if (o->tls || o->tls_ca || o->tls_cert)
		s = natsOptions_SetSecure(n, true);
	if (s == NATS_OK && o->tls_ca)
		s = natsOptions_LoadCATrustedCertificates(n, o->tls_ca);
	if (s == NATS_OK && o->tls_cert)
		s = natsOptions_LoadCertificatesChain(
			n, o->tls_cert, o->tls_key ? o->tls_key : o->tls_cert);
	return s;
}

/* It would print what goes wrong by itself. */
static void ignore_error(natsConnection *c, natsSubscription *s,
			 natsStatus status, void *closure)
{
	(void)c;
	(void)s;
	(void)status;
	(void)closure;
}

static void tell(const char *what)
{
	char text[80];
	const char *wipe = isatty(STDERR_FILENO) ? "\r\033[J" : "";
	int n = snprintf(text, sizeof(text), "%smpprobe-fleet: %s\n", wipe,
			 what);

	if (write(STDERR_FILENO, text, (size_t)n) == -1)
		return;
}

static void lost(natsConnection *c, void *closure)
{
	(void)closure;
	if (!natsConnection_IsClosed(c))
		tell("the connection to the NATS server is lost");
}

static void there_again(natsConnection *c, void *closure)
{
	(void)c;
	(void)closure;
	tell("the NATS server is there again");
}

static natsStatus set_patience(natsOptions *n)
{
	natsStatus s = natsOptions_SetMaxReconnect(n, -1);

	if (s == NATS_OK)
		s = natsOptions_SetReconnectWait(n, AGAIN_MS);
	if (s == NATS_OK)
		s = natsOptions_SetReconnectBufSize(n, BUFFER);
	if (s == NATS_OK)
		s = natsOptions_SetPingInterval(n, PING_MS);
	if (s == NATS_OK)
		s = natsOptions_SetMaxPingsOut(n, 2);
	if (s == NATS_OK)
		s = natsOptions_SetTimeout(n, BUS_WAIT_MS);
	if (s == NATS_OK)
		s = natsOptions_SetErrorHandler(n, ignore_error, NULL);
	if (s == NATS_OK)
		s = natsOptions_SetDisconnectedCB(n, lost, NULL);
	return s == NATS_OK ? natsOptions_SetReconnectedCB(n, there_again, NULL)
			    : s;
}

static natsStatus make_options(natsOptions **n, const struct fleet_options *o)
{
	char *servers = must_have(strdup(url_of(o)));
	natsStatus s = natsOptions_Create(n);

	if (s == NATS_OK)
		s = set_servers(*n, servers);
	if (s == NATS_OK)
		s = natsOptions_SetName(*n, "mpprobe-fleet");
	if (s == NATS_OK && o->creds)
		s = natsOptions_SetUserCredentialsFromFiles(*n, o->creds, NULL);
	if (s == NATS_OK)
		s = set_tls(*n, o);
	if (s == NATS_OK)
		s = set_patience(*n);
	free(servers);
	return s;
}

/* --- opening ------------------------------------------------------------- */

/* By a thread of the library, one at a time. */
static void note_refused(jsCtx *js, jsPubAckErr *error, void *context)
{
	struct bus *l = context;

	(void)js;
	snprintf(l->refusal, sizeof(l->refusal), "%s",
		 error->ErrText && *error->ErrText
			 ? error->ErrText
			 : natsStatus_GetText(error->Err));
	__atomic_add_fetch(&l->refused, 1, __ATOMIC_SEQ_CST);
}

static natsStatus open_jetstream(struct bus *l)
{
	jsOptions o;

	jsOptions_Init(&o);
	o.Wait = BUS_WAIT_MS;
	o.PublishAsync.MaxPending = PENDING_MAX;
	o.PublishAsync.ErrHandler = note_refused;
	o.PublishAsync.ErrHandlerClosure = l;
	return natsConnection_JetStream(&l->js, l->connection, &o);
}

/* Refused credentials do not become right by waiting. */
static bool may_come(natsStatus s)
{
	return s != NATS_CONNECTION_AUTH_FAILED && s != NATS_SSL_ERROR &&
	       s != NATS_SECURE_CONNECTION_WANTED &&
	       s != NATS_SECURE_CONNECTION_REQUIRED && s != NATS_INVALID_ARG &&
	       s != NATS_ADDRESS_MISSING && s != NATS_NOT_PERMITTED;
}

static natsStatus connect_patiently(struct bus *l, natsOptions *n,
				    const struct fleet_options *o, bool patient)
{
	natsStatus s = natsConnection_Connect(&l->connection, n);
	bool told = false;

	while (s != NATS_OK && patient && may_come(s) &&
	       !signals_interrupted()) {
		if (!told)
			complain("%s: %s; it is tried again", url_shown(o),
				 natsStatus_GetText(s));
		told = true;
		nats_Sleep(AGAIN_MS);
		s = natsConnection_Connect(&l->connection, n);
	}
	return s;
}

static natsStatus open_all(struct bus *l, const struct fleet_options *o,
			   bool patient)
{
	natsOptions *n = NULL;
	natsStatus s = make_options(&n, o);

	if (s == NATS_OK)
		s = connect_patiently(l, n, o, patient);
	natsOptions_Destroy(n);
	return s == NATS_OK ? open_jetstream(l) : s;
}

int bus_open(struct bus *l, const struct fleet_options *o, bool patient)
{
	int code = check_files(o);
	natsStatus s;

	*l = (struct bus){0};
	if (code)
		return code;
	s = open_all(l, o, patient);
	if (s == NATS_OK)
		return 0;
	return signals_interrupted()
		       ? EXIT_INTERRUPTED
		       : failure(EXIT_INTERFACE, "%s: %s", url_shown(o),
				 natsStatus_GetText(s));
}

void bus_close(struct bus *l)
{
	jsCtx_Destroy(l->js);
	natsConnection_Destroy(l->connection);
	/* its threads end before what they use: main() returns soon */
	nats_CloseAndWait(BUS_WAIT_MS);
}
