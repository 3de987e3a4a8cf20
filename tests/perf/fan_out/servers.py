"""The servers that are compared, started anew for every measurement."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple


class Programs(NamedTuple):
    """The built programs, and where they run."""

    folder: str
    pinned: bool  # the servers on the first CPU, all clients on the second

    def path(self, name):
        return os.path.join(self.folder, name)

    def on_server_cpu(self):
        return _pin(0) if self.pinned else None

    def on_client_cpu(self):
        return _pin(1) if self.pinned else None

    def bare(self, *options):
        return [self.path("bare_server"), *options]

    def serve(self, *options):
        return [self.path("sse-serve"), "--listen", "127.0.0.1:0", "--workers", "1", *options]

    def bare_has_uring(self):
        """Whether this build and this machine have io_uring."""
        with contextlib.suppress(ServerFailed), running(self, self.bare("--uring")):
            return True
        return False

    def serve_has(self, option):
        shown = subprocess.run([self.path("sse-serve"), "--help"], capture_output=True, text=True,
                               check=True)
        return re.search(rf"^ +{option}\b", shown.stdout, re.MULTILINE) is not None


class ServerFailed(Exception):
    pass


class Server(NamedTuple):
    pid: int
    url: str
    port: int


@contextlib.contextmanager
def running(programs, command):
    with tempfile.TemporaryDirectory() as state:  # for a certificate
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "XDG_STATE_HOME": state},
                                   preexec_fn=programs.on_server_cpu())
        try:
            url = _address(process, command)
            yield Server(process.pid, url, int(url.rsplit(":", 1)[1]))
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


def _pin(cpu):
    cpus = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cpus[cpu % len(cpus)]})


def _address(process, command):
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"listening on (\S+)", line):
            return found.group(1)
    raise ServerFailed(f"{' '.join(command)} did not start: {''.join(said).strip()}")


def build(root, *targets):
    """The programs of a clean checkout: configures and builds what is missing or out of date."""
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", "--preset", "release", "--target", *targets]):
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\n{' '.join(command)} failed")
    return str(root / "build/release/bin")
