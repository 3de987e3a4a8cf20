"""Who of many streams gets an event first, and who last."""

import socket

import pytest

from crowd import Crowd
from harness import data_marker, serve

STREAMS = 4000
GROUPS = 8
LAST_DATA_RECV = slice(52, 56)  # tcpi_last_data_recv of struct tcp_info, in milliseconds


def ages_ms(crowd):
    """How long ago each stream got its last bytes, as the kernel knows."""
    ages = {}
    for key in crowd.selector.get_map().values():
        info = key.fileobj.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        ages[key.data] = int.from_bytes(info[LAST_DATA_RECV], "little")
    return [ages[i] for i in range(len(ages))]


def last_group(ages):
    """Which of the groups, neighbours by the time they subscribed, got the event last."""
    size = len(ages) // GROUPS
    return min(range(GROUPS), key=lambda group: sum(ages[group * size:(group + 1) * size]))


@pytest.mark.parametrize("io", ["send", "auto"])
def test_nobody_is_always_last(io):
    with serve("--workers", "1", "--io", io) as server:
        crowd = Crowd(server, ["/news"] * STREAMS)
        server.wait_streams("news", STREAMS)
        last = set()
        for n in range(20):
            server.publish("news", data_marker(n))
            crowd.read_until(data_marker(n).encode() + b"\n\n")
            last.add(last_group(ages_ms(crowd)))
        assert len(last) >= GROUPS / 2
        crowd.close()
