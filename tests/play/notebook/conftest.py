"""A real JupyterLab with a notebook open in a real headless Chromium. Without them, skipped, but never in CI."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

CELLS = (
    "import numpy as np\nimport koubai\nrng = np.random.default_rng(0)\nX = rng.normal(size=(200, 2)) * 40 + 7\n"
    "y = np.where((X[:, 0] - 7) * (X[:, 1] - 7) > 0, 'same', 'other')",
    "widget = koubai.play(X, y, hidden=[8, 4], optimizer='adam', learning_rate=0.02, pace=30)\nwidget",
    "import json\nwidget.do('pause')\nestimator = widget.estimator\n"
    "run = widget._run.experiment\n"
    "theta = widget._run.moment.state.theta\nshown = run.engine.forward(run.network, theta, run.data.inputs).ravel()\n"
    "print(json.dumps({'epoch': widget.epoch, 'kind': type(estimator).__name__, 'score': estimator.score(X, y),\n"
    "  'off': float(abs(estimator.predict_proba(X)[:, 1] - shown).max()), 'theta': theta.tolist()}))",
)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory, missing):
    """The address of a notebook in a JupyterLab of its own, which keeps nothing in the user's folders."""
    try:
        import anywidget  # noqa: F401
        import jupyterlab  # noqa: F401
    except ImportError as error:
        missing(f"{error.name} is not installed; pip install '.[test]'")
    folder = tmp_path_factory.mktemp("jupyter")
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for i, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "play.ipynb").write_text(json.dumps(book), encoding="utf-8")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    env = os.environ | {name: str(folder / name.lower()) for name in (*places, "JUPYTERLAB_WORKSPACES_DIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0"]
    command += ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=env, cwd=folder)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/api", timeout=2).close()
            break
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                server.kill()
                pytest.fail(f"JupyterLab did not start: {(folder / 'log.txt').read_text()[-2000:]}")
            time.sleep(0.1)
    yield f"{url}/lab/tree/play.ipynb?reset"
    server.terminate()
    server.wait(timeout=20)
