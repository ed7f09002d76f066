"""Lists of layers as they are typed: conv 32 3, relu, max_pool 2."""

from dataclasses import fields

from koubai.core.activations import ACTIVATIONS
from koubai.core.errors import KoubaiError, ParameterError
from koubai.core.language import worded
from koubai.core.schema import Record
from koubai.estimators.given.image_layers import DESCRIPTIONS, Given, image_layer_from_spec


def layers_from_text(text: str) -> tuple[Given, ...]:
    """Return the layers that a text lists, separated by commas.

    Raises
    ------
    ParameterError
        If a layer is not known or has other parameters.

    Examples
    --------
    >>> layers_from_text("conv 32 3, relu, max_pool 2, dropout 0.25")
    (Conv(filters=32, kernel_size=3, strides=1, padding='valid'), 'relu', MaxPool(pool_size=2, strides=None, padding='valid'), Dropout(rate=0.25))
    """  # noqa: E501  # one line, as it is printed
    return tuple(_layer_from_words(item) for item in (part.strip() for part in text.split(",")) if item)


def _layer_from_words(item: str) -> Given:
    name, *words = item.split()
    if name not in DESCRIPTIONS:
        if words or (name not in ACTIVATIONS and name not in ACTIVATIONS.aliases):
            raise ParameterError(
                parameter="layers",
                required=worded("core.must.list_activations", descriptions=", ".join(DESCRIPTIONS)),
                got=repr(item),
                remedy=worded("core.remedy.try_conv_relu_max_pool"),
            )
        return name
    names = [field.name for field in fields(DESCRIPTIONS[name])]
    spec: Record = {"name": name}
    for place, word in enumerate(words):
        key, _, value = word.rpartition("=")
        if not key and place >= len(names):
            raise ParameterError(
                parameter="layers",
                required=worded("core.must.give_at_most_parameters", name=name, n_names=len(names)),
                got=repr(item),
                remedy=worded("core.remedy.leave_others_out"),
            )
        spec[key or names[place]] = _number(value)
    try:
        return image_layer_from_spec(spec)
    except KoubaiError as error:
        raise error.of("layers", ParameterError) from None


def _number(word: str) -> float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
