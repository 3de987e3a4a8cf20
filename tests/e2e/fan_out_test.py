"""Many streams at once."""

import selectors
import socket

import pytest

from harness import Stream, data_marker, raise_file_limit, serve, wait_for


class Crowd:
    """Many subscriptions, read with one selector; keeps what each got."""

    def __init__(self, server, paths):
        raise_file_limit()
        self.selector = selectors.DefaultSelector()
        self.got = []
        for i, path in enumerate(paths):
            s = socket.socket()
            s.bind((f"127.0.0.{2 + i % 8}", 0))
            s.connect(("127.0.0.1", server.port))
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            s.setblocking(False)
            self.got.append(bytearray())
            self.selector.register(s, selectors.EVENT_READ, i)

    def read_until(self, marker):
        waiting = {i for i, got in enumerate(self.got) if marker not in got}

        def step():
            for key, _ in self.selector.select(0.1):
                piece = key.fileobj.recv(1 << 16)
                assert piece, f"stream {key.data} ended: {bytes(self.got[key.data][-200:])}"
                self.got[key.data] += piece
                if marker in self.got[key.data]:
                    waiting.discard(key.data)
            return not waiting

        wait_for(step, f"{marker!r} on every stream", 120)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_a_thousand_streams_get_every_event_once_in_order(workers):
    with serve("--workers", workers) as server:
        crowd = Crowd(server, ["/news"] * 1000)
        server.wait_streams("news", 1000)
        for n in range(100):
            assert server.publish("news", data_marker(n))["streams"] == 1000
        crowd.read_until(data_marker(99).encode() + b"\n\n")
        expected = [data_marker(n).encode() for n in range(100)]
        for got in crowd.got:
            assert [line[6:] for line in bytes(got).split(b"\n") if line.startswith(b"data: ")] == expected
        crowd.close()
        wait_for(lambda: server.metric("sse_streams") == 0, "the server to notice")


def test_streams_on_many_channels_get_their_own_events_only():
    with serve("--workers", "2") as server:
        crowd = Crowd(server, [f"/channel-{i % 100}" for i in range(500)])
        wait_for(lambda: server.metric("sse_streams") == 500, "500 streams")
        for i in range(100):
            assert server.publish(f"channel-{i}", f"for {i} only")["streams"] == 5
            server.publish("nobody", "x")
        for i in range(100):
            server.publish(f"channel-{i}", "last")
        crowd.read_until(b"data: last\n\n")
        for i, got in enumerate(crowd.got):
            data = [line for line in bytes(got).split(b"\n") if line.startswith(b"data: ")]
            assert data == [f"data: for {i % 100} only".encode(), b"data: last"]
        crowd.close()


def test_ten_thousand_idle_streams_and_one_event():
    with serve("--workers", "2") as server:
        with_none = server.memory_kib()
        crowd = Crowd(server, ["/news"] * 10_000)
        server.wait_streams("news", 10_000)
        per_stream = (server.memory_kib() - with_none) * 1024 / 10_000
        server.publish("news", "one")
        crowd.read_until(b"data: one\n\n")
        crowd.close()
        print(f"resident bytes per idle stream: {per_stream:.0f}")
        assert server.get("/-/healthz") == "ok\n"


def test_more_connections_than_allowed_are_told_to_come_back():
    with serve("--connections-max", "10", "--workers", "1") as server:
        streams = [Stream(server, "/news").read_head() for _ in range(10)]
        refused = Stream(server, "/news").read_head()
        assert refused.status == 503 and refused.headers["retry-after"] == "1"
        streams.pop().close()
        wait_for(lambda: Stream(server, "/news").read_head().status == 200, "a place to become free")
