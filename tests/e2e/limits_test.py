"""A process that has no descriptors left."""

import http.client
import resource

from harness import DEADLINE_S, Stream, metric_in, serve, wait_for


class KeptConnection:
    """Asks over one connection, for when the server can accept no other."""

    def __init__(self, server):
        self.http = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
        self.get("/-/healthz")

    def get(self, path):
        return self._ask("GET", path)

    def publish(self, channel, data):
        return self._ask("POST", f"/{channel}", data)

    def accept_pauses(self):
        return metric_in(self.get("/-/metrics"), "sse_accept_pauses_total")

    def _ask(self, method, path, body=None):
        self.http.request(method, path, body)
        answer = self.http.getresponse()
        assert answer.status == 200
        return answer.read().decode()


def test_without_descriptors_open_streams_go_on_and_new_ones_wait_for_some():
    with serve("--workers", "1") as server:
        stream, kept = Stream(server, "/news").read_head(), KeptConnection(server)
        assert kept.accept_pauses() == 0
        enough = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (0, enough[1]))
        waiting = Stream(server, "/news")
        # More than once: it does try again.
        for pauses in 1, 2:
            wait_for(lambda: kept.accept_pauses() >= pauses, f"pause number {pauses}")
            kept.publish("news", f"during pause {pauses}")
            stream.read_until(f"data: during pause {pauses}\n\n".encode())
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, enough)
        assert waiting.read_head().status == 200
        kept.publish("news", "to both")
        for each in stream, waiting:
            each.read_until(b"data: to both\n\n")
        pauses = kept.accept_pauses()
        assert Stream(server, "/news").read_head().status == 200
        assert kept.accept_pauses() == pauses
