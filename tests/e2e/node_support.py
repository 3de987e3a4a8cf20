"""Servers that run on node, from npm: tests/e2e/npm names them."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess

from harness import wait_for
from redis_support import quiet_port

SOURCE = pathlib.Path(__file__).parent / "npm"
INSTALLED = pathlib.Path(os.environ["SSE_BUILD_DIR"]).resolve() / "npm"


def install():
    """Installs what the lock file names, unless that is there, into the build folder."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    stamp = INSTALLED / "installed"
    INSTALLED.mkdir(exist_ok=True)
    for path in SOURCE.iterdir():
        shutil.copy(path, INSTALLED)
    if not stamp.exists() or stamp.read_bytes() != lock:
        stamp.unlink(missing_ok=True)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=INSTALLED,
                       check=True, capture_output=True, text=True)
        stamp.write_bytes(lock)


@contextlib.contextmanager
def node(script, *arguments, log, ready, **environment):
    """node with a script of INSTALLED; what it prints goes to the file `log` until ready(text)."""
    with open(log, "w") as output:
        process = subprocess.Popen(["node", script, *arguments], cwd=INSTALLED, stdout=output,
                                   stderr=output, env={**os.environ, **environment})
    try:
        yield wait_for(lambda: ready(log.read_text()) or _alive(process, log), f"{script} to listen")
    finally:
        process.kill()
        process.wait()


def _alive(process, log):
    assert process.poll() is None, log.read_text()


def port_in(text):
    found = re.fullmatch(r"(\d+)\n", text)
    return found and found[1]


@contextlib.contextmanager
def better_sse(folder):
    """The URL of the server in better_sse.js."""
    with node("better_sse.js", log=folder / "log", ready=port_in) as port:
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def mcp_everything(folder):
    """The URL of the MCP reference server over streamable HTTP."""
    port = quiet_port()
    script = "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    with node(script, "streamableHttp", log=folder / "log", PORT=str(port),
              ready=lambda text: "listening on port" in text):
        yield f"http://127.0.0.1:{port}/mcp"
