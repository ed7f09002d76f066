"""Rows where JAX trains: dense or CSR, on one device, or each device with a share of them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from scipy.sparse import csr_array

from koubai.core.arrays import Array
from koubai.core.errors import ParameterError
from koubai.engines.protocol import Inputs, Rows, Share
from koubai.engines.xla.passes import Batch

AXIS = "rows"
"""The axis of devices along which rows lie."""
ROOMS = 4
"""Room for shared rows on a device is a multiple of this fraction of its mean share."""

Index: TypeAlias = tuple[slice, ...] | None
"""Which part of an array a device holds."""


class Sparse(NamedTuple):
    """CSR inputs: values and columns (n_values,), and where each row begins, (n_rows + 1,)."""

    values: jax.Array
    columns: jax.Array
    begins: jax.Array


class Data(NamedTuple):
    """Rows of one device: inputs (dense or CSR), targets, weights or None, and where each of all rows is, or None.

    ``places``, (n_rows,): the place of each of all rows on this device, -1 for those that are on another; None if all
    are here, in order.
    """

    inputs: jax.Array | Sparse
    targets: jax.Array
    weights: jax.Array | None
    places: jax.Array | None


@dataclass(frozen=True)
class Placed:
    """Rows on the devices of a mesh.

    Parameters
    ----------
    data : Data
        The arrays, those of all devices one after another.
    longest : int
        The largest number of values in a row of CSR inputs; 0 for dense ones.
    mesh : Mesh or None
        The devices, if there are several.
    """

    data: Data
    longest: int
    mesh: Mesh | None = None


def place(rows: Rows, mesh: Mesh | None, dtype: jax.typing.DTypeLike) -> Placed:
    """Place rows on the only device, or share them among the devices of a mesh.

    Raises
    ------
    ParameterError
        If the devices are not those of all processes that have some of the rows.
    """
    if mesh is not None:
        return _shared(rows, mesh, dtype)
    if isinstance(rows, Share):
        raise _not_of_all(f"process {jax.process_index()}", rows)
    inputs, longest = _inputs(rows.inputs, dtype)
    weights = None if rows.weights is None else jnp.asarray(rows.weights, dtype)
    return Placed(Data(inputs, jnp.asarray(rows.targets, dtype), weights, None), longest)


def _inputs(inputs: Inputs, dtype: jax.typing.DTypeLike) -> tuple[jax.Array | Sparse, int]:
    if not isinstance(inputs, csr_array):
        return jnp.asarray(inputs, dtype), 0
    longest = int(np.diff(inputs.indptr).max(initial=0))
    columns, begins = (jnp.asarray(array.astype(np.int32)) for array in (inputs.indices, inputs.indptr))
    return Sparse(jnp.asarray(inputs.data, dtype), columns, begins), longest


def _not_of_all(whose: str, rows: Share) -> ParameterError:
    return ParameterError(
        f"engine 'jax': devices must be some of each of the {len(rows.counts)} processes that share the rows; got "
        f"those of {whose}. Leave devices out, to train on all."
    )


def _first(index: Index) -> int:
    """Return the first row of a part."""
    return 0 if index is None else index[0].start or 0


def _shared(rows: Rows, mesh: Mesh, dtype: jax.typing.DTypeLike) -> Placed:
    """Give each device of a mesh as many consecutive rows as the others, or of the rows that its process has."""
    own, longest = _rows_of_devices(rows, mesh)
    sharding = NamedSharding(mesh, P(AXIS))

    def put(array: Array) -> jax.Array:
        def of_device(index: Index) -> Array:
            chosen = array[own[_first(index) // longest]]
            filled = np.zeros((longest, *array.shape[1:]), dtype)
            filled[: len(chosen)] = chosen
            return filled

        return jax.make_array_from_callback((mesh.size * longest, *array.shape[1:]), sharding, of_device)

    def places_on(index: Index) -> Array:
        chosen = own[_first(index) // rows.n_rows]
        places = np.full(rows.n_rows, -1, np.int32)
        places[rows.places[chosen] if isinstance(rows, Share) else chosen] = np.arange(chosen.stop - chosen.start)
        return places

    inputs = rows.inputs.toarray() if isinstance(rows.inputs, csr_array) else rows.inputs
    weights = None if rows.weights is None else put(rows.weights)
    places = jax.make_array_from_callback((mesh.size * rows.n_rows,), sharding, places_on)
    return Placed(Data(put(inputs), put(rows.targets), weights, places), 0, mesh)


def _rows_of_devices(rows: Rows, mesh: Mesh) -> tuple[dict[int, slice], int]:
    """Return which of this process's rows each device takes, by its place in the mesh, and each device's room.

    Rows that are shared differently in every part get room for a few more, so that few sizes are compiled.
    """
    if not isinstance(rows, Share):
        firsts = [rows.n_rows * place // mesh.size for place in range(mesh.size + 1)]
        slices = {place: slice(*ends) for place, ends in enumerate(pairwise(firsts))}
        return slices, max(each.stop - each.start for each in slices.values())
    devices = mesh.devices.ravel()
    ranks = sorted({device.process_index for device in devices})
    if len(ranks) != len(rows.counts):
        raise _not_of_all(f"process {', '.join(map(str, ranks))}", rows)
    slices, longest = {}, 1
    for rank, count in zip(ranks, rows.counts, strict=True):
        of_rank = [place for place, device in enumerate(devices) if device.process_index == rank]
        longest = max(longest, -(-count // len(of_rank)))
        if rank == jax.process_index():
            firsts = [count * at // len(of_rank) for at in range(len(of_rank) + 1)]
            slices = {place: slice(*ends) for place, ends in zip(of_rank, pairwise(firsts), strict=True)}
    step = -(-rows.n_rows // (ROOMS * mesh.size))
    return slices, -(-longest // step) * step


def taken(data: Data, places: jax.Array, there: jax.Array, longest: int, n_features: int) -> Batch:
    """Return the rows at these places as a batch; those not ``there`` have weight 0."""
    targets = data.targets[places]
    weights = there.astype(targets.dtype)
    if data.weights is not None:
        weights = jnp.where(there, data.weights[places], 0)
    if not isinstance(data.inputs, Sparse):
        return Batch(data.inputs[places], targets, weights)
    begins = data.inputs.begins[places]
    spots = begins[:, None] + jnp.arange(longest, dtype=begins.dtype)
    within = spots < data.inputs.begins[places + 1][:, None]
    spots = jnp.where(within, spots, 0)
    columns = jnp.where(within, data.inputs.columns[spots], n_features)  # padding: an extra column
    values = jnp.where(within, data.inputs.values[spots], 0)
    empty = jnp.zeros((len(places), n_features), targets.dtype)
    return Batch(empty.at[jnp.arange(len(places))[:, None], columns].add(values, mode="drop"), targets, weights)
