"""The parts of an ONNX graph: operators, constants, inputs, each under a name that can be read."""

from typing import Any

import numpy as np

OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
"""Versions of the operators and of the format: those of 2022, which all of today's runtimes know."""


class Graph:
    """Collects the parts of a graph.

    Parameters
    ----------
    onnx : module
        The package.
    """

    def __init__(self, onnx: Any) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.note = ""
        """What the next operators belong to."""
        self.domains: set[str] = set()
        """Where its operators are from."""
        self._constants: dict[Any, Any] = {}
        self._names: dict[str, int] = {}

    @property
    def constants(self) -> list[Any]:
        """All arrays."""
        return list(self._constants.values())

    def unique(self, name: str) -> str:
        """Return a name that nothing else has."""
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name} {count}"

    def node(self, operator: str, *tensors: str, output: str = "", domain: str = "", **attributes: Any) -> str:
        """Add an operator; return its output's name."""
        output = self.unique(output or f"{self.note} / {operator}")
        self._add(operator, tensors, [output], domain, attributes)
        return output

    def second_of(self, operator: str, *tensors: str, **attributes: Any) -> str:
        """Add an operator of two outputs; return the second one's name."""
        outputs = [self.unique(f"{self.note} / {operator}") for _ in range(2)]
        self._add(operator, tensors, outputs, "", attributes)
        return outputs[1]

    def _add(self, operator: str, tensors: Any, outputs: list[str], domain: str, attributes: dict[str, Any]) -> None:
        name = self.unique(f"{self.note} ({operator})")
        make = self.onnx.helper.make_node
        self.nodes.append(make(operator, list(tensors), outputs, name=name, domain=domain, **attributes))
        self.domains.add(domain)

    def constant(self, array: Any, name: str = "") -> str:
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

    def places(self, places: Any) -> str:
        """Add whole numbers as an array; return its name."""
        return self.constant(np.asarray(places, np.int64))

    def input(self, name: str, kind: Any, *shape: int) -> str:
        """Add an input with this many columns, or of images, of a NumPy type; texts are the type ``str``."""
        number = self.kind(kind)
        self.inputs.append(self.onnx.helper.make_tensor_value_info(name, number, ["rows", *shape]))
        return self.unique(name)

    def value(self, name: str, kind: Any, width: int | None) -> Any:
        """Return the description of an output: this many columns, or one value for each row."""
        shape = ["rows"] if width is None else ["rows", width]
        return self.onnx.helper.make_tensor_value_info(name, self.kind(kind), shape)

    def kind(self, kind: Any) -> int:
        """Return ONNX's number of a NumPy type."""
        if kind is str:
            return int(self.onnx.TensorProto.STRING)
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def cast(self, tensor: str, kind: Any) -> str:
        """Return a tensor in another type."""
        return self.node("Cast", tensor, to=self.kind(kind))

    def gather(self, tensor: str, places: Any) -> str:
        """Return columns of a tensor."""
        return self.node("Gather", tensor, self.places(places), axis=1)

    def shaped(self, tensor: str, *shape: int) -> str:
        """Return a tensor in another shape; 0 keeps the number of rows."""
        return self.node("Reshape", tensor, self.places(shape))
