"""Images in memory as a source of rows: changed anew in every epoch, and scored a few at a time."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from koubai.core.network import Network
from koubai.core.randomness import BLOCKS, derive_key, permutation, uniforms
from koubai.engines.protocol import Plan, Rows
from koubai.estimators.convolution.augmentation import UNCHANGED, Augmentation, augmented
from koubai.training.sources import WINDOW_BYTES, InMemory, rows_digest

AUGMENTATION = 8
"""Random stream of the changes to images."""
MAP_BYTES = 2**26
"""Approximate size in bytes of the maps of all images that go through the network at once."""


def images_at_once(network: Network, itemsize: int) -> int:
    """Return how many images go through a network at once, so that their maps do not take much memory."""
    return max(16, MAP_BYTES // (itemsize * sum(network.sizes)))


@dataclass(frozen=True, slots=True)
class ImagesInMemory(InMemory):
    """Images in memory as rows, (height · width · channels) numbers each.

    Parameters
    ----------
    data : Rows
        The images.
    shape : (height, width, channels)
        Their shape.
    at_once : int
        How many of them are scored at once.
    augmentation : Augmentation
        How they are changed in training. The changes of an epoch depend on the plan's seed and the epoch's number only,
        so that every engine sees the same images, and a run that goes on from a checkpoint too.
    """

    shape: tuple[int, ...] = ()
    at_once: int = 2**62
    augmentation: Augmentation = UNCHANGED

    @property
    def constant(self) -> bool:
        """Whether nothing is changed."""
        return not self.augmentation

    def n_parts(self, plan: Plan) -> int:
        """Return the number of parts per epoch."""
        return 1 if self.constant else max(1, -(-self.n_rows // self._images_of_part(plan)))

    def _images_of_part(self, plan: Plan) -> int:
        size = self.n_features * self.dtype.itemsize * plan.batch_size
        return plan.batch_size * max(1, WINDOW_BYTES // size)

    def parts(self, plan: Plan, epoch: int, first: int = 0) -> Generator[Rows, None, None]:
        """Yield all images, or if they are changed, parts of them in an order that changes with the epoch."""
        if self.constant:
            yield self.data
            return
        n, size, n_parts = self.n_rows, self._images_of_part(plan), self.n_parts(plan)
        shuffled = plan.shuffle and n_parts > 1  # a single part is shuffled by the engine
        order = permutation(derive_key(plan.seed, BLOCKS, epoch), n) if shuffled else np.arange(n)
        n_draws = self.augmentation.n_draws
        draws = uniforms(derive_key(plan.seed, AUGMENTATION, epoch), n_draws * n).reshape(n, n_draws)
        data = self.data
        for part in range(first, n_parts):
            rows = order[part * size : (part + 1) * size]
            images = np.asarray(data.inputs)[rows].reshape(-1, *self.shape)
            changed = augmented(images, self.augmentation, draws[rows]).reshape(len(rows), -1)
            yield Rows(changed, data.targets[rows], None if data.weights is None else data.weights[rows])

    def in_order(self) -> Iterator[Rows]:
        """Yield all images as they are, a few at a time."""
        data = self.data
        for start in range(0, self.n_rows, self.at_once):
            some = slice(start, start + self.at_once)
            yield Rows(data.inputs[some], data.targets[some], None if data.weights is None else data.weights[some])

    def digest(self) -> str:
        """Return a fingerprint of the images and of how they are changed."""
        return f"{rows_digest(self.data)} {self.augmentation.text if self.augmentation else ''}".strip()
