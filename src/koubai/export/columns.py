"""A table's preparation as steps: columns of one kind are prepared together, and put in the order of the features."""

import math
from collections.abc import Sequence

import numpy as np

from koubai.core.arrays import Floats
from koubai.export import functions as f
from koubai.export.steps import CATEGORY, DATE, NUMBER, TEXT, TRUTH, Builder, Filled, Input, Interpolate, Missing, Read
from koubai.export.words import Counted
from koubai.tables.files.missing import Marks
from koubai.tables.meaning.columns import BOOLEAN
from koubai.tables.preparing.categories import CategoryColumn
from koubai.tables.preparing.dated import PARTS, DateColumn
from koubai.tables.preparing.numeric import NumberColumn
from koubai.tables.preparing.preparation import Preparation, Prepared
from koubai.tables.preparing.texts.column import TextColumn


class Columns:
    """Adds the preparation of a table's columns to steps.

    Parameters
    ----------
    builder : Builder
        Where the steps go.
    preparation : Preparation
        How columns become features.
    marks : Marks
        What stands for missing values.
    """

    def __init__(self, builder: Builder, preparation: Preparation, marks: Marks) -> None:
        self.builder, self.columns, self.marks = builder, list(preparation.columns), marks
        self.numbers = tuple(mark for mark in marks.numbers if not math.isnan(mark))
        """Marks that are numbers; NaN is missing in any case."""
        self.parts: list[str] = []
        """The vectors that features come from."""
        self.places: dict[tuple[int, int], int] = {}
        """For feature k of column c, its place in all these vectors one after another."""

    def add(self) -> str:
        """Add the steps; return the name of the features."""
        inputs = tuple(self._input(column) for column in self.columns)
        note = "the columns as numbers"
        read = self.builder.add(Read("columns", (), len(inputs), note, inputs))
        of_kind = {
            kind: [place for place, column in enumerate(self.columns) if isinstance(column, kind)]
            for kind in (NumberColumn, CategoryColumn, DateColumn, TextColumn)
        }
        if of_kind[NumberColumn]:
            self._numbers(read, of_kind[NumberColumn])
        if of_kind[CategoryColumn]:
            self._categories(read, of_kind[CategoryColumn])
        if of_kind[DateColumn]:
            self._dates(read, of_kind[DateColumn])
        if of_kind[TextColumn]:
            self._texts(read, inputs, of_kind[TextColumn])
        parts = self.builder.join("parts", self.parts)
        order = [self.places[c, k] for c, column in enumerate(self.columns) for k in range(len(column.features))]
        return self.builder.select("features", parts, order, "the features, in the network's order")

    def given(self) -> str:
        """Add the columns as they are given, and the features as though they were; return the name of these."""
        inputs = tuple(self._input(column) for column in self.columns)
        width = sum(len(column.features) for column in self.columns)
        return self.builder.add(Read("features", (), width, "the features", inputs))

    def _input(self, column: Prepared) -> Input:
        if isinstance(column, CategoryColumn):
            return self._category_input(column)
        if isinstance(column, TextColumn):
            kind = TEXT
        elif isinstance(column, DateColumn):
            kind = DATE
        else:
            kind = TRUTH if column.kind == BOOLEAN else NUMBER
        return Input(column.name, kind, marks=tuple(self.marks.words()), numbers=self.numbers)

    def _category_input(self, column: CategoryColumn) -> Input:
        n = len(column.features)
        other = len(column.categories) if column.rare else n
        labels = (*column.categories, *column.rare)
        codes = {label: min(place, other) for place, label in enumerate(labels)}
        words = self.marks.words(signed="+" in codes)
        missing = n - 1 if column.marks_missing else n
        return Input(
            column.name,
            CATEGORY,
            codes=codes,
            other=other,
            missing=missing,
            marks=tuple(words),
            numbers=self.numbers,
            as_written=column.as_written,
        )

    def _take(self, part: str, owners: Sequence[tuple[int, int]]) -> None:
        """Note of a vector which feature of which column each entry is."""
        start = sum(map(self.builder.width, self.parts))
        self.parts.append(part)
        self.places |= {owner: start + place for place, owner in enumerate(owners)}

    def _numbers(self, read: str, own: list[int]) -> None:
        columns = [column for column in self.columns if isinstance(column, NumberColumn)]
        raw = self.builder.select("numbers", read, own)
        medians = np.array([column.median for column in columns])
        values = self._filled("x", raw, medians)
        self._values(values, columns, own)
        ranked = [place for place, column in enumerate(columns) if len(column.quantiles)]
        if ranked:
            self._ranks(values, ranked, columns, own)
        if any(len(column.edges) for column in columns):
            self._pieces(values, columns, own)
        self._missing("missing", raw, columns, own, self.numbers)

    def _filled(self, name: str, raw: str, values: Floats) -> str:
        note = "missing numbers replaced by the median"
        return self.builder.add(Filled(name, (raw,), len(values), note, values, self.numbers))

    def _missing(
        self,
        name: str,
        raw: str,
        columns: Sequence[NumberColumn | DateColumn],
        own: list[int],
        marks: tuple[float, ...],
    ) -> None:
        marked = [place for place, column in enumerate(columns) if column.marks_missing]
        if marked:
            chosen = self.builder.select(f"{name}_of", raw, marked)
            note = "1 where a value is missing"
            part = self.builder.add(Missing(name, (chosen,), len(marked), note, marks))
            self._take(part, [(own[place], len(columns[place].features) - 1) for place in marked])

    def _values(self, values: str, columns: list[NumberColumn], own: list[int]) -> None:
        logs = [place for place, column in enumerate(columns) if column.unit]
        plain = [place for place, column in enumerate(columns) if not column.unit]
        for name, places in (("plain", plain), ("logs", logs)):
            if not places:
                continue
            chosen = self.builder.select(f"{name}_of", values, places)
            if name == "logs":
                units = {"unit": [columns[place].unit for place in places]}
                chosen = self.builder.apply("logs_raw", [chosen], f.SIGNED_LOG, units)
            given = {key: [getattr(columns[place], key) for place in places] for key in ("mean", "scale")}
            part = self.builder.apply(name, [chosen], f.STANDARD, given, "numbers, standardised")
            self._take(part, [(own[place], 0) for place in places])

    def _ranks(self, values: str, places: list[int], columns: list[NumberColumn], own: list[int]) -> None:
        chosen = self.builder.select("ranks_of", values, places)
        tables = tuple(_steps(columns[place].quantiles) for place in places)
        note = "the share of training rows below"
        shares = self.builder.add(Interpolate("shares", (chosen,), len(places), note, tables))
        ends = np.array([0.5 / len(columns[place].quantiles) for place in places])
        inside = self.builder.apply("inner_shares", [shares], f.LIMITED, {"low": ends, "high": 1 - ends})
        part = self.builder.apply("ranks", [inside], f.QUANTILE, note="ranks on the scale of a normal distribution")
        self._take(part, [(own[place], 1) for place in places])

    def _pieces(self, values: str, columns: list[NumberColumn], own: list[int]) -> None:
        sources, low, width, owners = [], [], [], []
        for place, column in enumerate(columns):
            n_pieces = max(0, len(column.edges) - 1)
            sources += [place] * n_pieces
            low += column.edges[:-1].tolist()
            width += np.diff(column.edges).tolist()
            owners += [(own[place], 1 + (len(column.quantiles) > 0) + piece) for piece in range(n_pieces)]
        chosen = self.builder.select("pieces_of", values, sources)
        given = {"low": low, "width": width}
        self._take(self.builder.apply("pieces", [chosen], f.PIECE, given, "pieces of the numbers' ranges"), owners)

    def _categories(self, read: str, own: list[int]) -> None:
        places, sources, owners = [], [], []
        for c in own:
            n = len(self.columns[c].features)
            places += list(range(n))
            sources += [c] * n
            owners += [(c, k) for k in range(n)]
        chosen = self.builder.select("categories_of", read, sources)
        self._take(
            self.builder.apply("categories", [chosen], f.IS_PLACE, {"place": places}, "1 for a row's category"), owners
        )

    def _texts(self, read: str, inputs: tuple[Input, ...], own: list[int]) -> None:
        marked = []
        for number, c in enumerate(own, 1):
            column = self.columns[c]
            assert isinstance(column, TextColumn)
            name = "terms" if len(own) == 1 else f"terms{number}"
            note = f"the words and groups of characters of a text, {column.n_terms:,} of them"
            words, groups = column.terms
            part = self.builder.add(Counted(name, (), column.n_terms, note, inputs[c], words, groups, column.weights))
            self._take(part, [(c, k) for k in range(column.n_terms)])
            marked += [c] if column.marks_missing else []
        if marked:
            raw = self.builder.select("texts", read, marked)
            part = self.builder.add(Missing("no_text", (raw,), len(marked), "1 where a text is missing", ()))
            self._take(part, [(c, len(self.columns[c].features) - 1) for c in marked])

    def _dates(self, read: str, own: list[int]) -> None:
        columns = [column for column in self.columns if isinstance(column, DateColumn)]
        raw = self.builder.select("dates", read, own)
        filled = self.builder.add(Filled("dates_filled", (raw,), len(own), "", np.zeros(len(own)), ()))
        parts = self.builder.apply("calendar_parts", [filled], f.CALENDAR, note="year, month, weekday and hour")
        wanted = [(place, PARTS.index(part)) for place, column in enumerate(columns) for part in column.parts]
        turned = self._turned(parts, len(own), wanted)
        gaps = self.builder.select("date_gaps_of", raw, [place for place, _ in wanted])
        gap = self.builder.add(Missing("date_gaps", (gaps,), len(wanted), "", ()))
        statistics = np.hstack([column.statistics for column in columns])
        given = {"median": statistics[0], "mean": statistics[1], "scale": statistics[2]}
        part = self.builder.apply("date_parts", [turned, gap], f.DATE_PART, given, "parts of dates, standardised")
        owners = [(own[place], k) for place, column in enumerate(columns) for k in range(len(column.parts))]
        self._take(part, owners)
        self._missing("no_date", raw, columns, own, ())

    def _turned(self, parts: str, n_dates: int, wanted: list[tuple[int, int]]) -> str:
        """Return the parts that are wanted of each date: the year, and sines and cosines of the others."""
        vectors: list[str] = []
        at: dict[tuple[int, int], int] = {}
        for name, numbers in (("year", [0]), ("sin", [1, 3, 5]), ("cos", [2, 4, 6])):
            own = [(place, number) for place, number in wanted if number in numbers]
            if not own:
                continue
            start = sum(map(self.builder.width, vectors))
            chosen = self.builder.select(f"{name}_of", parts, [4 * place + (number + 1) // 2 for place, number in own])
            if name != "year":
                first = [0 if number > 2 else 1 for _, number in own]
                periods = [(0, 12, 7, 24)[(number + 1) // 2] for _, number in own]
                given = {"first": first, "period": periods}
                chosen = self.builder.apply(f"turned_{name}", [chosen], f.TURNS[name], given)
            vectors.append(chosen)
            at |= {owner: start + place for place, owner in enumerate(own)}
        joined = self.builder.join("turned", vectors)
        return self.builder.select("turned_in_order", joined, [at[owner] for owner in wanted])


def _steps(quantiles: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the places where the share of values below grows, and its heights to their left and right."""
    n = len(quantiles)
    shares = np.linspace(0, 1, n)
    places, first = np.unique(quantiles, return_index=True)
    last = np.append(first[1:], n) - 1
    return places, shares[first], shares[last]
