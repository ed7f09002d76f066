"""One file for a model: what goes in comes out bit for bit, and no file that is damaged or hostile gets through."""

import contextlib
import errno
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.children import child

from koubai.core.errors import FileError, ModelFileError, ParameterTypeError
from koubai.training import container
from koubai.training.atomic import check_writable, replace_file, replacing_file
from koubai.training.container import open_container, read_container, write_container

RECORD = {
    "classes": ["a", "b"],
    "scores": [0.1, math.inf, -math.inf, math.nan],
    "nested": {"ä": None, "n": 3, "t": True},
}
TENSORS = {
    "theta": np.array([1.5, -0.0, np.nan, np.inf, 5e-324]),
    "single": np.arange(6, dtype=np.float32).reshape(2, 3),
    "empty": np.empty((0, 4)),
    "scalar": np.array(7),
    "mask": np.array([True, False]),
}

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcäあ"), inner),
    max_leaves=8,
)
arrays = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
no_reset = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(a: object, b: object) -> bool:
    """Equal, NaN to NaN, -0.0 apart from 0.0, and of the same types."""
    return repr(a) == repr(b)


def same_tensors(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return set(a) == set(b) and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "model.koubai"
    write_container(path, "MLPClassifier", RECORD, TENSORS)
    return path


def rewrite_header(path: Path, change) -> None:
    """Put a changed header in front of the file's numbers."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    new = change(header)
    text = new if isinstance(new, bytes) else json.dumps(new).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


@pytest.mark.slow
@no_reset
@given(
    record=st.dictionaries(st.text("abc"), plain, max_size=4),
    tensors=st.dictionaries(st.text("xyz.", min_size=1), arrays, max_size=3),
)
def test_everything_comes_back_bit_for_bit(tmp_path: Path, record, tensors) -> None:
    write_container(tmp_path / "m", "Kind", record, tensors)
    found = open_container(tmp_path / "m")
    assert found.kind == "Kind"
    assert same(found.record, record)
    assert same_tensors(found.tensors, tensors)


def test_arrays_are_own_copies_that_can_be_written(stored: Path) -> None:
    _, tensors = read_container(stored, "MLPClassifier")
    tensors["theta"][0] = 9
    assert read_container(stored)[1]["theta"][0] == 1.5


def test_other_programs_read_the_numbers_as_safetensors(stored: Path) -> None:
    with safetensors.safe_open(stored, "numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("theta"), TENSORS["theta"])
        assert file.metadata()["kind"] == "MLPClassifier"
        assert file.metadata()["format_version"] == "1"


def test_the_same_content_gives_the_same_bytes(stored: Path, tmp_path: Path) -> None:
    write_container(tmp_path / "again", "MLPClassifier", RECORD, dict(reversed(TENSORS.items())))
    assert (tmp_path / "again").read_bytes() == stored.read_bytes()


def test_files_of_the_safetensors_library_are_read(stored: Path, tmp_path: Path) -> None:
    """That library writes the header in an order of its own."""
    with safetensors.safe_open(stored, "numpy") as file:
        tensors, fields = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118  # no mapping
    safetensors.numpy.save_file(tensors, tmp_path / "theirs", fields)
    assert same_tensors(read_container(tmp_path / "theirs")[1], TENSORS)


def test_arrays_in_other_orders_come_back_equal(tmp_path: Path) -> None:
    tensors = {"fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "big": np.arange(3, dtype=">f8")}
    write_container(tmp_path / "m", "Kind", {}, tensors)
    found = read_container(tmp_path / "m")[1]
    for name, array in tensors.items():
        np.testing.assert_array_equal(found[name], array)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_or_missing_bytes_are_noticed(stored: Path, tmp_path: Path, data) -> None:
    """Every damaged copy either is equal to the original or is refused with one sentence."""
    content = bytearray(stored.read_bytes())
    if data.draw(st.booleans(), label="truncate"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for position in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
            content[position] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    try:
        record, tensors = read_container(damaged, "MLPClassifier")
    except ModelFileError as error:
        assert_one_sentence(str(error), damaged)
    else:
        assert same(record, RECORD)
        assert same_tensors(tensors, TENSORS)


def test_every_single_flipped_bit_is_noticed(stored: Path, tmp_path: Path) -> None:
    content = stored.read_bytes()
    for position in range(0, len(content), 7):
        changed = bytearray(content)
        changed[position] ^= 1 << (position % 8)
        (tmp_path / "damaged").write_bytes(changed)
        try:
            record, tensors = read_container(tmp_path / "damaged", "MLPClassifier")
        except ModelFileError:
            continue
        assert same(record, RECORD)
        assert same_tensors(tensors, TENSORS)


def assert_one_sentence(message: str, path: Path) -> None:
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 300 + len(str(path))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_foreign_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        read_container(path)


def with_entry(**changes):
    def change(header):
        header["theta"] = {**header["theta"], **changes}
        return header

    return change


def with_field(name, value):
    def change(header):
        header["__metadata__"][name] = value
        return header

    return change


DAMAGED = "its header is damaged"
SIZE = "its size does not fit its header"
HOSTILE = {
    "no metadata": (lambda h: {k: v for k, v in h.items() if k != "__metadata__"}, "it is not a koubai model"),
    "header is a list": (lambda h: [h], "it is not a koubai model"),
    "other format": (with_field("format", "pt"), "it is not a koubai model"),
    "no checksum": (with_field("sha256", None), DAMAGED),
    "version is text": (with_field("format_version", "one"), DAMAGED),
    "version of a thousand digits": (with_field("format_version", "9" * 1000), DAMAGED),
    "newer version": (with_field("format_version", "5"), "format version 4 or older; got version 5"),
    "other kind": (with_field("kind", "Perceptron"), "does not match its checksum"),
    "other record": (with_field("record", "{}"), "does not match its checksum"),
    "surrogates": (with_field("kind", "\ud800"), DAMAGED),
    "huge shape": (with_entry(shape=[2**40, 2**40]), SIZE),
    "nothing of a huge shape": (with_entry(shape=[0, 2**61], data_offsets=[0, 0]), DAMAGED),
    "overflowing shape": (with_entry(shape=[2**61] * 32), SIZE),
    "shape beyond 64 bits": (with_entry(shape=[2**70]), DAMAGED),
    "negative shape": (with_entry(shape=[-5]), DAMAGED),
    "fractional shape": (with_entry(shape=[5.0]), DAMAGED),
    "boolean shape": (with_entry(shape=[True]), DAMAGED),
    "too many dimensions": (with_entry(shape=[1] * 100), DAMAGED),
    "offsets beyond the file": (with_entry(data_offsets=[0, 10**12], shape=[10**12 // 8]), SIZE),
    "offsets backwards": (with_entry(data_offsets=[40, 0]), SIZE),
    "three offsets": (with_entry(data_offsets=[0, 20, 40]), DAMAGED),
    "unknown dtype": (with_entry(dtype="OBJECT"), DAMAGED),
    "dtype is a list": (with_entry(dtype=["F64"]), DAMAGED),
    "entry is text": (lambda h: {**h, "theta": "gone"}, DAMAGED),
    "NaN size": (lambda h: json.dumps(with_entry(shape=[math.nan])(h)).encode(), DAMAGED),
    "doubled key": (lambda h: b'{"a": 1, "a": 2}', DAMAGED),
    "deep nesting": (lambda h: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", DAMAGED),
    "endless number": (lambda h: b'{"a": ' + b"9" * 5000 + b"}", DAMAGED),
    "not UTF-8": (lambda h: b'{"\xff": 1}', DAMAGED),
}


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_headers_are_refused(stored: Path, change, message: str) -> None:
    rewrite_header(stored, change)
    with pytest.raises(ModelFileError, match=message) as raised:
        read_container(stored)
    assert_one_sentence(str(raised.value), stored)


RECORDS = {
    "nested too deep": '{"a": ' + "[" * 200 + "]" * 200 + "}",
    "nested for ever": '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "a doubled key": '{"a": 1, "a": 2}',
    "an endless number": '{"a": ' + "9" * 5000 + "}",
    "a number of no name": '{"a": {"$float": "four"}}',
    "a number with a list for a name": '{"a": {"$float": ["nan"]}}',
    "NaN": '{"a": NaN}',
    "a surrogate": '{"a": "\ud800"}',
    "a list": "[]",
    "endless lists": '{"a": [' + "[]," * 4_000_000 + "1]}",
}


@pytest.mark.parametrize("text", RECORDS.values(), ids=RECORDS.keys())
def test_hostile_records_with_a_right_digest_are_refused(tmp_path: Path, text: str) -> None:
    """A digest proves no origin: whoever writes a file can sign it."""
    sign(tmp_path / "m", text, {})
    with pytest.raises(ModelFileError, match=r"its (record|header) is damaged") as raised:
        read_container(tmp_path / "m")
    assert_one_sentence(str(raised.value), tmp_path / "m")


def sign(path: Path, record: str, tensors: dict[str, np.ndarray]) -> None:
    """Write a file with any text as its record, and with the digest that belongs to it."""
    fields = {"format": "koubai", "format_version": "1", "kind": "Kind", "koubai_version": "0", "record": record}
    with contextlib.suppress(UnicodeEncodeError):  # what has no bytes has no digest
        fields["sha256"] = container._digest(fields, tensors)
    fields.setdefault("sha256", "")
    path.write_bytes(container._assemble(fields, tensors))


def test_what_would_not_fit_into_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file of 200 GB takes no room on a disk, and its header tells no lie."""
    sign(tmp_path / "m", "{}", {"a": np.zeros(8)})
    length = 200 * 10**9
    rewrite_header(
        tmp_path / "m", lambda h: {**h, "a": {**h["a"], "shape": [length // 8], "data_offsets": [0, length]}}
    )
    with (tmp_path / "m").open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 64 + length)
    began = time.process_time()
    with pytest.raises(ModelFileError, match=r"must hold at most .* GiB of array data on this machine; got 186\.3 GiB"):
        read_container(tmp_path / "m")
    assert time.process_time() - began < 5


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(container, "MAX_NUMBERS", 100)
    with pytest.raises(FileError, match=r"A model file must hold at most 0\.0 GiB of array data on this machine"):
        write_container(tmp_path / "m", "Kind", {}, {"a": np.zeros(13)})
    assert not any(tmp_path.iterdir())


def test_truth_values_are_true_or_false(tmp_path: Path) -> None:
    """The digest is over arrays as they are read, so a file that holds other bytes comes signed for 0 and 1."""
    sign(tmp_path / "m", "{}", {"a": np.array([False, True, True])})
    content = (tmp_path / "m").read_bytes()
    assert content.endswith(bytes([0, 1, 1]))
    (tmp_path / "m").write_bytes(content[:-3] + bytes([0, 2, 255]))
    assert read_container(tmp_path / "m")[1]["a"].view(np.uint8).tolist() == [0, 1, 1]


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 10**9, 2**26 + 1])
def test_a_claimed_huge_header_is_not_believed(stored: Path, length: int) -> None:
    stored.write_bytes(length.to_bytes(8, "little") + stored.read_bytes()[8:])
    with pytest.raises(ModelFileError, match="not a koubai model"):
        read_container(stored)


def test_bytes_behind_the_last_array_are_refused(stored: Path) -> None:
    stored.write_bytes(stored.read_bytes() + b"more")
    with pytest.raises(ModelFileError, match="its size does not fit its header"):
        read_container(stored)


def test_a_record_that_is_no_mapping_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(container, "encode", lambda value, where: [])
    write_container(tmp_path / "m", "Kind", {}, {})
    with pytest.raises(ModelFileError, match="its record is damaged"):
        read_container(tmp_path / "m")


def test_wrong_kind_is_named(stored: Path) -> None:
    with pytest.raises(ModelFileError, match="it holds a MLPClassifier, but a Perceptron is required"):
        read_container(stored, "Perceptron")


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="must exist; it was not found"):
        read_container(tmp_path / "nowhere")
    with pytest.raises(ModelFileError, match="must exist; it was not found"):
        read_container(__file__ + "/below")
    with pytest.raises(ModelFileError, match="got the folder"):
        read_container(tmp_path)
    with pytest.raises(ModelFileError, match="must be a regular file"):
        read_container("/dev/null")
    with pytest.raises(ModelFileError, match="must not contain a null character"):
        read_container("a\0b")
    with pytest.raises(ModelFileError, match="must be readable; got: file name too long"):
        read_container(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("record", [{"f": print}, {"k": {1: 2}}, {"k": {"$float": "nan"}}, {"k": {1, 2}}])
def test_only_plain_data_is_written(tmp_path: Path, record) -> None:
    with pytest.raises(ParameterTypeError, match=r"record\['.'\] must be plain data"):
        write_container(tmp_path / "m", "Kind", record, {})
    assert not any(tmp_path.iterdir())


def test_only_numbers_are_written(tmp_path: Path) -> None:
    with pytest.raises(ParameterTypeError, match="tensor 'a' must hold float64"):
        write_container(tmp_path / "m", "Kind", {}, {"a": np.array([print])})


def test_numpy_numbers_become_plain_ones(tmp_path: Path) -> None:
    write_container(tmp_path / "m", "Kind", {"i": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True)}, {})
    assert same(read_container(tmp_path / "m")[0], {"i": 3, "f": 0.5, "b": True})


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("", "got the folder"),
        ("nowhere/m", "must be in an existing folder"),
        ("file/m", "must be in an existing folder"),
    ],
)
@pytest.mark.parametrize("write", [check_writable, lambda path: write_container(path, "Kind", {}, {})])
def test_impossible_places_are_named(tmp_path: Path, place: str, message: str, write) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=message):
        write(tmp_path / place)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize("write", [check_writable, lambda path: replace_file(path, b"x")])
def test_a_folder_that_takes_no_files_is_named(write) -> None:
    with pytest.raises(FileError, match="cannot be written: "):
        write("/proc/model.koubai")


@pytest.mark.parametrize("write", [check_writable, lambda path: replace_file(path, b"x")])
def test_a_read_only_file_is_kept(stored: Path, write, monkeypatch) -> None:
    before = stored.read_bytes()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FileError, match="it is read-only"):
        write(stored)
    assert stored.read_bytes() == before


def test_asking_leaves_nothing_behind(tmp_path: Path, stored: Path) -> None:
    before = stored.read_bytes()
    check_writable(stored)
    check_writable(tmp_path / "new")
    check_writable("/dev/null")
    assert list(tmp_path.iterdir()) == [stored]
    assert stored.read_bytes() == before


def test_links_are_followed_and_permissions_kept(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"old")
    target.chmod(0o640)
    (tmp_path / "link").symlink_to(target)
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    replace_file(tmp_path / "fresh", b"new")
    umask = os.umask(0)
    os.umask(umask)
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o666 & ~umask


def test_what_fails_half_way_changes_nothing(tmp_path: Path) -> None:
    """Be it the writer or the system; and what was written before in a stream that is open stays."""
    (tmp_path / "old").write_bytes(b"old")

    def fail(error: BaseException) -> None:
        with replacing_file(tmp_path / "old") as file:
            file.write(b"half")
            raise error

    for error in (ValueError("no"), KeyboardInterrupt()):
        with pytest.raises(type(error)):
            fail(error)
    with pytest.raises(FileError, match="cannot be written: no space"):
        fail(OSError(errno.ENOSPC, "No space"))
    assert (tmp_path / "old").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "old"]
    with (tmp_path / "log").open("wb", buffering=0) as log:
        log.write(b"before ")
        with replacing_file(f"/dev/fd/{log.fileno()}") as file:
            file.write(b"after")
    assert (tmp_path / "log").read_bytes() == b"before after"


def test_a_device_is_written_directly() -> None:
    replace_file("/dev/null", b"gone")
    assert not Path("/dev/null").is_file()


def test_a_full_disk_leaves_the_old_file(stored: Path) -> None:
    """The writing process may write only 64 KiB; what it leaves is the old file and nothing beside it."""
    before = stored.read_bytes()
    code = (
        "import resource, signal, sys, numpy as np\n"
        "from koubai.training.container import write_container\n"
        "from koubai.core.errors import FileError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try: write_container(sys.argv[1], 'Kind', {}, {'a': np.zeros(10**6)})\n"
        "except FileError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code, stored], capture_output=True, text=True, check=True)
    assert "cannot be written: file too large" in done.stdout
    assert stored.read_bytes() == before
    assert list(stored.parent.iterdir()) == [stored]


def test_kill_while_saving_leaves_a_whole_file(stored: Path) -> None:
    """A process that saves again and again is killed at any moment; the file is always a whole one."""
    code = (
        "import sys, numpy as np\n"
        "from koubai.training.container import write_container\n"
        "print('ready', flush=True)\n"
        "for i in range(10**6): write_container(sys.argv[1], 'Kind', {'i': i}, {'a': np.full(20000, float(i))})\n"
    )
    for pause in (0.0, 0.013, 0.037):
        with child([sys.executable, "-c", code, stored], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            process.kill()
        record, tensors = read_container(stored)
        if "i" in record:
            np.testing.assert_array_equal(tensors["a"], np.full(20000, float(record["i"])))
        else:
            assert same(record, RECORD)
