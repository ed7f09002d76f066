"""A service under load: rows one by one at a stated rate, and how long each waits for its answer.

    python -m benchmarks.serving                               # 1,000 requests a second for ten seconds
    python -m benchmarks.serving --rate 500 --quality fast     # one small network instead of an average

Requests leave when they are due, whether earlier ones have been answered or not (an open loop), on connections that are
kept; a latency counts from the moment that a request was due, so that a server that falls behind is seen. The
service, with the model that ``koubai fit examples/penguins.csv`` makes, and what makes the load, a process that does
nothing else, share the machine's cores; so does whatever else runs meanwhile, and the load average is printed.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.contenders import ROOT

ROW = {"island": "Dream", "bill_length_mm": 40.1, "bill_depth_mm": 18.0, "flipper_length_mm": 190, "body_mass_g": 3700,
       "sex": "male", "year": 2008}  # fmt: skip
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
WARM_UP = 1.0
"""Seconds that are not counted."""


class Connection(asyncio.Protocol):
    """One connection, which carries one request at a time."""

    def __init__(self, free: "asyncio.Queue[Connection]", latencies: list[float], failures: list[bytes]) -> None:
        self.free, self.latencies, self.failures = free, latencies, failures
        self.due = 0.0
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for work."""
        self.transport = transport
        self.free.put_nowait(self)

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at a moment."""
        self.due = due
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take an answer, whole or in pieces."""
        self.held += data
        head, found, body = self.held.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE) if found else None
        if length is None or len(body) < int(length[1]):
            return
        self.latencies.append(perf_counter() - self.due)
        if b" 200 " not in head[:16]:
            self.failures.append(head[:80])
        self.held = b""
        self.free.put_nowait(self)


async def load(port: int, rate: float, seconds: float, n_connections: int) -> tuple[list[float], list[bytes], float]:
    """Send requests at a rate; return their latencies, failures, and the seconds that all took."""
    body = json.dumps(ROW).encode()
    request = HEAD % (len(body), body)
    free: asyncio.Queue[Connection] = asyncio.Queue()
    latencies: list[float] = []
    failures: list[bytes] = []
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(free, latencies, failures), "127.0.0.1", port)
        for _ in range(n_connections)
    ]
    counts = (int(rate * WARM_UP), int(rate * seconds))
    for count in counts:
        latencies.clear()
        begin = perf_counter()
        for k in range(count):
            due = begin + k / rate
            while (wait := due - perf_counter()) > 0:
                await asyncio.sleep(wait)
            (await free.get()).ask(request, due)
        while len(latencies) < count:
            await asyncio.sleep(0.001)
        taken = perf_counter() - begin
    for transport, _ in made:
        transport.close()
    return latencies, failures, taken


def seconds_of(process: int) -> float:
    """Return how long a process has kept a processor busy, in seconds (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve_and_load(args: argparse.Namespace, folder: Path) -> None:
    """Fit, serve, load, and say what came of it."""
    koubai = [sys.executable, "-m", "koubai.cli.main"]
    table = str(ROOT / "examples" / "penguins.csv")
    fit = [*koubai, "fit", table, "--target", "species", "--quality", args.quality, "--out", str(folder / "m.koubai")]
    subprocess.run(fit, check=True, capture_output=True)
    command = [*koubai, "serve", str(folder / "m.koubai"), "--port", "0", *args.more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = re.match(r"Serving http://127\.0\.0\.1:(\d+)/", server.stdout.readline())
            assert said is not None
            before = os.times(), seconds_of(server.pid)
            latencies, failures, taken = asyncio.run(load(int(said[1]), args.rate, args.seconds, args.connections))
            after = os.times(), seconds_of(server.pid)
        finally:
            server.send_signal(signal.SIGINT)
    found = np.percentile(np.array(latencies) * 1000, [50, 90, 99, 100])
    print(f"{len(latencies):,} requests of one row, {len(latencies) / taken:,.0f} a second, {len(failures)} failed")
    print("milliseconds until the answer: " + "  ".join(
        f"{name} {value:.2f}" for name, value in zip(("median", "90 %", "99 %", "slowest"), found, strict=True)
    ))  # fmt: skip
    own = sum(after[0][:2]) - sum(before[0][:2])
    each = 1e6 / (args.rate * (args.seconds + WARM_UP))
    print(
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; processor time for each request: "
        f"{(after[1] - before[1]) * each:,.0f} µs of the server, {own * each:,.0f} µs of what makes the load"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--quality", default="good", help="of the model, as for koubai fit")
    parser.add_argument("more", nargs="*", help="further options of koubai serve, after --")
    with tempfile.TemporaryDirectory() as folder:
        serve_and_load(parser.parse_args(), Path(folder))


if __name__ == "__main__":
    main()
