/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/loss.h"

#include <math.h>

double loss_rate(struct tries control)
{
	return (control.lost + 1.0) / (control.sent + 2.0);
}

double chance_of_loss(unsigned lost, struct tries control)
{
	return pow(loss_rate(control), lost);
}

unsigned losses_needed(struct tries control)
{
	double lost = floor(log(CHANCE_OF_LOSS) / log(loss_rate(control))) + 1;

	return lost < LOST_MIN ? LOST_MIN : (unsigned)lost;
}

bool beyond_chance(unsigned lost, struct tries control, unsigned controls)
{
	return lost >= LOST_MIN && controls >= CONTROLS_MIN &&
	       chance_of_loss(lost, control) < CHANCE_OF_LOSS;
}

double chance_of_sorting(unsigned one, unsigned other)
{
	double chance = 1;

	for (unsigned i = 1; i <= one; i++)
		chance *= (double)i / (other + i);
	return chance;
}

double student(size_t freedom)
{
	static const double t[] = {0,	  12.706, 4.303, 3.182, 2.776, 2.571,
				   2.447, 2.365,  2.306, 2.262, 2.228};

	if (freedom < sizeof(t) / sizeof(*t))
		return t[freedom];
	return 1.96 + 2.72 / (double)freedom;
}
