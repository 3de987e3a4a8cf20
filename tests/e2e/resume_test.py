"""Positions: what a client that was away gets, and what it is told when that is not all."""

import json
import random

import pytest

from harness import Stream, blocks, events, prime_id, serve, wait_for, worker_counts


WORKERS = {"params": worker_counts("1", "2"), "ids": lambda count: f"{count} workers"}


@pytest.fixture(**WORKERS)
def server(request):
    with serve("--history", "10", "--epoch", "life1", "--workers", request.param) as running:
        yield running


def resume(server, path, last_id=None, until=None):
    headers = [f"Last-Event-ID: {last_id}"] if last_id is not None else []
    stream = Stream(server, path, headers).read_head()
    stream.read_until(until or b"\n\n")
    return stream


def numbers(raw):
    return [int(e["data"]) for e in events(raw) if e.get("event") != "gap"]


def gaps(raw):
    return [json.loads(e["data"]) for e in events(raw) if e.get("event") == "gap"]


def publish_numbers(server, channel, first, last):
    return [server.publish(channel, str(n))["ids"][0] for n in range(first, last + 1)]


def test_a_client_that_was_away_gets_exactly_what_it_missed(server):
    ids = publish_numbers(server, "news", 1, 8)
    stream = resume(server, "/news", ids[2], b"data: 8\n\n")
    assert numbers(stream.bytes) == [4, 5, 6, 7, 8] and gaps(stream.bytes) == []
    assert "sse-gap" not in stream.headers
    assert prime_id(stream.bytes) == ids[2]


def test_a_client_that_missed_nothing_gets_nothing(server):
    ids = publish_numbers(server, "news", 1, 3)
    stream = resume(server, "/news", ids[-1])
    server.publish("news", "4")
    stream.read_until(b"data: 4\n\n")
    assert numbers(stream.bytes) == [4]


def test_a_client_that_saw_no_event_resumes_from_the_position_it_was_primed_with(server):
    publish_numbers(server, "news", 1, 3)
    first = resume(server, "/news")
    position = prime_id(first.bytes)
    first.close()
    publish_numbers(server, "news", 4, 5)
    again = resume(server, "/news", position, b"data: 5\n\n")
    assert numbers(again.bytes) == [4, 5]


def test_the_query_carries_a_position_too_and_the_header_wins(server):
    ids = publish_numbers(server, "news", 1, 4)
    assert numbers(resume(server, f"/news?last-event-id={ids[1]}", until=b"data: 4\n\n").bytes) == [3, 4]
    header = resume(server, f"/news?last-event-id={ids[0]}", ids[2], b"data: 4\n\n")
    assert numbers(header.bytes) == [4]


def test_eviction_is_told_exactly(server):
    ids = publish_numbers(server, "news", 1, 25)
    stream = resume(server, "/news", ids[4], b"data: 25\n\n")
    assert gaps(stream.bytes) == [
        {"requested": ids[4], "oldest": ids[15], "missed": 10, "reason": "evicted"}]
    assert numbers(stream.bytes) == list(range(16, 26))
    assert json.loads(stream.headers["sse-gap"]) == gaps(stream.bytes)[0]
    # The gap comes before anything it explains.
    assert events(stream.bytes)[0]["event"] == "gap"


def test_the_last_event_before_the_oldest_is_no_gap(server):
    ids = publish_numbers(server, "news", 1, 25)
    stream = resume(server, "/news", ids[14], b"data: 25\n\n")
    assert gaps(stream.bytes) == [] and numbers(stream.bytes) == list(range(16, 26))


@pytest.mark.parametrize("last_id, reason", [
    ("life0-7", "epoch"), ("life1-99", "unknown"), ("made up", "unknown"), ("\u00fc\u2026", "unknown")])
def test_an_id_of_nobody_gets_what_is_held_and_is_told(server, last_id, reason):
    publish_numbers(server, "news", 1, 3)
    stream = Stream(server, "/news")
    stream.close()
    stream = Stream(server, "/news", [f"Last-Event-ID: {last_id}"]).read_head()
    stream.read_until(b"data: 3\n\n")
    assert [g["reason"] for g in gaps(stream.bytes)] == [reason]
    assert gaps(stream.bytes)[0]["requested"] == last_id and gaps(stream.bytes)[0]["missed"] is None
    assert numbers(stream.bytes) == [1, 2, 3]


def test_a_publishers_own_id_can_be_resumed_from(server):
    for n in range(1, 6):
        assert server.publish("rows", str(n), f"?id=row-{n}")["ids"] == [f"row-{n}"]
    stream = resume(server, "/rows", "row-3", b"data: 5\n\n")
    assert numbers(stream.bytes) == [4, 5] and gaps(stream.bytes) == []
    assert [e["id"] for e in events(stream.bytes)] == ["row-4", "row-5"]


def test_one_id_is_a_position_on_all_channels_of_a_stream(server):
    rng = random.Random(5)
    live = resume(server, "/a,b,c")
    published = []
    for n in range(1, 21):
        channel = rng.choice("abc")
        published.append((server.publish(channel, str(n))["ids"][0], n))
    live.read_until(b"data: 20\n\n")
    assert numbers(live.bytes) == list(range(1, 21))
    for position, n in rng.sample(published[10:-1], 5):
        stream = resume(server, "/a,b,c", position, b"data: 20\n\n")
        assert numbers(stream.bytes) == list(range(n + 1, 21)) and gaps(stream.bytes) == []


def test_a_gap_over_several_channels_is_counted(server):
    ids = [server.publish("ab"[n % 2], str(n))["ids"][0] for n in range(40)]
    stream = resume(server, "/a,b", ids[9], b"data: 39\n\n")
    assert gaps(stream.bytes)[0]["missed"] == 10 and gaps(stream.bytes)[0]["oldest"] == ids[20]
    assert numbers(stream.bytes) == list(range(20, 40))


@pytest.mark.parametrize("since, first", [("earliest", 1), ("-2", 7), ("-100", 1), ("1h", 1),
                                          ("2020-01-01T00:00:00Z", 1)])
def test_people_say_since(server, since, first):
    publish_numbers(server, "news", 1, 8)
    stream = resume(server, f"/news?since={since}", until=b"data: 8\n\n")
    assert numbers(stream.bytes) == list(range(first, 9)) and gaps(stream.bytes) == []


def test_since_a_time_that_is_no_longer_held_is_a_gap(server):
    publish_numbers(server, "news", 1, 15)
    stream = resume(server, "/news?since=5m", until=b"data: 15\n\n")
    assert gaps(stream.bytes)[0]["reason"] == "evicted" and gaps(stream.bytes)[0]["requested"] == "5m"


def test_events_age_out_of_the_history():
    with serve("--history-age", "300ms") as server:
        listener = Stream(server, "/news").read_head()  # a channel in use is not forgotten, so it can count
        first = server.publish("news", "1")["ids"][0]
        server.publish("news", "2")
        wait_for(lambda: server.channels()["news"]["history_events"] == 0, "events to age out")
        stream = resume(server, "/news", first, b"event: gap\n")
        server.publish("news", "3")
        stream.read_until(b"data: 3\n\n")
        assert gaps(stream.bytes)[0]["missed"] == 1 and gaps(stream.bytes)[0]["oldest"] is None
        assert numbers(stream.bytes) == [3]
        listener.close()


def test_a_restarted_server_says_that_its_past_is_gone():
    with serve() as server:
        last = server.publish("news", "1")["ids"][0]
    with serve() as server:
        stream = resume(server, "/news", last, b"event: gap\n")
        stream.read_until(b"}\n\n")
        assert gaps(stream.bytes)[0]["reason"] == "epoch"


@pytest.fixture(**WORKERS)
def server_that_keeps_all(request):
    with serve("--history", "300", "--workers", request.param) as running:
        yield running


def test_kill_and_reconnect_many_times_loses_and_doubles_nothing(server_that_keeps_all):
    """A client that is cut at a random byte, again and again, while events go on."""
    server = server_that_keeps_all
    rng = random.Random(7)
    seen, last_id, published = [], None, 0
    while 300 not in seen:
        stream = Stream(server, "/cuts" + ("" if last_id else "?since=earliest"),
                        [f"Last-Event-ID: {last_id}"] if last_id else []).read_head()
        for _ in range(rng.randrange(8)):
            if published < 300:
                published += 1
                server.publish("cuts", f"{published}")
        take = rng.randrange(20, 400)
        body = stream.bytes
        while len(body) < take and not (published == 300 and body.endswith(b"data: 300\n\n")):
            stream.socket.settimeout(0.05)
            try:
                piece = stream.socket.recv(take - len(body))
            except TimeoutError:
                break
            assert piece, "the server ended the stream"
            body += piece
        stream.close()
        # Only what ended with a blank line was dispatched; the rest the client never saw.
        whole = body[:body.rfind(b"\n\n") + 2] if b"\n\n" in body else b""
        for fields in blocks(whole):
            last_id = dict(fields).get("id", last_id)
        seen += numbers(whole)
    assert seen == list(range(1, 301))
