"""PyTorch's convolutions and poolings as numbers in a file: it is too large to be installed for every run.

With PyTorch installed, ``python -m tests.core.pytorch_maps`` computes and writes them anew.
"""

from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("pytorch_maps.npz")
CASES = {
    "valid": {"kind": "convolution", "shape": (6, 7, 3), "size": (3, 3), "strides": (1, 1), "padding": 0},
    "same": {"kind": "convolution", "shape": (5, 6, 2), "size": (3, 4), "strides": (1, 1), "padding": "same"},
    "strided": {"kind": "convolution", "shape": (8, 9, 2), "size": (3, 2), "strides": (2, 3), "padding": (2, 1)},
    "max": {"kind": "max", "shape": (7, 6, 3), "size": (2, 2), "strides": (2, 2), "padding": 0},
    "overlapping max": {"kind": "max", "shape": (7, 6, 2), "size": (3, 3), "strides": (2, 1), "padding": 1},
    "average": {"kind": "average", "shape": (6, 7, 2), "size": (3, 2), "strides": (3, 2), "padding": 0},
    "padded average": {"kind": "average", "shape": (6, 7, 2), "size": (3, 2), "strides": (2, 2), "padding": 1},
}
N_ROWS, N_FILTERS = 3, 4


def given(name: str) -> dict[str, np.ndarray]:
    """Maps (n, h, w, c), kernels (h, w, c, filters), biases, and ∂E/∂u without its shape, of a case."""
    case = CASES[name]
    rng = np.random.default_rng(list(CASES).index(name))
    return {
        "z": rng.normal(size=(N_ROWS, *case["shape"])),
        "weights": rng.normal(size=(*case["size"], case["shape"][2], N_FILTERS)),
        "biases": rng.normal(size=N_FILTERS),
        "delta": rng.normal(size=10_000),
    }


def computed(torch) -> dict[str, np.ndarray]:
    """u, and the derivatives of Σ δ u by maps, kernels and biases, in our order of axes, by case and quantity."""
    functional, found = torch.nn.functional, {}
    for name, case in CASES.items():
        numbers = given(name)
        z = torch.tensor(numbers["z"]).permute(0, 3, 1, 2).requires_grad_()
        weights = torch.tensor(numbers["weights"]).permute(3, 2, 0, 1).requires_grad_()
        biases = torch.tensor(numbers["biases"]).requires_grad_()
        size, strides, padding = case["size"], case["strides"], case["padding"]
        if case["kind"] == "convolution":
            u = functional.conv2d(z, weights, biases, strides, padding)
        elif case["kind"] == "max":
            u = functional.max_pool2d(z, size, strides, padding)
        else:
            u = functional.avg_pool2d(z, size, strides, padding, count_include_pad=False)
        u = u.permute(0, 2, 3, 1)
        (u * torch.tensor(numbers["delta"][: u.numel()]).reshape(u.shape)).sum().backward()
        found[f"{name}: u"] = u.detach().numpy()
        found[f"{name}: z"] = z.grad.permute(0, 2, 3, 1).numpy()
        if case["kind"] == "convolution":
            found[f"{name}: weights"] = weights.grad.permute(2, 3, 1, 0).numpy()
            found[f"{name}: biases"] = biases.grad.numpy()
    return found


if __name__ == "__main__":
    import torch

    np.savez_compressed(FILE, version=np.array(torch.__version__), **computed(torch))
