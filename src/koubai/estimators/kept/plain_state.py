"""A fitted estimator's state as dictionaries, lists and arrays, so that pickles contain no other koubai class.

This makes them independent of koubai's internal layout, and tools that must be told which classes to trust, such as
skops, need to ask only about the estimator.
"""

from dataclasses import fields
from typing import TYPE_CHECKING

from koubai.core.activations import ACTIVATIONS
from koubai.core.losses import LOSSES
from koubai.core.network import Network
from koubai.core.schema import Record
from koubai.engines.protocol import Patience, State
from koubai.training.history import History
from koubai.training.run import Run, RunningOptimizer, Unfinished

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOT_KEPT = ("history", "best_theta")
"""Fields of a run omitted from copies: the estimator has the history, and continues from its θ."""


def to_plain(state: Record) -> Record:
    """Return an estimator's attributes with koubai's own objects decomposed; `from_plain` reverses this."""
    plain = dict(state)
    if isinstance(state.get("network_"), Network) and _is_koubais(state["network_"]):
        plain["network_"] = state["network_"].spec()
    if isinstance(state.get("history_"), History):
        plain["history_"] = _columns(state["history_"])
    running = state.get("_optimizer")
    if isinstance(running, RunningOptimizer):
        run = _columns(running.run)
        plain["_optimizer"] = {
            "seed": running.seed,
            "learning_rate": running.learning_rate,
            "run": {name: value for name, value in run.items() if name not in NOT_KEPT},
            "slots": run.pop("state").slots,
        }
        plain["_optimizer"]["run"] |= {
            "state": {"step": running.run.state.step, "epoch": running.run.state.epoch},
            "patience": _columns(running.run.patience),
            "unfinished": _columns(running.run.unfinished),
        }
    return plain


def from_plain(plain: Record) -> Record:
    """Return the attributes decomposed by `to_plain`."""
    state = dict(plain)
    if isinstance(plain.get("network_"), dict):
        state["network_"] = Network.from_spec(plain["network_"])
    if isinstance(plain.get("history_"), dict):
        state["history_"] = History(**plain["history_"])
    kept = plain.get("_optimizer")
    if isinstance(kept, dict):
        run = {
            **kept["run"],
            "state": State(state["theta_"], kept["slots"], **kept["run"]["state"]),
            "patience": Patience(**kept["run"]["patience"]),
            "unfinished": Unfinished(**kept["run"]["unfinished"]),
            "history": state["history_"],
        }
        state["_optimizer"] = RunningOptimizer(Run(**run), kept["seed"], kept["learning_rate"])
    return state


def _columns(record: "DataclassInstance") -> Record:
    """Return a record's fields by name, with values unchanged."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _is_koubais(network: Network) -> bool:
    """Return whether a network uses only koubai's own functions, so that it can be rebuilt by name."""
    functions = [layer.activation for layer in network.layers]
    known = all(ACTIVATIONS.get(function.name) is type(function) for function in functions)
    return known and LOSSES.get(network.loss.name) is type(network.loss)
