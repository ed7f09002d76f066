"""SQL: one SELECT that scores the rows of a table, step by step in common table expressions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from koubai.core.errors import DataError
from koubai.core.formulas.tree import Symbol
from koubai.core.language import worded
from koubai.export import steps
from koubai.export.layers import SCALED
from koubai.export.steps import Answer, Computation, Step
from koubai.export.targets import maps
from koubai.export.targets.formula_text import digits
from koubai.export.targets.sql.dialects import Dialect, dialect_of, named, text
from koubai.export.targets.sql.expressions import (
    TERMS,
    Text,
    by_number,
    grouped,
    label_of,
    listed,
    literal,
    piecewise,
    scores,
    sum_of,
    with_erf,
    words_in,
)
from koubai.export.targets.texts import sql as terms
from koubai.export.words import Counted

MOST_COLUMNS = 1600
"""About the number of columns that databases allow in a table: PostgreSQL 1600, SQLite 2000."""


def write(computation: Computation, table: str = "data", dialect: str = "sqlite", include: Sequence[str] = ()) -> str:
    """Return a computation as a SELECT.

    Parameters
    ----------
    computation : Computation
        What is to be computed.
    table : str
        The table's name.
    dialect : {"sqlite", "postgresql", "duckdb"}
        The kind of SQL.
    include : sequence of str
        Columns of the table to select besides the prediction.

    Raises
    ------
    ParameterError
        If there is no such dialect.
    DataError
        If the computation needs more columns than databases have.
    """
    return SQL(computation, table, dialect_of(dialect), include).statement()


@dataclass
class Part:
    """A common table expression, which selects from the one before it.

    Parameters
    ----------
    name, note : str
        Its name, and what it is.
    columns : list of (str, str)
        Name and expression of each column.
    above : list of str
        Lines before it: others, of what its rows say in texts.
    joined : str
        The one of these that is joined to it, and by what; nothing if none is.
    """

    name: str
    note: str
    columns: list[tuple[str, str]]
    above: list[str] = field(default_factory=list)
    joined: str = ""


class SQL:
    """Writes a SELECT; each vector is a list of expressions, of columns as a rule.

    Parameters
    ----------
    computation, table, dialect, include
        As for `write`.
    """

    def __init__(self, computation: Computation, table: str, dialect: Dialect, include: Sequence[str]) -> None:
        self.computation, self.dialect, self.include = computation, dialect, list(include)
        self.table = table if re.fullmatch(r"[A-Za-z_][\w.]*", table) else named(table)
        self.vectors: dict[str, list[str]] = {}
        self.parts: list[Part] = []
        """The common table expressions, each of which selects from the one before it."""
        self.features: dict[str, terms.Feature] = {}
        """What stands for the features of terms, which are no columns, in vectors."""
        self.texts = [step for step in computation.steps if isinstance(step, Counted)]
        self.above: list[str] = []
        """What comes before the next part."""
        functions = {"log": "ln", "max": dialect.largest, "min": dialect.smallest}
        signs = {"≤": "<=", "≥": ">=", "=": "="}
        self.text = Text(dialect, functions, "CASE WHEN {} THEN {} ELSE {} END".format, signs, "power({}, {})".format)

    def statement(self) -> str:
        """Return the whole SELECT."""
        for step in self.computation.steps:
            self.vectors[step.name] = WRITERS[type(step)](self, step)
        last = self.computation.steps[-1]
        answer = self._answer(self.computation.answer, self.vectors[last.name])
        carried = self._carried(answer)
        title = self.computation.title.replace("\n", " ")
        lines = [f"-- koubai: {title}, for {self.dialect.name}.", "WITH RECURSIVE" if self.texts else "WITH"]
        before = self.table
        if any(given.kind in (steps.TRUTH, *steps.IN_TEXTS) for given in self.computation.inputs):
            lines += ["-- what is stripped off the ends of a cell"]
            lines += [f"koubai_cells AS (SELECT {self.dialect.blanks} AS koubai_blanks),"]
            before += " CROSS JOIN koubai_cells"
        for number, part in enumerate(self.parts):
            name = part.name
            kept = [*carried[number], *(f"{value} AS {column}" for column, value in part.columns)]
            if len(kept) > MOST_COLUMNS:
                raise DataError(
                    worded(
                        "export.error.export_model_need_at_most", most_columns=MOST_COLUMNS, name=name, n_kept=len(kept)
                    )
                )
            lines += part.above
            lines += [f"-- {part.note}"] if part.note else []
            lines += [f"{name} AS MATERIALIZED (", f"  SELECT {listed(kept)}", f"  FROM {before}"]
            lines += [f"  LEFT JOIN {part.joined}"] if part.joined else []
            lines.append(")" if number == len(self.parts) - 1 else "),")
            before = name
        return "\n".join([*lines, f"SELECT {listed(answer)}", f"FROM {before}", ""])

    def _carried(self, answer: list[str]) -> list[list[str]]:
        """Return the earlier columns that each part must pass on, since a later one needs them."""
        owner = {column: number for number, part in enumerate(self.parts) for column, _ in part.columns}
        needed = {name for value in answer for name in words_in(value) if name in owner}
        found: list[list[str]] = [[] for _ in self.parts]
        for number in range(len(self.parts) - 1, -1, -1):
            found[number] = sorted((name for name in needed if owner[name] < number), key=by_number)
            read = [self.parts[number].joined, *(value for _, value in self.parts[number].columns)]
            own = {name for value in read for name in words_in(value) if name in owner}
            needed = {name for name in needed | own if owner[name] < number}
        return found

    def columns(self, name: str, values: Sequence[str], note: str = "") -> list[str]:
        """Add a part with a column for each expression; return the columns' names."""
        names = [f"{name}_{number}" for number in range(1, len(values) + 1)]
        part = f"{name}_of_koubai" if name == self.table.lower().strip('"') else name  # else it would hide the table
        self.parts.append(Part(part, note, list(zip(names, values, strict=True)), self.above))
        self.above = []
        return names

    def source(self, step: Step, number: int = 0) -> list[str]:
        """Return the expressions of one of a step's sources, columns among them for the features of terms."""
        source = self.vectors[step.sources[number]]
        found = {name: self.features[name] for name in source if name in self.features}
        if not found:
            return source
        above, columns = terms.pivoted(step.sources[number], list(found.values()))
        values = [f"coalesce({column}, 0.0)" for column in columns]
        own = self.columns(f"{step.sources[number]}_terms", values, "features of terms")
        self.joined(step.sources[number], above)
        made = dict(zip(found, own, strict=True))
        self.vectors[step.sources[number]] = [made.get(value, value) for value in source]
        return self.vectors[step.sources[number]]

    def joined(self, name: str, above: list[str]) -> None:
        """Join to the last part what the features of terms say of its rows."""
        self.parts[-1].above += above
        self.parts[-1].joined = f"{name}_by_terms ON {name}_of_row = {terms.ROW}"

    # One method for each kind of step

    def read(self, step: steps.Read) -> list[str]:
        """Read the columns of the table."""
        if step.inputs[0].kind == steps.ROW:
            names = step.inputs[0].names or [f"x{number}" for number in range(1, step.width + 1)]
            values = [self.dialect.number(named(name)) for name in names]
        else:
            values = [self.dialect.cell(given) for given in step.inputs]
        name = "koubai_columns" if step.name == "columns" else f"koubai_{step.name}"
        found = self.columns(name, values, step.note)
        self.parts[-1].columns.extend((f"included_{k}", named(column)) for k, column in enumerate(self.include, 1))
        categories = [k for k, given in enumerate(step.inputs) if given.kind == steps.CATEGORY]
        if categories:
            codes = [self.dialect.code(step.inputs[k], found[k]) for k in categories]
            for k, code in zip(categories, self.columns("koubai_codes", codes, "categories as numbers"), strict=True):
                found[k] = code
        if self.texts:
            self.read_texts(step, found)
        return found

    def read_texts(self, step: steps.Read, found: list[str]) -> None:
        """Count the words of the columns of texts, beside the other columns."""
        self.parts[0].columns.append((terms.ROW, "row_number() OVER ()"))
        places = [step.inputs.index(each.given) for each in self.texts]
        marks = [(each.given.marks, each.given.numbers) for each in self.texts]
        cells = [terms.cleaned(self.dialect, *own, found[k]) for own, k in zip(marks, places, strict=True)]
        for k, column in zip(
            places, self.columns("koubai_cells_of_texts", cells, "texts as they are read"), strict=True
        ):
            found[k] = column
        part = self.parts[-1].name
        self.above = terms.counting(self.dialect, self.texts, [found[k] for k in places], part)

    def same(self, step: Step) -> list[str]:
        """Return the source as it is."""
        return self.vectors[step.sources[0]]

    def select(self, step: steps.Select) -> list[str]:
        """Take expressions of the source."""
        source = self.vectors[step.sources[0]]
        return [source[place] for place in step.places]

    def missing(self, step: steps.Missing) -> list[str]:
        """Test for NULL and for the marks."""
        missing = self.dialect.is_missing
        tests = [self.text.conditional(missing(x, step.marks), "1.0", "0.0") for x in self.source(step)]
        return self.columns(step.name, tests, step.note)

    def filled(self, step: steps.Filled) -> list[str]:
        """Fill gaps."""
        pairs, missing = zip(self.source(step), step.values, strict=True), self.dialect.is_missing
        values = [self.text.conditional(missing(value, step.marks), digits(gap), value) for value, gap in pairs]
        return self.columns(step.name, values, step.note)

    def apply(self, step: steps.Apply) -> list[str]:
        """Apply a function: those of its results that are used twice become columns."""
        if step.function == SCALED:
            return self.scaled(step)
        function, width = step.function, len(self.source(step))
        symbols = [
            {name: self.source(step, number)[i] for number, name in enumerate(function.arguments[: len(step.sources)])}
            | {name: literal(values[i]) for name, values in step.parameters.items()}
            for i in range(width)
        ]
        for number, (name, formula) in enumerate(function.bindings):
            values = [self.text.write(with_erf(formula), each) for each in symbols]
            later = [part for _, other in function.bindings[number + 1 :] for part in other.walk()]
            if later.count(Symbol(name)) > 1 or number == len(function.bindings) - 1 or name in function.results:
                last = number == len(function.bindings) - 1
                values = self.columns(step.name if last else f"{step.name}_{name}", values, step.note if last else "")
            else:
                values = [f"({value})" for value in values]
            for each, value in zip(symbols, values, strict=True):
                each[name] = value
        return [each[name] for each in symbols for name in function.results]

    def scaled(self, step: steps.Apply) -> list[str]:
        """Multiply each entry by its factor; those that are features of terms stay such."""
        found = list(self.vectors[step.sources[0]])
        factors = [float(factor) for factor in step.parameters["s"]]
        own = [k for k, x in enumerate(found) if x not in self.features]
        made = self.columns(step.name, [f"{found[k]} * {literal(factors[k])}" for k in own], step.note) if own else []
        for k, column in zip(own, made, strict=True):
            found[k] = column
        for k in sorted({*range(len(found))} - {*own}):
            feature = self.features[found[k]]
            found[k] = f"{found[k]}_{step.name}"
            self.features[found[k]] = terms.Feature(feature.place, feature.factor * factors[k])
        return found

    def interpolate(self, step: steps.Interpolate) -> list[str]:
        """Choose the piece that each entry lies in."""
        values = [piecewise(x, *table) for x, table in zip(self.source(step), step.tables, strict=True)]
        return self.columns(step.name, values, step.note)

    def affine(self, step: steps.Affine) -> list[str]:
        """Add up products."""
        source = self.vectors[step.sources[0]]
        features = [k for k, x in enumerate(source) if x in self.features]
        own = sorted({*range(len(source))} - {*features})
        weights, given = step.weights[own], [source[k] for k in own]
        values = [sum_of(b, w, given) for b, w in zip(step.biases, weights.T, strict=True)]
        if not features:
            return self.columns(step.name, values, step.note)
        above, added = terms.sums(step.name, [self.features[source[k]] for k in features], step.weights[features])
        values = [f"{value} + coalesce({column}, 0.0)" for value, column in zip(values, added, strict=True)]
        found = self.columns(step.name, values, step.note)
        self.joined(step.name, above)
        return found

    def blocks(self, step: steps.Blocks) -> list[str]:
        """Add up products, block by block."""
        n_in, source = step.weights.shape[1], self.source(step)
        values = [
            sum_of(b, w, source[k * n_in : (k + 1) * n_in])
            for k in range(len(step.weights))
            for b, w in zip(step.biases[k], step.weights[k].T, strict=True)
        ]
        return self.columns(step.name, values, step.note)

    def join(self, step: steps.Join) -> list[str]:
        """Put vectors one after another."""
        return [value for name in step.sources for value in self.vectors[name]]

    def softmax(self, step: steps.Softmax) -> list[str]:
        """Divide exp(u_i - max u) by their sum."""
        source = self.source(step)
        top = self.columns(f"{step.name}_top", [self.largest(source)])[0]
        raised = self.columns(f"{step.name}_exp", [self.text.call("exp", [f"{u} - {top}"]) for u in source])
        return self._divided(step, raised)

    def shares(self, step: steps.Shares) -> list[str]:
        """Divide by the sum."""
        return self._divided(step, self.source(step))

    def _divided(self, step: Step, values: list[str]) -> list[str]:
        total = self.columns(f"{step.name}_total", [grouped(values)])[0]
        return self.columns(step.name, [f"{value} / {total}" for value in values], step.note)

    def mean(self, step: steps.Mean) -> list[str]:
        """Take the mean of the sources."""
        rows = zip(*(self.vectors[name] for name in step.sources), strict=True)
        values = [f"({grouped(row)}) / {len(step.sources)}.0" for row in rows]
        return self.columns(step.name, values, step.note)

    def counted(self, step: Counted) -> list[str]:
        """Name the features of terms: there are too many of them for columns."""
        start = sum(each.width for each in self.texts[: self.texts.index(step)])
        names = [f"{terms.FEATURE}{start + k}" for k in range(step.width)]
        self.features |= {name: terms.Feature(start + k) for k, name in enumerate(names)}
        return names

    def largest(self, values: Sequence[str]) -> str:
        """Return the largest of several expressions; SQLite's functions take no more than 100 arguments."""
        if len(values) == 1:
            return values[0]
        if len(values) <= TERMS:
            return self.text.call("max", list(values))
        return self.largest([self.largest(values[k : k + TERMS]) for k in range(0, len(values), TERMS)])

    # The answer

    def _answer(self, answer: Answer, values: list[str]) -> list[str]:
        """Return the columns of the result."""
        kept = [f"included_{k} AS {named(column)}" for k, column in enumerate(self.include, 1)]
        if answer.kind == steps.NUMBERS:
            if answer.has_interval:
                ends = ("prediction", "prediction_lower", "prediction_upper")
                return [*kept, *(f"{value} AS {name}" for value, name in zip(values, ends, strict=True))]
            if len(values) == 1:
                return [*kept, f"{values[0]} AS prediction"]
            return [*kept, *(f"{value} AS prediction_{k}" for k, value in enumerate(values, 1))]
        labels = [label_of(label) for label in answer.classes]
        if answer.kind == steps.LABELS:
            above = [
                f"CASE WHEN {value} > {answer.threshold} THEN 1 ELSE 0 END AS {named(f'prediction_{label}')}"
                for value, label in zip(values, answer.classes, strict=True)
            ]
            return [*kept, *above, *scores(values, answer)]
        if len(values) == 1:
            chosen = f"CASE WHEN {values[0]} > 0 THEN {labels[1]} ELSE {labels[0]} END"
            return [*kept, f"{chosen} AS prediction", f"{values[0]} AS score"]
        factors = answer.factors or [1.0] * len(values)
        decided = [v if w == 1 else f"({v} * {literal(w)})" for v, w in zip(values, factors, strict=True)]
        top = self.largest(decided)
        if len(values) > TERMS:
            top = self.columns("top", [top])[0]
        tests = " ".join(f"WHEN {value} = {top} THEN {label}" for value, label in zip(decided, labels, strict=True))
        decided_and_set = [f"CASE {tests} END AS prediction", *self._set(answer, values)]
        return [*kept, *decided_and_set, *scores(values, answer)]

    def _set(self, answer: Answer, values: list[str]) -> list[str]:
        """Return the classes in the set of the stated level as one text, if there is one."""
        if answer.reach is None:
            return []
        top = self.columns("most", [self.largest(values)])[0]
        parts = [
            f"CASE WHEN 1 - {value} <= {digits(answer.reach)} OR {value} = {top} THEN {text(f' | {label}')} ELSE '' END"
            for value, label in zip(values, answer.classes, strict=True)
        ]
        return [f"substr({' || '.join(parts)}, 4) AS prediction_set"]


WRITERS: dict[type[Step], Callable[..., list[str]]] = {
    steps.Read: SQL.read,
    steps.Cast: SQL.same,
    steps.Select: SQL.select,
    steps.Missing: SQL.missing,
    steps.Filled: SQL.filled,
    steps.Apply: SQL.apply,
    steps.Interpolate: SQL.interpolate,
    steps.Affine: SQL.affine,
    steps.Blocks: SQL.blocks,
    steps.Join: SQL.join,
    steps.Softmax: SQL.softmax,
    steps.Shares: SQL.shares,
    steps.Mean: SQL.mean,
    **maps.SQL,
    Counted: SQL.counted,
}
"""How each kind of step is written."""
