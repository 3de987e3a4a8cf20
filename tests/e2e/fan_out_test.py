"""Many streams at once."""

import http.client
import signal
import socket
from email.utils import parsedate_to_datetime

import pytest

from crowd import Crowd
from harness import Stream, data_marker, serve, wait_for


@pytest.mark.parametrize("workers", ["1", "2", "4"])
def test_a_thousand_streams_get_every_event_once_in_order(workers):
    with serve("--workers", workers) as server:
        crowd = Crowd(server, ["/news"] * 1000)
        server.wait_streams("news", 1000)
        for n in range(100):
            assert server.publish("news", data_marker(n))["streams"] == 1000
        crowd.read_until(data_marker(99).encode() + b"\n\n")
        expected = [data_marker(n) for n in range(100)]
        for data in crowd.data():
            assert data == expected
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
        for i, data in enumerate(crowd.data()):
            assert data == [f"for {i % 100} only", "last"]
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
        assert parsedate_to_datetime(refused.headers["date"])
        assert refused.headers["connection"] == "close"
        assert server.get("/-/healthz") == "ok\n"
        assert server.channels()["news"]["streams"] == 10
        streams.pop().close()
        wait_for(lambda: Stream(server, "/news").read_head().status == 200, "a place to become free")


def test_connections_above_all_maxima_are_told_without_being_read():
    with serve("--connections-max", "1", "--admin-connections-max", "1", "--workers", "1") as server:
        stream = Stream(server, "/news").read_head()
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as silent:
            wait_for(lambda: Stream(server, "/-/healthz").read_head().status == 503, "the last place to be taken")
            refused = Stream(server, "/-/healthz").read_head()
            assert refused.status == 503 and refused.headers["retry-after"] == "1"
            assert parsedate_to_datetime(refused.headers["date"])
            silent.sendall(b"GET /-/healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert silent.recv(4096).startswith(b"HTTP/1.1 200 ")
        stream.close()
        wait_for(lambda: Stream(server, "/news").read_head().status == 200, "a place to become free")


@pytest.mark.parametrize("backlog, held", [(2, 3), (100, 20)])
def test_the_kernel_holds_as_many_connections_as_it_is_told(backlog, held):
    with serve("--workers", "1", "--backlog", str(backlog)) as server:
        server.process.send_signal(signal.SIGSTOP)
        clients = [socket.socket() for _ in range(20)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", server.port))

        def established():
            return sum(c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1 for c in clients)

        wait_for(lambda: established() >= held, "the kernel to have taken them")
        assert established() == held
        for client in clients:
            client.close()


def test_connections_leave_descriptors_for_the_sources(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("")
    with serve("--workers", "1", "--follow", f"log={path}", "--follow-waiting-max", "4",
               "--restart", "--restart-delay", "1ms", "--restart-delay-max", "50ms",
               open_files=(140, 140), command=["echo", "run"]) as server:
        log, runs = Stream(server, "/log").read_head(), Stream(server, "/events").read_head()
        streams = []
        while (last := Stream(server, "/news").read_head()).status == 200:
            streams.append(last)
            assert len(streams) < 140
        assert last.status == 503 and "retry-after" in last.headers and "date" in last.headers
        assert len(streams) > 20
        path.rename(tmp_path / "app.log.1")
        path.write_text("rotated\n")
        log.read_until(b"data: rotated\n\n")
        runs.bytes = b""
        runs.read_until(b"data: run\n\n")
        runs.bytes = b""
        runs.read_until(b"data: run\n\n")
        assert not any("cannot run" in line for line in server.log)
        assert any("leaves room for" in line for line in server.log)
        streams.pop().close()
        wait_for(lambda: Stream(server, "/news").read_head().status == 200, "a place to become free")


def test_short_of_memory_open_streams_go_on_and_new_ones_are_told_to_come_back():
    with serve("--workers", "1", "--history", "100000") as measured:
        limit_kib = measured.memory_kib() + 20_000
    with serve("--workers", "1", "--history", "100000", "--memory-max", f"{limit_kib}k") as server:
        stream = Stream(server, "/news").read_head()
        filler = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for n in range(40):
            filler.request("POST", f"/full{n % 4}", "x" * 1_000_000)
            assert filler.getresponse().read()
        wait_for(lambda: Stream(server, "/news").read_head().status == 503, "the server to be short of memory")
        refused = Stream(server, "/news").read_head()
        assert refused.headers["retry-after"] == "1"
        assert any("--memory-max" in line for line in server.log)
        filler.request("POST", "/news", "still here")
        assert filler.getresponse().status == 200
        stream.read_until(b"data: still here\n\n")
        assert server.get("/-/healthz") == "ok\n"
