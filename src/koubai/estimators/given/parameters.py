"""Constructor parameters: kept as given, and checked with one-sentence messages when training begins."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import Parameter, signature
from numbers import Integral
from os import PathLike
from typing import TypeVar, cast

from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import _param_validation as rules
from sklearn.utils.metaestimators import available_if

from koubai.core.errors import InPython, ParameterError, ParameterTypeError
from koubai.core.language import worded
from koubai.core.untyped import ScikitLearn

Model = TypeVar("Model")
Method = TypeVar("Method", bound=Callable[..., object])
VAR_POSITIONAL, VAR_KEYWORD = Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD


class EstimatorParameterError(ParameterError, rules.InvalidParameterError):  # type: ignore[misc]  # untyped base
    """A constructor parameter of an estimator has a value or a type that is not allowed."""


def keep_parameters(estimator: BaseEstimator, given: Mapping[str, object]) -> None:
    """Set the constructor's arguments as attributes, unchanged, as scikit-learn requires.

    Parameters
    ----------
    estimator : BaseEstimator
        The instance under construction.
    given : Mapping
        ``locals()`` of the ``__init__`` that runs, which in a subclass need not be that of the instance's own class.
    """
    for name, value in given.items():
        if name != "self":
            setattr(estimator, name, value)


def checks_parameters(method: Method) -> Method:
    """Decorate a ``fit`` or ``partial_fit`` so that it checks the parameters first, as in scikit-learn."""
    return cast(Method, _fit_context(prefer_skip_nested_validation=True)(method))


def only_if(check: Callable[[Model], bool]) -> Callable[[Method], Method]:
    """Decorate a method so that an instance has it only where ``check`` does not raise AttributeError."""
    return cast(Callable[[Method], Method], available_if(check))


@cache
def parameter_defaults(kind: type[ScikitLearn]) -> dict[str, object]:
    """Return the constructor's parameters with their defaults, in order."""
    parameters = list(signature(kind.__init__).parameters.values())[1:]
    named = [parameter for parameter in parameters if parameter.kind not in (VAR_POSITIONAL, VAR_KEYWORD)]
    return {parameter.name: parameter.default for parameter in named}


def _default_of(kind: type[ScikitLearn], name: str) -> object:
    """Return a parameter's default in the nearest class that has it, since a subclass may not."""
    defaults = (parameter_defaults(ancestor) for ancestor in kind.__mro__ if "__init__" in vars(ancestor))
    return next((found[name] for found in defaults if name in found), None)


@cache
def _constraints(kind: type[ScikitLearn]) -> dict[str, list[ScikitLearn]]:
    given: Mapping[str, Iterable[object] | str] = kind._parameter_constraints
    return {
        name: [rules.make_constraint(constraint) for constraint in constraints]
        for name, constraints in given.items()
        if constraints != "no_validation"
    }


SCIKIT_LEARNS_OWN = (
    "_backprop",
    "_compute_loss_grad",
    "_fit_binary",
    "_fit_lbfgs",
    "_fit_multiclass",
    "_fit_stochastic",
    "_forward_pass",
    "_forward_pass_fast",
    "_init_coef",
    "_initialize",
    "_loss_grad_lbfgs",
    "_unpack",
    "_update_no_improvement_count",
    "_validate_input",
)
"""Private methods of scikit-learn's classes that users override, but that koubai never calls."""


@cache
def _check_methods(kind: type[ScikitLearn]) -> None:
    """Raise if a subclass overrides a method that only scikit-learn would call, since it would have no effect."""
    for name in SCIKIT_LEARNS_OWN:
        if hasattr(kind, name):
            raise ParameterTypeError(
                who=kind.__name__,
                what=(
                    "a subclass must not rely on private methods of scikit-learn's class, which "
                    f"are never called here; got {name}."
                ),
                remedy=(
                    "Use parameters: init, activation, loss, callbacks; or set coefs_ and "
                    "intercepts_ with warm_start=True."
                ),
            )


def check_parameters(estimator: BaseEstimator) -> None:
    """Check every parameter against the estimator's ``_parameter_constraints``.

    Raises
    ------
    EstimatorParameterError
        For the first parameter that satisfies none of its constraints.
    ParameterTypeError
        For a subclass that overrides a private method of scikit-learn's class.
    """
    kind: ScikitLearn = type(estimator)
    _check_methods(kind)
    for name, constraints in _constraints(kind).items():
        value = getattr(estimator, name)
        if not any(constraint.is_satisfied_by(value) for constraint in constraints):
            default = _default_of(kind, name)
            remedy = worded("core.remedy.try", value=repr(default))
            raise EstimatorParameterError(
                who=kind.__name__,
                parameter=name,
                required=[phrase for given in constraints if not given.hidden for phrase in _phrases(given)],
                got=repr(value),
                remedy=InPython(remedy, typed=worded("core.remedy.leave_it_out"))
                if default in (None, "auto")
                else remedy,
            )


def _phrases(constraint: ScikitLearn) -> list[str]:
    """Describe a scikit-learn constraint in words."""
    if isinstance(constraint, rules.Interval):
        return [_bounds(constraint)]
    if isinstance(constraint, rules.Options):  # texts, or numbers such as infinity
        return [InPython(repr(option)) if option == "auto" else repr(option) for option in sorted(constraint.options)]
    if isinstance(constraint, rules._InstancesOf):
        plain = {str: worded("core.a_name"), PathLike: worded("core.path")}
        others = {
            dict: worded("estimators.note.dict"),
            list: worded("estimators.note.list"),
            tuple: worded("estimators.note.tuple"),
        }
        kind = constraint.type
        return [plain.get(kind) or InPython(others.get(kind) or f"of class {kind.__name__}")]
    if isinstance(constraint, rules.HasMethods):
        return [InPython(f"an object with {', '.join(constraint.methods)}")]
    names = {
        rules._NoneConstraint: InPython("None"),
        rules._Booleans: worded("estimators.note.true_false"),
        rules._RandomStates: worded("estimators.note.integer_randomstate_none"),
        rules._VerboseHelper: worded("estimators.note.true_false_integer"),
        rules._ArrayLikes: worded("estimators.note.sequence"),
        rules._Callables: "callable",
    }
    return [names.get(type(constraint)) or str(constraint)]


def _bounds(interval: ScikitLearn) -> str:
    sort = "integer" if interval.type is Integral else "number"
    above = "[" if interval.closed in ("left", "both") else "("
    below = "]" if interval.closed in ("right", "both") else ")"
    if interval.left is None:
        return worded(f"core.{sort}.{'at_most' if below == ']' else 'below'}", bound=interval.right)
    if interval.right is None:
        return worded(f"core.{sort}.{'at_least' if above == '[' else 'above'}", bound=interval.left)
    return worded(f"core.{sort}.within", interval=f"{above}{interval.left}, {interval.right}{below}")
