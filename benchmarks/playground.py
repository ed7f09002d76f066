"""The playground, measured in a real browser before a real server: ``python -m benchmarks.playground``."""

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import machine

START = "import sys; from koubai.cli.main import main; sys.exit(main(sys.argv[1:]))"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NETWORKS = {"2-8-8-1": "[8,8]", "2-6×32-1": "[32,32,32,32,32,32]"}
STORE = "document.getElementById('koubai-play').playground.store"
PATIENCE = 120
TOKEN = "koubai-benchmarks"
EXAMPLES = """\
examples:
  python -m benchmarks.playground                        all but an hour's frames (about a minute and a half)
  python -m benchmarks.playground frames --seconds 20    frames a second only
  python -m benchmarks.playground memory --count 216000  an hour's worth of frames at 60 a second (minutes)
"""

COUNT = """([seconds]) => new Promise((done) => {
  const store = %s, begin = performance.now();
  let shown = 0, id = -1, screens = 0;
  const at = [];
  store.subscribe((state) => {
    const { header } = state.frame;
    if (header.id !== id) at.push(performance.now());
    id = header.id;
  });
  const tick = () => {
    screens += 1;
    const past = performance.now() - begin;
    if (past < 1000 * seconds) requestAnimationFrame(tick);
    else {
      const gaps = at.slice(1).map((each, index) => each - at[index]).sort((a, b) => a - b);
      done({ frames: (1000 * at.length) / past, screens: (1000 * screens) / past,
        slow: gaps[Math.floor(0.99 * gaps.length)], epoch: store.state.epoch });
    }
  };
  requestAnimationFrame(tick);
})""" % (STORE,)  # noqa: UP031  braces are JavaScript's

INSTANT = """([times]) => new Promise((done) => {
  const store = %s, slider = document.querySelector("[data-control=learning_rate] input[type=range]");
  const took = [];
  let begin = 0;
  const move = () => {
    begin = performance.now();
    slider.value = String(Number(slider.min) + 3 + (took.length %% 5));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  store.subscribe((state, changed) => {
    if (!begin || !changed.has("frame") || !state.frame.header.instant || state.frame.header.epoch < 500) return;
    const from = begin;
    begin = 0;
    requestAnimationFrame(() => {  // painted: the next picture begins
      took.push(performance.now() - from);
      if (took.length < times) setTimeout(move, 60);
      else done(took);
    });
  });
  move();
})""" % (STORE,)  # noqa: UP031


@contextmanager
def served() -> Iterator[tuple[str, float, float]]:
    """Yield the address of a server of its own, seconds from its start until it listened, and when that was."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    begin = time.perf_counter()
    command = [sys.executable, "-c", START, "play", "--port", str(port), "--no-browser"]
    process = subprocess.Popen(command, env={**os.environ, "KOUBAI_TOKEN": TOKEN})
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/static/icon.svg", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - begin > PATIENCE:
                    raise SystemExit("playground: the server must start; it did not. See what it says above.") from None
                time.sleep(0.005)
        yield f"http://127.0.0.1:{port}/", time.perf_counter() - begin, time.perf_counter()
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a headless browser."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("KOUBAI_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise SystemExit("playground: a browser must be installed; got none. Name one in KOUBAI_CHROMIUM.")
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


def opened(chromium: Any, address: str, link: str = "") -> Any:
    """Return the page once its network is on the screen."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page.goto(f"{address}?token={TOKEN}" + (f"#{link}" if link else ""))
    wanted = (
        f"{STORE}.state.frame && {STORE}.state.network?.n_parameters === {STORE}.state.frame.blocks.theta.data.length"
    )
    wait(page, wanted)
    page.wait_for_timeout(300)
    return page


def wait(page: Any, script: str) -> None:
    """Wait until an expression is true; asked from outside, for the page's policy forbids eval."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(script):
        if time.monotonic() > end:
            raise SystemExit(f"playground: {script} must come true; it did not within {PATIENCE} s.")
        time.sleep(0.01)


def measure_frames(chromium: Any, address: str, seconds: float) -> Iterator[tuple[str, str]]:
    """Yield frames a second at the screen while training runs at full speed."""
    for name, hidden in NETWORKS.items():
        page = opened(chromium, address, f"dataset=spiral&hidden={hidden}&pace=0&optimizer=adam")
        page.click("button.play")
        wait(page, f"{STORE}.state.frame.header.id > 20")
        found = page.evaluate(COUNT, [seconds])
        page.close()
        told = f"{found['frames']:.1f} (the screen: {found['screens']:.1f}; 99 of 100 within {found['slow']:.0f} ms)"
        yield f"frames a second, {name}, all maps 50×50", told


def measure_start(chromium: Any, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield how long a server takes to listen, and a page to be painted right after."""
    listening, painted, shown = [], [], []
    for _ in range(rounds + 1):  # the first one warms the disk
        with served() as (address, seconds, since):
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            lag = time.perf_counter() - since
            page.goto(f"{address}?token={TOKEN}", wait_until="commit")
            wait(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
            wait(page, f"document.getElementById('koubai-play').playground && {STORE}.state.frame")
            listening.append(seconds)
            painted.append(paint)
            shown.append(time.perf_counter() - since - lag)
            page.close()
    for what, found in (
        ("server start, warm, until it listens", listening),
        ("first paint after that", painted),
        ("the network on the screen after that", shown),
    ):
        yield what, f"{statistics.median(found[1:]):.2f} s (worst of {rounds}: {max(found[1:]):.2f} s)"


def measure_instant(chromium: Any, address: str, times: int) -> Iterator[tuple[str, str]]:
    """Yield the time from a slider's move to the picture of the final state."""
    page = opened(chromium, address, "dataset=circle&hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&n_rows=250")
    page.check("#koubai-instant")
    wait(page, f"{STORE}.state.instant_ms > 0 && {STORE}.state.epoch === 500")
    took = sorted(page.evaluate(INSTANT, [times]))
    page.close()
    told = f"{statistics.median(took):.0f} ms median of {times} (90 of 100 within {took[int(0.9 * times)]:.0f} ms)"
    yield "instant mode, 2-8-8-1, 250 points, 500 epochs: slider to picture", told


class Client:
    """One of many pages, without its screen: acknowledges every frame at once, and counts."""

    def __init__(self, connection: Any, number: int) -> None:
        self.socket = connection
        self.frames, self.epoch, self.counting = 0, 0.0, False
        self.say("settings", settings={"dataset": "spiral", "hidden": [8, 8], "pace": 0, "seed": number})
        self.say("run")
        threading.Thread(target=self.watch, daemon=True).start()

    def say(self, kind: str, **part: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **part}))

    def watch(self) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            for message in self.socket:
                if isinstance(message, bytes):
                    header = json.loads(message[4 : 4 + int.from_bytes(message[:4], "little")])
                    self.say("ack", id=header["id"])
                    self.epoch = header["epoch"]
                    self.frames += 1
        except ConnectionClosed:
            return


def measure_clients(address: str, count: int, seconds: float) -> Iterator[tuple[str, str]]:
    """Yield what many clients get at once who all train at full speed."""
    from websockets.sync.client import connect

    host = address.removeprefix("http://").rstrip("/")
    with ExitStack() as open_sockets:
        where, page = f"ws://{host}/socket?token={TOKEN}", f"http://{host}"
        sockets = [connect(where, origin=page, max_size=None) for _ in range(count)]
        clients = [Client(open_sockets.enter_context(each), number) for number, each in enumerate(sockets)]
        end = time.monotonic() + PATIENCE
        while min(client.frames for client in clients) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        before = [(client.frames, client.epoch) for client in clients]
        time.sleep(seconds)
        after = [(client.frames, client.epoch) for client in clients]
    frames = sorted((b[0] - a[0]) / seconds for a, b in zip(before, after, strict=True))
    epochs = [(b[1] - a[1]) / seconds for a, b in zip(before, after, strict=True)]
    yield f"frames a second of each of {count} clients", f"{statistics.median(frames):.1f} (least {frames[0]:.1f})"
    yield (
        f"epochs a second of {count} clients together, 2-8-8-1",
        f"{sum(epochs):,.0f} (least of one {min(epochs):,.0f})",
    )


def resident() -> float:
    """Return this process's memory, MiB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure_memory(count: int) -> Iterator[tuple[str, str]]:
    """Yield the server's memory over so many frames of one session, each acknowledged at once."""
    from koubai.play import session as sessions
    from koubai.play.settings import Settings

    sessions.SHORTEST = 0.0  # an epoch between two frames is enough
    marks = {share: max(1, round(count * share)) for share in (0.02, 0.25, 0.5, 0.75, 1.0)}
    found: dict[float, float] = {}
    begin = time.perf_counter()

    async def run() -> None:
        done, frames = asyncio.Event(), 0

        async def send(message: dict[str, Any] | bytes) -> None:
            nonlocal frames
            if isinstance(message, bytes):
                frames += 1
                session.acked = session.frame_id
                found.update({share: resident() for share, mark in marks.items() if mark == frames})
                if frames >= count:
                    session.running = False
                    done.set()

        with ThreadPoolExecutor(2) as threads:
            settings = Settings().changed({"dataset": "spiral", "hidden": [8, 8], "pace": 0, "optimizer": "adam"})
            session = sessions.Session(send, threads, {}, settings, crowd=lambda: 1e6)
            await session.open()
            await session.handle("run", {"until": None})
            await done.wait()
            await session.close()

    asyncio.run(run())
    told = ", ".join(f"{found[share]:.0f} MiB at {share:.0%}" for share in marks)
    yield f"memory over {count:,} frames ({time.perf_counter() - begin:.0f} s)", told


PARTS = ("start", "frames", "instant", "clients", "memory")


def measured(parts: Sequence[str], given: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield names and values of everything that was asked for, as it is known."""
    if "start" in parts:
        with browser() as chromium:
            yield from measure_start(chromium, 3)
    needs: dict[str, Callable[[Any, str], Iterator[tuple[str, str]]]] = {
        "frames": lambda chromium, address: measure_frames(chromium, address, given.seconds),
        "instant": lambda chromium, address: measure_instant(chromium, address, 40),
    }
    for part, work in needs.items():
        if part in parts:
            with served() as (address, _, _), browser() as chromium:
                yield from work(chromium, address)
    if "clients" in parts:
        with served() as (address, _, _):
            yield from measure_clients(address, given.clients, given.seconds)
    if "memory" in parts:
        yield from measure_memory(given.count)


def main(arguments: Sequence[str]) -> int:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.playground",
        description="Measure the playground in a real browser before a real server on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long frames are counted (default 10)")
    parser.add_argument("--clients", type=int, default=50, help="how many train at once (default 50)")
    parser.add_argument("--count", type=int, default=20_000, help="frames of the memory's part (default 20000)")
    given = parser.parse_args(arguments)
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"a part must be one of {', '.join(PARTS)}; got {unknown[0]}")
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    where = f"{machine.processor()}, {machine.usable_cores()} cores, load before {load}, commit {machine.commit()}"
    print(f"{where}\n\n| What | Measured |\n|---|---|", flush=True)
    for what, value in measured(given.parts or PARTS, given):
        print(f"| {what} | {value} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
