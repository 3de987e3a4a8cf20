"""Readers that do not keep up: the others do not notice, and memory does not grow."""

import json
import signal
import socket
import threading

import pytest

from harness import DEADLINE_S, Stream, events, prime_id, serve, wait_for, worker_counts

EVENT = "x" * 1000
SHORT_LAG = ["--lag-bytes-max", "96k", "--body-bytes-max", "12k"]
SHORT = 10  # events of a batch that fits into such a body


def stall(server, channel="news"):
    stream = Stream(server, f"/{channel}", receive_buffer=4096).read_head()
    stream.read_until(b"\n\n")
    return stream


def batch(first, count, payload=EVENT):
    return "".join(f"data: {n} {payload}\n\n" for n in range(first, first + count))


def publish_batch(server, channel, first, count, payload=EVENT):
    return server.publish(channel, batch(first, count, payload),
                          headers={"Content-Type": "text/event-stream"})["ids"]


def lagging_streams(server):
    return json.loads(server.get("/-/channels"))["lagging"]


def data_numbers(raw):
    return [int(e["data"].split()[0]) for e in events(raw) if e.get("event") != "gap"]


@pytest.mark.parametrize("workers", worker_counts("1", "2"))
def test_a_reader_that_stops_reading_costs_no_memory_and_delays_nobody(workers):
    # Under AddressSanitizer freed memory is kept back; the server's own is what counts here.
    keep_little = {"ASAN_OPTIONS": "quarantine_size_mb=1:allocator_release_to_os_interval_ms=100"}
    with serve("--history", "1000", "--workers", workers, env=keep_little) as server:
        stalled = [stall(server) for _ in range(50)]
        reader = Stream(server, "/news").read_head()
        sizes = []
        first = 1
        for _ in range(24):
            for _ in range(10):
                publish_batch(server, "news", first, 100)
                first += 100
            reader.read_until(f"data: {first - 1} ".encode())
            reader.read_until(b"\n\n")
            numbers = data_numbers(reader.bytes[:reader.bytes.rfind(b"\n\n") + 2])
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            reader.bytes = reader.bytes[reader.bytes.rfind(b"\n\n") + 2:]
            sizes.append(server.memory_kib())
        # 50 readers, 24 MB published to each: a buffer per reader would be 1.2 GB. The log itself
        # is full after half of the rounds.
        assert sizes[-1] < sizes[12] * 1.5
        for stream in stalled:
            stream.close()


def test_a_batch_as_large_as_a_body_may_be_reaches_every_reader_whole():
    with serve("--history", "10") as server:
        stream = Stream(server, "/news").read_head()
        count = (1 << 20) // 9  # of the shortest events there are
        answer = server.publish("news", b"data: x\n\n" * count, headers={"Content-Type": "text/event-stream"})
        assert len(answer["ids"]) == count
        stream.read_until(f"id: {answer['ids'][-1]}\ndata: x\n\n".encode())
        assert stream.bytes.count(b"\ndata: x\n") == count


def test_an_overrun_reader_is_disconnected_and_resumes_with_a_gap():
    with serve("--history", "50", *SHORT_LAG) as server:
        stalled = stall(server)
        position = prime_id(stalled.bytes)
        for first in range(1, 20_000, SHORT):
            publish_batch(server, "news", first, SHORT)
            if server.metric("sse_disconnects_total", '{reason="slow"}') >= 1:
                break
        wait_for(lambda: server.metric("sse_disconnects_total", '{reason="slow"}') == 1,
                 "the slow reader to be disconnected")
        wait_for(lambda: any("slow client" in line for line in server.log), "the log to say so")
        try:
            stalled.read_to_end()
        except ConnectionResetError:
            pass
        seen = data_numbers(stalled.bytes[:stalled.bytes.rfind(b"\n\n") + 2])
        assert seen == list(range(1, len(seen) + 1))
        last_id = events(stalled.bytes[:stalled.bytes.rfind(b"\n\n") + 2])[-1]["id"] if seen else position
        last = first + SHORT - 1
        again = Stream(server, "/news", [f"Last-Event-ID: {last_id}"]).read_head()
        again.read_until(f"data: {last} ".encode())
        again.read_until(EVENT[-10:].encode() + b"\n\n")
        gap = json.loads(events(again.bytes)[0]["data"])
        rest = data_numbers(again.bytes)
        assert gap["missed"] == rest[0] - len(seen) - 1
        assert rest == list(range(last - 49, last + 1))


def test_skip_keeps_the_stream_whole_and_counts_what_it_left_out():
    with serve("--history", "50", *SHORT_LAG, "--slow", "skip") as server:
        stalled = stall(server)
        first = 1
        while first < 15_000:
            publish_batch(server, "news", first, SHORT)
            first += SHORT
        last = first - 1
        stalled.read_until(f"data: {last} ".encode())
        stalled.read_until(EVENT[-10:].encode() + b"\n\n")
        server.publish("news", "99999 live")
        stalled.read_until(b"99999 live\n\n")
        expected = 1
        missed = 0
        for event in events(stalled.bytes):
            if event.get("event") == "gap":
                gap = json.loads(event["data"])
                assert gap["reason"] == "evicted" and gap["missed"] > 0
                expected += gap["missed"]
                missed += gap["missed"]
                continue
            number = int(event["data"].split()[0])
            if number == 99999:
                continue
            assert number == expected
            expected += 1
        assert missed > 0 and expected == last + 1
        assert server.metric("sse_overruns_skipped_total") >= 1


def test_a_large_event_reaches_a_slow_reader_whole():
    with serve("--body-bytes-max", "8m") as server:
        stream = stall(server)
        payload = "".join(chr(97 + n % 26) for n in range(5_000_000))
        server.publish("news", payload)
        server.publish("news", "after")
        stream.read_until(b"data: after\n\n")
        assert [e["data"] for e in events(stream.bytes)] == [payload, "after"]


def test_several_channels_stay_in_order_through_a_full_socket():
    with serve("--history", "100000", "--history-bytes", "64m") as server:
        stream = Stream(server, "/a,b,c", receive_buffer=4096).read_head()
        for n in range(600):
            server.publish("abc"[n % 3], f"{n} " + EVENT * (1 + n % 20))
        stream.read_until(b"data: 599 ")
        assert data_numbers(stream.bytes) == list(range(600))


def test_publishers_wait_for_streams_that_read_and_nothing_is_lost():
    # In one turn of the server's loop comes more than its log may hold, and streams get their share
    # only at its end. Their sockets have room for all of it.
    posts, lines = 5, 1000
    requests = b""
    for first in range(0, posts * lines, lines):
        body = batch(first, lines, "").encode()
        requests += (f"POST /news HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/event-stream\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    with serve("--history", "10", "--workers", "1", "--body-bytes-max", "14k", "--lag-bytes-max", "14k") as server:
        streams = [Stream(server, "/news", receive_buffer=1 << 20).read_head() for _ in range(50)]
        with socket.create_connection(("127.0.0.1", server.port), DEADLINE_S) as publisher:
            server.process.send_signal(signal.SIGSTOP)
            publisher.sendall(requests)
            server.process.send_signal(signal.SIGCONT)
            answers = b""
            while answers.count(b"HTTP/1.1 200 OK") < posts:
                piece = publisher.recv(1 << 20)
                assert piece, answers[-300:]
                answers += piece
        for stream in streams:
            stream.read_until(f"data: {posts * lines - 1} \n\n".encode())
            assert data_numbers(stream.bytes) == list(range(posts * lines))
        assert server.metric("sse_publishes_held_total") > 0
        assert server.metric("sse_disconnects_total", '{reason="slow"}') == 0


def test_streams_that_lag_are_named_with_what_they_have_not_got():
    with serve("--history", "10000") as server:
        far, near = stall(server), Stream(server, "/news").read_head()
        for first in range(1, 5_000, 500):
            publish_batch(server, "news", first, 500)
        near.read_until(b"data: 5000 ")
        # A report is made by a sweep: it may have seen the other stream on its way, or one still being
        # published to.
        peer = "%s:%d" % far.socket.getsockname()

        def settled():
            reports = lagging_streams(server)
            same = server.metric("sse_lag_bytes_max") == sum(report["lag_bytes"] for report in reports)
            return reports if same and [report["peer"] for report in reports] == [peer] else None

        lagging, = wait_for(settled, "a report of this stream alone")
        assert lagging["channel"] == "news"
        assert 0 < lagging["lag_events"] < 5_000
        assert lagging["lag_bytes"] > 1000 * (lagging["lag_events"] - 1)
        assert 0 <= lagging["lag_ms"] < 600_000
        assert 0 < lagging["kernel_bytes"] < 4 << 20
        assert server.metric("sse_streams_lagging") == server.channels()["news"]["lagging"] == 1
        far.read_until(b"data: 5000 ")
        wait_for(lambda: server.metric("sse_streams_lagging") == 0, "the stream to have caught up")
        wait_for(lambda: not lagging_streams(server), "the next report")


def test_a_stream_that_stalls_within_the_last_event_lags_behind_by_it():
    size = 5_000_000
    with serve("--body-bytes-max", "8m") as server:
        stream = stall(server, "news,quiet")
        server.publish("news", "x" * size)
        wait_for(lambda: len(lagging_streams(server)) == 1, "the report of the next sweep")
        lagging, = lagging_streams(server)
        assert lagging["lag_events"] == 1 and 0 < lagging["lag_bytes"] < size
        assert server.metric("sse_lag_bytes_max") == lagging["lag_bytes"]
        assert server.metric("sse_lag_events_max") == 1
        assert 0 <= server.metric("sse_lag_seconds_max") < 600
        assert server.metric("sse_lag_kernel_bytes_max") > 0
        stream.close()
        wait_for(lambda: server.metric("sse_lag_bytes_max") == 0, "the next report")


def flood(server):
    """Far more than the log and the kernel hold for a stream that does not read."""
    for first in range(1, 2_000, SHORT):
        publish_batch(server, "news", first, SHORT)


def test_a_flood_waits_for_a_stream_that_could_take_a_little_less():
    with serve("--history", "10", *SHORT_LAG, "--flood-wait", "1h", "--flood-bytes-max", "32k") as server:
        stream = stall(server)
        publisher = threading.Thread(target=flood, args=(server,))
        publisher.start()
        wait_for(lambda: server.metric("sse_publishes_held_total") > 0, "the publisher to be held")
        stream.read_until(b"data: 2000 ")
        stream.read_until(EVENT.encode() + b"\n\n")
        assert data_numbers(stream.bytes) == list(range(1, 2_001))
        assert server.metric("sse_publishes_held_total") <= 2_000 / SHORT
        publisher.join()


def test_a_flood_waits_for_no_stream_if_told_so():
    with serve("--workers", "1", "--history", "10", *SHORT_LAG, "--flood-wait", "0") as server:
        stream = stall(server)
        flood(server)
        wait_for(lambda: server.metric("sse_disconnects_total", '{reason="slow"}') == 1,
                 "the stream to be disconnected")
        assert server.metric("sse_publishes_held_total") == 0
        stream.close()
