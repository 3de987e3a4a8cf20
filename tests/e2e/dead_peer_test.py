"""Peers that are gone without a word: nothing comes back from them, not even a reset."""

import ctypes
import socket
import struct
import subprocess
import sys

import pytest

from harness import DEADLINE_S, Stream, serve, wait_for

SO_ATTACH_FILTER = 26
SELF_ON_STDIN = "import dead_peer_test, socket; dead_peer_test.drop_all(socket.socket(fileno=0))"


def drop_all(connection):
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
    program = struct.pack("HP", 1, ctypes.addressof(drop))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def cut_the_wire(connection):
    """From here on the kernel drops whatever arrives for the socket before TCP sees it. There are
    kernels that let only root filter."""
    try:
        drop_all(connection)
    except PermissionError:
        subprocess.run(["sudo", "-n", "env", "PYTHONPATH=" + ":".join(filter(None, sys.path)),
                        "PYTHONDONTWRITEBYTECODE=1", "SSE_BIN=", sys.executable, "-c", SELF_ON_STDIN],
                       stdin=connection, timeout=DEADLINE_S, check=True)


@pytest.mark.parametrize("options", [
    # A heartbeat nobody acknowledges.
    ["--heartbeat", "100ms", "--tcp-user-timeout", "1s", "--tcp-keepalive", "0"],
    # Nothing is ever sent but the kernel's own probes.
    ["--heartbeat", "0", "--tcp-user-timeout", "2s", "--tcp-keepalive", "1s"],
])
def test_a_stream_whose_peer_vanished_is_closed_and_others_stay(options):
    with serve(*options) as server:
        dead = Stream(server, "/news").read_head()
        alive = Stream(server, "/news").read_head()
        dead.read_until(b"\n\n")
        server.wait_streams("news", 2)
        cut_the_wire(dead.socket)
        wait_for(lambda: server.metric("sse_disconnects_total", '{reason="dead_peer"}') == 1,
                 "the dead peer's stream to be closed")
        assert server.channels()["news"]["streams"] == 1
        server.publish("news", "still here")
        alive.read_until(b"data: still here\n\n")


def test_a_dead_peer_that_was_sent_more_than_its_socket_takes_is_closed_too():
    with serve("--heartbeat", "100ms", "--tcp-user-timeout", "1s") as server:
        dead = Stream(server, "/news", receive_buffer=4096).read_head()
        dead.read_until(b"\n\n")
        cut_the_wire(dead.socket)
        for _ in range(10):
            server.publish("news", "x" * 100_000)
        wait_for(lambda: server.metric("sse_disconnects_total", '{reason="dead_peer"}') == 1,
                 "the dead peer's stream to be closed")
