"""TLS and HTTP/2 before and behind a real nginx and a real HAProxy."""

import pytest

from harness import Stream, data_marker, events, serve
from proxy_support import haproxy, nginx, printed
from redis_support import quiet_port
from tls_support import tls_serve

PROXIES = {"nginx": nginx, "haproxy": haproxy}
MANY = 50  # streams of one client
SILENT = ("--heartbeat", "0")  # so that nothing but the proxy tells that a client has left


def site(text, authority, port):
    """What is printed, with the lines for TLS and HTTP/2 in front as an operator completes them."""
    cert, key = (authority.folder / "localhost.pem").read_text(), (authority.folder / "localhost.key").read_text()
    (authority.folder / "site.pem").write_text(cert + key)
    lines = []
    for line in text.splitlines():
        bare = line.replace("# ", "", 1)
        in_use = any(bare.strip().startswith(word) for word in ("listen 443", "ssl_cert", "bind :443"))
        lines.append(bare if in_use else line)
    out = "\n".join(lines) + "\n"
    for before, after in (("listen 443 ", f"listen 127.0.0.1:{port} "), ("bind :443 ", f"bind 127.0.0.1:{port} "),
                          ("/etc/nginx/site.key", str(authority.folder / "localhost.key")),
                          ("/etc/nginx/site.pem", str(authority.folder / "site.pem")),
                          ("/etc/haproxy/site.pem", str(authority.folder / "site.pem"))):
        out = out.replace(before, after)
    assert out.count(str(port)) == 1, out
    return out


@pytest.mark.parametrize("proxy", PROXIES)
def test_http2_in_front_carries_many_streams(authority, proxy, tmp_path):
    authority.issue("localhost", "localhost")
    with serve() as server:
        port = quiet_port()
        with PROXIES[proxy](tmp_path, site(printed(proxy, server), authority, port)) as front:
            front.tls_port = port
            urls = [f"https://localhost:{port}/news?n={n}" for n in range(1, MANY)]
            curl = authority.curl(front, "/news", "--http2", "--parallel", "--parallel-max", str(MANY), *urls,
                                  "--resolve", f"localhost:{port}:127.0.0.1")
            server.wait_streams("news", MANY)
            for number in range(3):
                server.publish("news", data_marker(number))
                curl.read_until(f"data: {data_marker(number)}\n".encode(), count=MANY)
            posted = authority.curl(front, "/news", "--http2", "-d", "from far", "-w", " %{http_version}")
            assert posted.end() == (0, "") and posted.bytes.decode().split()[-1] == "2", posted.bytes
            curl.read_until(b"data: from far\n", count=MANY)
            curl.stop()


def check_stream(server, proxy):
    """Each event comes at once, whatever its size, publications get through, and who leaves is gone."""
    stream = Stream(proxy, "/news", tls=False).read_head()
    assert stream.status == 200
    ids = [server.publish("news", data_marker(0))["ids"][0]]
    stream.read_until(f"data: {data_marker(0)}\n".encode())
    for size in (10, 100_000, 1):
        ids += proxy.publish("news", "x" * size)["ids"]
        stream.read_until(f"id: {ids[-1]}\n".encode())
    server.publish("news", "last")
    stream.read_until(b"data: last\n\n")
    stream.close()
    server.wait_streams("news", 0)


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_printed_configuration_works_where_the_server_speaks_tls(proxy, tmp_path):
    env = {"XDG_STATE_HOME": str(tmp_path)}
    options = ["--tls-self-signed", "--host", "events.test"]
    with serve(*SILENT, *options[1:], tls=options[:1], env=env) as server:
        text = printed(proxy, server, *options, port=server.tls_port, env=env)
        assert "events.test" in text
        with PROXIES[proxy](tmp_path, text) as front:
            check_stream(server, front)


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_server_that_is_not_the_one_is_not_trusted(authority, proxy, tmp_path):
    env = {"XDG_STATE_HOME": str(tmp_path)}
    with serve(tls=["--tls-self-signed"], env=env), tls_serve(authority) as other:
        text = printed(proxy, other, "--tls-self-signed", port=other.tls_port, env=env)
        with PROXIES[proxy](tmp_path, text) as front:
            stream = Stream(front, "/news", tls=False).read_head()
            assert stream.status in (502, 503)


@pytest.mark.parametrize("way", ["proto h2", "ssl verify none alpn h2"])
def test_haproxy_may_speak_http2_to_the_server(authority, way, tmp_path):
    with tls_serve(authority, *SILENT) as server:
        port = server.tls_port if "ssl" in way else server.port
        text = printed("haproxy", server, port=port).replace(f":{port}\n", f":{port} {way}\n")
        assert way in text
        with haproxy(tmp_path, text) as front:
            streams = [Stream(front, "/many", tls=False).read_head() for _ in range(MANY)]
            server.wait_streams("many", MANY)
            assert 0 < server.metric("sse_http2_connections") <= MANY
            ids = [server.publish("many", data_marker(n))["ids"][0] for n in range(20)]
            for stream in streams:
                stream.read_until(f"data: {data_marker(19)}\n\n".encode())
                assert [e["id"] for e in events(stream.bytes)] == ids
            check_stream(server, front)
