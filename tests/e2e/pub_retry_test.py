"""sse-pub that tries again: what it sends once more is recognisable, and how answers are told."""

import json
import re

import pytest

from harness import Stream, events, serve
from pub_tools import recorder, run_pub, start_pub

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def marks(requests):
    """Key and number of each request."""
    return [(request.headers.get("idempotency-key"), request.headers.get("idempotency-sequence"))
            for request in requests]


def test_a_key_numbers_the_events_of_a_run():
    with recorder() as server:
        done = run_pub("-u", server.url, "news", "-l", "--batch-events-max", "2",
                       "--idempotency-key", "job-7", stdin=b"a\nb\nc\nd\ne\n")
        assert (done.returncode, done.stderr) == (0, b"")
        assert marks(server.requests) == [("job-7", "1"), ("job-7", "3"), ("job-7", "5")]


def test_numbers_go_on_over_channels():
    text = "\n".join(json.dumps({"channel": c, "data": "x"}) for c in "aabba").encode()
    with recorder() as server:
        run_pub("-u", server.url, "-i", "json", "--idempotency-key", "k", stdin=text)
        assert marks(server.requests) == [("k", "1"), ("k", "3"), ("k", "5")]


def test_without_retry_or_key_nothing_is_marked():
    with recorder() as server:
        run_pub("-u", server.url, "news", "hi")
        assert marks(server.requests) == [(None, None)]


def test_a_retried_batch_has_the_same_random_key_and_number():
    answers = iter([(200, {}), None, (503, {}), (200, {})])
    with recorder(lambda request: next(answers)) as server:
        done = run_pub("-u", server.url, "news", "-l", "--batch-events-max", "2",
                       "--retry-time", "30s", stdin=b"a\nb\nc\nd\n")
        assert done.returncode == 0
        (key,) = {request.headers["idempotency-key"] for request in server.requests}
        assert UUID.fullmatch(key)
        assert [number for _, number in marks(server.requests)] == ["1", "3", "3", "3"]
        assert len({request.body for request in server.requests[1:]}) == 1


def test_two_runs_have_different_keys():
    with recorder() as server:
        for _ in range(2):
            run_pub("-u", server.url, "news", "hi", "--retry-time", "1s")
        assert len(set(marks(server.requests))) == 2


def test_duplicates_count_as_accepted_and_are_told():
    answer = {"channel": "news", "ids": ["e-9"], "streams": 2, "duplicates": 2}
    with recorder(lambda request: (200, answer)) as server:
        done = run_pub("-u", server.url, "news", "-l", "--idempotency-key", "k", "--confirm",
                       stdin=b"a\nb\nc\n")
        assert (done.returncode, done.stderr) == (0, b"")
        common = {"producer": "k", "channel": "news", "streams": 2}
        assert list(map(json.loads, done.stdout.splitlines())) == [
            {**common, "number": 1, "duplicate": True}, {**common, "number": 2, "duplicate": True},
            {**common, "number": 3, "id": "e-9"}]


def test_a_run_started_over_adds_to_sse_serve_only_what_is_new():
    with serve() as server:
        for count, duplicates in ((3, 0), (5, 3)):
            lines = "".join(f"{number}\n" for number in range(count)).encode()
            done = run_pub("-u", server.url, "news", "-l", "--idempotency-key", "job", "--confirm",
                           stdin=lines)
            told = [json.loads(line) for line in done.stdout.splitlines()]
            assert [line.get("duplicate", False) for line in told] == [
                number < duplicates for number in range(count)]
            assert all("id" in line for line in told[duplicates:])
        stream = Stream(server, "/news?since=earliest")
        got = events(stream.read_until(b"data: 4\n\n").split(b"\r\n\r\n", 1)[1])
        stream.close()
        assert [event["data"] for event in got] == list("01234")


def test_too_few_ids_and_duplicates_are_still_a_failure():
    with recorder(lambda request: (200, {"ids": [], "duplicates": 1})) as server:
        done = run_pub("-u", server.url, "news", "-l", stdin=b"a\nb\n")
        assert done.returncode == 4
        assert b"1 event accepted, 1 refused" in done.stderr


def test_confirm_has_a_line_per_event_as_they_are_accepted():
    with recorder(lambda request: (200, {"ids": ["x"], "streams": 0})) as server:
        process = start_pub("-u", server.url, "news", "-l", "--confirm")
        for number in (1, 2):
            process.stdin.write(b"line\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {
                "number": number, "channel": "news", "id": "x", "streams": 0}
        process.communicate()


def test_dry_run_shows_the_marks():
    done = run_pub("-u", "http://h", "news", "hi", "--dry-run", "--idempotency-key", "k")
    assert b"Idempotency-Key: k\r\nIdempotency-Sequence: 1\r\n" in done.stdout
    done = run_pub("--redis", "redis://h", "news", "hi", "--dry-run", "--idempotency-key", "k")
    assert b'{"data":"hi","producer":"k","number":1}' in done.stdout


@pytest.mark.parametrize("key", ["a b", "a\nb", "é", "x" * 201])
def test_a_key_that_no_header_can_hold(key):
    done = run_pub("news", "hi", "--idempotency-key", key)
    assert done.returncode == 2
    assert b"--idempotency-key: 1 to 200 visible ASCII characters" in done.stderr
