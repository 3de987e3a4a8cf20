"""Redis over TLS: with the hiredis library that has it."""

import contextlib

import pytest

from pub_tools import run_pub
from redis_support import data, gaps, node_running, quiet_port, redis_running

HISTORY = ("--redis-history", "100")


@contextlib.contextmanager
def tls_redis(pki, *settings):
    port = quiet_port()
    with redis_running("--tls-port", str(port), "--tls-cert-file", str(pki / "server.pem"),
                       "--tls-key-file", str(pki / "server.key"),
                       "--tls-ca-cert-file", str(pki / "ca.pem"), *settings) as redis:
        redis.tls_port = port
        yield redis


def trusting(pki):
    return ("--redis-cacert", str(pki / "ca.pem"))


@pytest.mark.parametrize("mode", [(), HISTORY], ids=["plain", "history"])
def test_events_pass(pki, mode):
    options = ("--redis-history",) if mode else ()
    with tls_redis(pki, "--tls-auth-clients", "no") as redis:
        url = f"rediss://localhost:{redis.tls_port}"
        with node_running(url, *trusting(pki), *mode) as node:
            stream = node.open("/news")
            for n in range(100):
                done = run_pub("--redis", url, *trusting(pki), *options, "news", "x" * 50_000) \
                    if n % 50 == 0 else node.publish("news", str(n))
                assert n % 50 or done.returncode == 0, done.stderr
            stream.read_until(b"data: 99\n\n")
            assert len(data(stream)) == 100 and gaps(stream) == []
            redis.cut("normal")
            redis.cut("pubsub")
            node.wait_log("is away")
            node.wait_ready()
            node.publish("news", "after")
            stream.read_until(b"data: after\n\n")
            assert len(gaps(stream)) == (0 if mode else 1)


def test_redis_may_want_a_certificate(pki):
    with tls_redis(pki, "--tls-auth-clients", "yes") as redis:
        url = f"rediss://localhost:{redis.tls_port}"
        own = ("--redis-cert", str(pki / "client.pem"), "--redis-key", str(pki / "client.key"))
        with node_running(url, *trusting(pki), *own) as node:
            stream = node.open("/news")
            done = run_pub("--redis", url, *trusting(pki), *own, "news", "hello")
            assert done.returncode == 0, done.stderr
            stream.read_until(b"data: hello\n\n")
        done = run_pub("--redis", url, "--retry-time", "0", *trusting(pki), "news", "x")
        assert done.returncode != 0


@pytest.mark.parametrize("host, options", [("127.0.0.1", trusting), ("localhost", lambda _: ())],
                         ids=["another name", "unknown authority"])
def test_a_certificate_that_is_not_good_is_refused(pki, host, options):
    with tls_redis(pki, "--tls-auth-clients", "no") as redis:
        url = f"rediss://:secret@{host}:{redis.tls_port}"
        done = run_pub("--redis", url, "--retry-time", "0", *options(pki), "news", "x")
        assert done.returncode == 3 and "certificate" in done.stderr.decode().lower() or \
            "mismatch" in done.stderr.decode(), done.stderr
        assert "secret" not in done.stderr.decode()


@pytest.mark.parametrize("options, complaint", [
    (("--redis-cacert", "/nowhere"), "--redis-cacert /nowhere"),
    (("--redis-cert", "/dev/null"), "--redis-cert /dev/null"),
    (("--redis-key", "/dev/null"), "--redis-key /dev/null"),
])
def test_files_are_checked_first(options, complaint):
    done = run_pub("--redis", "rediss://h", *options, "news", "x")
    assert done.returncode == 2 and complaint in done.stderr.decode()
