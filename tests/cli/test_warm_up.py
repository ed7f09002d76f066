"""`koubai warm-up` where its work could not be kept."""

from pathlib import Path

import pytest

from koubai.cli.main import main


def test_warm_up_says_at_once_that_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("koubai.engines.cpu.compilation.cache_folder", lambda: tmp_path / "file" / "koubai")
    assert main(["warm-up"]) == 2
    said = capsys.readouterr().err
    assert "The folder for compiled code must be usable; " in said
    assert "cannot be made. Remove it, or set XDG_CACHE_HOME to another folder." in said
