"""The lecture's two networks on Fashion-MNIST, as the lecture has them, and a report to fill in.

python examples/fashion_mnist/run.py dense --data FOLDER
python examples/fashion_mnist/run.py cnn --data FOLDER --report report.md --lang ja
"""

import argparse
import subprocess
import sys
from pathlib import Path
from string import Template

import numpy as np

from koubai import Conv, ConvClassifier, Dense, Dropout, MaxPool, MLPClassifier
from koubai.core.errors import KoubaiError
from koubai.images.images import Images
from koubai.images.reading import read_images

HERE = Path(__file__).parent
PACKAGE = "dataset-fashion-mnist"
NAMES = {
    "en": ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    "ja": (
        *("Tシャツ", "ズボン", "プルオーバー", "ドレス", "コート"),
        *("サンダル", "シャツ", "スニーカー", "バッグ", "ブーツ"),
    ),
}
N_TRAINING = 60_000
Network = MLPClassifier | ConvClassifier


def dense(epochs: int | None, seed: int) -> MLPClassifier:
    """Return 784-1024-512-10: sigmoid, softmax, cross-entropy, plain SGD of rate 0.01, batches of 256, 50 epochs."""
    return MLPClassifier(
        (1024, 512),
        activation="sigmoid",
        optimizer="sgd",
        learning_rate_init=0.01,
        batch_size=256,
        epochs=50 if epochs is None else epochs,
        alpha=0.0,
        init="scikit-learn",  # of sigmoids nearly as small as PyTorch's; Glorot's, larger, reach 0.778
        n_iter_no_change=np.inf,
        random_state=seed,
        progress=sys.stderr.isatty(),
    )


def cnn(epochs: int | None, seed: int) -> ConvClassifier:
    """Return the small convolutional network: two convolutions with pooling, dropout, 128 nodes, dropout; Adam."""
    return ConvClassifier(
        [
            Conv(32, 3),
            "relu",
            MaxPool(2),
            Conv(64, 3),
            "relu",
            MaxPool(2),
            Dropout(0.25),
            Dense(128),
            "relu",
            Dropout(0.5),
        ],
        optimizer="adam",
        schedule="constant",
        shifts=0,
        batch_size=128,
        epochs=12 if epochs is None else epochs,
        normalize=False,
        n_iter_no_change=np.inf,
        random_state=seed,
        progress=sys.stderr.isatty(),
    )


def usual(epochs: int | None, seed: int) -> ConvClassifier:
    """Return koubai's own choice for images of this size and number."""
    chosen = {} if epochs is None else {"epochs": epochs}
    return ConvClassifier(random_state=seed, progress=sys.stderr.isatty(), **chosen)


NETWORKS = {"dense": dense, "cnn": cnn, "default": usual}


def load(folder: str | None) -> Images:
    """Return the images: from a folder of idx files, from Debian's package, or from OpenML, which is downloaded."""
    where = folder or debian_folder()
    if where is not None:
        return read_images(where)
    from sklearn.datasets import fetch_openml

    pixels, labels = fetch_openml("Fashion-MNIST", version=1, return_X_y=True, as_frame=False)
    pixels, labels = pixels.astype(np.uint8).reshape(-1, 28, 28, 1), labels.astype(np.int64)
    test = Images(pixels[N_TRAINING:], labels[N_TRAINING:], range(len(pixels) - N_TRAINING), "OpenML")
    return Images(pixels[:N_TRAINING], labels[:N_TRAINING], range(N_TRAINING), "OpenML", test=test)


def debian_folder() -> str | None:
    """Return the folder into which Debian's package puts the files, if it is installed."""
    try:
        listed = subprocess.run(["dpkg", "-L", PACKAGE], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):  # another system, or not installed
        return None
    return next((str(Path(line).parent) for line in listed.splitlines() if "train-images" in line), None)


def as_input(images: Images, kind: str, n: int | None) -> np.ndarray:
    """Return pixels from 0 to 1, as rows for the dense network."""
    pixels = images.pixels[:n].astype(np.float32) / 255
    return pixels.reshape(len(pixels), -1) if kind == "dense" else pixels


def confusion(truth: np.ndarray, predicted: np.ndarray, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the table of how often each class was taken for each other, and the pairs most often confused, as text."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (truth, predicted), 1)
    table = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    table += [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, counts.tolist(), strict=True)]
    wrong = counts - np.diag(np.diag(counts))
    worst = [np.unravel_index(place, wrong.shape) for place in np.argsort(-wrong, axis=None)[:3]]
    return "\n".join(table), ", ".join(f"{names[i]} → {names[j]} ({wrong[i, j]})" for i, j in worst)


def write_report(
    path: str, lang: str, kind: str, model: MLPClassifier | ConvClassifier, found: dict[str, object]
) -> None:
    """Write the report with the run's numbers; what is to be thought about is left open."""
    history = model.history_
    rows = [
        f"| {number} | {loss:.4f} | {seconds:.1f} |"
        for number, (loss, seconds) in enumerate(zip(history.losses, history.seconds, strict=True), 1)
        if number in (1, 2, 5, 10, 20, 50, len(history))
    ]
    layers = [
        f"| {layer.name.replace('_', ' ')}, {layer.activation.name} | {' × '.join(map(str, layer.output_shape))} "
        f"| {layer.n_parameters:,} |"
        for layer in model.network_.layers
    ]
    values = {
        "network": kind,
        "layers": "\n".join(layers),
        "n_parameters": f"{model.network_.n_parameters:,}",
        "optimizer": model.optimizer,
        "rate": f"{history.learning_rates[0]:g}",
        "epochs": len(history),
        "losses": "\n".join(rows),
        **found,
    }
    text = Template((HERE / f"report.{lang}.md").read_text(encoding="utf-8")).substitute(values)
    Path(path).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Train, print the accuracy on the test images, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--data", metavar="FOLDER", help="the four idx files (default: Debian's package, or OpenML)")
    parser.add_argument("--epochs", type=int, help="fewer, for a first look (default: 50, or 12 of convolutions)")
    parser.add_argument("--images", type=int, metavar="N", help="train on the first N images only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", metavar="FILE", help="write a report in Markdown, with questions to answer")
    parser.add_argument("--lang", choices=NAMES, default="en", help="its language (default: en)")
    args = parser.parse_args(arguments)
    try:
        images = load(args.data)
        if images.test is None:
            raise KoubaiError(f"'{args.data}' must hold t10k-images-idx3-ubyte and its labels too; it does not.")
        model = NETWORKS[args.network](args.epochs, args.seed)
        truth = np.asarray(images.test.labels)
        model.fit(as_input(images, args.network, args.images), np.asarray(images.labels)[: args.images])
        predicted = model.predict(as_input(images.test, args.network, None))
    except (KoubaiError, OSError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    accuracy, history = float((predicted == truth).mean()), model.history_
    shape = "-".join(map(str, model.network_.sizes))
    print(f"{args.network} {shape}: {model.network_.n_parameters:,} parameters, {len(history)} epochs")
    print(f"loss {history.losses[0]:.4f} -> {history.losses[-1]:.4f}, {sum(history.seconds):.1f} s")
    print(f"test accuracy {accuracy:.4f} on {len(truth):,} images")
    if args.report:
        table, worst = confusion(truth, predicted, NAMES[args.lang])
        n = len(images) if args.images is None else args.images
        found = {"accuracy": f"{accuracy:.4f}", "n_test": f"{len(truth):,}", "n_training": f"{n:,}",
                 "seconds": f"{sum(history.seconds):.1f}", "batch": model.batch_size, "seed": args.seed,
                 "confusion": table, "worst": worst}  # fmt: skip
        write_report(args.report, args.lang, args.network, model, found)
        print(f"wrote {args.report}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
