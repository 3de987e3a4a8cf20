"""Starts a real nginx or HAProxy in front of servers, on a free port."""

import contextlib
import os
import re
import shutil
import socket
import subprocess

from harness import Server, program, wait_for
from redis_support import quiet_port

# Debian keeps both where only root's PATH looks.
SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def printed(proxy, server, *options, port=None, env=None):
    """What sse-serve prints for a proxy in front of a running server."""
    argv = [program("sse-serve"), "--listen", f"127.0.0.1:{port or server.port}", *options,
            "--print-proxy-config", proxy]
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30,
                          env={**os.environ, **(env or {})}).stdout


class Proxy:
    """A running proxy; looks like a Server to harness.Stream. `tls_port` may be set to a second one."""

    publish, get, takes_connections = Server.publish, Server.get, Server.takes_connections

    def __init__(self, argv, port, log):
        self.port, self.url, self.log = port, f"http://127.0.0.1:{port}", log
        self.tls_port = None
        with open(log, "w") as output:
            self.process = subprocess.Popen(argv, stdout=output, stderr=output)

    def _listens(self):
        assert self.process.poll() is None, self.log.read_text()
        return self.takes_connections()

    def __enter__(self):
        wait_for(self._listens, f"{self.process.args[0]} to listen")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


NGINX = """
{user}
{main}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def nginx(folder, site, main=""):
    """nginx with this text in its http block, in which "listen 80", whatever follows, becomes a free
    port; `main` is outside of all blocks."""
    port = quiet_port()
    site = re.sub(r"\blisten 80\b", f"listen 127.0.0.1:{port}", site)
    assert str(port) in site
    (folder / "site.conf").write_text(site)
    # Its workers must reach the folder, which is that of who runs the tests.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user, main=main))
    argv = [shutil.which("nginx", path=SEARCH), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return Proxy(argv, port, folder / "nginx.log")


def haproxy(folder, config):
    """HAProxy with this configuration, in which "bind :80" becomes a free port."""
    port = quiet_port()
    config = config.replace("bind :80\n", f"bind 127.0.0.1:{port}\n")
    assert str(port) in config
    (folder / "haproxy.cfg").write_text(config)
    argv = [shutil.which("haproxy", path=SEARCH), "-db", "-f", str(folder / "haproxy.cfg")]
    return Proxy(argv, port, folder / "haproxy.log")
