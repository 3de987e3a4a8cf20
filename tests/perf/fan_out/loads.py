"""What is done to a server while it is measured. A load is called with the programs, the running
server and the duration, and returns the result of sse-bench, with its own findings added."""

import contextlib
import http.client
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

from . import kernel

CLIENTS = pathlib.Path(__file__).with_name("clients.py")
SAMPLE_S = 1.0
HISTORY_EVENTS = 1000
HISTORY_EVENT_BYTES = 10_000


class Bench:
    """sse-bench with these options."""

    def __init__(self, *options, duration="5s"):
        self.options, self.duration = options, duration

    def __call__(self, programs, server, duration=None):
        command = [programs.path("sse-bench"), *self.options, "-d", duration or self.duration,
                   "--server-pid", str(server.pid), "-o", "json", server.url + "/bench"]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False,
                             preexec_fn=programs.on_client_cpu())
        if not run.stdout:
            sys.exit(f"fanout: {' '.join(command)} failed with status {run.returncode}")
        return json.loads(run.stdout)


class Replay:
    """A bench while clients replay the whole history of another channel, again and again."""

    def __init__(self, bench, clients):
        self.bench, self.clients = bench, clients

    def __call__(self, programs, server, duration=None):
        _fill_history(server, "/history")
        size = HISTORY_EVENTS * HISTORY_EVENT_BYTES
        with _clients(programs, "replay", server.url + "/history?since=earliest", self.clients,
                      size) as report:
            result = self.bench(programs, server, duration)
        return {**result, "replay": report}


class Stalled:
    """A bench beside clients that never read, with the memory sampled meanwhile."""

    def __init__(self, bench, clients):
        self.bench, self.clients = bench, clients

    def __call__(self, programs, server, duration=None):
        with _clients(programs, "stall", server.url + "/bench", self.clients):
            sampler = _MemorySampler(server)
            try:
                result = self.bench(programs, server, duration)
            finally:
                sampler.stop()
            return {**result, "stalled": sampler.summary(self.clients)}


class _MemorySampler:
    """The growth of a server's memory since the sampler was made."""

    def __init__(self, server):
        self.server = server
        self.first = self._sample()
        self.growth = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def summary(self, streams):
        peak = {name: max(sample[name] for sample in self.growth) for name in self.first}
        return {"user_bytes": peak["user"],
                "user_bytes_beyond_log": max(s["user"] - s["log"] for s in self.growth),
                "kernel_bytes_per_stream": peak["kernel"] / streams,
                "kernel_bytes_per_stream_both_ends": peak["both_ends"] / streams,
                "left": self._channel()["streams"]}

    def _run(self):
        while not self.stopped.wait(SAMPLE_S):
            now = self._sample()
            self.growth.append({name: now[name] - self.first[name] for name in now})

    def _sample(self):
        return {"user": kernel.pss_bytes(self.server.pid),
                "log": self._channel()["memory_bytes"],
                "kernel": kernel.buffer_bytes(self.server.port),
                "both_ends": kernel.tcp_bytes()}

    def _channel(self):
        with urllib.request.urlopen(self.server.url + "/-/channels") as answer:
            channels = {c["name"]: c for c in json.load(answer)["channels"]}
        return channels.get("bench", {"memory_bytes": 0, "streams": 0})


def _fill_history(server, path):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(HISTORY_EVENTS):
        connection.request("POST", path, body="x" * HISTORY_EVENT_BYTES)
        connection.getresponse().read()
    connection.close()


@contextlib.contextmanager
def _clients(programs, *arguments):
    """Runs clients.py; the report fills when the context ends."""
    process = subprocess.Popen([sys.executable, CLIENTS, *map(str, arguments)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               preexec_fn=programs.on_client_cpu())
    report = {}
    try:
        if process.stdout.readline() != "ready\n":
            sys.exit(f"fanout: {CLIENTS.name} {arguments[0]} failed")
        yield report
        report.update(json.loads(process.communicate("stop\n")[0]))
    finally:
        process.kill()
        process.wait()
