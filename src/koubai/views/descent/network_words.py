"""The lab's words about real networks."""

import numpy as np

from koubai.core.language import Language, text
from koubai.descent.surfaces.batches import BatchProgress
from koubai.descent.surfaces.landscape import Landscape, Line
from koubai.descent.surfaces.rates import RangeTest
from koubai.descent.surfaces.spectrum import Spectrum
from koubai.descent.surfaces.watching import TrainingRecord
from koubai.optimizers.protocol import Optimizer
from koubai.views.descent.words import number, optimizer_name

NetworkRecord = Landscape | Line | Spectrum | TrainingRecord | RangeTest | BatchProgress


def network_lines(record: NetworkRecord, lang: Language) -> list[str]:
    """Return a summary of a record about a network in a few lines, starting with its title."""
    match record:
        case Landscape():
            low, high = np.nanmin(record.surface.values), np.nanmax(record.surface.values)
            named = text("descent.axis.loss", lang)
            return [network_title(record, lang), f"  {named} {number(record.loss, 4)} ({number(low)}–{number(high)})"]
        case Line():
            barrier = text("descent.network.barrier", lang, height=number(record.barrier, 4))
            ends = " → ".join(number(end, 4) for end in record.ends)
            return [network_title(record, lang), f"  {text('descent.axis.loss', lang)} {ends}, {barrier}"]
        case Spectrum():
            values = ",  ".join(number(value, 6) for value in record.values)
            return [network_title(record, lang), f"  {values}", f"  {limit_sentence(record, lang)}"]
        case TrainingRecord():
            return [network_title(record, lang), *_layer_lines(record, lang)]
        case RangeTest():
            suggested = text("descent.network.suggested", lang, rate=f"{record.suggested:g}")
            return [network_title(record, lang), f"  {suggested}"]
        case BatchProgress():
            return [network_title(record, lang), *_batch_lines(record, lang)]


def network_title(record: NetworkRecord, lang: Language) -> str:
    """Return the title of a picture of a network."""
    match record:
        case Landscape():
            return text("descent.network.landscape" if record.path is None else "descent.network.path", lang)
        case Line():
            return text("descent.network.line", lang)
        case Spectrum():
            return text("descent.network.eigenvalues", lang)
        case TrainingRecord():
            return text("descent.network.training", lang, **_rule(record.optimizer, record.learning_rate, lang))
        case RangeTest():
            return text("descent.network.range", lang, optimizer=optimizer_name(record.optimizer.name, lang))
        case BatchProgress():
            rule = _rule(record.optimizer, record.learning_rate, lang)
            return text("descent.network.batches", lang, n=record.n_rows, **rule)


def _rule(optimizer: Optimizer, learning_rate: float, lang: Language) -> dict[str, str]:
    return {"optimizer": optimizer_name(optimizer.name, lang), "rate": number(learning_rate)}


def limit_sentence(record: Spectrum, lang: Language) -> str:
    """Return a sentence giving the largest learning rate at which steepest descent is stable."""
    return text("descent.network.limit", lang, limit=number(record.largest_learning_rate, 3))


def _layer_lines(record: TrainingRecord, lang: Language) -> list[str]:
    gradients, ratios = record.gradient_norms.mean(axis=0), record.update_ratios.mean(axis=0)
    names = (text("descent.axis.gradient", lang), text("descent.axis.ratio", lang))
    loss = f"  {text('descent.axis.loss', lang)} {number(record.losses[0], 4)} → {number(record.losses[-1], 4)}"
    colon = "：" if lang == "ja" else ": "
    return [loss] + [
        f"  {text('descent.network.layer', lang, number=layer + 1)}{colon}"
        f"{names[0]} {number(gradient, 3)}, {names[1]} {number(ratio, 3)}"
        for layer, (gradient, ratio) in enumerate(zip(gradients, ratios, strict=True))
    ]


def _batch_lines(record: BatchProgress, lang: Language) -> list[str]:
    named, colon = text("descent.axis.loss", lang), "：" if lang == "ja" else ": "
    return [
        f"  {batch_name(size, record.n_rows, lang)}{colon}{named} {number(losses[0])} → {number(losses[-1])}"
        for size, losses in zip(record.batch_sizes, record.losses, strict=True)
    ]


def batch_name(size: int, n_rows: int, lang: Language) -> str:
    """Return the name of descent with this batch size."""
    key = "one_row" if size == 1 else "all_rows" if size == n_rows else "some_rows"
    return text(f"descent.network.{key}", lang, n=size)
