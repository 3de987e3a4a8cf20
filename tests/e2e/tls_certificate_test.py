"""Which certificate a client gets, how it is changed under open streams, and which are refused."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest

from harness import DEADLINE_S, Stream, events, program, serve, wait_for
from tls_support import tls_serve


def shown(server, context, name):
    """The certificate a client gets that asks for this name, as bytes; name None: for none."""
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", server.tls_port), DEADLINE_S) as raw:
        with context.wrap_socket(raw, server_hostname=name) as connection:
            return connection.getpeercert(binary_form=True)


def der(authority, name):
    return ssl.PEM_cert_to_DER_cert((authority.folder / f"{name}.pem").read_text())


def knows_only(authority, kind):
    """A client for which only one kind of key will do."""
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
    return context


def test_the_certificate_is_that_of_the_name(authority):
    options = [*authority.issue("first", "a.test"), *authority.issue("ec", "b.test"),
               *authority.issue("rsa", "b.test", key="rsa"), *authority.issue("wild", "*.b.test")]
    with serve(tls=options) as server:
        context = authority.context()
        for name, certificate in (("a.test", "first"), ("b.test", "ec"), ("x.b.test", "wild"),
                                  ("x.y.b.test", "first"), ("unknown.test", "first"), (None, "first")):
            assert shown(server, context, name) == der(authority, certificate), name
        for kind, certificate in (("RSA", "rsa"), ("ECDSA", "ec")):
            assert shown(server, knows_only(authority, kind), "b.test") == der(authority, certificate)
        for name in ("a.test", "b.test", "x.b.test"):
            curl = authority.curl(server, "/-/healthz", "-f", name=name)
            assert curl.end() == (0, "")


def start(*options):
    """What a server says that does not start, and its status."""
    argv = [program("sse-serve"), "--listen", "127.0.0.1:0", *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def bad(authority):
    """Options by what is wrong with them, and the file that is to be named."""
    folder = authority.folder
    cert, good, key, good_key = authority.issue("good", "localhost")
    expired = authority.issue("expired", "localhost", days=-1)
    other = authority.issue("other", "localhost")
    (folder / "garbage").write_bytes(os.urandom(1000))
    lines = (folder / "good.pem").read_text().splitlines()
    (folder / "damaged.pem").write_text("\n".join(lines[:3] + lines[5:]))
    subprocess.run(["openssl", "pkey", "-in", good_key, "-aes128", "-passout", "pass:x", "-out", folder / "locked.key"],
                   check=True)
    return {"expired": (expired, "expired.pem", "expired at"),
            "wrong pair": ((cert, good, key, other[3]), "other.key", "does not belong to"),
            "missing": ((cert, str(folder / "none.pem")), "none.pem", "No such file"),
            "missing key": ((cert, good, key, str(folder / "none.key")), "none.key", "No such file"),
            "no key": ((cert, good), "good.pem", "no private key"),
            "garbage": ((cert, str(folder / "garbage")), "garbage", "no certificate in PEM"),
            "garbage key": ((cert, good, key, str(folder / "garbage")), "garbage", "no private key"),
            "damaged": ((cert, str(folder / "damaged.pem")), "damaged.pem", "damaged"),
            "locked": ((cert, good, key, str(folder / "locked.key")), "locked.key", "encrypted"),
            "folder": ((cert, str(folder)), folder.name, "cannot read")}


@pytest.mark.parametrize("wrong", ["expired", "wrong pair", "missing", "missing key", "no key", "garbage",
                                   "garbage key", "damaged", "locked", "folder"])
def test_what_cannot_be_used_is_named_before_the_port_opens(bad, wrong):
    options, file, reason = bad[wrong]
    status, said = start(*options)
    assert status == 2 and said.count("\n") == 1, said
    assert file in said and reason in said


@pytest.mark.parametrize("options, named", [
    (["--tls-key", "x"], "--tls-cert"), (["--tls-cert", "x", "--tls-cert", "y", "--tls-key", "z"], "--tls-key"),
    (["--listen", "https://127.0.0.1:0"], "--tls-self-signed"),
    (["--listen", "http://127.0.0.1:0", "--tls-self-signed"], "--tls-self-signed")])
def test_options_that_do_not_go_together(options, named):
    argv = [program("sse-serve"), *options]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 and named in done.stderr and done.stderr.count("\n") == 1, done.stderr


def replace(authority, new, used):
    """As an operator or a tool renews a certificate."""
    for kind in ("pem", "key"):
        shutil.copy(authority.folder / f"{new}.{kind}", authority.folder / f"{used}.{kind}")


def hang_up(server, text):
    before = len(server.log)
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: any(text in line for line in server.log[before:]), f"'{text}' in the log")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_new_certificate_goes_to_new_clients_and_streams_notice_nothing(authority, workers):
    name = f"used{workers}"
    for certificate in (name, "renewed", "unrelated"):
        authority.issue(certificate, "localhost")
    with tls_serve(authority, "--workers", workers, "--history", "10", certificate=name) as server:
        old = der(authority, name)
        context = authority.context()
        streams = [Stream(server, "/news", tls=authority.context()).read_head() for _ in range(4)]
        streams += [authority.curl(server, "/news", option) for option in ("--http1.1", "--http2")]
        server.wait_streams("news", len(streams))
        ids = []

        def publish():
            ids.append(server.publish("news", str(len(ids)))["ids"][0])

        assert shown(server, context, "localhost") == old
        shutil.copy(authority.folder / "unrelated.key", authority.folder / f"{name}.key")
        publish()
        hang_up(server, "the old certificates stay")
        assert any(f"{name}.key" in line and "does not belong" in line for line in server.log)
        publish()
        assert shown(server, context, "localhost") == old
        for _ in range(5):
            replace(authority, "renewed", name)
            hang_up(server, "certificates read again")
            publish()
        assert shown(server, context, "localhost") == der(authority, "renewed")
        publish()
        for stream in streams:
            stream.read_until(f"data: {len(ids) - 1}\n\n".encode())
            assert [e["id"] for e in events(stream.bytes)] == ids
        for curl in streams[4:]:
            curl.stop()
        assert server.stop() == -signal.SIGTERM


def test_who_stopped_a_server_can_hurry_it_with_a_hangup(authority):
    with tls_serve(authority, "--drain", "1h") as server:
        stream = Stream(server, "/news", tls=authority.context(), receive_buffer=4096).read_head()
        server.wait_streams("news", 1)
        for _ in range(5):
            server.publish("news", "x" * 900_000)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not server.takes_connections(), "the port to close")
        assert server.stop(signal.SIGHUP) == -signal.SIGHUP
        stream.close()


def fingerprints(server):
    return re.findall(r"SHA-256 (\S+)", "\n".join(server.log))


def trusting(server, file, name="localhost"):
    port = server.tls_port
    argv = ["curl", "-sSf", "--cacert", file, "--resolve", f"{name}:{port}:127.0.0.1", f"https://{name}:{port}/-/healthz"]
    return subprocess.run(argv, capture_output=True, timeout=DEADLINE_S).returncode


def test_a_certificate_for_development_is_kept_and_can_be_trusted(tmp_path):
    env, file = {"XDG_STATE_HOME": str(tmp_path)}, str(tmp_path / "sse-serve" / "localhost.pem")
    kept = None
    for host, names in (((), ["localhost", "127.0.0.1"]), ((), ["localhost"]),
                        (("--host", "events1.test"), ["events1.test"]), ((), ["events1.test"]),
                        (("--host", "events2.test"), ["events1.test", "events2.test", "localhost"])):
        with serve(*host, tls=["--tls-self-signed"], env=env) as server:
            seen, = fingerprints(server)
            assert any(f"curl --cacert {file}" in line for line in server.log)
            assert [trusting(server, file, name) for name in names] == [0] * len(names), server.log
            assert trusting(server, file, "stranger.test") == 60
            assert trusting(server, "/etc/ssl/certs/ca-certificates.crt") == 60
            is_new = host != () or kept is None
            assert (seen != kept) == is_new
            kept = seen
