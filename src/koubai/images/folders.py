"""Pictures from folders: one subfolder a class, or files by name."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from koubai.core.arrays import Array
from koubai.core.errors import DataError, InPython
from koubai.core.language import worded
from koubai.images.images import COLOUR, GRAY, Images, check_room, missing, said_of_size
from koubai.images.names import is_picture
from koubai.images.pictures import (
    Header,
    check_has_no_colours,
    has_colours,
    pillow,
    read_header,
    read_pixels,
)

MANY = 5
"""Most names listed in a message."""


def read_folder(folder: Path, channels: int | None = None, size: tuple[int, int] | None = None) -> Images:
    """Return the pictures of a folder with a subfolder for each class, whose names are the labels.

    Parameters
    ----------
    folder : Path
        The folder. Pictures may lie in folders within a class's own; hidden files and folders are left out.
    channels : int, optional
        1 to read all as grey, 3 as red, green and blue; by default grey if all of them are.
    size : (height, width), optional
        The size to give them all.

    Raises
    ------
    DataError
        If there are no pictures, no two classes, pictures of several sizes, or a damaged one.
    """
    pillow()
    entries = [entry for entry in folder.iterdir() if not _is_hidden(entry.relative_to(folder))]
    classes = sorted(entry for entry in entries if entry.is_dir())
    below = {entry.name: _files_below(entry) for entry in classes}
    found = {name: [path for path in paths if is_picture(path)] for name, paths in below.items()}
    filled = {name: paths for name, paths in found.items() if paths}
    loose = [entry for entry in entries if entry.is_file() and is_picture(entry)]
    if not filled:
        raise _no_classes(folder, classes, loose)
    if len(filled) == 1:
        raise DataError(
            worded("images.error.folder_hold_subfolder_pictures_each", folder=folder, next=repr(next(iter(filled))))
        )
    paths = [path for name in filled for path in filled[name]]
    labels = np.array([name for name in filled for _ in filled[name]])
    others = [path for among in below.values() for path in among if not is_picture(path)]
    notes = _notes_of_empty(found) + _notes_of_others(folder, others, loose)
    read = read_files(paths, channels, size, str(folder), [path.relative_to(folder).as_posix() for path in paths])
    return Images(read.pixels, labels, read.names, str(folder), resized=size is not None, notes=(*notes, *read.notes))


def pictures_below(folder: Path) -> list[Path]:
    """Return the pictures in a folder and the folders within it, in the order of their names."""
    return [path for path in _files_below(folder) if is_picture(path)]


def _files_below(folder: Path) -> list[Path]:
    """Return the files in a folder and the folders within it, in the order of their names, but for what is hidden."""
    inside = ((path, path.relative_to(folder)) for path in folder.rglob("*"))
    return sorted(path for path, below in inside if not _is_hidden(below) and path.is_file())


def read_files(
    paths: Sequence[Path],
    channels: int | None,
    size: tuple[int, int] | None,
    source: str,
    names: Sequence[str] | None = None,
    *,
    lossless: bool = False,
    expected: tuple[int, int] | None = None,
) -> Images:
    """Return the pictures of files, without labels.

    Parameters
    ----------
    paths : sequence of Path
        The files.
    channels, size
        As for `read_folder`.
    source : str
        Where they come from, for messages.
    names : sequence of str, optional
        What they are called; by default, their paths.
    lossless : bool
        Whether a picture with colours is refused where grey ones are wanted, rather than read as grey.
    expected : (height, width), optional
        The size that they must have, if they are not resized.

    Raises
    ------
    DataError, FileError
        As for `read_folder`.
    """
    pillow()
    headers = [read_header(path) for path in paths]
    if expected is not None and size is None:
        _check_sizes(paths, headers, expected)
    height, width = _common_size(paths, headers, source) if size is None else size
    grays = [header.is_gray for header in headers]
    wanted = channels or (GRAY if all(grays) else COLOUR)
    check_deep = any(header.is_deep for header in headers)
    dtype = np.dtype(np.float32 if check_deep else np.uint8)
    check_room(source, len(paths) * height * width * wanted * dtype.itemsize)
    pixels = np.empty((len(paths), height, width, wanted), dtype)
    n_filled = 0
    for index, (path, is_gray) in enumerate(zip(paths, grays, strict=True)):
        refuses = lossless and wanted == GRAY and not is_gray
        found, filled = read_pixels(path, COLOUR if refuses else wanted, size)
        if refuses:
            check_has_no_colours(path, found)
            found = found[:, :, :GRAY]
        if found.shape[:2] != (height, width):
            raise DataError(worded("images.error.picture_have_size_header_says", path=path))
        pixels[index] = found
        n_filled += filled
    notes = _notes_of_colours(channels, wanted, grays, pixels)
    if channels is None and wanted == COLOUR and not has_colours(pixels):
        pixels, notes = np.ascontiguousarray(pixels[..., :GRAY]), ()
    if n_filled:
        notes = (*notes, worded("images.note.transparent_places_read_white", pictures=_pictures(n_filled)))
    return Images(pixels, None, names or [str(path) for path in paths], source, resized=size is not None, notes=notes)


def _common_size(paths: Sequence[Path], headers: Sequence[Header], source: str) -> tuple[int, int]:
    """Return the size that all pictures have; raise DataError if they have several."""
    first = headers[0]
    for path, header in zip(paths, headers, strict=True):
        if (header.height, header.width) != (first.height, first.width):
            sizes = [said_of_size(one.height, one.width) for one in (first, header)]
            side = min(min(one.height, one.width) for one in headers)
            raise DataError(
                what=(
                    worded(
                        "images.error.pictures_all_have_same_size",
                        source=source,
                        paths=paths[0],
                        sizes=sizes[0],
                        path=path,
                        sizes_2=sizes[1],
                    )
                ),
                remedy=InPython(
                    f"Give image_size=({side}, {side}) to resize them.",
                    typed=worded("core.remedy.add_resize_them", side=side),
                ),
            )
    return first.height, first.width


def _check_sizes(paths: Sequence[Path], headers: Sequence[Header], expected: tuple[int, int]) -> None:
    """Raise DataError for the first picture that is not of the expected size."""
    for path, header in zip(paths, headers, strict=True):
        if (header.height, header.width) != expected:
            raise DataError(
                what=(
                    worded(
                        "images.error.picture_have_pixels_those_learned",
                        path=path,
                        said_of_size=said_of_size(*expected),
                        said_of_size_2=said_of_size(header.height, header.width),
                    )
                ),
                remedy=InPython("Give resize=True to resize it.", typed=worded("core.remedy.add_resize")),
            )


def _no_classes(folder: Path, classes: Sequence[Path], loose: Sequence[Path]) -> DataError:
    wanted = worded("images.note.folder_hold_subfolder_pictures_each", folder=folder)
    if loose:
        return DataError(worded(f"images.error.loose.{_number(loose)}", wanted=wanted, pictures=_pictures(len(loose))))
    if classes:
        names = ", ".join(entry.name for entry in classes[:MANY]) + (", …" if len(classes) > MANY else "")
        return DataError(worded("images.error.those_has_hold_none_end", wanted=wanted, names=names))
    return DataError(worded("images.error.holds_none_check_folder", wanted=wanted))


def _number(things: Sequence[object]) -> str:
    """Return how keys of sentences end that are about one thing, or about several."""
    return "one" if len(things) == 1 else "many"


def _notes_of_empty(found: dict[str, list[Path]]) -> tuple[str, ...]:
    empty = [name for name, paths in found.items() if not paths]
    if not empty:
        return ()
    names = ", ".join(empty[:MANY]) + (", …" if len(empty) > MANY else "")
    return (worded(f"images.note.empty.{_number(empty)}", n=len(empty), names=names),)


def _notes_of_others(folder: Path, others: Sequence[Path], loose: Sequence[Path]) -> tuple[str, ...]:
    """Return a note on pictures outside of the classes, and one on files that are no pictures."""
    notes = []
    if loose:
        notes.append(worded(f"images.note.loose.{_number(loose)}", pictures=_pictures(len(loose))))
    if others:
        names = ", ".join(path.relative_to(folder).as_posix() for path in others[:MANY])
        names += ", …" if len(others) > MANY else ""
        notes.append(worded(f"images.note.others.{_number(others)}", n=f"{len(others):,}", names=names))
    return tuple(notes)


def _notes_of_colours(channels: int | None, wanted: int, grays: Sequence[bool], pixels: Array) -> tuple[str, ...]:
    n_gray = sum(grays)
    if channels is None and wanted == COLOUR and n_gray:
        key = f"images.note.grey.{'one' if n_gray == 1 else 'many'}"
        return (worded(key, n=f"{n_gray:,}", of=f"{len(grays):,}"),)
    if channels == GRAY and n_gray < len(grays):
        n = len(grays) - n_gray
        return (worded(f"images.note.coloured.{'one' if n == 1 else 'many'}", pictures=_pictures(n)),)
    return ()


def _pictures(n: int) -> str:
    return worded("images.note.picture") if n == 1 else worded("images.note.pictures", n=f"{n:,}")


def _is_hidden(below: Path) -> bool:
    """Return whether a path below a folder is hidden, or lies in a hidden folder such as .thumbnails."""
    return below.name.startswith("_") or any(part.startswith(".") for part in below.parts)


def check_file(path: Path) -> None:
    """Raise FileError unless a path names a file."""
    if not path.is_file():
        raise missing(path)
