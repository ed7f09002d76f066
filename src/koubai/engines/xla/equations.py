"""The equations of `koubai.core` and `koubai.optimizers`, computed by JAX.

They are written once, for NumPy. Here each function is taken unchanged, and the names in it that mean NumPy's and
SciPy's functions are made to mean JAX's of the same name. So no kind of activation, loss, layer or optimizer needs
anything of its own for JAX, not even one from outside the package, and the two engines cannot disagree on an equation.
"""

from collections.abc import Callable
from functools import cache
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special

from koubai.core.activations.base import Activation
from koubai.core.activations.softmax import Softmax
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.layers.base import Layer
from koubai.core.logarithms import pull_back_log_complement
from koubai.core.losses.base import Loss
from koubai.optimizers.protocol import Optimizer

KINDS = (Activation, Loss, Layer, Optimizer)

Followed: TypeAlias = Any
"""What an equation takes and returns, and what its names mean, in code that JAX follows: no type can say it."""


def _divide(above: Followed, below: Followed, out: Followed = None, where: Followed = None) -> Followed:
    """Return above / below, and ``out`` where not ``where``."""
    if where is None:
        return jnp.divide(above, below)
    return jnp.where(where, above / jnp.where(where, below, 1), out)


def _pull_back_log_complement(activation: Followed, u: Followed, z: Followed, g: Followed) -> Followed:
    """As in `koubai.core.logarithms`, which for softmax chooses numbers by a mask: JAX knows no arrays of such size."""
    if not isinstance(activation, Softmax) or u.shape[1] == 1:
        return _translated(pull_back_log_complement)(activation, u, z, g)
    top = jnp.arange(u.shape[1]) == u.argmax(axis=1)[:, None]
    h = jnp.where(top, 0, g / jnp.where(top, 1, 1 - z))
    of_others = z * (h.sum(axis=1, keepdims=True) - h)
    of_largest = jax.nn.softmax(jnp.where(top, -jnp.inf, u), axis=1) * jnp.where(top, g, 0).sum(axis=1, keepdims=True)
    return of_others + of_largest - z * g.sum(axis=1, keepdims=True)


OWN: dict[str, Callable[..., Followed]] = {"divide": _divide}
"""Replacements for functions of NumPy that JAX has in another form."""
SPECIAL: dict[str, Callable[..., Followed]] = {
    "log_expit": jax.nn.log_sigmoid,
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
}
"""Replacements for functions of SciPy that JAX has under another name."""
REPLACED: dict[Followed, Callable[..., Followed]] = {}
"""Replacements for functions of koubai that JAX cannot trace."""


class NumPy:
    """NumPy's functions, which are JAX's where they are given JAX's arrays."""

    def __getattr__(self, name: str) -> Followed:
        """Return NumPy's attribute; for a function, a dispatcher between NumPy's and JAX's."""
        found = getattr(np, name)
        if isinstance(found, type) or not callable(found):
            return found
        chosen = _either(found, OWN.get(name) or getattr(jnp, name, None), f"numpy.{name}")
        setattr(self, name, chosen)
        return chosen


def _either(on_numpy: Followed, on_jax: Followed, name: str) -> Callable[..., Followed]:
    """Return a function that calls one or the other, depending on its arguments."""

    def call(*args: Followed, **options: Followed) -> Followed:
        if not any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves((args, options))):
            return on_numpy(*args, **options)
        if on_jax is None:
            raise TypeError(f"JAX has no {name}")
        return on_jax(*args, **options)

    return call


NUMPY = NumPy()


def _meaning(value: Followed) -> Followed:
    """Return the replacement of a value that a function finds under one of its global names."""
    if value is np:
        return NUMPY
    if isinstance(value, FunctionType) and value in REPLACED:
        return REPLACED[value]
    module = getattr(value, "__module__", None) or ""
    name = getattr(value, "__name__", "")
    if isinstance(value, np.ufunc) or module.startswith("scipy."):
        on_jax = SPECIAL.get(name) or getattr(jax.scipy.special, name, None) or getattr(jnp, name, None)
        known = getattr(scipy.special, name, None) is value or isinstance(value, np.ufunc)
        return _either(value, on_jax, name) if known else value
    if isinstance(value, FunctionType) and module.partition(".")[0] not in ("numpy", "scipy", "jax"):
        return _translated(value)
    if isinstance(value, type) and issubclass(value, KINDS):
        return _class_on_jax(value)  # type: ignore[arg-type]  # a class can be hashed
    return value


class _ClassOnJax(type):
    """A class of kinds within a translated function: its methods, as in ``Adam.step(self, …)``, are JAX's."""

    original: type

    def __instancecheck__(cls, one: Followed) -> bool:
        return isinstance(one, cls.original)

    def __call__(cls, *args: Followed, **fields: Followed) -> Followed:
        """Return a new kind."""
        return OnJax(cls.original(*args, **fields))

    def __getattr__(cls, name: str) -> Followed:
        """Return an attribute of the class, a method translated."""
        found = getattr_static(cls.original, name, None)
        return _translated(found) if isinstance(found, FunctionType) else getattr(cls.original, name)


@cache
def _class_on_jax(kind: Followed) -> type:
    return _ClassOnJax(kind.__name__, (), {"original": kind})


def _names(code: CodeType) -> set[str]:
    """Return the global names that code and the functions within it read."""
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))


_MADE: dict[FunctionType, FunctionType] = {}


def _translated(function: Followed) -> FunctionType:
    """Return the function with JAX in place of NumPy."""
    if function in _MADE:
        return _MADE[function]
    found: dict[str, object] = {"__builtins__": function.__globals__["__builtins__"]}
    made = FunctionType(function.__code__, found, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    _MADE[function] = made  # before its names are looked up: it may call itself
    for name in _names(function.__code__) & function.__globals__.keys():
        value = function.__globals__[name]
        found[name] = value if isinstance(value, ModuleType) and value is not np else _meaning(value)
    return made


REPLACED[pull_back_log_complement] = _pull_back_log_complement


class OnJax:
    """A kind of activation, loss, layer or optimizer whose methods compute on JAX's arrays.

    To ``isinstance`` and ``match``, which equations use, it is of the kind's own class.

    Parameters
    ----------
    kind : Activation, Loss, Layer or Optimizer
        The kind.
    changed
        Fields with other values, which JAX may still be computing.
    """

    def __init__(self, kind: Followed, **changed: Followed) -> None:
        self._kind, self._changed = kind, changed

    @property  # type: ignore[misc]
    def __class__(self) -> Followed:
        """The kind's class."""
        return type(self._kind)

    def __getattr__(self, name: str) -> Followed:
        """Return a field, or a method that computes on JAX's arrays."""
        if name in self._changed:
            return self._changed[name]
        found = getattr_static(type(self._kind), name, None)
        if isinstance(found, FunctionType):
            return MethodType(_translated(found), self)
        value = getattr(self._kind, name)
        return OnJax(value) if isinstance(value, KINDS) else value


@cache
def _kind_word(kind: type) -> str:
    return next(base.__name__.lower() for base in KINDS if issubclass(kind, base))


def computed(kind: Followed, method: str, *args: Followed) -> Followed:
    """Return what a method of a kind on JAX returns.

    Raises
    ------
    ParameterError
        If JAX cannot follow the method's code, which may be a stranger's.
    """
    try:
        return getattr(kind, method)(*args)
    except KoubaiError:
        raise
    except (TypeError, AttributeError, NotImplementedError, IndexError, ValueError) as error:  # JAX's are among these
        reason = str(error).strip().partition("\n")[0][:160]
        raise ParameterError(
            who="engine 'jax'",
            parameter=f"the {_kind_word(kind.__class__)} {kind.name}",
            required=f"compute {method} by functions of arrays that JAX has too",
            got=f"{type(error).__name__}: {reason}",
            remedy="Try engine='reference'.",
        ) from error
