"""ONNX's graph says the same as the model, and can be read by a person."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.pipeline import Pipeline
from tests.export.matrix import Case, cases
from tests.export.test_plain_code import check, check_sets, needed

from koubai.core.activations.base import Activation
from koubai.core.errors import ParameterError, UndefinedError
from koubai.estimators.regressor import MLPRegressor
from koubai.export import export, onnx_inputs
from koubai.models.of_images.image_model import ImageModel

X = np.linspace(-1, 1, 20).reshape(-1, 1)


def inputs_of(case: Case) -> dict[str, Any]:
    """Return the rows as the graph takes them."""
    if isinstance(case.rows, pl.DataFrame):
        return onnx_inputs(case.model, case.rows)
    if isinstance(case.model, ImageModel):
        return {"images": case.images}
    alone = not isinstance(case.model, Pipeline) or len(case.model.steps) == 1
    return {"X": case.rows.astype(getattr(case.network, "theta_", case.rows).dtype if alone else np.float64)}


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_onnxruntime_says_the_same(case: Case) -> None:
    onnxruntime = needed("onnxruntime")
    session = onnxruntime.InferenceSession(export(case.model, "onnx"), providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    found = dict(zip(outputs, session.run(None, inputs_of(case)), strict=True))
    scores = found.get("probabilities", found.get("scores"))
    if "prediction_lower" in found:
        ends = [found[f"prediction{end}"] for end in ("", "_lower", "_upper")]
        check(case, np.stack(ends, axis=1).tolist(), None)
    else:
        check(case, found["prediction"].tolist(), scores)
    if case.sets() is not None:
        check_sets(case, [np.array(case.network.classes_)[row] for row in found["prediction_set"]])
    one = {name: rows[:1] for name, rows in inputs_of(case).items()}
    assert len(session.run(None, one)[0]) == 1
    assert len(session.run(None, {name: rows[:0] for name, rows in one.items()})[0]) == 0


def test_inputs_are_made_of_files_and_tables(tmp_path: Path) -> None:
    images, estimator = (
        next(case for case in cases() if case.name == name) for name in ("files-classes", "estimator-classes")
    )
    np.savez(tmp_path / "new.npz", images=images.images.astype(np.uint8))
    (given,) = onnx_inputs(images.model, tmp_path / "new.npz").values()
    assert given.dtype == images.model.estimator_.theta_.dtype
    np.testing.assert_array_equal(given, images.images)
    columns = onnx_inputs(estimator.model, estimator.rows)
    assert list(columns) == estimator.columns
    np.testing.assert_array_equal(columns["z"][:, 0], estimator.rows["z"])
    with pytest.raises(TypeError, match=r"onnx_inputs: model must be of a table or.*MLPRegressor\. Its graph takes"):
        onnx_inputs(MLPRegressor(), X)


@pytest.mark.slow
def test_the_graph_has_names_types_and_versions_that_can_be_read(tmp_path: Path) -> None:
    onnx = needed("onnx")
    (case,) = (case for case in cases() if case.name == "table-pieces")
    case.model.to_onnx(tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    kinds = {given.name: given.type.tensor_type.elem_type for given in model.graph.input}
    assert kinds == {
        column: onnx.TensorProto.STRING if column in ("colour", "code") else onnx.TensorProto.DOUBLE
        for column in case.columns
    }
    assert [output.name for output in model.graph.output] == ["prediction", "probabilities"]
    assert {each.domain: each.version for each in model.opset_import} == {"": 20, "ai.onnx.ml": 3}
    assert model.ir_version == 9
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)
    assert {"layer 1: u = W z + b (Gemm)", "colour as a number (LabelEncoder)"} <= set(names)
    assert {"u1 weights", "u1 biases", "classes"} <= {constant.name for constant in model.graph.initializer}
    properties = {each.key: each.value for each in model.metadata_props}
    assert properties["target"] == "class"
    assert properties["classes"] == '["high", "low", "mid"]'


def _used(onnx: Any, graph: Any) -> set[str]:
    """Return the names of all that operators read, of graphs within this one too."""
    inner = [own.g for node in graph.node for own in node.attribute if own.type == onnx.AttributeProto.GRAPH]
    outputs = {output.name for output in graph.output}
    return outputs.union(*(node.input for node in graph.node), *(_used(onnx, each) for each in inner))


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_there_is_nothing_in_a_graph_that_is_not_used(case: Case) -> None:
    onnx = needed("onnx")
    graph = onnx.load_from_string(export(case.model, "onnx")).graph
    used = _used(onnx, graph)
    assert not {constant.name for constant in graph.initializer} - used
    assert not [node.name for node in graph.node if not used & {*node.output}]


@pytest.mark.slow
def test_a_small_network_uses_the_operators_that_onnx_has() -> None:
    onnx = needed("onnx")
    model = MLPRegressor(hidden_layer_sizes=(3,), activation="silu", epochs=1).fit(X, X.ravel())
    whole = onnx.load_from_string(model.to_onnx())
    assert (whole.opset_import[0].version, whole.ir_version) == (17, 8)
    graph = whole.graph
    assert [node.op_type for node in graph.node] == ["Gemm", "Sigmoid", "Mul", "Gemm", "Reshape", "Identity"]


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    model = MLPRegressor(hidden_layer_sizes=(2,), epochs=1).fit(X, X.ravel())
    with pytest.raises(ParameterError, match=r"onnx must be installed for ONNX; it was not found\. Run pip install"):
        model.to_onnx()


class Own(Activation):
    """An activation from elsewhere, without a formula."""

    name = "own"

    def value(self, u: Any) -> Any:
        return u

    def derivative(self, u: Any, z: Any) -> Any:
        return np.ones_like(u)


def test_an_activation_without_a_formula_is_refused() -> None:
    model = MLPRegressor(hidden_layer_sizes=(2,), activation=Own(), engine="reference", epochs=1).fit(X, X.ravel())
    with pytest.raises(
        UndefinedError, match=r"own must define formula\(u\) to be exported; it does not\. Add it to Own"
    ):
        export(model, "c")


def test_what_is_no_model_or_no_target_is_refused() -> None:
    model = MLPRegressor(hidden_layer_sizes=(2,), epochs=1).fit(X, X.ravel())
    with pytest.raises(
        ParameterError, match=r"to must be one of onnx, c, js, python, sql, svg, tikz, png; got 'java'\. Try 'onnx'\."
    ):
        export(model, "java")
    with pytest.raises(ParameterError, match=r"table must not be set for c; got 'data'\. Leave it out\."):
        export(model, "c", table="data")
    with pytest.raises(ParameterError, match=r"dialect must be one of sqlite, postgresql, duckdb; got 'oracle'\."):
        export(model, "sql", dialect="oracle")
    with pytest.raises(
        TypeError,
        match=r"model must be a TableModel, .*ConvRegressor, Neocognitron or Perceptron, or a pipeline .*; got dict",
    ):
        export({}, "c")
