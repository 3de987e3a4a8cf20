"""What processes and sockets use, by the kernel's own accounts."""

import os
import re
import socket
import struct
import time

SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
INET_DIAG_SKMEMINFO = 7
ALL_STATES = 0xFFFFFFFF
MESSAGE_HEAD = struct.Struct("=IHHII")
SOCKET_INFO_BYTES = 72  # struct inet_diag_msg
ATTRIBUTE_HEAD = struct.Struct("=HH")
# rmem_alloc, rcvbuf, wmem_alloc, sndbuf, fwd_alloc, wmem_queued, optmem, backlog, drops
MEMORY_INFO = struct.Struct("=9I")
CPUCLOCK_SCHED = 2  # of a whole process, exact to the nanosecond (clock_getcpuclockid(3))


def cpu_ns(pid):
    """The CPU time all threads of the process took so far."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)


def pss_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return int(re.search(r"^Pss:\s+(\d+) kB", rollup.read(), re.MULTILINE).group(1)) * 1024


def tcp_bytes():
    """The buffers of all TCP sockets of this machine, both ends of a loopback connection."""
    with open("/proc/net/sockstat", encoding="ascii") as stat:
        pages = int(re.search(r"^TCP: .* mem (\d+)", stat.read(), re.MULTILINE).group(1))
    return pages * os.sysconf("SC_PAGESIZE")


def buffer_bytes(port):
    """The buffers of the IPv4 sockets with this local port: of the server's side, not its clients'.

    Connections the server has closed, but still has data for, are among them."""
    return sum(_memory(message) for message in _dump(port))


def _dump(port):
    """One inet_diag_msg with its attributes per socket (sock_diag(7))."""
    request = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP,
                          1 << (INET_DIAG_SKMEMINFO - 1), 0, ALL_STATES)
    request += struct.pack("!HH", port, 0) + bytes(44)  # the rest of struct inet_diag_sockid
    head = MESSAGE_HEAD.pack(MESSAGE_HEAD.size + len(request), SOCK_DIAG_BY_FAMILY,
                             NLM_F_REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as netlink:  # NETLINK_SOCK_DIAG
        netlink.send(head + request)
        while True:
            for kind, body in _messages(netlink.recv(1 << 20)):
                if kind == NLMSG_DONE:
                    return
                if kind == NLMSG_ERROR:
                    raise OSError("the kernel refuses to list sockets (sock_diag)")
                yield body


def _messages(data):
    at = 0
    while at < len(data):
        length, kind, _, _, _ = MESSAGE_HEAD.unpack_from(data, at)
        yield kind, data[at + MESSAGE_HEAD.size:at + length]
        at += (length + 3) & ~3


def _memory(message):
    at = SOCKET_INFO_BYTES
    while at < len(message):
        length, kind = ATTRIBUTE_HEAD.unpack_from(message, at)
        if kind == INET_DIAG_SKMEMINFO:
            info = MEMORY_INFO.unpack_from(message, at + ATTRIBUTE_HEAD.size)
            received, reserved, queued, options = info[0], info[4], info[5], info[6]
            return received + reserved + queued + options
        at += (length + 3) & ~3
    return 0
