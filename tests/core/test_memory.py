"""How much memory is free, as the system and a container's limit say."""

from pathlib import Path

import pytest

from koubai.core import memory


def test_the_smaller_of_what_is_free_and_what_a_limit_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert memory.free_memory() > 0  # a guess where nothing is known
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    8000 kB\n")
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 200000\nactive_file 100000\n")
    assert memory.free_memory() == 8000 * 1024
    (tmp_path / "memory.max").write_text("4000000\n")
    assert memory.free_memory() == 3_300_000
