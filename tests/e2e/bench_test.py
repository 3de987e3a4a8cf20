"""sse-bench against servers that are correct, and that are wrong in a known way."""

import asyncio
import re

import pytest

from bench_faults import FAULTS, EndsOne
from bench_server import STREAM_HEAD, Behaviour, fan_out
from bench_support import ALL, EVENTS, STREAMS, bench, counts, measure, quick
from harness import serve


# --- correct servers ---------------------------------------------------------------------------


def test_a_correct_server_has_no_faults():
    with fan_out() as server:
        result, stderr = measure(server.url)
    assert stderr == ""
    assert result["v"] == 1 and result["run"]["model"] == "open"
    assert counts(result) == ALL
    assert result["deliveries"]["expected"] == EVENTS * STREAMS
    assert result["streams"]["opened"] == STREAMS and result["streams"]["ended"] == 0
    assert result["events"]["sent"] == result["events"]["accepted"] == EVENTS
    for distribution, count in [
            (result["deliveries"]["latency_ns"], EVENTS * STREAMS),
            (result["deliveries"]["latency_from_send_ns"], EVENTS * STREAMS),
            (result["deliveries"]["fan_out_ns"], EVENTS), (result["events"]["answer_ns"], EVENTS),
            (result["events"]["lag_ns"], EVENTS), (result["streams"]["connect_ns"], STREAMS),
            (result["streams"]["first_byte_ns"], STREAMS)]:
        assert distribution["count"] == count and distribution["never"] == 0
        values = [distribution[p] for p in ("min", "p50", "p90", "p99", "p99.9", "max")]
        assert values == sorted(values)


class Chunked(Behaviour):
    head = STREAM_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

    def frame(self, data):  # two chunks, so that a payload is cut
        half = len(data) // 2
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:half], data[half:]))


class OtherFields(Behaviour):
    def block(self, payload):
        return b": hello\r\n\r\nid: 7\revent: news\ndata:" + payload + b"\r\nretry: 9\n\n"


class ChunkedAnswers(Behaviour):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


@pytest.mark.parametrize("behaviour", [Chunked, OtherFields, ChunkedAnswers])
def test_other_forms_of_the_same_are_understood(behaviour):
    with fan_out(behaviour()) as server:
        assert counts(measure(server.url)[0]) == ALL


def test_streams_divide_among_threads():
    with fan_out() as server:
        result, _ = measure(server.url, "--threads", "3")
    assert counts(result) == ALL and result["bench"]["reader_threads"] == 3


def test_streams_and_events_take_turns_among_channels():
    with serve() as server:
        result, stderr = measure(f"{server.url}/news?since=now", "--channels", "4")
        assert {f"news-{i}" for i in range(1, 5)} <= set(server.channels())
    assert stderr == "" and result["run"]["channels"] == 4
    assert counts(result) == {"delivered": EVENTS * STREAMS // 4}
    assert result["deliveries"]["expected"] == EVENTS * STREAMS // 4
    assert result["deliveries"]["fan_out_ns"]["count"] == EVENTS


def test_events_on_the_wrong_channel_are_told_and_not_counted():
    with fan_out() as server:
        result, _ = measure(server.url, "--channels", "2")
        paths = {request.split()[1] for request in server.requests}
        text = bench(*quick("--channels", "2"), server.url).stdout
    assert paths == {"/news-1", "/news-2"}
    half = EVENTS * STREAMS // 2
    assert counts(result) == {"delivered": half, "misrouted": half}
    assert f"{half} on the wrong channel" in text


def test_streams_of_http_1_0_are_asked_for_and_understood():
    with fan_out() as server:
        assert counts(measure(server.url, "--http1.0")[0]) == ALL
        for request in server.requests:
            version = "1.0" if request.startswith("GET") else "1.1"
            assert request.split("\r\n")[0].endswith(" HTTP/" + version)


def test_warm_up_is_published_but_not_counted():
    with fan_out() as server:
        result, _ = measure(server.url, "--warmup", "200ms")
    assert result["events"]["sent"] == EVENTS + 20
    assert counts(result) == ALL


def test_payloads_have_the_size_asked_for():
    with fan_out() as server:
        result, _ = measure(server.url, "--size", "5000")
        assert counts(result) == ALL
        posts = [r for r in server.requests if r.startswith("POST")]
    assert len(posts) == EVENTS and all("Content-Length: 5000\r\n" in post for post in posts)


def test_headers_token_and_publish_url_are_sent(tmp_path):
    (tmp_path / "token").write_text("secret\n")
    with fan_out() as server:
        measure(server.url, "-H", "X-One: 1", "-H", "X-Two: 2", "--token-file", tmp_path / "token",
                "--publish-url", server.url.replace("/news", "/in?x=y"))
        for request in server.requests:
            assert "X-One: 1\r\nX-Two: 2\r\n" in request
            post = request.startswith("POST /in?x=y ")
            assert post or request.startswith("GET /news ")
            assert ("Authorization: Bearer secret\r\n" in request) == post


def test_a_rate_of_zero_only_holds_the_streams():
    with fan_out() as server:
        result, _ = measure(server.url, "-r", "0")
        assert server.published == 0
    assert result["run"]["model"] == "idle" and result["streams"]["opened"] == STREAMS


def test_saturating_keeps_each_publisher_busy_and_says_it_is_closed_loop():
    with fan_out() as server:
        result, _ = measure(server.url, "--saturate", "--publishers", "3")
        text = bench(*quick("--saturate"), server.url).stdout
    assert result["run"]["model"] == "closed" and result["run"]["publishers"] == 3
    assert result["events"]["sent"] == result["events"]["accepted"] > 3
    delivered = result["deliveries"]["delivered"]
    assert delivered == result["deliveries"]["expected"] == result["events"]["sent"] * STREAMS
    assert result["deliveries"]["latency_ns"] is None and result["deliveries"]["reordered"] is None
    assert "closed loop: this measures throughput" in text


def test_the_server_is_measured_by_its_pid():
    with serve() as server:
        result, _ = measure(server.url + "/news", "--server-pid", str(server.process.pid))
    assert result["server"]["cpu_s"] > 0 and result["server"]["cpu_us_per_delivery"] > 0


def test_an_idle_server_is_measured_too():
    with serve("--heartbeat", "20ms") as server:
        result, _ = measure(server.url + "/news", "-r", "0", "--server-pid", str(server.process.pid))
    assert result["server"]["cpu_s"] > 0 and result["server"]["cpu_us_per_delivery"] is None
    assert result["server"]["opening_cpu_us_per_stream"] > 0


def test_the_text_lists_every_distribution():
    with fan_out() as server:
        run = bench(*quick(), server.url)
    assert run.returncode == 0 and run.stderr == ""
    for row in ("latency", "from send", "fan-out", "answer", "lag", "connect", "first byte"):
        assert re.search(rf"^{row} +(\d\S* [num]?s +){{5}}", run.stdout, re.MULTILINE), row
    assert f"deliveries  {EVENTS * STREAMS} of {EVENTS * STREAMS}" in run.stdout


# --- servers with faults -----------------------------------------------------------------------


@pytest.mark.parametrize("behaviour, faults", FAULTS)
def test_faults_are_counted(behaviour, faults):
    with fan_out(behaviour()) as server:
        result, _ = measure(server.url)
    assert counts(result) == {**ALL, **faults}
    undelivered = faults.get("lost", 0) + faults.get("pending", 0)
    latency = result["deliveries"]["latency_ns"]
    assert latency["never"] == undelivered and latency["count"] == EVENTS * STREAMS
    assert (latency["max"] is None) == (undelivered > 0)
    assert result["deliveries"]["fan_out_ns"]["never"] == (1 if undelivered else 0)


def test_streams_the_server_ends_are_counted():
    with fan_out(EndsOne()) as server:
        result, stderr = measure(server.url, status=6)
    assert counts(result) == {"delivered": ALL["delivered"] - 20, "missed": 20}
    assert result["streams"]["ended"] == 1
    assert result["deliveries"]["fan_out_ns"]["never"] == 0
    assert "1 of 8 streams were ended by the server" in stderr


class Stalls(Behaviour):
    """Looks at nothing for half a second, in a second of one event every 10 ms."""

    async def before_publish(self, number):
        if number == 10:
            await asyncio.sleep(0.5)


def test_a_stalled_server_cannot_hide_the_latency_of_what_was_due_meanwhile():
    with fan_out(Stalls()) as server:
        result, _ = measure(server.url, "-d", "1s", "--drain", "20s")
    assert result["events"]["sent"] == 100
    assert result["deliveries"]["delivered"] == 100 * STREAMS
    latency = result["deliveries"]["latency_ns"]
    assert latency["max"] >= 450e6
    assert latency["p90"] >= 300e6  # a fifth of all events were due in its first 200 ms


def test_a_bounded_pipeline_waits_and_says_so():
    with fan_out(Stalls()) as server:
        result, _ = measure(server.url, "-d", "1s", "--unanswered-max", "5", "--drain", "20s")
    assert result["events"]["stalls"] >= 1
    assert any("wait for answers" in warning for warning in result["warnings"])
    assert result["deliveries"]["latency_ns"]["p90"] >= 300e6
    assert result["events"]["lag_ns"]["max"] >= 300e6


# --- the server it was made for ----------------------------------------------------------------


def test_sse_serve_delivers_everything_once_in_order():
    with serve("--workers", "2") as server:
        for options in (["-n", "500"], ["-n", "100", "--saturate"],
                        ["-n", "100", "--saturate", "--publishers", "8"]):
            result, stderr = measure(f"{server.url}/news", *options, "--drain", "60s")
            expected = result["deliveries"]["expected"]
            assert expected > 0 and counts(result) == {"delivered": expected}, options


def test_sse_serve_with_a_token(tmp_path):
    token = tmp_path / "token"
    token.write_text("secret")
    with serve("--publish-token-file", token) as server:
        result, _ = measure(f"{server.url}/news", "--token-file", token)
        assert counts(result) == ALL
        _, stderr = measure(f"{server.url}/news", status=4)
        assert "401" in stderr
