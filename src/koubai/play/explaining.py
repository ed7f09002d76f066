"""Where a number of the running network comes from: the derivations of `koubai.explain`, for the page."""

from typing import Any

import numpy as np

from koubai.core.errors import ParameterError
from koubai.engines.protocol import Rows, State
from koubai.explain import Ask, Derivation, backward, forward, update
from koubai.explain.network import Names
from koubai.play.experiment import Experiment, Moment
from koubai.views.explanation import render


def explanation(experiment: Experiment, moment: Moment, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the title and the HTML of the derivation that was asked for.

    Parameters
    ----------
    asked : dict
        ``what``, ``layer`` (from 1), ``source`` and ``target`` (from 0), ``row`` (from 0), ``lang``: see `messages`.

    Raises
    ------
    ParameterError
        If there is no such row, layer or node.
    """
    derivation = _derivation(experiment, moment, asked)
    html = render(derivation, "fragment", asked["lang"])
    return {"type": "explanation", "title": asked["what"], "html": html}


def _derivation(experiment: Experiment, moment: Moment, asked: dict[str, Any]) -> Derivation:
    data, network, theta = experiment.data, experiment.network, moment.state.theta
    if asked["row"] >= len(data.inputs):
        raise ParameterError(f"playground: row must be below {len(data.inputs)}; got {asked['row']}. Choose a point.")
    inside = np.flatnonzero(~data.test), np.flatnonzero(data.test)
    is_test = bool(data.test[asked["row"]])
    rows = experiment.test if is_test else experiment.train
    at = int(np.searchsorted(inside[int(is_test)], asked["row"]))
    x, y = np.asarray(rows.inputs[at]), rows.targets[at]
    names = Names(data.names, data.classes if len(data.classes) == network.n_outputs else ())
    layer, target, source = asked["layer"], asked["target"] + 1, asked["source"] + 1
    match asked["what"]:
        case "node":
            return forward(network, theta, x, y=y, ask=Ask.node(layer, target), names=names)
        case "loss":
            return backward(network, theta, x, y, ask=Ask.loss(), names=names)
        case "update":
            state = State(theta, moment.state.slots, moment.state.step, moment.state.epoch)
            rate = float(experiment.rates(moment, 1)[0, 0])
            chosen = Rows(x.reshape(1, -1), y.reshape(1, -1))
            return update(experiment.plan, state, chosen, rate, Ask.weight(layer, target, source))
        case what:
            return backward(
                network, theta, x, y, ask=Ask.weight(layer, target, 0 if what == "bias" else source), names=names
            )
