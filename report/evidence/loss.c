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

/* The upper end of a binomial distribution, by logarithms: of many SYNs, that
 * none is lost is rarer than a double tells. */
double chance_of_losses(struct tries of, struct tries control)
{
	double rate = loss_rate(control), odds = log(rate / (1 - rate));
	double term = of.sent * log(1 - rate), chance = 0;

	for (unsigned lost = 0; lost <= of.sent; lost++) {
		if (lost > 0)
			term += odds + log((of.sent - lost + 1.) / lost);
		if (lost >= of.lost)
			chance += exp(term);
	}
	return chance;
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

double chance_of_marking(unsigned marked, unsigned one, unsigned other)
{
	double chance = marked <= one;

	for (unsigned i = 0; i < marked && i < one; i++)
		chance *= (double)(one - i) / (one + other - i);
	return chance;
}

double chance_of_sorting(unsigned one, unsigned other)
{
	return chance_of_marking(one, one, other);
}

double student(size_t freedom)
{
	static const double t[] = {0,	  12.706, 4.303, 3.182, 2.776, 2.571,
				   2.447, 2.365,  2.306, 2.262, 2.228};

	if (freedom < sizeof(t) / sizeof(*t))
		return t[freedom];
	return 1.96 + 2.72 / (double)freedom;
}
