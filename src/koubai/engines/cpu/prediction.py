"""Predictions: a single row takes a few microseconds, of which arithmetic is the smaller part."""

from ctypes import byref, c_double
from functools import lru_cache

import numpy as np

from koubai.core.arrays import Array
from koubai.core.network import Network
from koubai.core.untyped import Compiled
from koubai.engines.cpu.choice import library
from koubai.engines.cpu.entries import being_noted, predict_rows
from koubai.engines.cpu.layout import input_arrays
from koubai.engines.cpu.native.library import check
from koubai.engines.cpu.native.packing import address, packed
from koubai.engines.cpu.rooms import PredictionRoom, prediction_room


class Predictor:
    """The prediction of one network in one precision, a fixed number of rows at a time.

    For dense rows in a library it keeps the words of all arguments that stay the same, so that only a few remain to be
    written.
    """

    def __init__(self, room: PredictionRoom, dtype: np.dtype[np.generic]) -> None:
        self.room, self.dtype = room, dtype
        self.native = library()
        if self.native is not None:
            nothing = np.empty(0, dtype)
            _, *others = input_arrays(np.empty((0, 0), dtype), dtype)
            key, words = packed(self._arguments(nothing, (nothing, *others), nothing, nothing, 0, 0))
            self._call, self._write = self.native.function(predict_rows.name, key)
            n_of_room = len(packed((room.net.shape, room.net.numbers, room.net.lists, room.places, room.order))[1])
            self._of_room, self._of_sparse, self._kept = words[:n_of_room], words[n_of_room + 4 : -6], others
            self._no_result = c_double()

    def _arguments(
        self, theta: Array, inputs: tuple[Array, ...], work: Array, out: Array, first: int, stop: int
    ) -> tuple[Compiled, ...]:
        room = self.room
        net = room.net
        return (net.shape, net.numbers, net.lists, room.places, room.order, theta, *inputs, work, out, first, stop)

    def run(self, theta: Array, inputs: tuple[Array, ...], out: Array, first: int, stop: int) -> None:
        """Set row r of ``out`` (flat) to z^(L) for rows first … stop-1, in work arrays of its own.

        ``inputs`` are as `koubai.engines.cpu.layout.input_arrays` gives them, ``theta`` and they as it lends them.
        """
        work, (dense, _, _, starts) = np.empty(self.room.n_numbers, self.dtype), inputs
        if self.native is None or starts.size or being_noted:
            predict_rows(*self._arguments(theta, inputs, work, out, first, stop))
            return
        words = self._write(
            *self._of_room,
            address(theta),
            theta.size,
            address(dense),
            dense.size,
            *self._of_sparse,
            address(work),
            work.size,
            address(out),
            out.size,
            first,
            stop,
        )
        check(self._call(words, byref(self._no_result)), predict_rows.name)


@lru_cache(maxsize=64)
def predictor(network: Network, dtype: np.dtype[np.generic], n_rows: int) -> Predictor:
    """Return the predictor of a network, ``n_rows`` rows at a time."""
    return Predictor(prediction_room(network, dtype, n_rows), dtype)
