"""The playground, exported and measured in a real browser: ``python -m benchmarks.playground``."""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks import machine

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NETWORKS = {"2-8-8-1": "[8,8]", "2-8×32-1": "[32,32,32,32,32,32,32,32]"}
STORE = "document.getElementById('koubai-play').playground.store"
PATIENCE = 120
EXAMPLES = """\
examples:
  python -m benchmarks.playground                        everything (about a minute)
  python -m benchmarks.playground frames --seconds 20    frames a second only
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
      // at any time between two pictures, as hands move
      if (took.length < times) setTimeout(move, 60 + ((took.length * 7) %% 17));
      else done(took);
    });
  });
  move();
})""" % (STORE,)  # noqa: UP031


@contextmanager
def hosted(images: Any = None) -> Iterator[str]:
    """Yield the address of an exported page on a static host of its own, with images if there are any."""
    from koubai.play.exporting import export

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

    with tempfile.TemporaryDirectory() as folder:
        export(Path(folder) / "site", images=images)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(Path(folder) / "site")))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()


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
    page.goto(address + (f"#{link}" if link else ""))
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
    """Yield frames a second at the screen, and epochs a second, while training runs at full speed."""
    for name, hidden in NETWORKS.items():
        page = opened(chromium, address, f"dataset=spiral&hidden={hidden}&pace=0&optimizer=adam")
        page.click("button.play")
        wait(page, f"{STORE}.state.frame.header.id > 20")
        before = page.evaluate(f"{STORE}.state.epoch")
        found = page.evaluate(COUNT, [seconds])
        page.close()
        told = f"{found['frames']:.1f} (the screen: {found['screens']:.1f}; 99 of 100 within {found['slow']:.0f} ms)"
        yield f"frames a second, {name}, all maps", told
        yield f"epochs a second meanwhile, {name}, 250 points, batch 10", f"{(found['epoch'] - before) / seconds:,.0f}"


def measure_start(chromium: Any, address: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield how long a page takes to be painted, and to show its network, from a static host."""
    painted, shown = [], []
    for _ in range(rounds + 1):  # the first one warms the disk
        context = chromium.new_context(viewport={"width": 1440, "height": 900})  # with an empty cache
        page = context.new_page()
        page.goto(address, wait_until="commit")
        wait(page, f"document.getElementById('koubai-play')?.playground && {STORE}.state.frame")
        shown.append(page.evaluate("performance.now()") / 1000)
        painted.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000)
        context.close()
    for what, found in (("first paint", painted), ("the network on the screen, trainable", shown)):
        yield what, f"{statistics.median(found[1:]):.2f} s (worst of {rounds}: {max(found[1:]):.2f} s)"


def measure_starts(chromium: Any, address: str, rounds: int) -> Iterator[tuple[str, str]]:
    """Yield how long 100 starts of 500 epochs take, from the wish to the answer."""
    page = opened(chromium, address, "dataset=xor&hidden=[4,2]")
    took = []
    for _ in range(rounds + 1):  # the first one starts the helpers
        page.evaluate(f"{STORE}.set({{ starts: null }})")
        begin = time.perf_counter()
        context = "document.getElementById('koubai-play').playground.context"
        page.evaluate(f"{context}.send({{ type: 'starts', count: 100, epochs: 500 }})")
        wait(page, f"{STORE}.state.starts?.mean")
        took.append(time.perf_counter() - begin)
    page.close()
    yield "100 starts of 500 epochs, 2-4-2-1", f"{statistics.median(took[1:]):.2f} s median of {rounds}"


def measure_instant(chromium: Any, address: str, times: int) -> Iterator[tuple[str, str]]:
    """Yield the time from a slider's move to the picture of the final state."""
    page = opened(chromium, address, "dataset=circle&hidden=[8,8]&activations=[%22tanh%22,%22tanh%22]&n_rows=250")
    page.check("#koubai-instant")
    wait(page, f"{STORE}.state.instant_ms > 0 && {STORE}.state.epoch === 500")
    took = sorted(page.evaluate(INSTANT, [times]))
    page.close()
    told = f"{statistics.median(took):.0f} ms median of {times} (90 of 100 within {took[int(0.9 * times)]:.0f} ms)"
    yield "instant mode, 2-8-8-1, 250 points, 500 epochs: slider to picture", told


def large_digits() -> Any:
    """Return scikit-learn's digits with 28 × 28 pixels, as images of one's own."""
    import numpy as np
    from sklearn.datasets import load_digits

    from koubai.play.of_images.given import arrays_given

    found = load_digits()
    enlarged = np.pad(np.kron(found.images, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))
    return arrays_given(enlarged, found.target, "benchmarks").images


def measure_images(chromium: Any, address: str, seconds: float) -> Iterator[tuple[str, str]]:
    """Yield frames and epochs a second with images of 28 × 28, and a convolution of 8 filters."""
    usual = "&hidden=[]&activations=[]&dropout=[]&optimizer=adam&learning_rate=0.003&n_rows=1000&train_ratio=0.7"
    page = opened(chromium, address, f"dataset=images{usual}&pace=0")
    wait(page, f"{STORE}.state.frame.blocks.seen && !{STORE}.state.running")
    page.click("button.play")
    wait(page, f"{STORE}.state.epoch > 2")
    before = page.evaluate(f"{STORE}.state.epoch")
    found = page.evaluate(COUNT, [seconds])
    right = page.evaluate(f"{STORE}.state.frame.header.test_accuracy")
    page.close()
    yield (
        "frames a second, 700 of 1000 images of 28 × 28",
        f"{found['frames']:.1f} (the screen: {found['screens']:.1f})",
    )
    told = f"{(found['epoch'] - before) / seconds:.1f} ({100 * right:.1f} % of the test images right in the end)"
    yield "epochs a second meanwhile", told


PARTS = ("start", "frames", "instant", "starts", "images")


def measured(parts: Sequence[str], given: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield names and values of everything that was asked for, as it is known."""
    work: dict[str, Callable[[Any, str], Iterator[tuple[str, str]]]] = {
        "start": lambda chromium, address: measure_start(chromium, address, 3),
        "frames": lambda chromium, address: measure_frames(chromium, address, given.seconds),
        "instant": lambda chromium, address: measure_instant(chromium, address, 40),
        "starts": lambda chromium, address: measure_starts(chromium, address, 3),
        "images": lambda chromium, address: measure_images(chromium, address, given.seconds),
    }
    for part in PARTS:
        if part in parts:
            with hosted(large_digits() if part == "images" else None) as address, browser() as chromium:
                yield from work[part](chromium, address)


def main(arguments: Sequence[str]) -> int:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.playground",
        description="Measure the exported playground in a real browser on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long frames are counted (default 10)")
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
