"""Ways to reach a Redis, and what happens when it does not let the node in."""

import json
import subprocess

import pytest

from harness import DEADLINE_S, events, program, wait_for
from pub_tools import environment, run_pub
from redis_proxy import proxy_to
from redis_support import QUICK, Node, gaps, node_running, redis_running

HISTORY = ("--redis-history", "100")


@pytest.fixture(scope="module")
def redis():
    """Asks for the password `sesame`; user alice may do all but administrate."""
    with redis_running("--requirepass", "sesame", "--user", "alice", "on", ">pw", "~*", "&*", "+@all",
                       "-@admin") as server:
        server.command = lambda *a: server.cli("-a", "sesame", "--no-auth-warning", *map(str, a)).strip()
        yield server


def serves(node, channel="news"):
    stream = node.open("/" + channel)
    node.publish(channel, "hello")
    stream.read_until(b"data: hello\n\n")
    stream.close()
    return True


@pytest.mark.parametrize("mode", [(), HISTORY], ids=["plain", "history"])
@pytest.mark.parametrize("login", [":sesame@", "default:sesame@", "alice:pw@"])
def test_a_login_in_the_url(redis, login, mode):
    with node_running(f"redis://{login}127.0.0.1:{redis.port}", *mode) as node:
        assert serves(node)


def test_a_password_from_a_file(redis, tmp_path):
    (tmp_path / "password").write_text("sesame\n")
    with node_running(redis.url, "--redis-password-file", str(tmp_path / "password")) as node:
        assert serves(node)


def test_a_password_file_that_cannot_be_read(redis):
    done = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--redis", redis.url,
                           "--redis-password-file", "/nonexistent/password"],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 or done.returncode == 1
    assert "/nonexistent/password" in done.stderr


def test_a_unix_socket(redis):
    with node_running(f"redis+unix://:sesame@{redis.socket_path}", *HISTORY) as node:
        assert serves(node)


def test_the_database_of_the_history():
    with redis_running() as redis, node_running(redis.url + "/3", *HISTORY) as node:
        assert serves(node)
        assert redis.cli("-n", "3", "EXISTS", "{sse}:meta") == "1\n"
        assert redis.cli("-n", "0", "DBSIZE") == "0\n"


@pytest.mark.parametrize("url, word", [
    ("redis://:wrong-secret@127.0.0.1:{port}", "WRONGPASS"),
    ("redis://alice:wrong-secret@127.0.0.1:{port}", "WRONGPASS"),
    ("redis://127.0.0.1:{port}", "NOAUTH"),
    ("redis://:sesame@127.0.0.1:{port}/99", "DB index"),
    ("redis://127.0.0.1:1", "refused"),
    ("redis+unix:///nonexistent/redis.sock", "/nonexistent/redis.sock"),
    ("redis://no-such-host.invalid", "no-such-host.invalid"),
])
def test_a_redis_that_cannot_be_used_is_named_and_the_node_lives(redis, url, word):
    node = Node(url.format(port=redis.port))
    try:
        node.wait_log(word)
        node.wait_away()
        assert node.status("/-/healthz") == 200
        assert node.metric("sse_redis_connected") == 0
        assert node.try_publish("news", "x")[0] == 503
        assert not any("secret" in line or "sesame" in line for line in node.log)
        assert node.process.poll() is None
    finally:
        node.stop()


def test_a_login_that_becomes_right_is_used():
    with redis_running() as redis:
        node = Node(f"redis://bob:pw@127.0.0.1:{redis.port}")
        try:
            node.wait_log("WRONGPASS")
            redis.command("ACL", "SETUSER", "bob", "on", ">pw", "~*", "&*", "+@all")
            node.wait_ready()
            assert serves(node)
        finally:
            node.stop()


def test_a_channel_the_user_may_not_use_is_named():
    with redis_running() as redis:
        redis.command("ACL", "SETUSER", "bob", "on", ">pw", "resetchannels", "&news",
                      "&{sse}:nodes", "~*", "+@all")
        with node_running(f"redis://bob:pw@127.0.0.1:{redis.port}") as node:
            status, text = node.try_publish("other", "x")
            assert status >= 400 and "NOPERM" in text
            open_before = node.open("/news")
            refused = node.open_unprimed("/other")
            assert "other" in node.wait_log("NOPERM")
            node.wait_ready()
            assert serves(node) and gaps(open_before) == []
            refused.close()


# As docs/redis.md lists them under "Rights".
SCRIPTS = {"hmget", "hset", "get", "set", "exists", "type", "del", "pexpire", "time", "xadd", "xlen",
           "xrange", "xtrim"}
HISTORY_COMMANDS = {"info", "script|load", "evalsha"} | SCRIPTS
NODE_COMMANDS = {"ping", "subscribe", "unsubscribe", "publish"}
ASKING_COMMANDS = {"subscribe", "info", "pubsub|numsub"}
NODE_CHANNELS = ["&app:*", "&{sse:app:}:nodes", "&{sse:app:}:answer:*"]
KEYS = ["~{sse:app:}:*"]


def allow(redis, user, commands, *names):
    rights = [*names, *(f"+{command}" for command in commands)]
    assert redis.command("ACL", "SETUSER", user, "on", ">pw", "resetchannels", *rights) == "OK"


def refusals(redis):
    """What users were not allowed to do, and why."""
    entries = (dict(zip(entry[::2], entry[1::2])) for entry in redis.command("ACL", "LOG"))
    return [(entry["username"], entry["reason"], entry["object"]) for entry in entries]


def used_commands(redis):
    lines = redis.command("INFO", "commandstats").splitlines()
    return {line.split(":")[0].removeprefix("cmdstat_") for line in lines if "calls=" in line}


@pytest.mark.parametrize("limits", [(), ("--redis-history", "2,64mb,1h")], ids=["plain", "history"])
def test_the_rights_that_are_documented_are_enough_and_used(limits):
    history, keys = (HISTORY_COMMANDS, KEYS) if limits else (set(), [])
    node_commands = NODE_COMMANDS | history | ({"xrevrange"} if limits else set())
    with redis_running() as redis:
        allow(redis, "node", node_commands, *NODE_CHANNELS, *keys)
        allow(redis, "pub", {"publish"} | ASKING_COMMANDS | history, "&app:news", *NODE_CHANNELS[1:],
              *keys)
        redis.command("CONFIG", "RESETSTAT")
        at, prefix = f"127.0.0.1:{redis.port}", ("--redis-prefix", "app:")
        publish = ("--redis", f"redis://pub:pw@{at}", *prefix, *limits[:1], "news", "-l",
                   "--idempotency-key", "job", "--require-receivers", "1")
        with node_running(f"redis://node:pw@{at}", *prefix, *limits, "--redis-grace", "100ms",
                          "--history", "1") as node:
            stream = node.open("/news")
            for number in range(20):
                node.publish("news", str(number))
            done = run_pub(*publish, stdin=b"a\nb\nc\n")
            assert (done.returncode, done.stderr) == (0, b"")
            stream.read_until(b"data: c\n\n")
            stream.close()
            # What is behind the node's own log is read from Redis.
            behind = node.open_unprimed("/news", events(stream.bytes)[-3]["id"])
            behind.read_until(b"data: c\n\n")
            behind.close()
            wait_for(lambda: redis.subscribers("app:news") == 0, "the node to unsubscribe")
            assert serves(node)
        assert refusals(redis) == []
        # All but DEL, which is for what an older epoch left.
        assert (node_commands | ASKING_COMMANDS) - used_commands(redis) - {"del"} == set()


@pytest.mark.parametrize("program_of_url", [
    ("sse-serve", "--listen", "127.0.0.1:0"), ("sse-pub", "news", "x")])
def test_a_user_without_a_password_is_a_usage_error(program_of_url):
    name, *args = program_of_url
    done = subprocess.run([program(name), *args, "--redis", "redis://bob@127.0.0.1:1"],
                          capture_output=True, text=True, timeout=DEADLINE_S, env=environment())
    assert done.returncode == 2 and "--redis-password-file" in done.stderr


def test_a_user_in_the_url_and_the_password_elsewhere(redis, tmp_path):
    (tmp_path / "password").write_text("pw\n")
    url = f"redis://alice@127.0.0.1:{redis.port}"
    from_file, from_environment = ["--redis-password-file", str(tmp_path / "password")], {
        "REDISCLI_AUTH": "pw"}
    with node_running(url, *from_file) as node:
        assert serves(node)
        node.wait_log(f"redis://alice:***@127.0.0.1:{redis.port}")
    with node_running(url, env=environment(**from_environment)) as node:
        assert serves(node)
    assert run_pub("--redis", url, *from_file, "news", "x").returncode == 0
    assert run_pub("--redis", url, "news", "x", env=from_environment).returncode == 0
    done = run_pub("--redis", url, "news", "x", env={"REDISCLI_AUTH": "wrong"})
    assert done.returncode == 4 and b"redis://alice:***@" in done.stderr


@pytest.mark.parametrize("url", ["redis://", "http://localhost", "redis://h:port", "redis://h:70000",
                                 "redis://h/x", "redis+unix://relative", "localhost:6379",
                                 "redis+sentinel://h"])
def test_a_malformed_url_is_a_usage_error(url):
    done = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--redis", url, *QUICK],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 and "--redis" in done.stderr


@pytest.mark.parametrize("limits", ["", "x", "-5", "10,,1h", "10,"])
def test_malformed_limits_are_a_usage_error(limits):
    done = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--redis",
                           "redis://127.0.0.1:1", f"--redis-history={limits}"],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 and "--redis-history" in done.stderr


@pytest.mark.parametrize("prefix", ["{a}", "a{", "}"])
def test_a_prefix_must_not_move_the_keys(prefix):
    done = subprocess.run([program("sse-serve"), "--listen", "127.0.0.1:0", "--redis",
                           "redis://127.0.0.1:1", f"--redis-prefix={prefix}"],
                          capture_output=True, text=True, timeout=DEADLINE_S)
    assert done.returncode == 2 and "--redis-prefix" in done.stderr


def test_a_redis_too_old_for_the_history_is_named_and_will_do_without(redis):
    def older(piece):
        return piece.replace(b"redis_version:7.0", b"redis_version:6.2")
    with proxy_to(redis, older) as proxy:
        url = f"redis://:sesame@127.0.0.1:{proxy.port}"
        node = Node(url, *HISTORY)
        try:
            assert "7.0" in node.wait_log("6.2")
            node.wait_away()
            assert node.try_publish("news", "x")[0] == 503
        finally:
            node.stop()
        with node_running(url) as plain:
            assert serves(plain)


def test_limits_of_all_kinds():
    with redis_running() as redis, node_running(redis.url, "--redis-history", "50,24h,64mb") as node:
        assert serves(node)
        meta = redis.command("HGETALL", "{sse}:meta")
        limits = dict(zip(meta[::2], meta[1::2]))
        assert (limits["events"], limits["age"]) == ("50", str(24 * 3600 * 1000))
        assert limits["bytes"] == str(64 << 20)


def test_two_prefixes_two_histories():
    with redis_running() as redis, node_running(redis.url, *HISTORY, "--redis-prefix", "a:") as first, \
            node_running(redis.url, *HISTORY, "--redis-prefix", "b:") as second:
        mine = first.open("/news")
        assert second.publish("news", "theirs")["ids"] != first.publish("news", "mine")["ids"]
        mine.read_until(b"data: mine\n\n")
        assert b"theirs" not in mine.bytes
        assert set(redis.command("KEYS", "*:meta")) == {"{sse:a:}:meta", "{sse:b:}:meta"}
        assert json.loads(first.get("/-/channels"))
