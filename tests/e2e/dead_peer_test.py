"""Peers that are gone without a word: nothing comes back from them, not even a reset."""

import ctypes
import fcntl
import os
import socket
import struct

import pytest

from harness import Stream, serve, wait_for

SO_ATTACH_FILTER = 26
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


@pytest.fixture(scope="module", autouse=True)
def network():
    """A network of our own, in which also who is not root may filter."""
    if os.geteuid() == 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def cut_the_wire(connection):
    """From here on the kernel drops whatever arrives for the socket before TCP sees it."""
    drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
    program = struct.pack("HP", 1, ctypes.addressof(drop_all))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


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
