"""Images as users have them, for tests of the playground on images of one's own."""

import numpy as np
from sklearn.datasets import load_digits
from tests.images.made import idx

TIMES, EDGE = 3, 2


def enlarged_digits(n=None):
    """scikit-learn's digits with 28 × 28 pixels from 0 to 255, as MNIST's are, and what each shows."""
    found = load_digits()
    large = np.kron(found.images[:n], np.ones((TIMES, TIMES))) * 255 / 16
    return np.pad(large, ((0, 0), (EDGE, EDGE), (EDGE, EDGE))).astype(np.uint8), found.target[:n].astype(np.uint8)


def idx_of_digits(folder, n=None):
    """The file of such images in MNIST's format; that of their labels lies beside it."""
    images, labels = enlarged_digits(n)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(idx(images))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    return path


def folder_of_pictures(folder, per_class=12, names=("cat", "dog"), size=(10, 12)):
    """A folder of small coloured pictures, with a subfolder for each class."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for at, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
            pixels[2:6, 2:6, at % 3] = 255
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def archive_of_letters(folder):
    """An npz file of images whose pixels are no whole numbers, of twelve classes called 0 to 11."""
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 12
    images = rng.uniform(0, 0.5, (60, 6, 7))
    images[np.arange(60), labels // 2, labels % 7] = 1
    path = folder / "letters.npz"
    np.savez(path, images=images, labels=labels)
    return path
