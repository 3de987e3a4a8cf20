"""Streams of one HTTP/2 connection: each gets every event in order, and one that takes no more lags
alone."""

import json
import signal

import pytest

from harness import Stream, events, prime_id, serve, wait_for
from http2_support import (FLOW_CONTROL_ERROR, INITIAL_WINDOW_SIZE, NO_ERROR, WINDOW, WINDOW_MAX, H2Client, settings,
                           wait_all_gone, window_update)
from slow_test import EVENT, SHORT, SHORT_LAG, batch, data_numbers, publish_batch

SMALL = 300  # a window with room for the opening


@pytest.fixture(scope="module", name="server")
def fixture_server():
    with serve("--history", "100000", "--history-bytes", "64m") as running:
        yield running
        wait_all_gone(running)


def flood(server, channel, count, payload=EVENT):
    """Publishes events 0 to count - 1; the bytes that end the last."""
    for first in range(0, count, 500):
        publish_batch(server, channel, first, min(500, count - first), payload)
    return f"data: {count - 1} {payload}\n\n".encode()


def open_wide(client, *arguments, **named):
    """A stream with a window of its own for all that may come."""
    stream = client.open(*arguments, **named)
    stream.widen(1 << 30)
    return stream


def lagging(server, count):
    wait_for(lambda: server.metric("sse_streams_lagging") == count, f"{count} lagging streams")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_two_hundred_streams_of_a_connection_get_every_event_in_order(workers):
    with serve("--workers", workers) as server:
        with H2Client(server) as client, H2Client(server) as publisher:
            streams = [client.open("/news") for _ in range(200)]
            for number in range(100):
                answer = publisher.ask("/news", "POST", body=f"{number} {EVENT[:100]}".encode())
                assert json.loads(answer.bytes)["streams"] == 200
            for stream in streams:
                stream.read_until(b"data: 99 ")
                stream.read_until(EVENT[:100].encode() + b"\n\n", 100)
                assert data_numbers(stream.bytes) == list(range(100))
            assert len({stream.bytes.split(b"\n\n", 1)[1] for stream in streams}) == 1
        wait_all_gone(server)


def test_streams_on_several_channels_keep_their_order(server):
    with H2Client(server) as client:
        merged, single = [client.open("/a,b") for _ in range(20)], [client.open("/a") for _ in range(20)]
        for number in range(60):
            server.publish("ab"[number % 2], f"{number} {EVENT}")
        for stream in merged:
            stream.read_until(b"data: 59 ")
            assert data_numbers(stream.bytes) == list(range(60))
        for stream in single:
            stream.read_until(b"data: 58 ")
            assert data_numbers(stream.bytes) == list(range(0, 60, 2))


def test_a_replay_of_megabytes_is_that_of_http_1(server):
    first = server.publish("replay", "first")["ids"][0]
    last = flood(server, "replay", 4000)
    plain = Stream(server, "/replay", [f"Last-Event-ID: {first}"]).read_head()
    plain.read_until(last)
    with H2Client(server) as client:
        streams = [client.open("/replay", last_id=first) for _ in range(4)]
        for stream in streams:
            stream.read_until(last)
            assert stream.bytes.split(b"\n\n", 1)[1] == plain.bytes.split(b"\n\n", 1)[1]
    plain.close()


def test_heartbeats_go_to_silent_streams_and_not_to_busy_ones():
    with serve("--heartbeat", "400ms") as server, H2Client(server) as client:
        silent, busy = [client.open("/silent") for _ in range(10)], client.open("/busy")
        while min(stream.bytes.count(b":\n\n") for stream in silent) < 3:
            server.publish("busy", "x")
            client.take(0.02)
        busy.read_until(b"data: x\n\n")
        assert all(events(stream.bytes) == [] for stream in silent)
        assert busy.bytes.count(b":\n\n") < silent[0].bytes.count(b":\n\n")


def test_a_stream_that_grants_no_window_lags_alone(server):
    with H2Client(server, {INITIAL_WINDOW_SIZE: SMALL}) as client:
        streams = [open_wide(client, "/lone") for _ in range(10)]
        stuck = client.open("/lone")
        last = flood(server, "lone", 300)
        for stream in streams:
            stream.read_until(last)
        client.pump(lambda: len(stuck.bytes) == SMALL, "the window to be used up")
        lagging(server, 1)
        assert client.ask("/-/healthz").status == 200
        stuck.widen(1000)
        client.pump(lambda: len(stuck.bytes) == SMALL + 1000, "what was granted")
        stuck.widen(1 << 24)
        stuck.read_until(last)
        assert data_numbers(stuck.bytes) == list(range(300))
        lagging(server, 0)
        server.publish("lone", "and on")
        for stream in [*streams, stuck]:
            stream.read_until(b"data: and on\n\n")


def publish_until_evicted(server, beside):
    """So much that a stream that takes nothing loses events; `beside` gets them all."""
    for first in range(0, 1000, SHORT):
        publish_batch(server, "news", first, SHORT)
        beside.read_until(f"data: {first + SHORT - 1} {EVENT}\n\n".encode())
    return 1000


def test_a_stream_whose_events_were_evicted_is_reset_and_resumes_on_the_same_connection():
    with serve("--history", "50", *SHORT_LAG) as server, H2Client(server, {INITIAL_WINDOW_SIZE: SMALL}) as client:
        near, far = open_wide(client, "/news"), client.open("/news")
        count = publish_until_evicted(server, near)
        far.read_to_end()
        assert far.reset not in (None, NO_ERROR) and len(far.bytes) == SMALL
        assert server.metric("sse_disconnects_total", '{reason="slow"}') == 1
        again = open_wide(client, "/news", last_id=prime_id(near.bytes))
        again.read_until(f"data: {count - 1} {EVENT}\n\n".encode())
        gap = json.loads(next(e for e in events(again.bytes) if e.get("event") == "gap")["data"])
        assert gap["missed"] == count - 50 and data_numbers(again.bytes) == list(range(count - 50, count))
        assert data_numbers(near.bytes) == list(range(count))


def test_with_skip_it_is_told_how_many_it_missed():
    with serve("--history", "50", *SHORT_LAG, "--slow", "skip") as server, H2Client(server, {INITIAL_WINDOW_SIZE: 5000}) as client:
        near, far = open_wide(client, "/news"), client.open("/news")
        count = publish_until_evicted(server, near)
        assert not far.over
        far.widen(1 << 24)
        far.read_until(f"data: {count - 1} {EVENT}\n\n".encode())
        gap, = [json.loads(e["data"]) for e in events(far.bytes) if e.get("event") == "gap"]
        numbers = data_numbers(far.bytes)
        assert gap["missed"] > 0 and len(numbers) + gap["missed"] == count
        assert numbers[:3] == [0, 1, 2] and numbers[-50:] == list(range(count - 50, count))


def test_without_a_window_of_the_connection_all_lag_and_control_frames_pass(server):
    with H2Client(server, {INITIAL_WINDOW_SIZE: WINDOW_MAX}, windows=False) as client, H2Client(server) as other:
        streams = [client.open("/all") for _ in range(20)]
        beside = other.open("/all")
        last = flood(server, "all", 100)
        client.pump(lambda: sum(len(s.bytes) for s in streams) == WINDOW, "the window to be used up")
        lagging(server, 20)
        beside.read_until(last)
        client.ping()
        asked = client.request("/-/healthz").read_head()
        assert asked.status == 200 and asked.bytes == b""
        refused = client.request("/-no-channel").read_head()
        assert refused.status == 400
        client.send(window_update(0, 1 << 24))
        for stream in streams:
            stream.read_until(last)
            assert data_numbers(stream.bytes) == list(range(100))
        assert asked.read_to_end() == b"ok\n" and asked.ended
        lagging(server, 0)


def test_the_first_window_of_streams_goes_up_and_down_and_below_zero(server):
    with H2Client(server, {INITIAL_WINDOW_SIZE: 0}) as client:
        streams = [client.request("/updown").read_head() for _ in range(3)]

        def all_have(size):
            client.pump(lambda: all(len(s.bytes) >= size for s in streams), f"{size} bytes")
            client.ping()
            assert [len(s.bytes) for s in streams] == [size] * 3

        def first_window(size):
            client.send(settings({INITIAL_WINDOW_SIZE: size}))
            client.ping()

        last = flood(server, "updown", 20)
        all_have(0)
        first_window(100)
        all_have(100)
        first_window(40)  # they stand at -60
        for stream in streams:
            stream.widen(60)
        all_have(100)
        for stream in streams:
            stream.widen(1)
        all_have(101)
        first_window(41)
        all_have(102)
        first_window(0)
        first_window(141)
        all_have(202)
        first_window(WINDOW_MAX // 2)
        for stream in streams:
            stream.read_until(last)
            assert data_numbers(stream.bytes) == list(range(20))


def test_what_has_no_body_ends_without_a_window(server):
    with H2Client(server, {INITIAL_WINDOW_SIZE: 0}) as client:
        for method, path, status in (("HEAD", "/-/healthz", 200), ("HEAD", "/news", 200), ("OPTIONS", "/news", 204)):
            assert client.ask(path, method).status == status
        asked = client.request("/-/healthz")
        for size in (1, 2, 3):
            asked.widen(1)
            client.pump(lambda: len(asked.bytes) == size, "a byte")
        assert asked.read_to_end() == b"ok\n" and asked.ended


def test_a_window_over_the_maximum_ends_the_stream_or_the_connection(server):
    with H2Client(server, windows=False) as client:
        stream, beside = client.open("/over"), client.open("/over")
        stream.widen(WINDOW_MAX)
        stream.read_to_end()
        assert stream.reset == FLOW_CONTROL_ERROR
        server.publish("over", "x")
        beside.read_until(b"data: x\n\n")
        client.send(window_update(0, WINDOW_MAX))
        assert client.read_to_end()[1] == FLOW_CONTROL_ERROR
    with H2Client(server, windows=False) as client:
        stream = client.open("/over")
        stream.widen(WINDOW_MAX - WINDOW)
        client.send(settings({INITIAL_WINDOW_SIZE: WINDOW_MAX}))
        assert client.read_to_end()[1] == FLOW_CONTROL_ERROR
    with H2Client(server) as client:
        client.send(settings({INITIAL_WINDOW_SIZE: WINDOW_MAX + 1}))
        assert client.read_to_end()[1] == FLOW_CONTROL_ERROR


def test_a_byte_at_a_time_gives_the_same_bytes(server):
    with H2Client(server, {INITIAL_WINDOW_SIZE: 1}) as client, H2Client(server) as whole:
        first = server.publish("drops", "0 first")["ids"][0]
        last = flood(server, "drops", 5, "y" * 40)
        want = whole.open("/drops", last_id=first).read_until(last)
        drop = client.request("/drops", headers=[("last-event-id", first)])
        for granted in range(1, len(want) + 2):
            client.pump(lambda: len(drop.bytes) == granted or drop.bytes.endswith(last), "a byte")
            assert len(drop.bytes) <= granted
            drop.widen(1)
        assert drop.bytes.endswith(last)
        assert drop.bytes.split(b"\n\n", 1)[1] == want.split(b"\n\n", 1)[1]


def test_a_connection_that_stops_reading_costs_little_and_loses_nothing(server):
    with H2Client(server, receive_buffer=4096) as stalled, H2Client(server) as client:
        asleep = [stalled.open("/still") for _ in range(50)]
        awake = [client.open("/still") for _ in range(5)]
        before = server.memory_kib()
        last = flood(server, "still", 1000)
        for stream in awake:
            stream.read_until(last)
        lagging(server, 50)
        # The log has 1 MB, the streams together have 50 to come.
        assert server.memory_kib() - before < 16_000
        for stream in asleep:
            stream.read_until(last)
            assert data_numbers(stream.bytes) == list(range(1000))


@pytest.mark.parametrize("pieces", [1, 100])
def test_a_large_event_passes_through_small_windows(server, pieces):
    with serve("--body-bytes-max", "8m") as server, H2Client(server, windows=False) as client:
        streams = [client.open("/large") for _ in range(3)]
        payload = "".join(chr(97 + n % 26) for n in range(500_000))
        server.publish("large", payload)
        server.publish("large", "after")
        while not all(stream.bytes.endswith(b"data: after\n\n") for stream in streams):
            client.pump(lambda: True, "")
            before = [len(stream.bytes) for stream in streams]
            client.take(1)
            for stream, size in zip(streams, before):
                got = len(stream.bytes) - size
                for part in filter(None, [got - got // pieces * (pieces - 1), *[got // pieces] * (pieces - 1)]):
                    client.send(window_update(0, part) + window_update(stream.number, part))
        assert all([e["data"] for e in events(stream.bytes)] == [payload, "after"] for stream in streams)


def test_publishers_wait_for_streams_that_read_and_nothing_is_lost():
    # As over HTTP/1.1: more comes in one turn than the log may hold, and sockets have room for it.
    posts, lines = 4, 800
    with serve("--history", "10", "--workers", "1", "--body-bytes-max", "14k", "--lag-bytes-max", "14k") as server:
        clients = [H2Client(server, receive_buffer=1 << 20) for _ in range(10)]
        streams = [client.open("/news") for client in clients for _ in range(2)]
        with H2Client(server) as publisher:
            publisher.ping()
            server.process.send_signal(signal.SIGSTOP)
            answers = [publisher.request("/news", "POST", [("content-type", "text/event-stream")],
                                         batch(first, lines, "").encode()) for first in range(0, posts * lines, lines)]
            server.process.send_signal(signal.SIGCONT)
            for answer in answers:
                assert answer.read_to_end() and answer.status == 200
        for stream in streams:
            stream.read_until(f"data: {posts * lines - 1} \n\n".encode())
            assert data_numbers(stream.bytes) == list(range(posts * lines))
        assert server.metric("sse_publishes_held_total") > 0
        assert server.metric("sse_disconnects_total", '{reason="slow"}') == 0
        for client in clients:
            client.close()
        wait_all_gone(server)
