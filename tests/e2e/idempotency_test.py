"""What a publisher sends again, marked with its key, is published once."""

import urllib.error

import pytest

from harness import Stream, events, serve


@pytest.fixture(scope="module", name="server")
def fixture_server():
    with serve() as server:
        yield server


def test_what_is_published_again_with_its_key_is_left_out(server):
    def post(key, sequence, *data):
        headers = {"Content-Type": "text/event-stream", "Idempotency-Key": key}
        if sequence:
            headers["Idempotency-Sequence"] = str(sequence)
        body = "".join(f"data: {text}\n\n" for text in data)
        return server.publish("again", body, headers=headers)

    first = post("job-1", 0, "one", "two")
    assert len(first["ids"]) == 2 and "duplicates" not in first
    again = post("job-1", 0, "one", "two")
    assert again["ids"] == [] and again["duplicates"] == 2
    further = post("job-1", 2, "two", "three")
    assert len(further["ids"]) == 1 and further["duplicates"] == 1
    assert len(post("job-2", 0, "other")["ids"]) == 1
    stream = Stream(server, "/again?since=earliest").read_head()
    got = events(stream.read_until(b"data: other\n\n"))
    assert [e["data"] for e in got] == ["one", "two", "three", "other"]


@pytest.mark.parametrize("headers", [{"Idempotency-Key": ""}, {"Idempotency-Key": "a b"},
                                     {"Idempotency-Key": "x" * 201}, {"Idempotency-Sequence": "1"},
                                     {"Idempotency-Key": "k", "Idempotency-Sequence": "0"},
                                     {"Idempotency-Key": "k", "Idempotency-Sequence": "1x"}])
def test_a_wrong_idempotency_header_is_named(server, headers):
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.publish("again", "x", headers=headers)
    assert refused.value.code == 400 and b"Idempotency-" in refused.value.read()
