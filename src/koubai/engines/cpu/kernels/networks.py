"""One network trained by a team of threads, or many networks of one shape by as many threads, each on its own."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import atomic_add
from koubai.engines.cpu.kernels.records import Rule
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
    room,
    thetas,
    slots,
    gradients,
    patiences,
    losses,
    epochs,
):
    """Train network i from θ = thetas[i] by the optimizer with number rules[i], for all networks.

    A team of several threads works on every network together. A thread alone takes the next network that nobody has
    begun, ``taken`` (1,) counting those; then ``room``, ``gradients`` and ``course.order`` are its own, while a team
    shares them. Penalty and clipping are those of ``rule``. ``course.rates`` are multiplied with scales[i]; shuffles
    and masks come from seeds[i]. ``epochs[i]`` becomes the number of epochs that it ran, losses[i] their losses, NaN
    behind.
    """
    i = -1
    while True:
        i = i + 1 if team.size > 1 else atomic_add(taken, 0, 1)
        if i >= thetas.shape[0]:
            return
        own_rule = Rule(
            rules[i], hyperparameters[i], rule.l1, rule.l2, rule.per_row, rule.max_norm, rule.factors, rule.even
        )
        if team.rank == 0:
            losses[i] = np.nan
        ran = run_epochs(
            net,
            own_rule,
            course,
            scales[i],
            seeds[i],
            team,
            data,
            room,
            thetas[i],
            slots[i],
            gradients,
            patiences[i],
            losses[i],
        )
        if team.rank == 0:
            epochs[i] = ran
