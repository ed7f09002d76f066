"""Models of every kind with rows for them: those that files are kept of, and one for each activation and layer."""

import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from tests.files import making

import koubai
from koubai import AvgPool, Conv, Dense, Flatten, MaxPool
from koubai.core.activations import ACTIVATIONS
from koubai.models.of_images.image_model import ImageModel
from koubai.models.table_model import TableModel

KEPT = Path(making.__file__).parent / "0.1.0"
ROWS = 12

ODD = {
    "size": [None, 3.0, 1e9, -1e9, 0.0, float("nan")],
    "cost": [0.0, -5.0, None, 1e6, 1.0, 0.001],
    "colour": ["purple", None, "red", "green", "blue", "NA"],
    "sold": ["1969-12-31", None, "2000-02-29", "2023-12-31", "2024-12-31", "1900-03-01"],
    "new": [True, None, False, True, False, None],
    "class": ["high"] * 6,
    "price": [0.0] * 6,
}
"""Rows with gaps, numbers far out, categories that were not seen, and dates around new years and leap days."""


class Case(NamedTuple):
    """A model, and the rows for it: a table, or an array."""

    name: str
    model: Any
    rows: Any

    @property
    def table_model(self) -> Any:
        """The model of a table that an estimator of tables holds; another model as it is."""
        return getattr(self.model, "model_", self.model)

    @property
    def network(self) -> Any:
        """The (first) network, or what stands for it."""
        model = self.model[-1] if isinstance(self.model, Pipeline) else self.table_model
        return getattr(model, "estimator_", model)

    @property
    def columns(self) -> list[str]:
        return [column.name for column in self.table_model.preparation_.columns]

    @property
    def images(self) -> np.ndarray:
        """The rows of a model of images as images."""
        return self.rows.reshape(-1, *self.model.estimator_.image_shape_)

    @property
    def has_texts(self) -> bool:
        """Whether there is a column of texts, of which words are counted."""
        return bool(getattr(getattr(self.table_model, "preparation_", None), "texts", None))

    @property
    def records(self) -> list[Any]:
        """The rows as plain Python: dicts of what a user has, or lists of numbers."""
        if isinstance(self.rows, np.ndarray):
            return self.rows.tolist()
        return self.rows.select(self.columns).to_dicts()

    def expected(self) -> tuple[list[Any], np.ndarray | None]:
        """Return what the model predicts, and the scores of the classes (rows, classes) if it has some.

        Numbers with intervals are rows of three: the number, and the ends of its interval.
        """
        if isinstance(self.model, ImageModel):
            predicted, shares = self.model.outputs(self.images)
            return predicted.tolist(), shares
        if isinstance(self.model, TableModel):
            found = self.model.predict(self.rows)
            if "prediction_lower" in found.columns:
                return [list(row) for row in found.rows()], None
            scores = found.select(name for name in found.columns if name.startswith("probability_"))
            return found["prediction"].to_list(), scores.to_numpy() if scores.width else None
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Skipping features without any observed")
            predicted = self.model.predict(self.rows)
        if isinstance(self.model, koubai.TableRegressor):
            return np.c_[predicted, self.model.predict_interval(self.rows)].tolist(), None
        for method in ("predict_proba", "decision_function"):
            if hasattr(self.model, method):
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "Skipping features without any observed")
                    scores = getattr(self.model, method)(self.rows)
                return predicted.tolist(), scores.reshape(len(self.rows), -1)
        return predicted.tolist(), None

    def sets(self) -> list[str] | None:
        """Return the classes in the set of each row, as `koubai predict` writes them; None if there are no sets."""
        if not isinstance(self.model, TableModel) or self.model.conformal_ is None:
            return None
        found = self.model.predict(self.rows)
        return found["prediction_set"].to_list() if "prediction_set" in found.columns else None


def _kept() -> Iterator[Case]:
    table = pl.concat([pl.DataFrame(making.TABLE)[:6], pl.DataFrame(ODD)], how="vertical_relaxed")
    for name in sorted(making.FIRST):  # later kinds that can be exported are made below
        path = KEPT / f"{name}.koubai"
        model = koubai.load(path)
        rows: Any = making.X[:ROWS]
        if isinstance(model, TableModel):
            rows = table.with_columns(pl.col("sold").str.to_date())
            if model.preparation_.columns[0].name not in rows.columns:
                continue
        yield Case(path.stem, model, rows)


def _made() -> Iterator[Case]:
    for name in ACTIVATIONS:
        given = {**making.MLP, "activation": name, "epochs": 2}
        yield Case(f"activation-{name}", koubai.MLPClassifier(**given).fit(making.X, making.THREE), making.X[:ROWS])
    layers = {
        "scaling": {"scaling": True},
        "ntk": {"parametrization": "ntk"},
        "learned": {"learned_activation": True, "activation": "mish"},
        "periodic": {"embedding": {"embedded": (0, 2), "n_frequencies": 3, "n_numbers": 2}},
        "clipped": {"clip_predictions": True},
        "poisson": {"loss": "poisson"},
    }
    for name, given in layers.items():
        targets = making.NUMBERS - making.NUMBERS.min()
        yield Case(
            f"layer-{name}", koubai.MLPRegressor(**{**making.MLP, **given}).fit(making.X, targets), making.X[:ROWS]
        )
    yield Case(
        "classifier-one-of-many",
        koubai.MLPClassifier(**making.MLP, loss="binary_cross_entropy").fit(making.X, making.THREE),
        making.X[:ROWS],
    )
    codes = np.array([30, 10, 20])[np.digitize(making.X[:, 0], [-0.7, 0.7])]
    yield Case("classifier-whole", koubai.MLPClassifier(**making.MLP).fit(making.X, codes), making.X[:ROWS])
    yield from _tables()
    yield from _images()


def _tables() -> Iterator[Case]:
    table = pl.DataFrame(making.TABLE).with_columns(
        pl.col("sold").str.to_datetime().dt.offset_by("13h37m"),
        pl.Series("code", ["3", "7", "x'y", "3.0"] * 10),
        pl.Series("mark", [-999.0 if i % 5 == 0 else float(i % 4) for i in range(40)]),
    )
    table = table.with_columns(sold=pl.when(pl.int_range(40) % 7 == 0).then(None).otherwise(pl.col("sold")))
    rows = table[:ROWS].with_columns(colour=pl.Series(["mauve", "", *["red", None] * 5]))
    common: dict[str, Any] = {"hidden_layer_sizes": (4,), "n_jobs": 1, "missing": ["-999"], "epochs": 3}
    for name, target, given in (
        ("pieces", "class", {"piecewise": True, "n_members": 1, "activation": "gelu"}),
        ("members", "class", {"n_members": 3}),
        ("members-numbers", "price", {"n_members": 2, "dtype": "float32"}),
        ("long-tail-members", "cost", {"n_members": 2, "epochs": 4}),
    ):
        yield Case(f"table-{name}", TableModel(**{**common, **given}, drop=[]).fit(table, target), rows)


def _images() -> Iterator[Case]:
    images = np.random.default_rng(1).integers(0, 255, (40, 6 * 7)).astype(float)
    common: dict[str, Any] = {"image_shape": (6, 7), "epochs": 2, "random_state": 0, "engine": "reference"}
    for name, layers in (
        ("conv", [Conv(3, (3, 2)), "relu", MaxPool(2), Dense(4), "tanh"]),
        ("conv-same", [Conv(2, 3, strides=2, padding="same"), "gelu", MaxPool(2, 1, padding="same"), Flatten()]),
        ("conv-average", [AvgPool(3, 2, padding="same"), Conv(2, 2, padding=(1, 0)), "sigmoid"]),
    ):
        yield Case(f"images-{name}", koubai.ConvClassifier(layers, **common).fit(images, making.THREE), images[:ROWS])
    colours = images[:, :36].astype(np.float32)
    model = koubai.ConvRegressor([Conv(2, 2), "relu", MaxPool(2)], **common | {"image_shape": (4, 3, 3)})
    yield Case("images-colours", model.fit(colours, making.NUMBERS.astype(np.float32)), colours[:ROWS])
    model = koubai.ConvClassifier([Conv(2, 2), AvgPool(2)], **common | {"image_shape": (4, 9)})
    yield Case("images-single", model.fit(colours, making.TWO), colours[:ROWS])


def _neocognitrons() -> Iterator[Case]:
    images = np.random.default_rng(8).integers(0, 255, (40, 6, 5)).astype(float)
    images[::2, 2] = images[1::2, :, 2] = 255
    common: dict[str, Any] = {"planes": (2, 3), "random_state": 0, "image_shape": (6, 5)}
    for name, labels in (("two", np.array(["lying", "standing"] * 20)), ("three", np.arange(40) % 3)):
        model = koubai.Neocognitron(**common).fit(images.reshape(40, -1), labels)
        yield Case(f"neocognitron-{name}", model, images[:ROWS].reshape(ROWS, -1))
    colours = np.stack([images, images[:, ::-1], 255 - images], axis=-1)
    given = common | {"planes": (2, 2), "strides": (1, 2), "fields": (3, 2), "blurs": (4, 3), "image_shape": (6, 5, 3)}
    model = koubai.Neocognitron(**given).fit(colours.reshape(40, -1), np.arange(40) % 2)
    yield Case("neocognitron-colours", model, colours[:ROWS].reshape(ROWS, -1))


def _decided() -> Iterator[Case]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    table = pl.DataFrame(
        {"x": x, "z": rng.normal(size=200), "kind": np.where(x + rng.normal(size=200) > 1.6, "rare", "usual")}
    )
    model = TableModel(hidden_layer_sizes=(4,), epochs=20, n_members=1, metric="balanced_accuracy").fit(table, "kind")
    assert model.decision_ is not None
    assert model.decision_.factors
    yield Case("table-decided", model, table[:60])


def _trusted() -> Iterator[Case]:
    """Models with intervals and sets, which are further outputs."""
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=(2, 260))
    table = pl.DataFrame(
        {
            "x": [None if i % 11 == 0 else cell for i, cell in enumerate(x)],
            "z": z,
            "colour": np.array(["red", "blue"])[rng.integers(0, 2, 260)],
            "price": 2 * x - z + rng.normal(size=260) * 0.4,
            "cost": np.exp(1.5 * x + rng.normal(size=260)),
            "kind": np.array(["a", "b's", "c"])[np.digitize(x + rng.normal(size=260), [-0.8, 0.8])],
        }
    )
    common: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 20, "n_jobs": 1}
    for name, target, given in (
        ("interval", "price", {"n_members": 1, "intervals": 0.8}),
        ("interval-grows", "cost", {"n_members": 2, "intervals": 0.9}),
        ("set", "kind", {"n_members": 1, "intervals": 0.9, "metric": "balanced_accuracy"}),
        ("set-members", "kind", {"n_members": 2, "intervals": 0.7, "dtype": "float32"}),
    ):
        others = [name for name in ("price", "cost", "kind") if name != target]
        model = TableModel(**{**common, **given}, drop=others).fit(table[:200], target)
        assert model.conformal_ is not None
        yield Case(f"table-{name}", model, table[200:])
    model = koubai.TableRegressor(**common, n_members=1, intervals=0.8)
    yield Case("estimator-numbers", model.fit(table[:200, :3], table["price"][:200].to_numpy()), table[200:, :3])
    codes = np.array([30, 10, 20])[np.digitize(x[:200], [-0.7, 0.7])]
    model = koubai.TableClassifier(**common, n_members=2, metric="balanced_accuracy")
    yield Case("estimator-classes", model.fit(table[:200, :3], codes), table[200:, :3])


HAM = (
    *("see you at lunch then", "ok lar… joking wif u oni", "I'll call later, sorry", "今日は何時に帰りますか"),
    *("明日の会議は３時からです", "カﾞッコウは東京にある", "Ich weiß es nicht, später", "naïve café résumé", "ΟΔΟΣ"),
)
SPAM = (
    *("FREE entry in 2 a wkly comp", "WINNER!! you have won a £1000 prize", "無料で当選しました！今すぐ電話"),
    *(
        "㈱東京 ½ price ™ ﬁnal offer 🎉🎉",
        "URGENT! Call 09061701461 now",
        "Ｆｒｅｅ ｅｎｔｒｙ",
        "ΔΩΡΕΑΝ",
        "한국어 무료",
    ),
)
STRANGE = (
    *(None, "", "   ", "NA", " N/A ", "3.0", "-07.", "🎉", "👩\u200d👩\u200d👧 free", "cafe\u0301 re\u0301sume\u0301"),
    *(
        "カ゛ッコウ か\u3099",
        "e\u0323\u0301 a\u0301\u0323",
        "İstanbul FREE",
        "ΟΔΟΣ",
        "ΣΑΣ. Σ",
        "ﷺ free ㌖",
        "무료 당첨",
        "한국",
    ),
    *("\x1cfree\x1f entry\x85now\u2003won", "free\ufeff", "\ufefffree", "กำลังดีที่สุด", "हिन्दी ज़रूर", "a_b free_entry"),
    *("Ⅷ ²³ free²", "free\tentry\nwon", "\u00a8free", "ǅ ß ẞ", "𝓕𝓻𝓮𝓮", "大カッコウ★カッコウ", "free " * 300),
)
"""Texts that are missing, empty, without blanks, full of marks, or of other widths, cases and scripts."""


def message_rows(n: int) -> pl.DataFrame:
    """Return messages in several languages, some missing, that tell what kind they are."""
    rng = np.random.default_rng(6)
    spam = rng.random(n) < 0.4
    texts = [" ".join(rng.permutation([*rng.choice(SPAM if own else HAM, 2), rng.choice(HAM + SPAM)])) for own in spam]
    shown = [None if k % 17 == 0 else text for k, text in enumerate(texts)]
    hour = np.where(rng.random(n) < 0.1, np.nan, rng.integers(0, 24, n))
    kinds = np.where(spam, "spam", "ham")
    return pl.DataFrame(
        {"hour": hour, "message": shown, "other": shown[::-1], "kind": kinds, "score": spam * 2.0 + hour}
    )


def _texts() -> Iterator[Case]:
    """Models with columns of texts."""
    table = message_rows(300)
    strange = pl.DataFrame({"message": STRANGE, "other": STRANGE[::-1]}).with_columns(hour=pl.lit(3.5))
    rows = pl.concat([strange, table[:20]], how="diagonal_relaxed").with_columns(kind=pl.lit("ham"), score=pl.lit(1.0))
    common: dict[str, Any] = {"hidden_layer_sizes": (4,), "epochs": 5, "n_jobs": 1}
    for name, target, given in (
        ("texts", "kind", {"n_members": 2, "text": ["message"], "drop": ["score", "other"]}),
        ("two-texts", "score", {"n_members": 1, "text": ["message", "other"], "drop": ["kind"]}),
    ):
        fitted = table.filter(pl.col("score").is_not_nan())
        yield Case(f"table-{name}", TableModel(**{**common, **given}).fit(fitted, target), rows)


def _pipelines() -> Iterator[Case]:
    """Networks behind steps of scikit-learn's."""
    X, rows = 10 * making.X - 3, 10 * making.X[:ROWS] - 3
    gaps = np.where(np.arange(120).reshape(40, 3) % 7 == 0, -1, X)
    gaps[:, 1] = -1  # nothing but gaps
    for name, given, steps, model, y in (
        ("standard", X, (StandardScaler(), "passthrough"), koubai.MLPClassifier(**making.MLP), making.THREE),
        ("robust", X, (RobustScaler(with_centering=False), MaxAbsScaler(clip=True)),
         koubai.MLPRegressor(**making.MLP), making.NUMBERS),
        ("gaps", gaps, (SimpleImputer(missing_values=-1.0), MinMaxScaler((-1, 1), clip=True), PCA(2, whiten=True)),
         koubai.MLPClassifier(**making.MLP), making.TWO),
        ("chosen", X, (StandardScaler(with_mean=False), SelectKBest(f_regression, k=2)),
         koubai.MLPRegressor(**making.MLP), making.NUMBERS),
        ("perceptron", X, (StandardScaler(),), koubai.Perceptron(), making.TWO),
    ):  # fmt: skip
        own = gaps[:ROWS] if name == "gaps" else rows
        yield Case(f"pipeline-{name}", make_pipeline(*steps, model).fit(given, y), own)
    yield Case("pipeline-alone", make_pipeline(koubai.MLPRegressor(**making.MLP)).fit(X, making.NUMBERS), rows)


def _image_models() -> Iterator[Case]:
    """Models of images in files."""
    rng = np.random.default_rng(5)
    images = rng.integers(0, 255, (40, 6, 5, 3), dtype=np.uint8)
    layers = "conv 3 3, relu, max_pool, dense 4, relu"
    with tempfile.TemporaryDirectory() as folder:
        for name, labels, pixels in (
            ("classes", np.where(images[:, 2].mean(axis=(1, 2)) > 127, "light", "dark"), images),
            ("numbers", images[..., 0].mean(axis=(1, 2)) / 100, images[..., 0]),
        ):
            np.savez(f"{folder}/{name}.npz", images=pixels, labels=labels)
            model = ImageModel(layers=layers, epochs=3).fit(f"{folder}/{name}.npz")
            yield Case(f"files-{name}", model, pixels[:ROWS].reshape(ROWS, -1).astype(np.float32))


@cache
def cases() -> tuple[Case, ...]:
    """Return all of them; each of the suffixes says what it is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return (
            *_kept(),
            *_made(),
            *_neocognitrons(),
            *_decided(),
            *_trusted(),
            *_texts(),
            *_pipelines(),
            *_image_models(),
        )
