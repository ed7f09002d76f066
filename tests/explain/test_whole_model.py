"""What hidden nodes stand for: weights, rows and effects as computed by hand; columns through scikit-learn."""

import numpy as np
import polars as pl
import pytest

from koubai.core.errors import DataError, ParameterError, ShapeError
from koubai.core.network import Network
from koubai.estimators.classifier import MLPClassifier
from koubai.explain.model.hidden_nodes import hidden_nodes
from koubai.explain.network.samples import players
from koubai.models.scores.inspection import columns_of_model
from koubai.models.table_model import TableModel


def test_the_players_hidden_nodes_stand_for_power_speed_and_skill():
    sample = players()
    nodes = hidden_nodes(sample.network, sample.theta, sample.inputs, sample.names.inputs)
    assert [node.inputs[0][0] for node in nodes] == ["home runs", "stolen bases", "batting average"]
    assert all(node.effects[0] > 0.1 for node in nodes), "each talent makes success likelier"
    best = int(np.argmax(sample.inputs @ sample.network.weights(sample.theta, 0)[:, 0]))
    assert nodes[0].rows[0][0] == best


def test_effects_of_a_linear_network_are_weight_times_the_node_s_range():
    network = Network.dense((2, 2, 1), hidden="identity", output="identity")
    theta = network.pack([np.eye(2), np.array([[3.0], [-1.0]])], [np.zeros(2), np.zeros(1)])
    inputs = np.stack([np.linspace(0, 10, 101), np.linspace(5, 5, 101)], axis=1)
    nodes = hidden_nodes(network, theta, inputs)
    assert nodes[0].effects[0] == pytest.approx(3 * 8)
    assert nodes[1].effects[0] == pytest.approx(0)
    assert nodes[0].influence == pytest.approx(24)
    assert nodes[0].inputs == (("x1", 1.0), ("x2", 0.0))


def test_deeper_layers_read_the_nodes_below():
    network = Network.dense((2, 3, 2, 1), hidden="tanh")
    theta = network.initial(np.random.default_rng(0))
    nodes = hidden_nodes(network, theta, np.eye(2), layer=2)
    assert {name for name, _ in nodes[0].inputs} == {"z1", "z2", "z3"}


def test_mistakes_are_told_in_one_sentence():
    network = Network.dense((2, 3, 1))
    theta = np.zeros(network.n_parameters)
    with pytest.raises(ParameterError, match=r"^explain: layer must be a hidden layer, 1 … 1; got 2\."):
        hidden_nodes(network, theta, np.eye(2), layer=2)
    with pytest.raises(ShapeError, match=r"^explain: rows must have shape \(n_rows, 2\), n_rows >= 1; got \(1, 3\)"):
        hidden_nodes(network, theta, np.ones((1, 3)))


def a_table(task):
    rng = np.random.default_rng(0)
    n = 300
    useful, useless = rng.normal(size=n), rng.normal(size=n)
    kind = rng.choice(["red", "blue", None], n)
    score = 2 * useful + np.where(kind == "red", 1.0, 0.0)
    target = np.where(score > 0.5, "yes", "no") if task == "classification" else score
    holes = [None if i % 17 == 0 else float(v) for i, v in enumerate(useless)]
    return pl.DataFrame({"useful": useful, "useless": holes, "kind": kind.tolist(), "target": target})


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_columns_are_judged_through_scikit_learn(task):
    table = a_table(task)
    model = TableModel(hidden_layer_sizes=(16,), epochs=60, random_state=0).fit(table, "target")
    columns, score = columns_of_model(model, table)
    assert score == ("accuracy" if task == "classification" else "R²")
    found = {column.name: column for column in columns}
    assert set(found) == {"useful", "useless", "kind"}
    assert found["useful"].importance > 5 * abs(found["useless"].importance)
    assert found["useful"].importance > found["kind"].importance > found["useless"].importance
    rising = found["useful"].outputs[-1]
    assert rising[-1] > rising[0] + 0.5
    values = dict(zip(found["kind"].grid, found["kind"].outputs[-1], strict=True))
    assert values["red"] > values["blue"]
    assert len(found["useful"].grid) == len(rising)


def test_a_column_set_to_a_value_gives_what_the_table_with_that_value_is_predicted():
    """Only the column that changes is prepared anew, whatever kind it is of."""
    n = 120
    table = a_table("classification").head(n)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 12, 31), "1d", eager=True).head(n)
    table = table.with_columns(
        day=days, code=pl.Series([f"{k % 7:03d}" for k in range(n)]), told=pl.Series([k % 3 == 0 for k in range(n)])
    )
    model = TableModel(hidden_layer_sizes=(8,), epochs=20, random_state=0, keep=["day"]).fit(table, "target")
    columns, _ = columns_of_model(model, table)
    assert {column.name for column in columns} == {"useful", "useless", "kind", "day", "code", "told"}
    for column in columns:
        cells = table[column.name]
        called = {"–" if cell is None else str(cell): cell for cell in cells}
        for place in (0, len(column.grid) - 1):
            value = column.grid[place]
            cell = value if isinstance(value, float) else called[value]
            changed = table.with_columns(pl.lit(cell, dtype=cells.dtype).alias(column.name))
            share = model.predict(changed)["probability_yes"].mean()
            assert column.outputs[-1][place] == pytest.approx(share, rel=1e-6), column.name


def test_a_table_without_the_target_cannot_measure_importance():
    table = a_table("regression")
    model = TableModel(hidden_layer_sizes=(4,), epochs=2, random_state=0).fit(table, "target")
    with pytest.raises(DataError, match=r"must have values of the target 'target' to measure importance"):
        columns_of_model(model, table.drop("target"))


def test_effects_and_groups_are_what_moving_and_sorting_by_hand_give():
    network = Network.dense((2, 3, 4, 2), hidden="tanh", output="softmax", loss="cross_entropy")
    rng = np.random.default_rng(0)
    theta, inputs = network.initial(rng), rng.normal(size=(80, 2))
    node = hidden_nodes(network, theta, inputs)[1]
    hidden = np.tanh(inputs @ network.weights(theta, 0) + network.biases(theta, 0))

    def shares(hidden):
        above = np.tanh(hidden @ network.weights(theta, 1) + network.biases(theta, 1))
        powers = np.exp(above @ network.weights(theta, 2) + network.biases(theta, 2))
        return powers / powers.sum(axis=1, keepdims=True)

    sides = []
    for share in (0.1, 0.9):
        moved = hidden.copy()
        moved[:, 1] = np.quantile(hidden[:, 1], share)
        sides.append(shares(moved).mean(axis=0))
    assert node.effects == pytest.approx(sides[1] - sides[0])
    order = np.argsort(hidden[:, 1])
    assert len(node.groups) == 8
    assert node.groups[0] == pytest.approx(hidden[order[:10], 1].mean())
    assert [curve[7] for curve in node.outputs] == pytest.approx(shares(hidden)[order[70:]].mean(axis=0))


def test_a_node_that_is_silent_for_most_rows_has_fewer_groups():
    network = Network.dense((1, 1, 1), hidden="relu", output="identity")
    theta = network.pack([np.ones((1, 1)), np.ones((1, 1))], [np.zeros(1), np.zeros(1)])
    (node,) = hidden_nodes(network, theta, np.array([[-3.0], [-2.0], [-1.0], [4.0]]))
    assert node.groups == (0.0, 4.0)
    assert node.outputs == ((0.0, 4.0),)
    (dead,) = hidden_nodes(network, theta, -np.ones((5, 1)))
    assert dead.groups == (0.0,)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fitted_estimator_and_a_table_s_model_show_what_they_have_learned():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 3))
    y = np.where(X[:, 1] > 0, "up", "down")
    model = MLPClassifier((4,), max_iter=60, random_state=0).fit(X, y)
    said = model.explain_model(X, y).render("text", "en")
    importance = said.split("Importance of each column")[1]
    assert importance.index("x2") < importance.index("x1"), "the second feature decides, and comes first"
    assert "How the outputs vary with each node" in said
    assert "Importance" not in model.explain_model(X).render("text", "en"), "without targets there is none"
    with pytest.raises(ShapeError, match=r"X and y must have the same number of rows; got 200 and 3\. Pass both\.$"):
        model.explain_model(X, y[:3])
    table = a_table("regression")
    page = TableModel(hidden_layer_sizes=(4,), epochs=2, random_state=0).fit(table, "target").explain_model(table)
    assert "useful" in page.render("text", "ja")
