"""Publishers that keep count of what was accepted, and the proof that it arrived."""

import http.client
import json
import threading
import time

from harness import DEADLINE_S


class Publisher(threading.Thread):
    """Publishes `NAME:0`, `NAME:1` … at a steady rate, one after the other, through whichever node
    answers. No number is tried twice: it was accepted, or nobody can tell."""

    def __init__(self, name, nodes, channel, rate, seconds):
        super().__init__(daemon=True)
        self.name = name
        self.count = round(rate * seconds)
        self.accepted = []
        self.refused = []  # answered with an error, or nobody was there
        self.unknown = []  # the connection ended before an answer came
        self._nodes = list(nodes)
        self._channel = channel
        self._rate = rate
        self._connection = None

    def run(self):
        start = time.monotonic()
        for number in range(self.count):
            time.sleep(max(0, start + number / self._rate - time.monotonic()))
            self._publish(number).append(f"{self.name}:{number}")

    def _publish(self, number):
        """The list the number belongs to."""
        sent = False
        try:
            connection = self._connect()
            sent = True
            connection.request("POST", f"/{self._channel}", f"{self.name}:{number}")
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self._next_node()
            return self.unknown if sent else self.refused
        if answer.status != 200:
            self._next_node()
            return self.refused
        json.loads(body)
        return self.accepted

    def _connect(self):
        if not self._connection:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._nodes[0].port,
                                                          timeout=DEADLINE_S)
        if not self._connection.sock:
            self._connection.connect()
        return self._connection

    def _next_node(self):
        self._connection.close()
        self._connection = None
        self._nodes.append(self._nodes.pop(0))


def start_publishers(nodes, channel, rate, seconds, count=4):
    """`count` publishers that together publish `rate` events a second, each to a node of its own
    as far as there are enough."""
    started = []
    for i in range(count):
        turn = i % len(nodes)
        started.append(Publisher(f"{channel}-{i}", nodes[turn:] + nodes[:turn], channel, rate / count, seconds))
        started[-1].start()
    return started


def wait_publishers(publishers):
    """Waits for the last of them, and returns the last event each got accepted."""
    for publisher in publishers:
        publisher.join(publisher.count / publisher._rate + 4 * DEADLINE_S)
        assert not publisher.is_alive(), f"{publisher.name} hangs"
    return [publisher.accepted[-1] for publisher in publishers]


def accepted_by(publishers):
    return [text for publisher in publishers for text in publisher.accepted]


class LogAudit:
    """What is wrong with a Log, given what was accepted."""

    def __init__(self, log, publishers):
        self.places = {}
        self.doubled = 0
        for index, text in enumerate(log.data):
            self.doubled += text in self.places
            self.places.setdefault(text, index)
        self.reordered = 0
        # (first offset, last offset or None, events): they belong somewhere between, or at the end
        self.missing = []
        for publisher in publishers:
            self._follow(publisher, log)

    def _follow(self, publisher, log):
        """Compares one publisher's accepted events, which have an order, with the log."""
        before, missing = None, 0
        for text in publisher.accepted:
            place = self.places.get(text)
            if place is None:
                missing += before is not None  # else: before this log began
                continue
            self.reordered += before is not None and place < before
            if missing:
                self.missing.append((log.ends[before], log.ends[place - 1], missing))
            before, missing = place, 0
        if missing:
            self.missing.append((log.ends[before], None, missing))


class Audit:
    """Every stream's story against what was accepted."""

    def __init__(self, crowd, publishers):
        self.accepted = set(accepted_by(publishers))
        self.logs = {id(log): LogAudit(log, publishers) for log in crowd.logs.values()}
        self.doubled = sum(log.doubled for log in self.logs.values())
        self.reordered = sum(log.reordered for log in self.logs.values())
        self.faults = [fault for member in crowd.members for fault in member.faults]
        self.gaps = sum(len(member.gaps) for member in crowd.members)
        self.reconnects = sum(member.connects - 1 for member in crowd.members)
        self.delivered = self.lost = self.lost_silently = self.repeated = 0
        self._known = {}
        for member in crowd.members:
            self._add(member)

    def _add(self, member):
        story = (tuple((id(log), first, last) for log, first, last in member.spans),
                 tuple((id(log), offset) for log, offset, _ in member.gaps))
        if story not in self._known:  # streams of one node have few different ones
            self._known[story] = self._judge(member)
        delivered, lost, silently, repeated = self._known[story]
        self.delivered += delivered
        self.lost += lost
        self.lost_silently += silently
        self.repeated += repeated

    def _judge(self, member):
        got = [text for log, first, last in member.spans
               for text in log.data[log.count(first):log.count(last)]]
        lost = len(self.accepted.difference(got))
        silently = lost if not member.gaps else sum(
            events for span in member.spans for events in self._untold(member, span))
        return len(got), lost, silently, len(got) - len(set(got))

    def _untold(self, member, span):
        """Events missing inside a span, whose stream had no gap event where they belong."""
        log, first, last = span
        told = [offset for gap_log, offset, _ in member.gaps if gap_log is log and offset is not None]
        for low, high, events in self.logs[id(log)].missing:
            if high is None:  # whoever left this log needed a gap event elsewhere
                inside, high = first < low and span is member.spans[-1], last
            else:
                inside = first < low and high <= last
            if inside and not any(low <= offset <= high for offset in told):
                yield events
