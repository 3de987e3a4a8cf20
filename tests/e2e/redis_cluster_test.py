"""A Redis Cluster: whichever member a node or a publisher is told of, there is one hub."""

import contextlib
import json
import subprocess

import pytest

from harness import DEADLINE_S, events, wait_for
from pub_tools import run_pub, start_pub
from redis_support import RedisError, RedisServer, data, gaps, nodes_running, quiet_port

MEMBERS = 3  # the fewest masters a cluster has
HISTORY = ("--redis-history", "100")


class Cluster:
    def __init__(self, members):
        self.members = members
        self.urls = [member.url for member in members]

    def join(self):
        addresses = [f"127.0.0.1:{member.port}" for member in self.members]
        subprocess.run(["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"], check=True,
                       stdout=subprocess.DEVNULL, timeout=DEADLINE_S)
        for member in self.members:
            wait_for(lambda: "cluster_state:ok" in member.command("CLUSTER", "INFO"),
                     "the cluster to be complete")

    def keys_of(self, member):
        """The keys of the hub, if the member has their slot."""
        slot = member.command("CLUSTER", "KEYSLOT", "{sse}")
        return member.command("CLUSTER", "GETKEYSINSLOT", slot, 1000)

    def owner(self):
        """The member whose slot the hub is in."""
        return next(m for m in self.members
                    if not isinstance(m.command("EXISTS", "{sse}:meta"), RedisError))

    def move_hub(self, source, target):
        """Gives the hub's slot, with all keys, to another member."""
        slot = source.command("CLUSTER", "KEYSLOT", "{sse}")
        source_id, target_id = (m.command("CLUSTER", "MYID") for m in (source, target))
        assert target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source_id) == "OK"
        assert source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target_id) == "OK"
        while keys := self.keys_of(source):
            source.command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for member in (target, source, *self.members):
            assert member.command("CLUSTER", "SETSLOT", slot, "NODE", target_id) == "OK"


@contextlib.contextmanager
def cluster_running():
    with contextlib.ExitStack() as stack:
        members = []
        for _ in range(MEMBERS):
            members.append(RedisServer("--cluster-enabled", "yes", "--cluster-port",
                                       str(quiet_port()), "--cluster-node-timeout", "5000"))
            stack.callback(members[-1].close)
        cluster = Cluster(members)
        cluster.join()
        yield cluster


@pytest.fixture(scope="module")
def cluster():
    with cluster_running() as running:
        yield running


def confirmed(url, channel, *args, stdin=b""):
    """Publishes into the history; the ids."""
    done = run_pub("--redis", url, "--redis-history", channel, "--confirm", *args, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return [json.loads(line)["id"] for line in done.stdout.splitlines()]


def ids_and_data(stream):
    return [(e["id"], e["data"]) for e in events(stream.bytes) if "data" in e]


def test_sse_pub_writes_one_history_whichever_member_it_is_told_of(cluster):
    ids = []
    for url in cluster.urls:
        ids += confirmed(url, "one", "-l", stdin=b"a\nb\n")
    epoch, first = ids[0].rsplit("-", 1)
    assert ids == [f"{epoch}-{int(first) + i}" for i in range(2 * MEMBERS)]


def test_nodes_at_different_members_share_a_history(cluster):
    with nodes_running(cluster.urls, MEMBERS, *HISTORY) as nodes:
        streams = [node.open("/shared") for node in nodes]
        sent = []
        for number, node in enumerate(nodes):
            sent += [(node.publish("shared", f"node {number}")["ids"][0], f"node {number}")]
        for number, url in enumerate(cluster.urls):
            sent += [(confirmed(url, "shared", f"pub {number}")[0], f"pub {number}")]
        for stream in streams:
            stream.read_until(f"data: pub {MEMBERS - 1}\n\n".encode())
            assert ids_and_data(stream) == sent
        resumed = [node.open_unprimed("/shared", sent[0][0]) for node in nodes]
        for stream in resumed:
            stream.read_until(f"data: pub {MEMBERS - 1}\n\n".encode())
            assert ids_and_data(stream) == sent[1:]


def test_plain_messages_reach_the_nodes_at_every_member(cluster):
    with nodes_running(cluster.urls, MEMBERS) as nodes:
        streams = [node.open("/plain") for node in nodes]
        for number, node in enumerate(nodes):
            node.publish("plain", f"node {number}")
        for number, url in enumerate(cluster.urls):
            assert run_pub("--redis", url, "plain", f"pub {number}").returncode == 0
        expected = {f"{who} {number}" for number in range(MEMBERS) for who in ("node", "pub")}
        for stream in streams:
            for text in expected:
                stream.read_until(f"data: {text}\n\n".encode())
            # From different members they may come in any order, but each once.
            assert (set(data(stream)), len(data(stream))) == (expected, len(expected))


@pytest.mark.parametrize("mode", [(), HISTORY], ids=["plain", "history"])
def test_the_streams_of_nodes_at_every_member_are_counted(cluster, mode):
    history = ["--redis-history"] if mode else []
    with nodes_running(cluster.urls, MEMBERS, *mode) as nodes:
        streams = [node.open("/count") for node in nodes]
        for url in cluster.urls:
            done = run_pub("--redis", url, *history, "count", "x", "-v", "--require-receivers",
                           str(MEMBERS), "--receivers-timeout", "30s")
            assert done.returncode == 0, done.stderr
            assert b"channel count has 3 streams (3 nodes answered)" in done.stderr
            done = run_pub("--redis", url, *history, "count", "x", "--require-receivers",
                           str(MEMBERS + 1), "--receivers-timeout", "300ms")
            assert done.returncode == 6 and b"too few receivers" in done.stderr
        for stream in streams:
            stream.close()


def test_the_keys_move_while_publishers_and_nodes_are_at_work():
    with cluster_running() as cluster:
        source = cluster.owner()
        others = [member for member in cluster.members if member is not source]
        with nodes_running(cluster.urls, MEMBERS, *HISTORY) as nodes:
            streams = [node.open("/moving") for node in nodes]
            process = start_pub("--redis", others[0].url, "--redis-history", "moving", "-l",
                                "--confirm", "--retry-time", "30s")
            ids = []
            for round_number, target in enumerate([*others, source]):
                process.stdin.write(b"%d\n" % round_number)
                process.stdin.flush()
                ids.append(json.loads(process.stdout.readline())["id"])
                cluster.move_hub(cluster.owner(), target)
            out, err = process.communicate(b"end\n", timeout=DEADLINE_S)
            assert (process.returncode, err) == (0, b"")
            ids.append(json.loads(out)["id"])
            epoch = ids[0].rsplit("-", 1)[0]
            assert ids == [f"{epoch}-{number + 1}" for number in range(4)]
            for stream in streams:
                stream.read_until(b"data: end\n\n")
                assert ids_and_data(stream) == list(zip(ids, ["0", "1", "2", "end"]))
                assert gaps(stream) == []
