"""What exports take: seconds to write a table's model for each target, lines of C, and one row in onnxruntime.

    python -m benchmarks.exporting

The table has 64 columns of numbers and ten classes, the network a hidden layer of 100 nodes; each time is that of the
processor, the least of five, so that what else runs on the machine counts little.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import polars as pl


def table_model() -> tuple[Any, pl.DataFrame]:
    """Return a model of a table with 64 columns, a layer of 100 nodes and ten classes, and the table."""
    from koubai import TableModel

    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 64))
    classes = np.argmax(x @ rng.normal(size=(64, 10)), axis=1)
    table = pl.DataFrame(x, schema=[f"x{k}" for k in range(64)])
    table = table.with_columns(pl.Series("digit", [f"d{k}" for k in classes]))
    model = TableModel(hidden_layer_sizes=(100,), n_members=1, epochs=3, piecewise=False)
    return model.fit(table, "digit"), table


def one_row(model: Any, table: pl.DataFrame) -> None:
    """Score one row in onnxruntime, on one thread, and say who computed which operators."""
    import onnxruntime

    from koubai.export import onnx_inputs

    given = onnx_inputs(model, table[:1])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.to_onnx(), options, providers=["CPUExecutionProvider"])
    times = []
    for _ in range(20):
        begin = process_time()
        for _ in range(50):
            session.run(None, given)
        times.append((process_time() - begin) / 50)
    with tempfile.TemporaryDirectory() as folder:
        options.enable_profiling, options.profile_file_prefix = True, str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(model.to_onnx(), options, providers=["CPUExecutionProvider"])
        session.run(None, given)
        events = json.loads(Path(session.end_profiling()).read_text())
    providers = Counter(event["args"]["provider"] for event in events if "provider" in event.get("args", {}))
    print(
        f"onnxruntime {onnxruntime.__version__}: {1e6 * min(times):,.0f} µs for one row; operators by {dict(providers)}"
    )


def main() -> None:
    """Measure, and print."""
    from sklearn.datasets import load_iris

    from koubai import MLPClassifier
    from koubai.export import export

    model, table = table_model()
    print(f"a table of 64 columns, network {'-'.join(map(str, model.estimator_.network_.sizes))}")
    for target in ("onnx", "c", "js", "python", "sql"):
        times = []
        for _ in range(5):
            begin = process_time()
            content = export(model, target)
            times.append(process_time() - begin)
        print(f"{target:8}{min(times):6.3f} s {len(content) / 1000:8,.0f} kB")
    iris = MLPClassifier((8,), epochs=5).fit(*load_iris(return_X_y=True))
    sizes = "-".join(map(str, iris.network_.sizes))
    print(f"a network {sizes} is {len(str(export(iris, 'c')).splitlines())} lines of C")
    one_row(model, table)


if __name__ == "__main__":
    main()
