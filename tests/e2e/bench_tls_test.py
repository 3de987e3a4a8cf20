"""sse-bench over TLS."""

import socket
import ssl

import pytest

from bench_server import fan_out
from bench_support import ALL, EVENTS, STREAMS, bench, counts, measure, quick
from proxy_support import nginx
from tls_support import server_context


@pytest.fixture(name="trusting")
def fixture_trusting(pki):
    return ("--cacert", str(pki / "ca.pem"))


def test_streams_and_events_go_over_tls(pki, trusting):
    with fan_out(tls=server_context(pki)) as server:
        result, stderr = measure(server.url, *trusting)
        text = bench(*quick(*trusting), server.url).stdout
    assert stderr == "" and counts(result) == ALL
    streams = result["streams"]
    assert streams["tls"] == "TLSv1.3" and streams["cipher"].startswith("TLS_")
    assert streams["handshake_ns"]["count"] == streams["connections"] == STREAMS
    assert result["run"]["protocol"] == "HTTP/1.1"
    assert f"protocol    HTTP/1.1 over TLSv1.3 ({streams['cipher']}); 8 connections\n" in text
    assert "handshake  " in text


def test_payloads_larger_than_a_record_arrive(pki, trusting):
    with fan_out(tls=server_context(pki)) as server:
        assert counts(measure(server.url, *trusting, "--size", "100k")[0]) == ALL


def test_the_version_spoken_is_told(pki, trusting):
    tls = server_context(pki, maximum_version=ssl.TLSVersion.TLSv1_2)
    with fan_out(tls=tls) as server:
        result, _ = measure(server.url, *trusting)
    assert counts(result) == ALL and result["streams"]["tls"] == "TLSv1.2"


def test_without_tls_there_is_no_version():
    with fan_out() as server:
        streams = measure(server.url)[0]["streams"]
    assert streams["tls"] is streams["cipher"] is streams["handshake_ns"] is None


def test_events_may_go_another_way_than_streams(pki, trusting):
    with fan_out() as clear, fan_out(tls=server_context(pki)) as secured:
        result, _ = measure(clear.url, *trusting, "--publish-url", secured.url)
        assert secured.published == result["events"]["accepted"] == EVENTS
        result, stderr = measure(clear.url, "--publish-url", secured.url, status=3)
    assert f"cannot publish to {secured.url}: the certificate is not good" in stderr


@pytest.mark.parametrize("host, options, words", [
    ("localhost", [], "unable to get local issuer certificate"),
    ("127.0.0.1", ["--cacert", "{pki}/ca.pem"], "IP address mismatch"),
])
def test_a_certificate_that_is_not_good_is_named_with_the_ways_out(pki, host, options, words):
    options = [option.format(pki=pki) for option in options]
    with fan_out(tls=server_context(pki)) as server:
        url = server.url.replace("localhost", host)
        run = bench(*quick(*options), url)
        assert counts(measure(url, *options, "-k")[0]) == ALL
    assert run.returncode == 3
    assert words in run.stderr and "--cacert FILE" in run.stderr and "-k" in run.stderr


def test_a_server_without_tls(tmp_path):
    with nginx(tmp_path, "server { listen 80; }") as server:
        run = bench(*quick("-k"), server.url.replace("http:", "https:"))
    assert run.returncode == 3 and "is it a port for https?" in run.stderr


def test_nobody_shakes_hands():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        run = bench("-n", "3", "--connect-timeout", "200ms",
                    f"https://127.0.0.1:{silent.getsockname()[1]}/x")
    assert run.returncode == 3 and "no TLS handshake within 200ms" in run.stderr


@pytest.mark.parametrize("file, words", [
    ("/nonexistent", "No such file"), ("/dev/null", "no certificate"),
])
def test_the_file_of_authorities_is_checked_first(file, words):
    run = bench("--cacert", file, "https://127.0.0.1:1/")
    assert run.returncode == 2 and f"--cacert {file}: {words}" in run.stderr
