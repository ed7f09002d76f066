"""ONNX: a graph that any of its runtimes computes, from the table's columns to the classes and their probabilities."""

import json
from collections.abc import Callable
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded
from koubai.export import steps
from koubai.export.steps import Answer, Computation, Input, Step
from koubai.export.targets import maps
from koubai.export.targets.onnx_formulas import Formulas
from koubai.export.targets.onnx_graph import ML_OPSET, Graph, Kind
from koubai.export.targets.texts import onnx as onnx_texts
from koubai.export.targets.texts.onnx_cells import is_missing, onnx_codes
from koubai.export.words import Counted

if TYPE_CHECKING:
    import onnx


def write(computation: Computation) -> bytes:
    """Return a computation as the content of an ONNX file.

    Raises
    ------
    ParameterError
        If the package onnx is not installed.
    """
    try:
        onnx = import_module("onnx")
    except ModuleNotFoundError as error:
        install = to_install("onnx", "onnx")
        raise ParameterError(
            worded("export.error.export_installed_onnx_was_not", name=error.name, install=install)
        ) from None
    content: bytes = Writer(computation, onnx).model().SerializeToString()
    return content


class Writer:
    """Writes steps as operators; every vector is a tensor (rows, width) of the step's name.

    Parameters
    ----------
    computation : Computation
        What is to be computed.
    package : module
        The package.
    """

    def __init__(self, computation: Computation, package: ModuleType) -> None:
        self.computation, self.onnx = computation, package
        self.graph = Graph(package)
        self.tensors: dict[str, str] = {}
        self.dtypes: dict[str, np.dtype[np.generic]] = {}
        self.texts: dict[str, str] = {}
        """Inputs of which words are counted."""
        self.missing_texts: dict[str, str] = {}
        """Whether they are missing."""

    def model(self) -> "onnx.ModelProto":
        """Return the whole model, checked."""
        for step in self.computation.steps:
            self.graph.note = step.note or step.name
            self.dtypes[step.name] = self._dtype_of(step)
            self.tensors[step.name] = WRITERS[type(step)](self, step)
        self.graph.note = "answer"
        last = self.computation.steps[-1]
        outputs = self._answer(self.computation.answer, last.name, last.width)
        helper, graph = self.onnx.helper, self.graph
        title, (opset, ir_version) = self.computation.title, graph.versions
        body = helper.make_graph(graph.nodes, "koubai", graph.inputs, outputs, graph.constants, title)
        model = helper.make_model(
            body,
            opset_imports=[
                helper.make_opsetid("", opset),
                helper.make_opsetid("ai.onnx.ml", ML_OPSET),
                *([helper.make_opsetid(onnx_texts.DOMAIN, 1)] if onnx_texts.DOMAIN in graph.domains else []),
            ],
            ir_version=ir_version,
            producer_name="koubai",
            producer_version=metadata.version("koubai"),
            doc_string=title,
        )
        helper.set_model_props(model, self._properties())
        self.onnx.checker.check_model(model)
        return model

    def _properties(self) -> dict[str, str]:
        answer = self.computation.answer
        kinds = {given.name: given.kind for given in self.computation.inputs}
        said = {"target": answer.name, "inputs": json.dumps(kinds, ensure_ascii=False)}
        return said | ({"classes": json.dumps(list(answer.classes), ensure_ascii=False)} if answer.classes else {})

    def _dtype_of(self, step: Step) -> np.dtype[np.generic]:
        """Return the precision of a step: what it is read or cast in, else that of its source."""
        if isinstance(step, steps.Cast):
            return np.dtype(step.dtype)
        if isinstance(step, Counted):
            return np.dtype(np.float64)
        if isinstance(step, steps.Read):
            following = self.computation.steps[1]
            whole = step.inputs[0].kind == steps.ROW and isinstance(following, steps.Cast)
            return np.dtype(following.dtype if whole and isinstance(following, steps.Cast) else np.float64)
        return np.dtype(np.float64) if isinstance(step, steps.Mean) else self.dtypes[step.sources[0]]

    def source(self, step: Step, number: int = 0) -> str:
        """Return the tensor of one of a step's sources."""
        return self.tensors[step.sources[number]]

    def floats(self, step: Step, array: npt.ArrayLike, name: str = "") -> str:
        """Add numbers in the step's precision."""
        return self.graph.constant(np.asarray(array, self.dtypes[step.name]), name)

    # One method for each kind of step

    def read(self, step: steps.Read) -> str:
        """Return the inputs as numbers: texts become the numbers of their categories."""
        if step.inputs[0].kind == steps.ROW:
            (given,) = step.inputs
            rows = self.graph.input(given.name, self.dtypes[step.name], *(given.shape or (step.width,)))
            return self.graph.shaped(rows, 0, step.width) if given.shape else rows
        tensors = [self._input(given) for given in step.inputs]
        places = {kind: [k for k, each in enumerate(step.inputs) if each.kind == kind] for kind in steps.IN_TEXTS}
        categories = places[steps.CATEGORY]
        for k in places[steps.TEXT]:
            tensors[k] = self._is_given(step.inputs[k], tensors[k])
        if not categories:
            return self._joined(tensors)
        codes = onnx_codes(self, [step.inputs[k] for k in categories], [tensors[k] for k in categories])
        others = [k for k in range(step.width) if k not in categories]
        joined, order = self._joined([*(tensors[k] for k in others), codes]), [*others, *categories]
        self.graph.note = step.note
        in_order = order == sorted(order)
        return joined if in_order else self.graph.gather(joined, [order.index(k) for k in range(step.width)])

    def _input(self, given: Input) -> str:
        return self.graph.input(given.name, str if given.kind in steps.IN_TEXTS else np.float64, 1)

    def _is_given(self, given: Input, texts: str) -> str:
        """Return NaN for a missing text, else 0."""
        self.texts[given.name] = texts
        self.missing_texts[given.name] = missing = is_missing(self, given, texts)
        nan, zero = (self.graph.constant(np.array(value)) for value in (np.nan, 0.0))
        return self.graph.node("Where", missing, nan, zero)

    def one(self) -> str:
        """Return the number 1 in double precision."""
        return self.graph.constant(np.array(1.0))

    def _joined(self, tensors: list[str]) -> str:
        return tensors[0] if len(tensors) == 1 else self.graph.node("Concat", *tensors, axis=1)

    def cast(self, step: steps.Cast) -> str:
        """Return the source in the network's precision."""
        same = self.dtypes[step.sources[0]] == self.dtypes[step.name]
        return self.source(step) if same else self.graph.cast(self.source(step), step.dtype)

    def select(self, step: steps.Select) -> str:
        """Return columns of the source."""
        return self.graph.gather(self.source(step), step.places)

    def missing(self, step: steps.Missing) -> str:
        """Return 1 where a number is missing."""
        return self.graph.cast(self._is_missing(step, step.marks), self.dtypes[step.name])

    def filled(self, step: steps.Filled) -> str:
        """Return the source with its gaps filled."""
        values = self.floats(step, step.values[np.newaxis])
        return self.graph.node("Where", self._is_missing(step, step.marks), values, self.source(step))

    def _is_missing(self, step: Step, marks: tuple[float, ...]) -> str:
        found = self.graph.node("IsNaN", self.source(step))
        for mark in marks:
            found = self.graph.node("Or", found, self.graph.node("Equal", self.source(step), self.floats(step, mark)))
        return found

    def apply(self, step: steps.Apply) -> str:
        """Return a function of each entry."""
        function = step.function
        sources = [self.tensors[name] for name in step.sources]
        given = [self._parameter(step, name) for name in function.arguments[len(sources) :]]
        symbols = dict(zip(function.arguments, [*sources, *given], strict=True))
        formulas = Formulas(self.graph.node, self.graph.constant, self.dtypes[step.name], symbols)
        found = formulas.program(function.bindings)
        if len(function.results) == 1:
            return found
        axis = self.graph.places([-1])
        parts = [self.graph.node("Unsqueeze", formulas.symbols[name], axis) for name in function.results]
        return self.graph.shaped(self.graph.node("Concat", *parts, axis=-1), 0, step.width)

    def _parameter(self, step: steps.Apply, name: str) -> str:
        values = np.asarray(step.parameters[name])
        one = values.size and (values == values.flat[0]).all()
        return self.floats(step, values.flat[0] if one else values[np.newaxis])

    def interpolate(self, step: steps.Interpolate) -> str:
        """Return heights: all columns at once, each place found by counting those that are not above it."""
        n_most = max(len(places) for places, _, _ in step.tables)
        shown = np.full((1, step.width, n_most), np.inf)
        pieces = np.zeros((5, step.width, n_most + 1))  # place, height, width, rise, height at the place itself
        for column, (places, left, right) in enumerate(step.tables):
            m = len(places)
            shown[0, column, :m] = places
            pieces[0, column] = [places[0], *places, *[places[-1]] * (n_most - m)]
            pieces[1, column] = [left[0], *right, *[right[-1]] * (n_most - m)]
            pieces[2, column, 1:m], pieces[2, column, [0, *range(m, n_most + 1)]] = np.diff(places), 1
            pieces[3, column, 1:m] = left[1:] - right[:-1]
            pieces[4, column] = [left[0], *(left + right) / 2, *[right[-1]] * (n_most - m)]
        graph, x = self.graph, self.source(step)
        reached = graph.node("GreaterOrEqual", graph.node("Unsqueeze", x, graph.places([2])), self.floats(step, shown))
        count = graph.node("ReduceSum", graph.cast(reached, np.int64), graph.places([2]), keepdims=0)
        at = graph.node("Add", count, graph.places(np.arange(step.width)[np.newaxis] * (n_most + 1)))
        place, height, width, rise, middle = (
            graph.node("Gather", self.floats(step, part.ravel()), at) for part in pieces
        )
        share = graph.node("Div", graph.node("Sub", x, place), width)
        line = graph.node("Add", height, graph.node("Mul", share, rise))
        return graph.node("Where", graph.node("Equal", x, place), middle, line)

    def affine(self, step: steps.Affine) -> str:
        """Return x W + b."""
        weights = self.floats(step, step.weights, f"{step.name} weights")
        return self.graph.node(
            "Gemm", self.source(step), weights, self.floats(step, step.biases, f"{step.name} biases")
        )

    def blocks(self, step: steps.Blocks) -> str:
        """Return x W + b, block by block."""
        n_blocks, n_in, _ = step.weights.shape
        apart = self.graph.shaped(self.source(step), 0, n_blocks, 1, n_in)
        mixed = self.graph.node("MatMul", apart, self.floats(step, step.weights, f"{step.name} weights"))
        biases = self.floats(step, step.biases[:, np.newaxis], f"{step.name} biases")
        return self.graph.shaped(self.graph.node("Add", mixed, biases), 0, step.width)

    def join(self, step: steps.Join) -> str:
        """Return all sources side by side."""
        return self._joined([self.tensors[name] for name in step.sources])

    def softmax(self, step: steps.Softmax) -> str:
        """Return exp(u_i) / Σ_k exp(u_k)."""
        return self.graph.node("Softmax", self.source(step), axis=1)

    def shares(self, step: steps.Shares) -> str:
        """Return z_i / Σ_k z_k."""
        total = self.graph.node("ReduceSum", self.source(step), self.graph.places([1]), keepdims=1)
        return self.graph.node("Div", self.source(step), total)

    def mean(self, step: steps.Mean) -> str:
        """Return the mean of the sources, in double precision."""
        wide = [self.graph.cast(self.tensors[name], np.float64) for name in step.sources]
        total = self.graph.node("Sum", *wide)
        return self.graph.node("Div", total, self.floats(step, len(wide)))

    # The answer

    def _answer(self, answer: Answer, last: str, width: int) -> list[object]:
        """Add what reads the last vector; return the outputs' descriptions."""
        graph, tensor, dtype = self.graph, self.tensors[last], self.dtypes[last]
        if answer.kind == steps.NUMBERS:
            if answer.has_interval:
                return self._interval(tensor, dtype)
            alone = width == 1
            numbers = graph.shaped(tensor, -1) if alone else tensor
            graph.node("Identity", numbers, output="prediction")
            return [graph.value("prediction", dtype, None if alone else width)]
        if answer.kind == steps.LABELS:
            above = graph.node("Greater", tensor, graph.constant(np.array(answer.threshold, dtype)))
            graph.node("Identity", graph.cast(above, np.int64), output="prediction")
            described: object = graph.value("prediction", np.int64, width)
        else:
            place = self._place(self._weighted(answer, tensor, dtype), dtype, width)
            graph.node("Gather", graph.constant(np.array(answer.classes), "classes"), place, output="prediction")
            described = graph.value("prediction", _type_of(answer), None)
        described = [described, *self._set(answer, tensor, dtype, width)]
        graph.node("Identity", tensor, output=answer.scores)
        return [*described, graph.value(answer.scores, dtype, width)]

    def _interval(self, tensor: str, dtype: np.dtype[np.generic]) -> list[object]:
        """Add the answer and the ends of its interval as outputs of their own."""
        names = ("prediction", "prediction_lower", "prediction_upper")
        for place, name in enumerate(names):
            self.graph.node("Identity", self.graph.shaped(self.graph.gather(tensor, [place]), -1), output=name)
        return [self.graph.value(name, dtype, None) for name in names]

    def _set(self, answer: Answer, tensor: str, dtype: np.dtype[np.generic], width: int) -> list[object]:
        """Add which classes are in the set of the stated level, if there is one."""
        if answer.reach is None:
            return []
        graph = self.graph
        one, reach = (graph.constant(np.array(value, dtype)) for value in (1, answer.reach))
        near = graph.node("LessOrEqual", graph.node("Sub", one, tensor), reach)
        largest, _ = graph.pair("TopK", tensor, graph.places([1]), axis=1)
        best = graph.node("Equal", tensor, largest)
        graph.node("Or", near, best, output="prediction_set")
        return [graph.value("prediction_set", np.bool_, width)]

    def _weighted(self, answer: Answer, tensor: str, dtype: np.dtype[np.generic]) -> str:
        """Return the scores of which the largest decides."""
        if not answer.factors:
            return tensor
        factors = self.graph.constant(np.array([answer.factors], np.float64), "factors of the decision")
        wide = tensor if dtype == np.float64 else self.graph.cast(tensor, np.float64)
        return self.graph.node("Mul", wide, factors)

    def _place(self, tensor: str, dtype: np.dtype[np.generic], width: int) -> str:
        """Return the number of the class that is predicted."""
        if width > 1:
            return self.graph.node("ArgMax", tensor, axis=1, keepdims=0)
        above = self.graph.node("Greater", tensor, self.graph.constant(np.array(0, dtype)))
        return self.graph.shaped(self.graph.cast(above, np.int64), -1)


def _type_of(answer: Answer) -> Kind:
    kind = np.array(answer.classes).dtype
    return str if kind.kind in "UO" else kind


WRITERS: dict[type[Step], Callable[..., str]] = {
    steps.Read: Writer.read,
    steps.Cast: Writer.cast,
    steps.Select: Writer.select,
    steps.Missing: Writer.missing,
    steps.Filled: Writer.filled,
    steps.Apply: Writer.apply,
    steps.Interpolate: Writer.interpolate,
    steps.Affine: Writer.affine,
    steps.Blocks: Writer.blocks,
    steps.Join: Writer.join,
    steps.Softmax: Writer.softmax,
    steps.Shares: Writer.shares,
    steps.Mean: Writer.mean,
    **maps.ONNX,
    Counted: lambda writer, step: onnx_texts.onnx_counted(writer, step),
}
"""How each kind of step is written."""
