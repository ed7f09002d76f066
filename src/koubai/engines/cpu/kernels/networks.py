"""One network trained by a team of threads, or many networks of one shape by as many threads, each on its own."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import atomic_add
from koubai.engines.cpu.kernels.records import Course, Rule
from koubai.engines.cpu.kernels.training import run_epochs


@kernel(entry=True)
def run_networks(
    net,
    rule,
    rules,
    hyperparameters,
    course,
    seeds,
    scales,
    team,
    taken,
    data,
    n_at_a_time,
    thetas,
    slots,
    gradients,
    patiences,
    losses,
    epochs,
):
    """Train network i from θ = thetas[i] by the optimizer with number rules[i], for all networks.

    A team of several threads works on every network together. A thread alone takes the next network that nobody has
    begun, ``taken`` (1,) counting those. Penalty and clipping are those of ``rule``. ``course.rates`` are multiplied
    with scales[i]; shuffles and masks come from seeds[i]. ``epochs[i]`` becomes the number of epochs that it ran,
    losses[i] their losses, NaN behind.
    """
    i = -1
    while True:
        i = i + 1 if team.size > 1 else atomic_add(taken, 0, 1)
        if i >= thetas.shape[0]:
            return
        own_rule = Rule(rules[i], hyperparameters[i], rule.l1, rule.l2, rule.per_row, rule.max_norm)
        own_course = Course(
            course.rates * scales[i],
            course.order if team.size > 1 else np.arange(data.targets.shape[0]),
            course.batch_size,
            course.shuffled,
            seeds[i],
            course.first_step,
            course.first_epoch,
            course.has_dropout,
        )
        if team.rank == 0:
            losses[i] = np.nan
        ran = run_epochs(
            net, own_rule, own_course, team, data, n_at_a_time, thetas[i], slots[i], gradients, patiences[i], losses[i]
        )
        if team.rank == 0:
            epochs[i] = ran
