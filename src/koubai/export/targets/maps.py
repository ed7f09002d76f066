"""How steps over maps are written: convolutions, poolings, and the edges that they need."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from koubai.core.arrays import Array
from koubai.export.maps import Blur, Convolve, Pad, Pool
from koubai.export.steps import Step
from koubai.export.targets.loops import Loops
from koubai.export.targets.onnx_graph import OnnxWriter
from koubai.export.targets.sql.expressions import sum_of

# C, JavaScript, Python: loops over windows, each of which is read line by line


def plain_pad(plain: Loops, step: Pad) -> None:
    """Copy the map's lines into a larger one."""
    (height, width, channels), (top, left) = step.windows.input_shape, step.windows.before
    source, across = plain.sources(step)[0], step.shape[1] * channels
    plain.declare(step.name, step.width)
    plain.loop("i", step.width)
    plain.assign(f"{step.name}[i]", repr(step.value))
    plain.end()
    plain.loop("y", height)
    plain.loop("i", width * channels)
    plain.assign(
        f"{step.name}[(y + {top}) * {across} + {left * channels} + i]", f"{source}[y * {width * channels} + i]"
    )
    plain.end()
    plain.end()


def _over_windows(plain: Loops, step: Convolve | Pool | Blur) -> None:
    """Open the loops over rows and columns of windows."""
    rows, columns = step.windows.output_size
    plain.loop("y", rows)
    plain.loop("x", columns)


def plain_convolve(plain: Loops, step: Convolve) -> None:
    """Add up products, window by window."""
    w, b = plain.weights(step)
    windows, n_filters = step.windows, step.weights.shape[1]
    high, line = windows.size[0], windows.size[1] * windows.input_shape[2]
    across, channels = windows.input_shape[1] * windows.input_shape[2], windows.input_shape[2]
    out = f"{step.name}[(y * {windows.output_size[1]} + x) * {n_filters} + i]"
    plain.say(step.note)
    plain.declare(step.name, step.width)
    _over_windows(plain, step)
    plain.loop("i", n_filters)
    plain.assign(out, f"{b}[i]")
    plain.loop("a", high)
    plain.loop("j", line)
    at = f"(y * {windows.strides[0]} + a) * {across} + x * {windows.strides[1] * channels} + j"
    plain.assign(out, f"{w}[i][a * {line} + j] * {plain.sources(step)[0]}[{at}]", "+=")
    for _ in range(5):
        plain.end()


def plain_pool(plain: Loops, step: Pool) -> None:
    """Take the largest number or the sum of each window."""
    windows, channels = step.windows, step.windows.input_shape[2]
    across = windows.input_shape[1] * channels
    out = f"{step.name}[(y * {windows.output_size[1]} + x) * {channels} + i]"
    plain.say(step.note)
    plain.declare(step.name, step.width)
    _over_windows(plain, step)
    plain.loop("i", channels)
    at = f"(y * {windows.strides[0]} + {{}}) * {across} + (x * {windows.strides[1]} + {{}}) * {channels} + i"
    source = plain.sources(step)[0]
    plain.assign(out, f"{source}[{at.format('0', '0')}]" if step.largest else "0.0")
    plain.loop("a", windows.size[0])
    plain.loop("b", windows.size[1])
    cell = f"{source}[{at.format('a', 'b')}]"
    if step.largest:
        plain.assign(out, plain.text.call("max", [out, cell]))
    else:
        plain.assign(out, cell, "+=")
    for _ in range(5):
        plain.end()


def plain_blur(plain: Loops, step: Blur) -> None:
    """Add up what each window holds of each channel, weighted."""
    windows, channels = step.windows, step.windows.input_shape[2]
    across = windows.input_shape[1] * channels
    out = f"{step.name}[(y * {windows.output_size[1]} + x) * {channels} + i]"
    weights = f"{step.name}_d"
    plain.table(weights, step.weights, "")
    plain.say(step.note)
    plain.declare(step.name, step.width)
    _over_windows(plain, step)
    plain.loop("i", channels)
    plain.assign(out, "0.0")
    plain.loop("a", windows.size[0])
    plain.loop("b", windows.size[1])
    at = f"(y * {windows.strides[0]} + a) * {across} + (x * {windows.strides[1]} + b) * {channels} + i"
    plain.assign(out, f"{weights}[a * {windows.size[1]} + b] * {plain.sources(step)[0]}[{at}]", "+=")
    for _ in range(5):
        plain.end()


# ONNX


def places_of(step: Convolve | Pool | Blur) -> Array:
    """Return which cells every window holds, (windows, cells of a window, channels)."""
    windows = step.windows
    cells = np.arange(np.prod(windows.input_shape), dtype=np.int64)[np.newaxis]
    return windows.patches(cells)[0].reshape(np.prod(windows.output_size), -1, windows.input_shape[2])


def onnx_pad(writer: OnnxWriter, step: Pad) -> str:
    """Add the edge with ONNX's own operator."""
    graph, windows = writer.graph, step.windows
    apart = graph.shaped(writer.source(step), 0, *windows.input_shape)
    edges = graph.places([0, *windows.before, 0, 0, *windows.after, 0])
    return graph.shaped(graph.node("Pad", apart, edges, writer.floats(step, step.value)), 0, step.width)


def _as_images(writer: OnnxWriter, step: Convolve | Pool) -> str:
    """Return the map as ONNX has it, channels before rows and columns."""
    apart = writer.graph.shaped(writer.source(step), 0, *step.windows.input_shape)
    return writer.graph.node("Transpose", apart, perm=[0, 3, 1, 2])


def _as_rows(writer: OnnxWriter, step: Convolve | Pool, images: str) -> str:
    return writer.graph.shaped(writer.graph.node("Transpose", images, perm=[0, 2, 3, 1]), 0, step.width)


def onnx_convolve(writer: OnnxWriter, step: Convolve) -> str:
    """Use ONNX's convolution; in double precision, which its runtimes lack, multiply windows by a matrix."""
    graph, windows = writer.graph, step.windows
    biases = writer.floats(step, step.biases, f"{step.name} biases")
    if writer.dtypes[step.name] == np.float32:
        kernels = step.weights.reshape(*windows.size, windows.input_shape[2], -1).transpose(3, 2, 0, 1)
        weights = writer.floats(step, np.ascontiguousarray(kernels), f"{step.name} weights")
        found = graph.node("Conv", _as_images(writer, step), weights, biases, strides=list(windows.strides))
        return _as_rows(writer, step, found)
    places = places_of(step)
    weights = writer.floats(step, step.weights, f"{step.name} weights")
    patches = graph.gather(writer.source(step), places.reshape(len(places), -1))
    return graph.shaped(graph.node("Add", graph.node("MatMul", patches, weights), biases), 0, step.width)


def onnx_pool(writer: OnnxWriter, step: Pool) -> str:
    """Use ONNX's maximum; gather windows for sums."""
    graph, windows = writer.graph, step.windows
    if step.largest:
        size, strides = list(windows.size), list(windows.strides)
        pooled = graph.node("MaxPool", _as_images(writer, step), kernel_shape=size, strides=strides)
        return _as_rows(writer, step, pooled)
    cells = graph.gather(writer.source(step), places_of(step))
    return graph.shaped(graph.node("ReduceSum", cells, graph.places([2]), keepdims=0), 0, step.width)


def onnx_blur(writer: OnnxWriter, step: Blur) -> str:
    """Gather windows, and add them up weighted."""
    graph = writer.graph
    cells = graph.gather(writer.source(step), places_of(step))
    weighted = graph.node("Mul", cells, writer.floats(step, step.weights[np.newaxis, np.newaxis, :, np.newaxis]))
    return graph.shaped(graph.node("ReduceSum", weighted, graph.places([2]), keepdims=0), 0, step.width)


# SQL: every number of a map is an expression, which only small maps allow


class SqlParts(Protocol):
    """What is asked of what writes a SELECT."""

    def source(self, step: Step) -> list[str]:
        """Return the expressions of a step's source."""
        ...

    def columns(self, name: str, values: Sequence[str], note: str) -> list[str]:
        """Add a part with a column for each expression; return the columns' names."""
        ...

    def largest(self, values: Sequence[str]) -> str:
        """Return the largest of several expressions."""
        ...


def sql_pad(sql: SqlParts, step: Pad) -> list[str]:
    """Write the edge out."""
    cells = np.arange(np.prod(step.windows.input_shape)).reshape(step.windows.input_shape)
    (top, left), (bottom, right) = step.windows.before, step.windows.after
    found = np.pad(cells, ((top, bottom), (left, right), (0, 0)), constant_values=-1).ravel()
    source = sql.source(step)
    return [source[place] if place >= 0 else f"({step.value!r})" for place in found]


def sql_convolve(sql: SqlParts, step: Convolve) -> list[str]:
    """Add up products."""
    source, places = sql.source(step), places_of(step)
    values = [
        sum_of(bias, weights, [source[place] for place in window.ravel()])
        for window in places
        for bias, weights in zip(step.biases, step.weights.T, strict=True)
    ]
    return sql.columns(step.name, values, step.note)


def sql_pool(sql: SqlParts, step: Pool) -> list[str]:
    """Take the largest or the sum."""
    source = sql.source(step)
    groups = [[source[place] for place in cells] for window in places_of(step) for cells in window.T]
    values = [sql.largest(cells) if step.largest else " + ".join(cells) for cells in groups]
    return sql.columns(step.name, values, step.note)


def sql_blur(sql: SqlParts, step: Blur) -> list[str]:
    """Add up products."""
    source = sql.source(step)
    groups = [[source[place] for place in cells] for window in places_of(step) for cells in window.T]
    return sql.columns(step.name, [sum_of(0.0, step.weights, cells) for cells in groups], step.note)


PLAIN: dict[type[Step], Callable[..., None]] = {
    Pad: plain_pad,
    Convolve: plain_convolve,
    Pool: plain_pool,
    Blur: plain_blur,
}
ONNX: dict[type[Step], Callable[..., str]] = {
    Pad: onnx_pad,
    Convolve: onnx_convolve,
    Pool: onnx_pool,
    Blur: onnx_blur,
}
SQL: dict[type[Step], Callable[..., list[str]]] = {
    Pad: sql_pad,
    Convolve: sql_convolve,
    Pool: sql_pool,
    Blur: sql_blur,
}
