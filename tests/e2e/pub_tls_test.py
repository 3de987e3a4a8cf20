"""sse-pub over TLS, through a real nginx."""

import pytest

from harness import Stream, serve
from proxy_support import nginx
from pub_tools import run_pub
from tail_support import self_signed

SITE = """
server {{
    listen 80 ssl{http2};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    location / {{ proxy_pass http://127.0.0.1:{port}; }}
}}
"""


@pytest.mark.parametrize("http2", ["", " http2"], ids=["http1", "http2"])
def test_certificates_are_verified(http2, tmp_path):
    certificate, key = self_signed(tmp_path)
    stranger, _ = self_signed(tmp_path, "stranger")
    with serve() as server:
        site = SITE.format(http2=http2, certificate=certificate, key=key, port=server.port)
        with nginx(tmp_path, site) as front:
            stream = Stream(server, "/news").read_head()
            to = ("--url", f"https://localhost:{front.port}", "news")
            for options in ((), ("--cacert", stranger)):
                refused = run_pub(*to, "lost", *options)
                assert refused.returncode == 3 and b"certificate" in refused.stderr
            for number, options in enumerate([("-k",), ("--cacert", certificate)]):
                done = run_pub(*to, str(number), *options)
                assert done.returncode == 0, done.stderr
                stream.read_until(f"data: {number}\n".encode())
            assert b"lost" not in stream.bytes
            lines = b"".join(b"line %d\n" % n for n in range(100))
            assert run_pub(*to, "-l", "-k", stdin=lines).returncode == 0
            stream.read_until(b"data: line 99\n")
