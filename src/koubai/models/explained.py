"""What a table's model shows of itself: a row's derivation, what it has learned, the playground, a readable summary."""

import inspect
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from koubai.core import entries
from koubai.core.schema import Record
from koubai.models.asked import check_row
from koubai.models.table_predictor import TablePredictor
from koubai.tables.files.frames import TableLike

if TYPE_CHECKING:
    import polars as pl

    from koubai.core.entries import Playground
    from koubai.explain.derivations import Derivation
    from koubai.explain.network.asking import Ask
    from koubai.explain.network.samples import Sample
    from koubai.models.estimator_choice import Estimator
    from koubai.models.reasons.record import Reasons
    from koubai.models.reporting.record import Report


class ShowsItself(TablePredictor):
    """Methods of a `TableModel` that show what is in it."""

    network: Record
    estimator_: "Estimator"
    others_: "list[Estimator]"

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of the first network after each epoch, in units of the loss."""
        self.check_fitted()
        return list(self.estimator_.history_.losses)

    @property
    def summary(self) -> str:
        """What was learned, in one line."""
        self.check_fitted()
        networks = 1 + len(self.others_)
        sizes = "-".join(map(str, self.estimator_.network_.sizes))
        said = f"{self.target_.name} ({self.target_.task}) from {len(self.preparation_.columns)} columns, "
        said += f"a network {sizes}" if networks == 1 else f"{networks} networks {sizes}"
        if self.evaluation_ is None:
            return f"{said}, no rows held out"
        score = self.evaluation_
        return f"{said}, {score.measure} {score.score:.4g} on {score.n_rows:,} held-out rows"

    def explain(self, table: TableLike, row: int = 1, *, ask: "Ask | None" = None, member: int = 1) -> "Derivation":
        """Derive the numbers of one row of a table, step by step.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            As for `predict`. If the row has a target, the derivation goes on to the loss and every gradient.
        row : int
            Which row, counted from 1.
        ask : koubai.explain.Ask, optional
            One number of the pass; by default, all are explained.
        member : int
            Which of the networks whose predictions are averaged, counted from 1.

        Returns
        -------
        koubai.explain.Derivation
            Displays itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ParameterError
            If there is no such row, network or number.
        """
        from koubai.explain.model.average import about_average
        from koubai.explain.network.passes import backward, forward

        sample = self.member(member).sample(table)
        check_row(row, len(sample.inputs))
        x, y = sample.inputs[row - 1], sample.targets[row - 1]
        if np.isnan(y).any():
            page = forward(sample.network, sample.theta, x, ask=ask, names=sample.names)
        else:
            page = backward(sample.network, sample.theta, x, y, ask=ask, names=sample.names)
        return about_average(sample.before(page, row - 1), member, 1 + len(self.others_))

    def sample(self, table: TableLike) -> "Sample":
        """Return the first network with the rows of a table as it sees them, and their names, for explanations."""
        from koubai.explain.network.naming import Names
        from koubai.explain.network.samples import Sample
        from koubai.models.reasons.row_preparation import preparation_section

        read = self.columns_of(table)
        inputs, targets = self.network_rows(read)
        estimator = self.estimator_
        classes = tuple(map(str, getattr(estimator, "classes_", ())))
        numeric = None if classes else (self.target_.name, float(self.center_), float(self.scale_))
        bounds = None if classes else self.bounds_
        names = Names(tuple(self.preparation_.features), classes, numeric, bounds=bounds)
        prepared = partial(preparation_section, self.preparation_, read.frame)
        return Sample(estimator.network_, estimator.theta_.astype(np.float64), inputs, targets, names, prepared)

    def explain_model(self, table: TableLike, *, layer: int = 1) -> "Derivation":
        """Show what the model has learned: what its hidden nodes represent, and the effects of the table's columns.

        Parameters
        ----------
        table
            As for `predict`, with the target.
        layer : int
            The hidden layer, counted from 1.

        Returns
        -------
        koubai.explain.Derivation
            Displays itself in a notebook; ``show()`` prints it, ``save("page.html")`` writes it.
        """
        return entries.table_model_page(self, table, layer)

    def reasons(
        self,
        table: TableLike,
        row: int = 1,
        *,
        training: "TableLike | None" = None,
        budget: int = 20_000,
        seed: int = 0,
    ) -> "Reasons":
        """Return why the model answers as it does for one row: in the table's own columns and units.

        Each column's contribution is its Shapley value, exact for few columns and for one network without hidden
        layers, else estimated with a stated error; see `koubai.models.reasons.contributions`. Besides come the
        training rows that are most like the row, and what would have to change for another answer.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            As for `predict`.
        row : int
            Which row, counted from 1.
        training : table, optional
            Rows like those that were learned from, which say what is usual; by default, those of ``table``.
        budget : int
            About so many rows are answered for; more make estimates closer.
        seed : int
            Seed of what is drawn.

        Returns
        -------
        koubai.models.reasons.record.Reasons
            ``reasons``, ``nearest``, ``changes``, ``frame()``; ``show()`` prints it, ``save("page.html")`` writes it.

        Raises
        ------
        ParameterError
            If there is no such row.
        DataError
            If there are too few rows to compare with.
        """
        from koubai.models.reasons.asking import reasons_of

        self.check_fitted()
        return reasons_of(self, table, row, training=training, budget=budget, seed=seed)

    def report(self, table: TableLike, *, seed: int = 0) -> "Report":
        """Return a report on rows of a table: scores beside baselines, curves, what matters, and what is most wrong.

        Parameters
        ----------
        table : Table, DataFrame, mapping or path
            As for `predict`, with the target: rows that were held out. If many are rows that were trained on, the
            report says so.
        seed : int
            Seed of shuffles and resamples.

        Returns
        -------
        koubai.models.reporting.record.Report
            ``frame()``, ``wrong``; displays itself in a notebook; ``show()`` prints it, ``save("report.html")`` writes
            it.

        Raises
        ------
        DataError
            If no row has a value of the target.

        Examples
        --------
        >>> from koubai.models.table_model import TableModel
        >>> table = {"x": [1, 2] * 20, "y": ["low", "high"] * 20}
        >>> model = TableModel(hidden_layer_sizes=(4,), solver="lbfgs").fit(table, "y")
        >>> model.report({"x": [1, 2, 2], "y": ["low", "high", "low"]}).wrong[0].row
        3
        """
        from koubai.models.reporting.collecting import report_of

        self.check_fitted()
        return report_of(self, table, seed)

    def importances(self, table: TableLike, *, seed: int = 0) -> "pl.DataFrame":
        """Return how much the score drops when each column is shuffled, as a table; see `explain_model`.

        Parameters
        ----------
        table
            As for `predict`, with the target; its first 2,000 rows are used.
        seed : int
            Seed of the shuffles.

        Returns
        -------
        polars.DataFrame
            ``column``, ``importance`` (in units of the accuracy or of R²) and ``spread``, the largest first.
        """
        import polars as pl

        from koubai.models.scores.inspection import columns_of_model

        views, _ = columns_of_model(self, table, seed)
        rows = [(view.name, view.importance, view.spread) for view in views]
        schema = {"column": pl.String, "importance": pl.Float64, "spread": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("importance", descending=True)

    def partial_dependence(self, table: TableLike, column: str) -> "pl.DataFrame":
        """Return the mean answer over all rows with one column set to each of its values; see `explain_model`.

        Parameters
        ----------
        table
            As for `predict`, with the target; its first 2,000 rows are used.
        column : str
            One of the columns that the model uses.

        Returns
        -------
        polars.DataFrame
            The column's values, and ``prediction`` or a probability for each class.

        Raises
        ------
        ParameterError
            If the model does not use such a column.
        """
        from koubai.models.scores.inspection import dependence_of

        return dependence_of(self, table, column)

    def play(
        self, table: TableLike, *, task: str | None = None, standardize: bool = True, **settings: object
    ) -> "Playground":
        """Open the playground in a notebook on the columns and the target of this model.

        The playground trains a small network of its own, whose size and rule are settings.

        Parameters
        ----------
        table
            As for `predict`, with the target.
        task, standardize, **settings
            As for `koubai.play`.

        Returns
        -------
        koubai.play.widget.Playground
            The widget.
        """
        frame = self.columns_of(table).frame
        used = [column.name for column in self.preparation_.columns]
        name = self.target_.name
        return entries.play_table(frame.select(*used, name), name, task, standardize, **settings)

    def __repr__(self) -> str:
        """Return the parameters that were set and, once fitted, what was learned."""
        defaults = inspect.signature(type(self).__init__).parameters
        own = {name: getattr(self, name) for name in defaults if hasattr(self, name) and name != "network"}
        given = {name: value for name, value in own.items() if value != defaults[name].default} | self.network
        shown = f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"
        return f"{shown}: {self.summary}" if hasattr(self, "estimator_") else shown
