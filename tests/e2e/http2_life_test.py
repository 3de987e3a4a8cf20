"""HTTP/2 through a server's life: drain, threads, TLS, users, and history in Redis."""

import signal

import pytest

from harness import Server, events, prime_id, serve, wait_for
from http2_support import INITIAL_WINDOW_SIZE, NO_ERROR, WINDOW_MAX, H2Client, wait_all_gone, window_update
from slow_test import EVENT, batch, data_numbers, publish_batch

NODES = (2, "--redis-history", "1000")


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_when_they_have_taken_what_is_left(sig):
    server = Server("--workers", "2")
    clients = [H2Client(server) for _ in range(4)]
    streams = [client.open("/news") for client in clients for _ in range(10)]
    late = H2Client(server, {INITIAL_WINDOW_SIZE: 40})
    waits = late.request("/news").read_head()
    idle = H2Client(server)
    idle.ask("/-/healthz")
    server.publish("news", "last words")
    server.process.send_signal(sig)
    for stream in streams:
        assert stream.read_to_end().endswith(b"data: last words\n\n") and stream.ended and stream.reset is None
    assert idle.read_to_end() == (1, NO_ERROR)
    late.pump(lambda: late.goaway, "the GOAWAY")
    waits.widen(1000)
    assert waits.read_to_end().endswith(b"data: last words\n\n") and waits.ended
    for client in [*clients, late]:
        assert client.read_to_end()[1] == NO_ERROR
    assert server.process.wait(30) == -sig


def test_requests_under_way_are_answered_and_new_ones_are_not_taken():
    server = Server("--drain", "20s")
    with H2Client(server, {INITIAL_WINDOW_SIZE: 0}) as client:
        stream = client.request("/news").read_head()
        post = client.request("/news", "POST", body=b"ha", last=False)
        client.ping()
        server.process.send_signal(signal.SIGTERM)
        client.pump(lambda: client.goaway, "the GOAWAY")
        assert client.goaway == (post.number, NO_ERROR)
        client.request("/-/healthz")
        post.data(b"lf", last=True)
        post.read_head()
        assert post.status == 200
        for each in (stream, post):
            each.widen(1000)
            each.read_to_end()
        assert stream.bytes.endswith(b"data: half\n\n") and stream.ended
        client.read_to_end()
    assert server.process.wait(30) == -signal.SIGTERM


def test_a_stalled_connection_does_not_hold_up_the_end():
    server = Server("--drain", "300ms", "--history-bytes", "64m")
    with H2Client(server, receive_buffer=4096) as client, H2Client(server, windows=False) as other:
        for _ in range(20):
            client.open("/news")
            other.open("/news")
        publish_batch(server, "news", 0, 500)
        assert server.stop() == -signal.SIGTERM


@pytest.mark.parametrize("workers", ["1", "3"])
def test_connections_of_all_threads_share_channels(workers):
    with serve("--workers", workers) as server:
        clients = [H2Client(server) for _ in range(12)]
        streams = [client.open(f"/{name}") for client in clients for name in ("a", "b", "a,b")]
        for number in range(50):
            # Each publishes on its own connection.
            assert clients[number % 12].ask(f"/{'ab'[number % 2]}", "POST", body=f"{number} x".encode()).status == 200
        want = {0: list(range(0, 50, 2)), 1: list(range(1, 50, 2)), 2: list(range(50))}
        for place, stream in enumerate(streams):
            last = want[place % 3][-1]
            stream.read_until(f"data: {last} x\n\n".encode())
            assert data_numbers(stream.bytes) == want[place % 3]
        for client in clients:
            client.close()
        wait_all_gone(server)


def test_over_tls_the_bytes_are_the_same(tmp_path):
    with serve("--tls-self-signed", "--listen", "http://127.0.0.1:0", "--history", "1000", "--history-bytes", "64m",
               env={"XDG_STATE_HOME": str(tmp_path)}) as server:
        wait_for(lambda: len([line for line in server.log if "listening on" in line]) == 2, "both listeners")
        tls_port = server.port
        server.url = next(line.split()[-1] for line in server.log if "listening on http:" in line)
        server.port = int(server.url.rsplit(":", 1)[1])
        with H2Client(server) as clear, H2Client(server, port=tls_port, tls=True) as client:
            streams = [client.open("/tls") for _ in range(20)]
            beside = clear.open("/tls")
            server.publish("tls", batch(0, 300), headers={"Content-Type": "text/event-stream"})
            server.publish("tls", "z" * 400_000)
            for stream in [*streams, beside]:
                stream.read_until(b"zzz\n\n")
            assert len({stream.bytes.split(b"\n\n", 1)[1] for stream in [*streams, beside]}) == 1
            assert client.ask("/tls", "POST", body=b"posted").status == 200
            beside.read_until(b"data: posted\n\n")
        wait_all_gone(server)


def test_users_get_what_is_for_them():
    with serve("--user-header", "X-Remote-User") as server, H2Client(server) as client:
        alice, bob = (client.open("/news", [("x-remote-user", user)]) for user in ("alice", "bob"))
        own = client.open("/@alice", [("x-remote-user", "alice")])
        refused = client.ask("/@alice", headers=[("x-remote-user", "bob")])
        assert refused.status == 403
        for channel, data in (("@alice", "for alice"), ("@bob", "for bob"), ("news", "for all")):
            server.publish(channel, data)
        assert [e["data"] for e in events(alice.read_until(b"for all\n\n"))] == ["for alice", "for all"]
        assert [e["data"] for e in events(bob.read_until(b"for all\n\n"))] == ["for bob", "for all"]
        assert [e["data"] for e in events(own.read_until(b"for alice\n\n"))] == ["for alice"]


def test_a_client_resumes_on_another_node_from_history_in_redis(nodes, channel):
    with H2Client(nodes[0]) as first, H2Client(nodes[1]) as second:
        streams = [first.open(f"/{channel}") for _ in range(5)]
        nodes[0].publish_batch(channel, [f"{n} {EVENT}" for n in range(100)])
        for stream in streams:
            stream.read_until(b"data: 99 ")
        start = events(streams[0].bytes)[9]["id"]
        with_window = [second.open(f"/{channel}", last_id=start) for _ in range(5)]
        for stream in with_window:
            stream.read_until(b"data: 99 ")
            stream.read_until(EVENT.encode() + b"\n\n", 90)
            assert data_numbers(stream.bytes) == list(range(10, 100))
        nodes[1].publish(channel, "100 live")
        for stream in [*streams, *with_window]:
            stream.read_until(b"data: 100 live\n\n")
        assert prime_id(streams[0].bytes).rsplit("-", 1)[0] == start.rsplit("-", 1)[0]


def test_a_replay_from_redis_through_small_windows(nodes, channel):
    ids = nodes[0].publish_batch(channel, [f"{n} {EVENT}" for n in range(300)])
    with H2Client(nodes[1], {INITIAL_WINDOW_SIZE: 0}, windows=False) as client:
        client.send(window_update(0, WINDOW_MAX // 2))
        streams = [client.request(f"/{channel}", headers=[("last-event-id", ids[0])]).read_head() for _ in range(5)]
        gone = client.request(f"/{channel}", headers=[("last-event-id", ids[0])]).read_head()
        for stream in streams:
            for _ in range(20):
                stream.widen(7)
        gone.widen(100)
        gone.cancel()
        client.ping()
        for stream in streams:
            client.pump(lambda: len(stream.bytes) == 140, "what was granted")
            stream.widen(1 << 24)
            stream.read_until(b"data: 299 ")
            stream.read_until(EVENT.encode() + b"\n\n", 299)
            assert data_numbers(stream.bytes) == list(range(1, 300))
        nodes[0].publish(channel, "300 live")
        for stream in streams:
            stream.read_until(b"data: 300 live\n\n")
            assert data_numbers(stream.bytes) == list(range(1, 301))
