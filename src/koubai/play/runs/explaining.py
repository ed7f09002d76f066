"""Derivations of the running network's numbers by `koubai.explain`, for the page."""

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.engines.protocol import Rows, State
from koubai.explain import Ask, Derivation, backward, forward, update
from koubai.explain.learning_rule.learning_walk import one_example
from koubai.explain.network.naming import Names
from koubai.play.messages import Message, Parts
from koubai.play.runs.document import Document
from koubai.views.explanation.showing import render


def explanation(branch: Document, asked: Parts) -> Message:
    """Return the title and the HTML of the requested derivation.

    Parameters
    ----------
    asked : dict
        ``what``, ``layer`` (from 1), ``source`` and ``target`` (from 0), ``row`` (from 0), ``lang``: see `messages`.
        ``update`` is what one row would do to a weight now; ``step`` is the last manual update or, if the run has
        trained since, the next minibatch's.

    Raises
    ------
    ParameterError
        If there is no such row, layer or node.
    """
    derivation = _derivation(branch, asked)
    html = render(derivation, "fragment", asked["lang"])
    return {"type": "explanation", "title": asked["what"], "html": html}


def _derivation(branch: Document, asked: Parts) -> Derivation:
    experiment, state = branch.experiment, branch.moment.state
    data, network, theta = experiment.data, experiment.network, state.theta
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
        case "update" if experiment.is_perceptron:
            return _learning_rule(branch, theta, x, y)
        case "update":
            chosen = Rows(x.reshape(1, -1), y.reshape(1, -1))
            _, rate = experiment.coming(branch.moment)
            return update(experiment.plan, state, chosen, rate, Ask.weight(layer, target, source), origins=False)
        case "step":
            return _running_step(branch, Ask.weight(layer, target, source))
        case what:
            return backward(
                network, theta, x, y, ask=Ask.weight(layer, target, 0 if what == "bias" else source), names=names
            )


def _running_step(branch: Document, ask: Ask) -> Derivation:
    """Explain the last manual update, or the next one."""
    experiment, last = branch.experiment, branch.last
    chosen, rate = (last.chosen, last.learning_rate) if last else experiment.coming(branch.moment)
    state: State = last.before if last else branch.moment.state
    if experiment.is_perceptron:
        at = int(chosen[-1])
        before = state.theta if len(chosen) == 1 else branch.moment.state.theta
        return _learning_rule(branch, before, np.asarray(experiment.train.inputs[at]), experiment.train.targets[at])
    rows = Rows(np.asarray(experiment.train.inputs)[chosen], experiment.train.targets[chosen])
    return update(experiment.plan, state, rows, rate, ask, origins=False)  # as the page's own


def _learning_rule(branch: Document, theta: Array, x: Array, y: Array) -> Derivation:
    """Explain the perceptron rule on one example; the bias is the weight of a constant input 1."""
    names = (*branch.experiment.data.names, "1")
    return one_example(theta, np.append(x, 1.0), int(y[0]), branch.settings.learning_rate, names)
