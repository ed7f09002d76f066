"""One network trained by a team of threads, or many networks of one shape by as many threads, each on its own."""

import numpy as np

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import atomic_add
from koubai.engines.cpu.kernels.records import UpdateRule
from koubai.engines.cpu.kernels.training import run_epochs


@kernel(entry=True)
def run_networks(net, rule, epochs, networks, data, team, room, gradients):
    """Train each of the ``networks`` (see `koubai.engines.cpu.kernels.records.Networks`) in place.

    A team of several threads works on every network together. A thread alone takes the next network that no other has
    begun; then ``room``, ``gradients`` and ``epochs.order`` are its own, while a team shares them. Penalty, clipping
    and factors are those of ``rule``, the optimizer is the network's own.
    """
    i = -1
    while True:
        i = i + 1 if team.size > 1 else atomic_add(networks.taken, 0, 1)
        if i >= networks.thetas.shape[0]:
            return
        own_rule = UpdateRule(
            networks.optimizers[i],
            networks.hyperparameters[i],
            rule.l1,
            rule.l2,
            rule.per_row,
            rule.max_norm,
            rule.factors,
            rule.even,
        )
        if team.rank == 0:
            networks.losses[i] = np.nan
        ran = run_epochs(net, own_rule, epochs, networks, i, data, team, room, gradients)
        if team.rank == 0:
            networks.ran[i] = ran
