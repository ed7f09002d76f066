"""How a Neocognitron and a dense network take shifted, scaled and noisy digits: numbers, and a picture of them.

``python examples/neocognitron/tolerance.py FOLDER`` reads MNIST's four files from a folder, trains both networks on the
first images, the dense one until it knows as many of them as the Neocognitron, prints how many changed test images each
gets right, and draws that. ``--language ja`` labels the picture in Japanese.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import affine_transform

from koubai import MLPClassifier, Neocognitron
from koubai.images.idx import find_sets, read_idx_images
from koubai.views.images.tolerance import CHANGES, draw_tolerance

LEVELS = {"shift": [0, 1, 2, 3, 4, 5, 6], "scale": [0.6, 0.8, 1.0, 1.2, 1.4], "noise": [0.0, 0.1, 0.2, 0.3, 0.4]}
"""Pixels to the right, factors, and standard deviations where black is 0 and white is 1."""


def changed(images, change, level):
    """Return images (n, 28, 28) in [0, 1] that are shifted, scaled about their centre, or noisy."""
    if change == "noise":
        return np.clip(images + np.random.default_rng(0).normal(0, level, images.shape), 0, 1)
    if change == "shift":
        found = np.zeros_like(images)
        found[:, :, level:] = images[:, :, : images.shape[2] - level]
        return found
    middle = (images.shape[1] - 1) / 2
    return np.stack([affine_transform(image, [1 / level] * 2, middle * (1 - 1 / level), order=1) for image in images])


def equally_trained(X, y, accuracy):
    """Return a dense network, 784-300-10, trained until it knows this part of its training images."""
    flat = X.reshape(len(X), -1)
    dense = MLPClassifier((300,), learning_rate_init=0.001, batch_size=100, random_state=0, n_jobs=1)
    for _ in range(100):
        dense.partial_fit(flat, y, classes=np.unique(y))
        if dense.score(flat, y) >= accuracy:
            break
    return dense


def main():
    """Train, measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where MNIST's files are")
    parser.add_argument("--train", type=int, default=5000, help="training images (5000)")
    parser.add_argument("--test", type=int, default=10000, help="test images (10000)")
    parser.add_argument("--changed", type=int, default=500, help="test images that are changed (500)")
    parser.add_argument("--out", type=Path, default=Path("tolerance.png"), help="the picture (tolerance.png)")
    parser.add_argument("--language", choices=("en", "ja"), default="en")
    asked = parser.parse_args()
    found = find_sets(asked.folder) if asked.folder.is_dir() else None
    if found is None or found[1] is None:
        parser.error(f"{asked.folder} must hold MNIST's files, train-images-idx3-ubyte.gz and the other three.")
    training, test = (read_idx_images(path) for path in found)
    X, y = training.pixels[: asked.train, ..., 0] / 255, training.labels[: asked.train]
    T, t = test.pixels[: asked.test, ..., 0] / 255, test.labels[: asked.test]

    began, used = time.perf_counter(), time.process_time()
    model = Neocognitron(random_state=0, n_jobs=1).fit(X, y)
    took, used = time.perf_counter() - began, time.process_time() - used
    known = model.score(X, y)
    dense = equally_trained(X, y, known)
    networks = {"neocognitron": model, "dense": dense}
    shaped = {"neocognitron": lambda images: images, "dense": lambda images: images.reshape(len(images), -1)}
    print(f"trained on {len(X)} images in {took:.0f} s, {used:.0f} s of processor time", flush=True)
    dense_known = dense.score(X.reshape(len(X), -1), y)
    print(f"training accuracy: Neocognitron {known:.4f}, dense {dense_known:.4f}", flush=True)
    few, labels = T[: asked.changed], t[: asked.changed]
    curves = {change: {name: [] for name in networks} for change in CHANGES}
    for change in CHANGES:
        for level in LEVELS[change]:
            images = changed(few, change, level)
            for name, network in networks.items():
                curves[change][name].append(float(network.score(shaped[name](images), labels)))
            print(change, level, {name: round(curves[change][name][-1], 3) for name in networks}, flush=True)
    shown = [
        few[0],
        changed(few[:1], "shift", 4)[0],
        changed(few[:1], "scale", 0.8)[0],
        changed(few[:1], "noise", 0.3)[0],
    ]
    cells = model.maps(np.stack(shown))["C1"]
    answers = {name: network.predict_proba(shaped[name](np.stack(shown))) for name, network in networks.items()}
    draw_tolerance(
        asked.out, LEVELS, curves, shown, cells, answers, [str(each) for each in model.classes_], asked.language
    )
    print(f"wrote {asked.out}", flush=True)
    scores = [network.score(shaped[name](T), t) for name, network in networks.items()]
    print(f"test accuracy on {len(T)}: Neocognitron {scores[0]:.4f}, dense {scores[1]:.4f}")


if __name__ == "__main__":
    main()
