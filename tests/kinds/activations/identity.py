"""The identity."""

from tests.kinds.known import KnownActivation

KNOWN = KnownActivation(
    jax=lambda u: u,
    values=((-3.0, -3.0, 1.0),),
    far=(-1e4, 1e4),
    far_slopes=(1, 1),
    exact=lambda u: u,
)
