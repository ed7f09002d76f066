"""Functions that Python calls, with their parts, beside other compiled code that uses the same parts."""

import numba
import numpy as np
import pytest

from koubai.engines.cpu.compilation import kernel
from koubai.engines.cpu.kernels.primitives import keep_apart


@pytest.mark.slow
def test_other_code_does_not_find_the_parts_of_an_entry() -> None:
    """Of an entry's parts LLVM drops arguments; who called those with all of them would read wrong memory."""

    @kernel
    def add_to_all(x, spare, n):
        keep_apart()
        for i in range(x.size):
            x[i] += n

    @kernel(entry=True)
    def entry(x, spare, n):
        add_to_all(x, spare, n)
        add_to_all(x, spare, n + x[0])

    @numba.njit
    def other(x, spare, n):
        add_to_all(x, spare, n)

    x, spare = np.zeros(5), np.zeros(3, np.float32)
    entry(x, spare, 1)
    assert x.tolist() == [3] * 5
    other(x, spare, 4)
    assert x.tolist() == [7] * 5
    entry(x, spare, 1)
    assert x.tolist() == [17] * 5
