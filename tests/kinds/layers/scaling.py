"""The scaling layer."""

from tests.kinds.known import KnownLayer

from koubai.core.layers import Scaling

KNOWN = KnownLayer(lambda layer, blocks, z: z * blocks[0], lambda n_in, rng: Scaling(n_in))
