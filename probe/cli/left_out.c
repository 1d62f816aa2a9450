// SPDX-License-Identifier: GPL-3.0-or-later
/* What stands in for commands that were left out when the program was built,
 * by `make WITHOUT="speed run doctor"`. */
#include "probe/cli/command.h"
#include "probe/cli/scenario_list.h"
#include "probe/doctor/gather.h"

#define LEFT_OUT(name)                                                         \
	int cmd_##name(const struct options *o, struct output *out, int argc,  \
		       char **argv)                                            \
	{                                                                      \
		(void)o;                                                       \
		(void)out;                                                     \
		(void)argc;                                                    \
		(void)argv;                                                    \
		return failure(EXIT_USAGE, "mpprobe " #name " was left out "   \
					   "when this program was built");     \
	}

#ifdef WITHOUT_speed
LEFT_OUT(speed)
#endif

#ifdef WITHOUT_doctor
LEFT_OUT(doctor)

/* The kernel is not asked. */
void gather_endpoints(struct facts *f)
{
	f->endpoints_known = NOT_ASKED;
	f->subflows = f->add_addr_accepted = -1;
}
#endif

#ifdef WITHOUT_run
LEFT_OUT(run)

struct scenario_list *scenario_list_load(void)
{
	return NULL;
}

void scenario_list_print(const struct scenario_list *list, const struct page *p)
{
	(void)list;
	(void)p;
}

const char *scenario_list_like(const struct scenario_list *list,
			       struct arena *a, const char *scenario,
			       unsigned version, const char *outcome,
			       const char *value)
{
	(void)list;
	(void)a;
	(void)scenario;
	(void)version;
	(void)outcome;
	(void)value;
	return NULL;
}

void scenario_list_free(struct scenario_list *list)
{
	(void)list;
}
#endif
