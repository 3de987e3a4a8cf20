"""sse-bench with HTTP/2, which a real nginx speaks in front of servers of HTTP/1.1, and sse-serve."""

import asyncio
import contextlib

import pytest

from bench_faults import FAULTS, EndsOne
from bench_server import STREAM_HEAD, Behaviour, fan_out
from bench_support import ALL, EVENTS, STREAMS, bench, counts, measure, quick
from harness import serve
from proxy_support import nginx

PRIOR = "--http2-prior-knowledge"


@contextlib.contextmanager
def front(folder, server, listen="http2", more=""):
    """nginx that speaks as `listen` says, its URL that of the streams."""
    back = server.url.removesuffix("/news")
    site = (f"server {{ listen 80 {listen}; {more} "
            f"location / {{ proxy_buffering off; proxy_pass {back}; }} }}")
    with nginx(folder, site) as running:
        running.url += "/news"
        yield running


def tls_front(folder, server, pki, listen="ssl http2"):
    more = (f"ssl_certificate {pki}/server.pem; ssl_certificate_key {pki}/server.key; "
            "ssl_protocols TLSv1.3;")
    return front(folder, server, listen, more)


def over_tls(url):
    return url.replace("http://127.0.0.1", "https://localhost")


@contextlib.contextmanager
def clear(folder, behaviour=None):
    """The arguments that measure a server of the tests by HTTP/2. Events go to it directly: nginx
    1.22 speaks one protocol on a clear port."""
    with fan_out(behaviour) as server, front(folder, server) as proxy:
        yield server, (proxy.url, PRIOR, "--publish-url", server.url)


def test_streams_share_connections(tmp_path):
    with clear(tmp_path) as (server, arguments):
        result, stderr = measure(*arguments, "--streams-per-connection", "3")
        url, *options = arguments
        text = bench(*quick(*options), url).stdout
    assert stderr == "" and counts(result) == ALL
    assert result["run"]["protocol"] == "HTTP/2" and result["run"]["streams_per_connection"] == 3
    streams = result["streams"]
    assert streams["opened"] == STREAMS and streams["connections"] == 3
    assert streams["connect_ns"]["count"] == 3 and streams["first_byte_ns"]["count"] == STREAMS
    assert streams["tls"] is None
    assert "protocol    HTTP/2; 1 connection, at most 100 streams on each\n" in text


class Greets(Behaviour):
    """Over TLS nginx keeps a head until it has a piece of body."""

    head = STREAM_HEAD + b"\r\n: hello\n\n"


@pytest.mark.parametrize("publish_over_tls", [False, True])
def test_tls_agrees_on_it(tmp_path, pki, publish_over_tls):
    with fan_out(Greets()) as server, tls_front(tmp_path, server, pki) as proxy:
        url = over_tls(proxy.url)
        # HTTP/1.1 for the events, pipelined, on the port where the streams speak HTTP/2.
        where = () if publish_over_tls else ("--publish-url", server.url)
        result, stderr = measure(url, "--http2", "--cacert", str(pki / "ca.pem"), *where)
    assert stderr == "" and counts(result) == ALL
    assert result["run"]["protocol"] == "HTTP/2" and result["streams"]["tls"] == "TLSv1.3"
    assert result["streams"]["handshake_ns"]["count"] == result["streams"]["connections"] == 1


def test_channels_headers_and_threads(tmp_path):
    with clear(tmp_path) as (server, arguments):
        result, _ = measure(*arguments, "--channels", "2", "--threads", "2", "-H", "X-One: 1",
                            "-H", "Host: elsewhere", "--streams-per-connection", "2")
        gets = [r for r in server.requests if r.startswith("GET")]
    # This server knows no channels: half of what comes is another's.
    half = EVENTS * STREAMS // 2
    assert counts(result) == {"delivered": half, "misrouted": half}
    assert result["streams"]["connections"] == 4
    assert sorted(r.split()[1] for r in gets) == ["/news-1"] * 4 + ["/news-2"] * 4
    assert all("x-one: 1\r\n" in r.lower() for r in gets)


@pytest.mark.parametrize("behaviour, faults", FAULTS)
def test_faults_are_counted_stream_by_stream(tmp_path, behaviour, faults):
    with clear(tmp_path, behaviour()) as (_, arguments):
        result, _ = measure(*arguments, "--streams-per-connection", "5")
    assert counts(result) == {**ALL, **faults}


def test_a_stream_the_server_ends_leaves_its_neighbours_alone(tmp_path):
    with clear(tmp_path, EndsOne()) as (_, arguments):
        result, stderr = measure(*arguments, status=6)
    assert counts(result) == {"delivered": ALL["delivered"] - 20, "missed": 20}
    assert "1 of 8 streams were ended by the server before the run was over: " in stderr
    assert "the response ended" in stderr


def test_a_connection_that_is_lost_ends_all_its_streams(tmp_path):
    with fan_out() as server, front(tmp_path, server) as proxy:
        class StopsTheProxy(type(server.behaviour)):
            async def before_publish(self, number):
                if number == 10:
                    proxy.process.terminate()
                    await asyncio.to_thread(proxy.process.wait)

        server.behaviour = StopsTheProxy()
        result, stderr = measure(proxy.url, PRIOR, "--publish-url", server.url, status=6)
    assert result["streams"]["ended"] == STREAMS and "8 of 8 streams were ended" in stderr


def test_refused_answers(tmp_path):
    with serve() as server, front(tmp_path, server, more="return 403;") as proxy:
        run = bench(*quick(PRIOR), proxy.url)
    assert run.returncode == 4 and "8 of 8 streams were refused" in run.stderr
    assert "403" in run.stderr


def test_fewer_streams_allowed_than_asked_for(tmp_path):
    with fan_out() as server:
        with front(tmp_path, server, more="http2_max_concurrent_streams 5;") as proxy:
            run = bench(*quick(PRIOR), proxy.url)
            fits = bench(*quick(PRIOR, "--streams-per-connection", "5", "-r", "0"), proxy.url)
    assert run.returncode == 4 and "3 of 8 streams were refused" in run.stderr
    assert "allows 5 streams on a connection (--streams-per-connection 5)" in run.stderr
    assert fits.returncode == 0, fits.stderr


def test_servers_without_http2(tmp_path, pki):
    with fan_out() as server:
        with tls_front(tmp_path, server, pki, "ssl") as proxy:
            run = bench(*quick("--http2", "-k"), over_tls(proxy.url))
            assert run.returncode == 3 and "leave out --http2" in run.stderr
        with front(tmp_path, server, "") as proxy:
            run = bench(*quick(PRIOR), proxy.url)
            assert run.returncode == 3 and "speaks HTTP/1.x, not HTTP/2" in run.stderr


def test_a_server_with_nothing_but_http2(tmp_path):
    with fan_out() as server, front(tmp_path, server) as proxy:
        run = bench(*quick(), proxy.url)
    assert run.returncode == 3 and "closed the connection without an answer" in run.stderr


def check_all_arrives(url, *options):
    """Of two hundred streams; events go where the streams come from."""
    result, stderr = measure(url, "-n", "200", "--drain", "60s", *options)
    expected = result["deliveries"]["expected"]
    assert stderr == "" and expected == EVENTS * 200 and counts(result) == {"delivered": expected}


def test_sse_serve_delivers_everything_once_in_order(pki):
    with serve() as server:
        check_all_arrives(f"{server.url}/news", PRIOR)
    files = ("--tls-cert", str(pki / "server.pem"), "--tls-key", str(pki / "server.key"))
    with serve(*files) as server:
        url = f"https://localhost:{server.port}/news"
        check_all_arrives(url, "--cacert", str(pki / "ca.pem"))
        check_all_arrives(url, "--cacert", str(pki / "ca.pem"), "--http2", "--threads", "2")


@pytest.mark.parametrize("arguments, words", [
    (["--http2", "http://h/x"], "--http2-prior-knowledge"),
    ([PRIOR, "https://h/x"], "give --http2"),
    ([PRIOR, "--http1.0", "http://h/x"], "--http1.0 excludes"),
    (["--streams-per-connection", "5", "http://h/x"], "needs --http2"),
    ([PRIOR, "-H", "Connection: close", "http://127.0.0.1:1/x"], "no header 'Connection'"),
])
def test_usage_errors(arguments, words):
    run = bench(*arguments)
    assert run.returncode == 2 and words in run.stderr and len(run.stderr.splitlines()) == 1
