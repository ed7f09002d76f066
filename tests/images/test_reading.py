"""Images from folders, idx files and archives: the right pixels, or one sentence."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.images import made

from koubai.core.errors import DataError, FileError, ParameterError
from koubai.images.names import is_images
from koubai.images.reading import read_images, read_unlabelled

RNG = np.random.default_rng(0)
GRAY, COLOUR = RNG.integers(0, 256, (5, 7)).astype(np.uint8), RNG.integers(0, 256, (5, 7, 3)).astype(np.uint8)


def message(kind: type[Exception], *paths: Path, **how) -> str:
    with pytest.raises(kind) as caught:
        read_images(*paths, **how)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_a_folder_gives_pixels_and_the_names_of_its_subfolders(tmp_path: Path) -> None:
    made.folder(tmp_path / "bars")
    pixels, labels = made.bars(12)
    read = read_images(tmp_path / "bars")
    assert (read.shape, read.pixels.dtype, len(read)) == ((8, 8, 1), np.uint8, 12)
    assert read.names[0] == "lying/000.png"
    order = [int(name[-7:-4]) for name in read.names]
    np.testing.assert_array_equal(read.pixels[..., 0], pixels[order])
    np.testing.assert_array_equal(read.labels, labels[order])
    assert read.notes == ()


def test_colour_is_read_where_a_picture_has_colours_and_grey_where_none_has(tmp_path: Path) -> None:
    grey_as_colour = np.repeat(GRAY[..., np.newaxis], 3, axis=2)
    made.picture(tmp_path / "a" / "1.png", GRAY)
    made.picture(tmp_path / "b" / "1.png", grey_as_colour)
    read = read_images(tmp_path)
    np.testing.assert_array_equal(read.pixels[..., 0], [GRAY, GRAY])
    assert (read.shape, read.notes) == ((5, 7, 1), ())
    made.picture(tmp_path / "b" / "2.png", COLOUR)
    read = read_images(tmp_path)
    np.testing.assert_array_equal(read.pixels, [grey_as_colour, grey_as_colour, COLOUR])
    assert read.notes == ("1 of 3 pictures is grey and is read as red, green and blue.",)
    as_gray = read_images(tmp_path, channels=1)
    assert as_gray.shape == (5, 7, 1)
    assert as_gray.notes == ("2 pictures stored in colour are read as grey.",)
    np.testing.assert_allclose(as_gray.pixels[2, ..., 0], COLOUR @ [0.299, 0.587, 0.114], atol=1)  # ITU-R 601-2


def test_deep_and_transparent_pictures_and_cameras_held_sideways(tmp_path: Path) -> None:
    deep = RNG.integers(0, 2**16, (5, 7)).astype(np.uint16)
    clear = np.zeros((5, 7, 4), np.uint8)  # black, and seen through everywhere
    made.picture(tmp_path / "a" / "deep.png", deep)
    made.picture(tmp_path / "b" / "clear.png", clear)
    read = read_images(tmp_path, channels=1)
    np.testing.assert_allclose(read.pixels[0, ..., 0], deep / 257, rtol=1e-6)
    assert (read.pixels[1] == 255).all()
    assert "1 picture with transparent places, which are read as white." in read.notes
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned = made.picture(tmp_path / "turned.jpg", np.repeat(GRAY, 8, 0).repeat(8, 1), exif=exif)
    assert read_unlabelled([turned]).shape == (56, 40, 1)


def test_pictures_of_several_sizes_are_refused_or_resized(tmp_path: Path) -> None:
    made.picture(tmp_path / "a" / "1.png", np.full((10, 20), 50, np.uint8))
    made.picture(tmp_path / "b" / "2.png", np.full((30, 15), 90, np.uint8))
    said = message(DataError, tmp_path)
    assert f"must all have the same size; '{tmp_path}/a/1.png' has 20 × 10 pixels and" in said
    assert said.endswith("/b/2.png' 15 × 30. Give image_size=(10, 10) to resize them.")
    read = read_images(tmp_path, image_size=6)
    assert (read.shape, read.resized, np.unique(read.pixels).tolist()) == ((6, 6, 1), True, [50, 90])
    assert read_images(tmp_path, image_size=(4, 9)).shape == (4, 9, 1)
    assert "image_size must be an integer > 0 or two, (height, width); got 0. Try 28." in message(
        ParameterError, tmp_path, image_size=0
    )
    assert "channels must be 1 (grey), 3 (colour) or None; got 2." in message(ParameterError, tmp_path, channels=2)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    made.folder(tmp_path)
    whole = (tmp_path / "lying" / "000.png").read_bytes()
    for content, said in (
        (whole[: len(whole) // 2], "must be whole; it is damaged or cut short"),
        (whole[:-40] + bytes(20) + whole[-20:], "must be whole; it is damaged or cut short"),
        (b"GIF89a", "must be"),
        (b"", "must be a PNG, JPEG, BMP, GIF, WebP or PPM file; its content is none of them"),
        (b"%PDF-1.4", "must be a PNG, JPEG, BMP, GIF, WebP or PPM file; its content is none of them"),
    ):
        (tmp_path / "lying" / "000.png").write_bytes(content)
        told = message(DataError, tmp_path)
        assert f"The picture '{tmp_path}/lying/000.png'" in told
        assert said in told


@pytest.mark.parametrize(("width", "size"), [(10_000, "10000 × 10000 = 100 megapixels"), (60_000, "more than 179")])
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, width: int, size: str) -> None:
    made.folder(tmp_path)
    path = made.bomb(tmp_path / "lying" / "999.png", width, 10_000)
    said = message(DataError, tmp_path)
    assert f"The picture '{path}' must have at most 64 megapixels; its header says {size}" in said


def test_folders_that_hold_no_classes(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert "must hold a subfolder with pictures for each class; it holds none." in message(DataError, tmp_path / "none")
    made.picture(tmp_path / "loose" / "1.png", GRAY)
    assert "; its 1 picture lies in none. Make a folder for each" in message(DataError, tmp_path / "loose")
    made.picture(tmp_path / "one" / "cat" / "1.png", GRAY)
    assert "for each of two classes or more; got one, 'cat'. Add the other" in message(DataError, tmp_path / "one")
    (tmp_path / "empty" / "a").mkdir(parents=True)
    (tmp_path / "empty" / "b").mkdir()
    assert "those that it has, a, b, hold none that end in .png" in message(DataError, tmp_path / "empty")
    assert "must be a folder, an idx file or an npz archive; got the picture" in message(
        DataError, tmp_path / "loose" / "1.png"
    )
    assert "must exist; it was not found" in message(FileError, tmp_path / "nowhere")


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    made.folder(tmp_path)
    (tmp_path / "lying" / "notes.txt").write_text("x")
    (tmp_path / "lying" / ".hidden.png").write_text("x")
    made.picture(tmp_path / "lying" / ".thumbnails" / "000.png", GRAY)  # of another size
    (tmp_path / "leaning").mkdir()
    made.picture(tmp_path / "stray.png", GRAY)
    assert read_images(tmp_path).notes == (
        "1 folder holds no pictures and is left out: leaning.",
        "1 picture that lies in no class's folder is left out.",
        "1 file is no picture and is left out: lying/notes.txt.",
    )


def _mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = RNG.integers(0, 256, (6, 4, 5)), np.arange(6) % 3
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(made.idx(pixels)))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(made.idx(labels)))
    (folder / "t10k-images-idx3-ubyte").write_bytes(made.idx(pixels[:2]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(made.idx(labels[:2]))
    return pixels, labels


def test_idx_files_and_folders_of_them(tmp_path: Path) -> None:
    pixels, labels = _mnist(tmp_path)
    for where in (tmp_path, tmp_path / "train-images-idx3-ubyte.gz"):
        read = read_images(where)
        np.testing.assert_array_equal(read.pixels[..., 0], pixels)
        np.testing.assert_array_equal(read.labels, labels)
    test = read_images(tmp_path).test
    assert test is not None
    np.testing.assert_array_equal(test.pixels[..., 0], pixels[:2])
    assert read_unlabelled([tmp_path / "t10k-images-idx3-ubyte"]).names == [
        "t10k-images-idx3-ubyte[0]",
        "t10k-images-idx3-ubyte[1]",
    ]
    other = read_images(tmp_path / "t10k-images-idx3-ubyte", labels=tmp_path / "t10k-labels-idx1-ubyte")
    np.testing.assert_array_equal(other.labels, labels[:2])


def test_idx_files_that_are_wrong(tmp_path: Path) -> None:
    pixels, _ = _mnist(tmp_path)
    images, whole = tmp_path / "t10k-images-idx3-ubyte", made.idx(pixels[:2])
    huge = whole[:4] + b"\xff\xff\xff\xff" * 3 + whole[16:]
    for content, said in (
        (b"\x01" + whole[1:], "must be of the idx format, which begins with 00 00 08 03 for images; it begins with 01"),
        (whole[:2] + b"\x07" + whole[3:], "it begins with 00 00 07 03. Check which file it is."),
        (b"", "it begins with nothing"),
        (whole[:9], "must be whole; it ends within its header"),
        (whole[:-1], "must hold the 40 bytes of 2 × 4 × 5 numbers after its header; it holds only 39."),
        (whole + b"\0", "must hold the 40 bytes of 2 × 4 × 5 numbers after its header; it holds more."),
        (whole[:4] + bytes(12), "must hold images or labels; its header says 0 × 0 × 0."),
        (huge, "the images must fit into memory"),
        (made.idx(np.arange(6)), "must hold images, (n, height, width) or"),
    ):
        images.write_bytes(content)
        assert said in message(DataError, images)
    images.write_bytes(whole)
    assert "must hold a label for each of the 2 images" in message(
        DataError, images, labels=tmp_path / "train-labels-idx1-ubyte.gz"
    )
    packed = tmp_path / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:-20])
    assert "must be a whole gzip file; it is damaged" in message(DataError, packed)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert "no file of them lies beside it. Give labels='FILE'." in message(FileError, images)


@pytest.mark.parametrize("names", [("images", "labels"), ("x_train", "y_train"), ("X", "y")])
def test_archives(tmp_path: Path, names: tuple[str, str]) -> None:
    pixels, labels = made.bars(6)
    test = {"x_test": pixels[:2], "y_test": labels[:2, np.newaxis]} if names[0] == "x_train" else {}
    np.savez_compressed(tmp_path / "bars.npz", **{names[0]: pixels, names[1]: labels}, **test)
    read = read_images(tmp_path / "bars.npz")
    np.testing.assert_array_equal(read.pixels[..., 0], pixels)
    np.testing.assert_array_equal(read.labels, labels)
    assert (read.test is not None) == bool(test)
    if read.test is not None:
        np.testing.assert_array_equal(read.test.labels, labels[:2])


def test_archives_that_are_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    pixels, labels = made.bars(6)
    for arrays, said in (
        ({"images": pixels, "labels": labels.astype(object)}, "holds pickled Python objects, which are never loaded"),
        ({"images": pixels}, "under the names x_train and y_train, images and labels, or X and y; it holds images."),
        ({"images": pixels, "labels": labels[:3]}, "must hold a label for each of the 6 images; got shape (3,)"),
        ({"images": labels, "labels": labels}, "must hold images as numbers"),
        ({"X": pixels.reshape(6, -1)[:, :10], "y": labels}, "its rows of 10 numbers are no squares"),
    ):
        np.savez(path, **arrays)
        assert said in message(DataError, path)
    np.savez(path, X=pixels.reshape(6, -1), y=labels)
    assert read_images(path).shape == (8, 8, 1)
    whole = path.read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert "must be a whole npz file" in message(DataError, path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("images.npy", b"\x93NUMPY\x01\0 nonsense")
        packed.writestr("labels.npy", b"nonsense")
    assert "must be whole; it is damaged" in message(DataError, path)


def test_pictures_to_predict_for(tmp_path: Path) -> None:
    paths = [made.picture(tmp_path / "new" / f"{name}.png", GRAY) for name in "ab"]
    assert read_unlabelled(paths).names == [str(path) for path in paths]
    assert read_unlabelled([tmp_path / "new"]).names == ["a.png", "b.png"]
    assert read_unlabelled([tmp_path / "new"]).labels is None
    labelled = read_unlabelled([made.folder(tmp_path / "bars")])
    assert sorted(set(labelled.labels)) == ["lying", "standing"]
    colour = made.picture(tmp_path / "c.png", COLOUR)
    with pytest.raises(DataError, match=r"c\.png' must be grey, as those the model learned from; it has 3 channels"):
        read_unlabelled([*paths, colour], channels=1, lossless=True)
    with pytest.raises(ParameterError, match="must be several pictures, or one folder, idx file or npz archive"):
        read_unlabelled([*paths, tmp_path / "bars"])
    with pytest.raises(FileError, match="must exist; it was not found"):
        read_unlabelled([tmp_path / "z.png"])


def test_arguments_that_would_do_nothing_are_refused(tmp_path: Path) -> None:
    _mnist(tmp_path)
    assert "image_size must come with a folder of pictures; got it with" in message(
        ParameterError, tmp_path, image_size=4
    )
    assert "labels must come with an idx file" in message(
        ParameterError, made.folder(tmp_path / "bars"), labels="labels"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.tsv.gz", "images.csv", "train.gz"])
def test_tables_are_no_images(name: str) -> None:
    assert not is_images(name)


@pytest.mark.parametrize(
    "name", ["a.npz", "A.PNG", "train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz", "digits.idx", "."]
)
def test_images_are_known_by_their_names(name: str) -> None:
    assert is_images(name)
