"""What an event passes on its way: one server, or nodes that share a Redis of their own."""

import contextlib
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import NamedTuple

from fan_out.servers import running

DEADLINE_S = 30
PAUSE_S = 0.01
HISTORY_LIMIT = ["--redis-history", "1000"]


class Setup(NamedTuple):
    nodes: int = 1
    redis: bool = True
    history: bool = False


class Site(NamedTuple):
    """A setup that runs."""

    nodes: list  # of Server
    redis_url: str  # empty: none
    has_history: bool


EMBEDDED = Setup(redis=False)
PLAIN = Setup()
HISTORY = Setup(history=True)
TWO_PLAIN = PLAIN._replace(nodes=2)
TWO_HISTORY = HISTORY._replace(nodes=2)


@contextlib.contextmanager
def site_of(programs, setup):
    """Started anew, and ready."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(_redis(programs)) if setup.redis else ""
        options = (["--redis", url] if url else []) + (HISTORY_LIMIT if setup.history else [])
        nodes = [stack.enter_context(running(programs, programs.serve(*options)))
                 for _ in range(setup.nodes)]
        for node in nodes:
            wait_for(lambda: _is_ready(node), f"{node.url} to be ready")
        yield Site(nodes, url, setup.history)


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"redis_hop: timed out waiting for {what}")
        time.sleep(PAUSE_S)


@contextlib.contextmanager
def _redis(programs):
    """The URL of a redis-server that keeps nothing on disk. It runs on the clients' CPU: one on
    another machine would not take any of the nodes' either."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--dir", folder, "--save", "",
             "--appendonly", "no"], stdout=subprocess.DEVNULL, preexec_fn=programs.on_client_cpu())
        try:
            wait_for(lambda: _answers(port), "redis-server")
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _free_port():
    """One that the kernel gives to no client, who could take it before the server does."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as limits:
        below = int(limits.read().split()[0])
    while True:
        port = random.randrange(max(1024, below - 16_384), below)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as probe:
        probe.sendall(b"PING\r\n")
        return probe.recv(64).startswith(b"+PONG")
    return False


def _is_ready(node):
    try:
        with urllib.request.urlopen(node.url + "/-/readyz", timeout=DEADLINE_S):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False
