"""Servers that are wrong in a known way, and what sse-bench must count of each."""

from bench_server import Behaviour
from bench_support import EVENTS, STREAMS


class LosesOne(Behaviour):
    def send(self, server, stream, number, payload):
        if (stream, number) != (2, 10):
            super().send(server, stream, number, payload)


class LosesTheLast(Behaviour):
    def send(self, server, stream, number, payload):
        if number < EVENTS - 1:
            super().send(server, stream, number, payload)


class Duplicates(Behaviour):
    def send(self, server, stream, number, payload):
        super().send(server, stream, number, payload)
        if number == 10:
            super().send(server, stream, number, payload)


class Reorders(Behaviour):
    def send(self, server, stream, number, payload):
        if number == 10:
            self.held = payload
        else:
            super().send(server, stream, number, payload)
        if number == 11:
            super().send(server, stream, number, self.held)


class Corrupts(Behaviour):
    def send(self, server, stream, number, payload):
        if (stream, number) == (3, 10):
            payload = payload[:70] + b"#" + payload[71:]
        super().send(server, stream, number, payload)


class EndsOne(Behaviour):
    def send(self, server, stream, number, payload):
        if (stream, number) == (1, 10):
            server.close(stream)
        else:
            super().send(server, stream, number, payload)


class AddsOthers(Behaviour):
    def send(self, server, stream, number, payload):
        super().send(server, stream, number, payload)
        if number == 10:
            super().send(server, stream, number, b"hello")


FAULTS = [
    (LosesOne, {"lost": 1, "delivered": EVENTS * STREAMS - 1}),
    (LosesTheLast, {"pending": STREAMS, "delivered": (EVENTS - 1) * STREAMS}),
    (Duplicates, {"duplicate": STREAMS}),
    (Reorders, {"reordered": STREAMS}),
    (Corrupts, {"corrupt": 1, "lost": 1, "delivered": EVENTS * STREAMS - 1}),
    (AddsOthers, {"foreign": STREAMS}),
]
