"""The engine on JAX in the tests that hold the compiled engine to the readable one; all kinds, so they are slow."""

import pytest
from tests.engines import test_agreement as shared
from tests.engines.test_agreement import (  # noqa: F401  # pytest finds them here and runs them with the other engine
    test_csr_inputs,
    test_every_hidden_activation,
    test_every_optimizer_and_penalty,
    test_every_output_activation_and_loss,
    test_float32_stays_float32_and_close,
    test_forward_and_gradient,
    test_hyperparameters_reach_the_kernels_in_their_order,
    test_layers_without_biases,
    test_orders_and_batch_sizes,
    test_parameter_of_huber_reaches_the_kernels,
    test_parameters_of_activations_reach_the_kernels,
    test_patience_stops_both_engines_at_the_same_epoch,
)

from koubai.engines.xla.engine import JaxEngine

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "COMPARED", [JaxEngine])
