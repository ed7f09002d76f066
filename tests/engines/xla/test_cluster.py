"""What is said where messages between processes fail."""

import jax
import pytest

from koubai.core.errors import LostProcessError
from koubai.engines.together import in_step
from koubai.engines.xla import cluster as cluster_module
from koubai.engines.xla.cluster import BEAT, Cluster


class Watching:
    """Knows who is lost."""

    def name_lost(self) -> str:
        return "Process 1 of 2 does not answer any more."


@pytest.mark.parametrize(
    "error",
    [ValueError("UNKNOWN: Gloo AllGather failed: Connection closed by peer"), jax.errors.JaxRuntimeError("lost")],
)
def test_a_failed_message_names_the_lost_process(error: Exception) -> None:
    cluster = Cluster(0, 2, None, watch=Watching())  # type: ignore[arg-type]
    with pytest.raises(LostProcessError, match=r"^Process 1 of 2 does not answer any more\.$"), cluster.explained():
        raise error


def test_other_errors_stay_what_they_are() -> None:
    cluster = Cluster(0, 2, None, watch=Watching())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^a bad shape$"), cluster.explained():
        raise ValueError("a bad shape")


class Noting:
    """The coordinator's store, which notes what is written in it."""

    def __init__(self) -> None:
        self.noted = dict[str, str]()

    def wait_at_barrier(self, key: str, milliseconds: int) -> None:
        self.noted[key] = str(milliseconds)

    def key_value_set(self, key: str, value: str, allow_overwrite: bool = False) -> None:
        self.noted[key] = value

    def key_value_dir_get(self, start: str) -> list[tuple[str, str]]:
        return [(key, value) for key, value in self.noted.items() if key.startswith(start)]


class Passing:
    """A clock that goes on when one sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(cluster_module, "sleep", self.sleep)
        monkeypatch.setattr(cluster_module, "monotonic", lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("rank", "beats"), [(0, 5), (1, 0)])
def test_the_coordinator_stays_until_the_others_have_read_that_it_ends(
    monkeypatch: pytest.MonkeyPatch, rank: int, beats: int
) -> None:
    """They read within one beat, and wait two more in case that they end for the same reason."""
    clock, client = Passing(monkeypatch), Noting()
    Cluster(rank, 2, client).tell(2)
    assert clock.now == pytest.approx(beats * BEAT, abs=BEAT / 5)
    assert client.noted == {f"koubai/ended/{rank}": "2"}


def test_the_coordinator_stays_no_longer_than_until_all_others_have_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, client = Passing(monkeypatch), Noting()
    Cluster(1, 2, client).tell(2)
    Cluster(0, 2, client).tell(2)
    assert clock.now == 0


def test_work_of_hours_is_waited_for_in_the_store_before_messages_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Noting()
    cluster = Cluster(0, 2, client)

    def exchanged(content: bytes) -> list[bytes]:
        client.noted[f"message {len(client.noted)}"] = content.decode()
        return [content, content]

    monkeypatch.setattr(cluster, "exchange", exchanged)
    assert [in_step(cluster, lambda: 7), in_step(cluster, lambda: 8)] == [7, 8]
    assert list(client.noted) == ["koubai/wait/1", "message 1", "koubai/wait/2", "message 3"]
    assert int(client.noted["koubai/wait/1"]) > 1000 * 24 * 3600
