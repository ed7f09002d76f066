"""A real Ctrl-C: it waits for the end of a call, a second one does not, and the usual handler comes back."""

import signal
import subprocess
import sys
import threading
from textwrap import dedent

import pytest
from tests.children import child

from koubai.training.interrupts import deferred_interrupts


def test_ctrl_c_waits_until_it_is_asked_for() -> None:
    with deferred_interrupts() as check:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait() -> None:
    with deferred_interrupts():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_another_handler_stays_in_charge() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with deferred_interrupts() as check:
            signal.raise_signal(signal.SIGINT)
            check()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_other_threads_train_too() -> None:
    done = []

    def work() -> None:
        with deferred_interrupts() as check:
            check()
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.mark.slow
def test_a_signal_from_outside_ends_a_fit_cleanly() -> None:
    program = dedent(
        """
        import warnings
        import numpy as np
        from koubai import MLPRegressor

        rng = np.random.default_rng(0)
        X = rng.normal(size=(200, 3))
        y = X[:, 0] * X[:, 1]
        started = []

        def say(epoch):
            if not started:
                started.append(True)
                print("started", flush=True)

        model = MLPRegressor(hidden_layer_sizes=16, epochs=10**9, n_iter_no_change=10**9, callbacks=say)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, y)
        print([str(w.message) for w in caught], model.history_.stopped, model.predict(X[:2]).shape, model.n_iter_ > 0)
        """
    )
    with child([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest == "['Training interrupted by user.'] interrupted (2,) True\n"
