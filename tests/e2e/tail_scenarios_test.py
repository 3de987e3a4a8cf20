"""Replays the life-cycle scenarios of tests/data/client_scenarios.json against sse-tail.

Each scenario is a list of exchanges: what the server answers to the first, second, … request, and
what a client must make of it (events, state at the end, reconnects, Last-Event-ID).
"""

import json
import os
import re
import signal
import time

import pytest

from tail_support import Server, Tail, head

DATA = os.path.join(os.environ["SSE_SOURCE_DIR"], "tests", "data", "client_scenarios.json")
with open(DATA, encoding="utf-8") as data_file:
    SCENARIOS = [s for s in json.load(data_file) if "tail" in s["applies_to"]]

EXIT_BY_STATUS = {200: 5}  # a final answer of 200 is one of the wrong media type
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
SINGLE = {"n": b"\n", "r": b"\r", "0": b"\0", "t": b"\t", "\\": b"\\"}


def unescape(text):
    out, at = b"", 0
    for match in ESCAPE.finditer(text):
        out += text[at:match.start()].encode()
        byte, code, single = match.groups()
        if byte:
            out += bytes([int(byte, 16)])
        else:
            out += chr(int(code, 16)).encode() if code else SINGLE[single]
        at = match.end()
    return out + text[at:].encode()


def script_of(scenario, ends):
    exchanges = scenario["exchanges"]

    def script(connection, _request, number):
        response = exchanges[min(number, len(exchanges) - 1)]["response"]
        connection.send(head(response["status"], response["headers"], response.get("reason", "X")))
        for piece in response["body"]:
            time.sleep(piece["delay_before_ms"] / 1000)
            connection.send(unescape(piece["chunk"]))
        ends.append(time.monotonic())
        if response["end"] == "keep_open":
            connection.hold()

    return script


def collect(tail, stop):
    """Records up to the point where the scenario's user stops the client."""
    seen = []
    while (record := tail.record()) is not None:
        seen.append(record)
        if sum(r.get("kind") == "open" for r in seen) == stop.get("after_opens"):
            tail.signal(signal.SIGTERM)
    return seen


def check_requests(scenario, requests):
    for request, exchange in zip(requests, scenario["exchanges"]):
        for name, value in exchange.get("expect_request_headers", {}).items():
            assert request.header(name) == (None if value is None else value.encode())
    for name, value in scenario.get("expected_request_headers", {}).items():
        assert all(request.header(name) == value.encode() for request in requests)
    reconnect = scenario["expected_reconnect"]
    if reconnect["happens"] is True:
        expected = scenario["expected_last_event_id_header_on_reconnect"]
        assert requests[1].header("last-event-id") == (expected.encode() if expected else None)
    elif reconnect["happens"] is False:
        assert len(requests) == len(scenario["exchanges"])


def check_delay(scenario, requests, ends):
    delay = scenario["expected_reconnect"].get("delay_ms")
    if delay is not None:
        assert (requests[1].at - ends[0]) * 1000 > delay - 30  # 30 ms: the end's way to the client


def check_life_cycle(seen):
    """A lost connection is told by an error before the next open; nothing follows close."""
    turns = [r["kind"] for r in seen if r.get("kind") in ("open", "error", "close")]
    assert "open open" not in " ".join(turns)
    assert turns.index("close") == len(turns) - 1


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if "url" not in s],
                         ids=lambda s: s["name"])
def test_scenario(scenario):
    ends = []
    stop = scenario["stop_client"]
    limit = ["-c", str(stop["after_events"])] if "after_events" in stop else []
    with Server(script_of(scenario, ends)) as server:
        with Tail("-o", "json", "--lifecycle", "--reconnect-delay", "10ms", *limit,
                  server.url()) as tail:
            seen = collect(tail, stop)
            status = tail.wait()
    events = [{"type": r["event"], "data": r["data"], "lastEventId": r.get("id", "")}
              for r in seen if "kind" not in r]
    expected = scenario["expected"]
    if not expected.get("events_ignored"):
        wanted = expected["events"]
        if "after_opens" in stop:
            assert events[:len(wanted)] == wanted or (stop["after_opens"] == 1 and not events)
        else:
            assert events == wanted
    check_life_cycle(seen)
    check_requests(scenario, server.requests)
    check_delay(scenario, server.requests, ends)
    if "after_events" in stop:
        assert status == 0
        assert seen[-1] == {"kind": "close", "reason": "count"}
    elif "after_opens" in stop:
        assert status == -signal.SIGTERM
    else:
        check_failure(scenario, seen, status)


def check_failure(scenario, seen, status):
    """Closed for good: one error more than there were reconnects, the last one final."""
    errors = [r for r in seen if r.get("kind") == "error"]
    assert len(errors) == scenario["expected_reconnect"].get("count", 0) + 1
    assert "reconnect_ms" not in errors[-1]
    answer = scenario["exchanges"][-1]["response"]["status"]
    if len(scenario["exchanges"]) > 1:
        assert (answer, status) == (204, 0)
    else:
        assert status == EXIT_BY_STATUS.get(answer, 4)
        assert "open" not in [r.get("kind") for r in seen]


@pytest.mark.parametrize("url", [s["url"] for s in SCENARIOS if "url" in s])
def test_url_that_cannot_be_followed(url):
    with Tail("-o", "json", "--lifecycle", url) as tail:
        assert tail.record() is None
        assert tail.wait() == 2
        assert url in tail.stderr()


def test_enough_scenarios():
    assert len(SCENARIOS) > 50
