"""The parts of an ONNX graph: operators, constants, inputs, each under a name that can be read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from koubai.export.steps import Step

if TYPE_CHECKING:
    import onnx

Kind: TypeAlias = npt.DTypeLike
"""A NumPy type; ``str`` for texts."""

OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
"""Versions of the operators and of the format: those of 2022, which all of today's runtimes know."""
OF_TEXTS, OPSET_OF_TEXTS, IR_VERSION_OF_TEXTS = {"RegexFullMatch", "StringSplit"}, 20, 9
"""Operators of texts that came in 2023, and the versions that have them; a graph without texts does without."""


class Graph:
    """Collects the parts of a graph.

    Parameters
    ----------
    package : module
        The package.
    """

    def __init__(self, package: ModuleType) -> None:
        self.onnx = package
        self.nodes: list[object] = []
        self.inputs: list[object] = []
        self.note = ""
        """What the next operators belong to."""
        self.domains: set[str] = set()
        """Where its operators are from."""
        self._constants: dict[tuple[object, ...], onnx.TensorProto] = {}
        self._names: dict[str, int] = {}
        self._has_texts = False

    @property
    def versions(self) -> tuple[int, int]:
        """The version of the operators, and that of the format."""
        return (OPSET_OF_TEXTS, IR_VERSION_OF_TEXTS) if self._has_texts else (OPSET, IR_VERSION)

    @property
    def constants(self) -> list[object]:
        """All arrays."""
        return list(self._constants.values())

    def unique(self, name: str) -> str:
        """Return a name that nothing else has."""
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name} {count}"

    def node(self, operator: str, *tensors: str, output: str = "", domain: str = "", **attributes: object) -> str:
        """Add an operator; return its output's name."""
        output = self.unique(output or f"{self.note} / {operator}")
        self._add(operator, tensors, [output], domain, attributes)
        return output

    def pair(self, operator: str, *tensors: str, **attributes: object) -> tuple[str, str]:
        """Add an operator of two outputs; return their names."""
        first, second = (self.unique(f"{self.note} / {operator}") for _ in range(2))
        self._add(operator, tensors, [first, second], "", attributes)
        return first, second

    @contextmanager
    def branch(self, name: str, width: int) -> Iterator["Branch"]:
        """Collect the operators that are added meanwhile in a graph of their own, which may use those before it."""
        before, self.nodes = self.nodes, []
        found = Branch(self, name, width)
        try:
            yield found
        finally:
            self.nodes = before

    def _add(
        self, operator: str, tensors: Sequence[str], outputs: list[str], domain: str, attributes: dict[str, object]
    ) -> None:
        name = self.unique(f"{self.note} ({operator})")
        make = self.onnx.helper.make_node
        self.nodes.append(make(operator, list(tensors), outputs, name=name, domain=domain, **attributes))
        self.domains.add(domain)
        self._has_texts |= operator in OF_TEXTS

    def constant(self, array: npt.ArrayLike, name: str = "") -> str:
        """Add an array, once; return its name."""
        array = np.asarray(array)
        texts = array.dtype.kind in "OU"
        array = array.astype(object) if texts else array
        key = array.dtype.str, array.shape, repr(array.tolist()) if texts else array.tobytes()
        if key not in self._constants:
            name = self.unique(name or f"constant {len(self._constants)}")
            self._constants[key] = self.onnx.numpy_helper.from_array(array, name)
        found: str = self._constants[key].name
        return found

    def places(self, places: npt.ArrayLike) -> str:
        """Add whole numbers as an array; return its name."""
        return self.constant(np.asarray(places, np.int64))

    def input(self, name: str, kind: Kind, *shape: int) -> str:
        """Add an input with this many columns, or of images, of a NumPy type; texts are the type ``str``."""
        number = self.kind(kind)
        self.inputs.append(self.onnx.helper.make_tensor_value_info(name, number, ["rows", *shape]))
        return self.unique(name)

    def value(self, name: str, kind: Kind, width: int | None) -> "onnx.ValueInfoProto":
        """Return the description of an output: this many columns, or one value for each row."""
        shape = ["rows"] if width is None else ["rows", width]
        return self.onnx.helper.make_tensor_value_info(name, self.kind(kind), shape)

    def kind(self, kind: Kind) -> int:
        """Return ONNX's number of a NumPy type."""
        if kind is str:
            return int(self.onnx.TensorProto.STRING)
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def cast(self, tensor: str, kind: Kind) -> str:
        """Return a tensor in another type."""
        return self.node("Cast", tensor, to=self.kind(kind))

    def gather(self, tensor: str, places: npt.ArrayLike) -> str:
        """Return columns of a tensor."""
        return self.node("Gather", tensor, self.places(places), axis=1)

    def shaped(self, tensor: str, *shape: int) -> str:
        """Return a tensor in another shape; 0 keeps the number of rows."""
        return self.node("Reshape", tensor, self.places(shape))


class Branch:
    """A graph within a graph, one branch of an If: single precision, (rows, width).

    Parameters
    ----------
    outer : Graph
        The graph that it is in.
    name : str
        What it is called.
    width : int
        How many columns it has.
    """

    def __init__(self, outer: Graph, name: str, width: int) -> None:
        self.outer, self.name, self.width = outer, name, width
        self.graph: object = None
        """The whole, when it has an end."""

    def ends(self, tensor: str) -> None:
        """Take what has been added so far, with this as its output."""
        outer = self.outer
        output = outer.node("Identity", tensor, output=f"{self.name} / {outer.note}")
        value = outer.value(output, np.float32, self.width)
        self.graph = outer.onnx.helper.make_graph(outer.nodes, self.name, [], [value])


class OnnxWriter(Protocol):
    """What is asked of what writes steps as operators by those who write one kind of step."""

    graph: Graph
    dtypes: dict[str, np.dtype[np.generic]]
    """The precision of each vector."""
    texts: dict[str, str]
    """Inputs of which words are counted."""
    missing_texts: dict[str, str]
    """Whether they are missing."""

    def source(self, step: Step) -> str:
        """Return the tensor of a step's source."""
        ...

    def floats(self, step: Step, array: npt.ArrayLike, name: str = "") -> str:
        """Add numbers in the step's precision."""
        ...

    def one(self) -> str:
        """Return the number 1 in double precision."""
        ...
