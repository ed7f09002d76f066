"""Flattening."""

from tests.kinds.known import KnownLayer, random_map

from koubai.core.layers import Flatten

KNOWN = KnownLayer(lambda layer, blocks, z: z, lambda n_in, rng: Flatten(random_map(n_in, rng)))
