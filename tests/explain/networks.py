"""Random networks with every activation and loss that fit, for hypothesis."""

import numpy as np
from hypothesis import strategies as st

from koubai.core.activations import ACTIVATIONS
from koubai.core.network import Network
from koubai.core.penalties import Penalty
from koubai.engines.protocol import Plan, Rows, State
from koubai.engines.reference import trace_step
from koubai.optimizers.sgd import SGD

from ..oracles import PAIRS, targets_for


@st.composite
def cases(draw, exact=None, n_rows=1, hidden_choices=tuple(ACTIVATIONS)):
    """(network, theta, inputs, targets), with numbers of two places (exact fractions) or of sixteen."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    output, loss = draw(st.sampled_from(PAIRS))
    hidden = [draw(st.sampled_from(hidden_choices)) for _ in sizes[2:]]
    bias = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    network = Network.dense(sizes, hidden=hidden, output=output, loss=loss, bias=bias)
    theta = rng.normal(scale=0.8, size=network.n_parameters)
    inputs = rng.normal(size=(n_rows, sizes[0]))
    if draw(st.booleans()) if exact is None else exact:
        theta, inputs = theta.round(2), inputs.round(1)
    return network, theta, inputs, targets_for(loss, n_rows, sizes[-1], rng, soft=False)


def traced(network, theta, inputs, targets, **options):
    plan = Plan(
        network,
        options.pop("optimizer", SGD()),
        options.pop("penalty", Penalty()),
        clip_norm=options.pop("clip_norm", 0.0),
    )
    state = State(theta, options.pop("slots", plan.optimizer.init(theta)), options.pop("step", 0))
    return plan, trace_step(plan, state, Rows(inputs, targets), **options)
