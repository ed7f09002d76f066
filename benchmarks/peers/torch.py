"""PyTorch on the CPU: eager, and compiled.

Eager is the training loop of its users without what costs and is not needed: no data loader, but one gather of the
shuffled rows an epoch and views of it as batches; the fused optimizer; gradients set to None; no ``.item()`` in the
loop. Compiled is one graph for a whole step, gradient and update included (``torch.func.grad`` inside
``torch.compile``, C++ wrapper, guards skipped once all batch shapes are known), which is two to four times as fast
as compiling the model or the loss alone.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.cases import ADAM, Case
from benchmarks.data import Data
from benchmarks.peers.protocol import Array, initial_thetas, layers_of, make_network

MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def make_model(case: Case, dtype: torch.dtype) -> nn.Sequential:
    """Return the usual stack of layers, without the last activation, which the loss contains."""
    parts: list[nn.Module] = []
    for n_in, n_out in zip(case.sizes, case.sizes[1:], strict=False):
        parts += [nn.Linear(n_in, n_out, dtype=dtype), MODULES[case.hidden]()]
    return nn.Sequential(*parts[:-1])


def load(case: Case, model: nn.Sequential, theta: Array) -> None:
    """Copy θ into a model."""
    with torch.no_grad():
        for layer, (weights, biases) in zip(model[::2], layers_of(case, theta), strict=True):
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
            layer.bias.copy_(torch.from_numpy(biases.copy()))


def mean_loss(case: Case, logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy, averaged over rows."""
    if case.sizes[-1] == 1:
        return F.binary_cross_entropy_with_logits(logits, targets)
    return F.cross_entropy(logits, targets)


def tensors(case: Case, data: Data) -> tuple[Tensor, Tensor]:
    """Return inputs, and what the loss takes: class numbers, or 0 and 1 as numbers for two classes."""
    targets = data.targets if case.sizes[-1] == 1 else data.labels
    return torch.from_numpy(data.inputs), torch.from_numpy(targets)


class EagerTrainer:
    """One network, module by module."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        torch.set_num_threads(threads)
        self.case, self.shuffle = case, shuffle
        self.inputs, self.targets = tensors(case, data)
        self.initial = initial_thetas(case, dtype)[0]
        self.model = make_model(case, self.inputs.dtype)

    def start(self) -> None:
        load(self.case, self.model, self.initial)
        parameters, rate = self.model.parameters(), self.case.learning_rate
        self.optimizer: torch.optim.Optimizer
        if self.case.optimizer == "adam":
            self.optimizer = torch.optim.Adam(
                parameters, rate, (ADAM["beta_1"], ADAM["beta_2"]), self.case.epsilon, fused=True
            )
        else:
            self.optimizer = torch.optim.SGD(parameters, rate, fused=True)
        self.optimizer.zero_grad(set_to_none=True)
        torch.manual_seed(0)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through the batches of one epoch."""
        inputs, targets = self.inputs, self.targets
        if self.shuffle:
            order = torch.randperm(len(inputs))
            inputs, targets = inputs[order], targets[order]
        return zip(inputs.split(self.case.batch), targets.split(self.case.batch), strict=True)

    def train(self) -> None:
        for _ in range(self.case.epochs):
            for inputs, targets in self.batches():
                loss = mean_loss(self.case, self.model(inputs), targets)
                loss.backward()
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)

    def theta(self) -> Array:
        weights = [layer.weight.detach().numpy().T for layer in self.model[::2]]
        biases = [layer.bias.detach().numpy() for layer in self.model[::2]]
        return make_network(self.case).pack(weights, biases, self.initial.dtype)[np.newaxis]


def make_step(case: Case) -> Any:
    """Return a compiled function that makes one update of lists of parameters in place."""

    def loss(parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        z = inputs
        for index in range(0, len(parameters), 2):
            z = torch.addmm(parameters[index + 1], z, parameters[index])
            if index < len(parameters) - 2:
                z = FUNCTIONS[case.hidden](z)
        return mean_loss(case, z, targets)

    def adam(parameters: list[Tensor], m: list[Tensor], v: list[Tensor], t: Tensor, *batch: Tensor) -> None:
        gradients = torch.func.grad(loss)(parameters, *batch)
        b1, b2 = ADAM["beta_1"], ADAM["beta_2"]
        t.add_(1)
        size, scale = case.learning_rate / (1 - b1**t), 1 / (1 - b2**t)
        for p, first, second, g in zip(parameters, m, v, gradients, strict=True):
            first.mul_(b1).add_(g, alpha=1 - b1)
            second.mul_(b2).addcmul_(g, g, value=1 - b2)
            p.sub_(size * first / ((second * scale).sqrt() + case.epsilon))

    def sgd(parameters: list[Tensor], m: list[Tensor], v: list[Tensor], t: Tensor, *batch: Tensor) -> None:
        gradients = torch.func.grad(loss)(parameters, *batch)
        for p, g in zip(parameters, gradients, strict=True):
            p.sub_(g, alpha=case.learning_rate)

    rule = adam if case.optimizer == "adam" else sgd
    return torch.compile(rule, dynamic=False, fullgraph=True, options={"cpp_wrapper": True})


class CompiledTrainer(EagerTrainer):
    """One network, a whole step in one compiled graph."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        super().__init__(case, data, dtype, threads, shuffle)
        torch.compiler.reset()
        self.step = make_step(case)
        for skip_guards in (False, True):
            torch.compiler.set_stance(skip_guard_eval_unsafe=skip_guards)
            self.start()
            for batch in self.batches():  # both batch sizes, the full one and the last
                self.step(self.parameters, self.m, self.v, self.t, *batch)

    def start(self) -> None:
        self.parameters = [
            torch.from_numpy(part.copy()) for layer in layers_of(self.case, self.initial) for part in layer
        ]
        self.m = [torch.zeros_like(p) for p in self.parameters]
        self.v = [torch.zeros_like(p) for p in self.parameters]
        self.t = torch.zeros(1, dtype=self.inputs.dtype)  # compiled code does not change a tensor of no dimension
        torch.manual_seed(0)

    def train(self) -> None:
        for _ in range(self.case.epochs):
            for batch in self.batches():
                self.step(self.parameters, self.m, self.v, self.t, *batch)

    def theta(self) -> Array:
        numbers = [p.numpy() for p in self.parameters]
        return make_network(self.case).pack(numbers[::2], numbers[1::2], self.initial.dtype)[np.newaxis]


class PopulationTrainer:
    """Many networks at once: stacked parameters, batched matrix products, one fused update for all."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int, shuffle: bool) -> None:
        torch.set_num_threads(threads)
        self.case, self.shuffle = case, shuffle
        self.inputs, self.targets = tensors(case, data)
        self.initial = initial_thetas(case, dtype)

    def start(self) -> None:
        parts = zip(
            *([p for layer in layers_of(self.case, theta) for p in layer] for theta in self.initial), strict=True
        )
        self.parameters = [torch.from_numpy(np.stack(part)).requires_grad_() for part in parts]
        betas = (ADAM["beta_1"], ADAM["beta_2"])
        self.optimizer = torch.optim.Adam(
            self.parameters, self.case.learning_rate, betas, self.case.epsilon, fused=True
        )
        torch.manual_seed(0)

    def orders(self) -> Tensor:
        """Return an order of the rows for each network, (networks, n)."""
        shape = (self.case.networks, len(self.inputs))
        return torch.rand(shape).argsort(1) if self.shuffle else torch.arange(shape[1]).expand(shape)

    def loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the sum over networks of the mean loss over rows, so that every network gets its own gradient."""
        z = inputs
        for index in range(0, len(self.parameters), 2):
            z = torch.baddbmm(self.parameters[index + 1].unsqueeze(1), z, self.parameters[index])
            if index < len(self.parameters) - 2:
                z = FUNCTIONS[self.case.hidden](z)
        return mean_loss(self.case, z.flatten(0, 1), targets.flatten(0, 1)) * self.case.networks

    def train(self) -> None:
        for _ in range(self.case.epochs):
            orders = self.orders()
            inputs, targets = self.inputs[orders], self.targets[orders]
            for batch in zip(inputs.split(self.case.batch, 1), targets.split(self.case.batch, 1), strict=True):
                self.loss(*batch).backward()
                self.optimizer.step()
                self.optimizer.zero_grad(set_to_none=True)

    def theta(self) -> Array:
        return np.concatenate([p.detach().numpy().reshape(self.case.networks, -1) for p in self.parameters], axis=1)


class EagerPredictor:
    """A model in inference mode."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self.inputs = torch.from_numpy(data.inputs)
        self.model = nn.Sequential(*make_model(case, self.inputs.dtype), nn.Softmax(1)).eval()

    def predict(self) -> Any:
        with torch.inference_mode():
            return self.model(self.inputs)


class CompiledPredictor(EagerPredictor):
    """A compiled model in inference mode."""

    def __init__(self, case: Case, data: Data, dtype: str, threads: int) -> None:
        super().__init__(case, data, dtype, threads)
        self.model = torch.compile(self.model, dynamic=False, fullgraph=True, options={"cpp_wrapper": True})
        self.predict()
        torch.compiler.set_stance(skip_guard_eval_unsafe=True)
