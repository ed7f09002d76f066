"""A network, rows and a question given by their numbers: on the command line, or in a file of one exam question."""

import errno
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import DataError, FileError, ParameterError, ShapeError
from koubai.core.formulas.tree import Matrix, Number, Partial, Symbol
from koubai.core.formulas.values import as_given, parse_number
from koubai.core.language import Worded, worded
from koubai.core.losses import LOSSES, get_loss
from koubai.core.network import Network
from koubai.explain.derivations import Block, Derivation, Display, Section, called, say
from koubai.explain.network.asking import Ask
from koubai.explain.network.samples import Sample

Numbers = list[list[float]]
KEYS = ("weights", "biases", "activations", "loss", "x", "y", "ask")
"""What a file of a question may hold."""
EXAMPLE = '{"weights": [[["1/2", -1], [1, 0]], [[1, -2]]], "x": [1, 2], "y": [1]}'
UNREADABLE = {
    errno.ENOENT: "explain.error.own_file_missing",
    errno.EISDIR: "explain.error.own_file_folder",
    errno.EACCES: "explain.error.own_file_denied",
}
"""Why a file cannot be read, by the number of the error."""
BROKEN = {
    "Expecting value": "explain.error.json_value",
    "Expecting property name enclosed in double quotes": "explain.error.json_name",
    "Expecting ',' delimiter": "explain.error.json_comma",
    "Expecting ':' delimiter": "explain.error.json_colon",
    "Extra data": "explain.error.json_extra",
    "Unterminated string starting at": "explain.error.json_string",
    "Invalid control character at": "explain.error.json_control",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "explain.error.json_bom",
}
"""What is wrong with JSON, by Python's words for it."""


def given_network(
    weights: Sequence[Numbers],
    biases: Sequence[Sequence[float]] = (),
    activations: Sequence[str] = (),
    loss: str | None = None,
    x: Numbers | None = None,
    y: Numbers | None = None,
) -> Sample:
    """Return the network of these matrices, with rows.

    Parameters
    ----------
    weights : sequence of matrices
        One for each layer, row i holding the weights w_ij into node i, as on the slides.
    biases : sequence of sequences
        One for each layer; without any, the network has none.
    activations : sequence of str
        One for each layer; by default the sigmoid in hidden layers and the identity at the output.
    loss : str, optional
        By default the one that goes with the last activation.
    x, y : rows of numbers
        Inputs and targets; without targets, only forward passes can be explained. One number as the target of several
        outputs is a class, counted from 1: with softmax, which is then the default output, its share is 1.

    Raises
    ------
    ShapeError
        If sizes do not fit each other.
    ParameterError
        If there is no such activation or loss.
    """
    sizes = _sizes(weights)
    if biases and [len(each) for each in biases] != sizes[1:]:
        wanted, got = (", ".join(map(str, counts)) for counts in (sizes[1:], map(len, biases)))
        raise ShapeError(worded("explain.error.biases", sizes=wanted, got=got))
    is_class = y is not None and sizes[-1] > 1 and all(len(row) == 1 for row in y)
    output = get_loss(loss).output if loss else "softmax" if is_class else "identity"
    names = list(activations) or ["sigmoid"] * (len(weights) - 1) + [output]
    if len(names) != len(weights):
        example = ",".join(["sigmoid"] * (len(weights) - 1) + ["identity"])
        raise ShapeError(worded("explain.error.activations", layers=len(weights), got=len(names), example=example))
    for name in names:
        if name not in ACTIVATIONS:
            raise ParameterError(worded("explain.error.activation", names=", ".join(ACTIVATIONS), got=repr(name)))
    usual = next((name for name, kind in LOSSES.items() if kind.output == names[-1] and kind.upper == 1), None)
    chosen = loss or usual or "half_squared_error"
    network = Network.dense(sizes, hidden=names[:-1], output=names[-1], loss=chosen, bias=bool(biases))
    matrices = [np.array(matrix, dtype=np.float64).T for matrix in weights]
    theta = network.pack(matrices, [np.array(each, dtype=np.float64) for each in biases])
    inputs = _rows("x", x, sizes[0]) if x is not None else np.ones((1, sizes[0]))
    shares = _shares(y, sizes[-1]) if y is not None and is_class and network.loss.letter == "p" else y
    targets = np.full((len(inputs), sizes[-1]), np.nan) if shares is None else _rows("y", shares, sizes[-1])
    if len(targets) != len(inputs):
        raise ShapeError(worded("explain.error.rows_together", x=len(inputs), y=len(targets)))
    return Sample(network, theta, inputs, targets)


def _sizes(weights: Sequence[Numbers]) -> list[int]:
    if not weights or not all(matrix and all(matrix) for matrix in weights):
        raise ShapeError(worded("explain.error.weights_empty"))
    for layer, matrix in enumerate(weights, start=1):
        widths = {len(row) for row in matrix}
        if len(widths) > 1:
            got = ", ".join(map(str, sorted(widths)))
            raise ShapeError(worded("explain.error.weights_ragged", layer=layer, got=got))
        if layer > 1 and len(matrix[0]) != len(weights[layer - 2]):
            columns = {"wanted": len(weights[layer - 2]), "got": len(matrix[0])}
            raise ShapeError(worded("explain.error.weights_columns", layer=layer, **columns))
    return [len(weights[0][0]), *(len(matrix) for matrix in weights)]


def _shares(classes: Numbers, n_classes: int) -> Numbers:
    """Return the shares of classes that are given by their numbers."""
    for (number,) in classes:
        if number not in range(1, n_classes + 1):
            raise ParameterError(worded("explain.error.own_class", most=n_classes, got=f"{number:g}"))
    return np.eye(n_classes)[[int(number) - 1 for (number,) in classes]].tolist()


def _rows(name: str, rows: Numbers, size: int) -> np.ndarray:
    for row in rows:
        if len(row) != size:
            raise ShapeError(worded("explain.error.row_length", name=name, size=size, got=len(row)))
    return np.array(rows, dtype=np.float64)


def read_question(path: str) -> tuple[Sample, Ask | None]:
    """Return the network with its rows and what is asked for, from a JSON file.

    Numbers may be written as fractions in quotation marks, ``"1/2"``, and stay exact.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it holds no network.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        key = UNREADABLE.get(error.errno or 0)
        reason = worded(key) if key else (error.strerror or "an error").lower()
        raise FileError(worded("explain.error.own_file", path=path, reason=reason)) from error
    except ValueError as error:
        raise DataError(worded("explain.error.own_json", path=path, reason=_broken(error), remedy=_way())) from error
    if not isinstance(content, Mapping) or "weights" not in content:
        raise DataError(worded("explain.error.own_object", path=path, remedy=_way()))
    unknown = [key for key in content if key not in KEYS]
    if unknown:
        raise DataError(worded("explain.error.own_key", path=path, keys=", ".join(KEYS), got=repr(unknown[0])))
    rows = {name: _table(path, name, content[name]) if name in content else None for name in ("x", "y")}
    sample = given_network(
        [_matrix(path, "weights", matrix) for matrix in _listed(path, "weights", content["weights"])],
        [_vector(path, "biases", each) for each in _listed(path, "biases", content.get("biases", []))],
        [str(name) for name in _listed(path, "activations", content.get("activations", []))],
        content.get("loss"),
        rows["x"],
        rows["y"],
    )
    return sample, _asked(path, content.get("ask"))


def _way() -> Worded:
    return worded("explain.error.own_way", example=EXAMPLE)


def _broken(error: ValueError) -> str:
    """Return what is wrong with a file that is no JSON."""
    if isinstance(error, UnicodeDecodeError) and error.end - error.start == 1:
        byte = {"byte": f"0x{error.object[error.start]:02x}", "place": error.start}
        return worded("explain.error.json_bytes", encoding=error.encoding, **byte, reason=error.reason)
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    key = BROKEN.get(error.msg)
    place = {"line": error.lineno, "column": error.colno, "char": error.pos}
    return worded("explain.error.json_at", reason=worded(key) if key else error.msg, **place)


def _asked(path: str, given: object) -> Ask | None:
    if given is None:
        return None
    if given == "loss":
        return Ask("loss")
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, indices),) = given.items()
        if kind in ("weight", "delta", "node") and isinstance(indices, list) and _are_indices(indices):
            return Ask(kind, tuple(indices))
    raise DataError(worded("explain.error.own_ask", path=path, example='{"weight": [1, 2, 1]}', got=repr(given)))


def _are_indices(given: list[object]) -> bool:
    """Return whether all are whole numbers; the first may be a layer's name."""
    return all(type(index) is int or (place == 0 and isinstance(index, str)) for place, index in enumerate(given))


def _listed(path: str, name: str, given: object) -> list[object]:
    if not isinstance(given, list):
        raise DataError(worded("explain.error.own_list", name=name, path=path, got=repr(given), remedy=_way()))
    return given


def _table(path: str, name: str, given: object) -> Numbers:
    rows = _listed(path, name, given)
    return (
        [_vector(path, name, row) for row in rows]
        if rows and isinstance(rows[0], list)
        else [_vector(path, name, rows)]
    )


def _matrix(path: str, name: str, given: object) -> Numbers:
    return [_vector(path, name, row) for row in _listed(path, name, given)]


def _vector(path: str, name: str, given: object) -> list[float]:
    return [_number(path, name, value) for value in _listed(path, name, given)]


def _number(path: str, name: str, value: object) -> float:
    parsed = parse_number(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    if parsed is None:
        raise DataError(worded("explain.error.own_number", name=name, path=path, got=repr(value)))
    return float(parsed)


def posed(
    sample: Sample,
    ask: Ask | None,
    rows: Sequence[int] = (0,),
    rate: Fraction | None = None,
    find: str = "explain.own.find_all",
) -> Derivation:
    """Return the question without its answer: the network, the row, and what is to be found.

    With a learning rate it is that of an update by the mean gradient of the rows, which are counted from 0; ``find`` is
    the text of what to find where nothing is asked for.
    """
    network = sample.network
    blocks: list[Block] = [say("explain.own.network", sizes="-".join(map(str, network.sizes)))]
    for number, layer in enumerate(network.layers, start=1):
        name = layer.activation.name
        blocks.append(say("explain.own.layer", layer=number, activation=called((f"explain.activation.{name}",), name)))
    blocks.append(say("explain.own.loss", loss=called((f"explain.loss.{network.loss.name}",), network.loss.name)))
    for row in rows:
        lower = row + 1 if len(rows) > 1 else None
        blocks.append(_shown("x", sample.inputs[row], lower=lower))
        if not np.isnan(sample.targets[row]).any():
            blocks.append(_shown(network.loss.letter, sample.targets[row], lower=lower))
    for number in range(len(network.layers)):
        weights = network.weights(sample.theta, number).T
        entries = tuple(tuple(Number(as_given(value)) for value in line) for line in weights.tolist())
        blocks.append(Display((Symbol("W", (), number + 1, bold=True), Matrix(entries))))
        if network.dense_layer(number).bias:
            blocks.append(_shown("b", network.biases(sample.theta, number), number + 1))
    if rate is not None and ask is not None:
        of_layer, *indices = ask.indices
        made = say("explain.own.update" if len(rows) == 1 else "explain.own.batch")
        wanted = say("quiz.ask", quantity=Symbol("w", tuple(indices), of_layer, prime=True))
        blocks += [Display((Symbol("α"), Number(rate))), made, wanted]
        return Derivation(say("explain.own.title"), (Section(say("explain.own.section"), tuple(blocks)),))
    blocks.append(say(find) if ask is None else say("quiz.ask", quantity=_quantity(ask)))
    return Derivation(say("explain.own.title"), (Section(say("explain.own.section"), tuple(blocks)),))


def _shown(name: str, values: np.ndarray, layer: int | None = None, lower: int | None = None) -> Display:
    entries = tuple((Number(as_given(value)),) for value in values.tolist())
    return Display((Symbol(name, () if lower is None else (lower,), layer, bold=True), Matrix(entries)))


def _quantity(ask: Ask) -> Symbol | Partial:
    layer, *indices = ask.indices or (0,)
    if ask.kind == "weight":
        return Partial(Symbol("E"), Symbol("w", tuple(indices), layer))
    return Symbol("E") if ask.kind == "loss" else Symbol({"delta": "δ", "node": "z"}[ask.kind], tuple(indices), layer)


def matrix_of(text: str) -> Numbers:
    """Return a matrix written with rows separated by ``;`` and numbers by spaces or commas.

    Examples
    --------
    >>> matrix_of("1 1/2; 0, -1")
    [[1.0, 0.5], [0.0, -1.0]]
    """
    rows = []
    for line in text.strip().rstrip(";").split(";"):
        numbers = [parse_number(piece) for piece in line.replace(",", " ").split()]
        if not numbers or not all(isinstance(number, Fraction) for number in numbers):
            raise ParameterError(worded("explain.error.matrix", got=repr(text)))
        rows.append([float(number) for number in numbers if number is not None])
    return rows
