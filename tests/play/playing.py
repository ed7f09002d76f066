"""What tests of the playground's server share: servers as people start them."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

from tests.children import deaf

START = "import sys; from koubai.cli.main import main; sys.exit(main(sys.argv[1:]))"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


TOKEN = "a token for tests"
ASKED = "?token=a%20token%20for%20tests"


@contextmanager
def served(*arguments, hears=True, **environment):
    """A server in a process of its own, started as people start it: the process and its address.

    It ignores Ctrl-C if it does not hear, as one that a script has started in the background.
    """
    port = free_port()
    command = [sys.executable, "-c", START, "play", "--port", str(port), "--no-browser", *arguments]
    command = command if hears else deaf(*command)
    environment = {**os.environ, "KOUBAI_TOKEN": TOKEN, **environment}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        address = f"127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://{address}/static/icon.svg", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.05)
        yield process, address
    finally:
        process.terminate()  # a killed one would leave its folder of tables behind
        with suppress(subprocess.TimeoutExpired):  # a busy machine still loads what is loaded behind the page
            process.wait(timeout=20)
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()
