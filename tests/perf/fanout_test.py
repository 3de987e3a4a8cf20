"""The script fanout: what it concludes from figures, and that it gets them from the programs."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from fan_out import kernel, report
from fan_out.scenarios import SCENARIOS, Arm, Bound, Row, Scenario, Subjects

HERE = pathlib.Path(__file__).parent
BIN = os.environ["SSE_BIN"]
FIGURE = ("figure",)


def conclude(bound, bare, serve, name="sse-serve"):
    """How many requirements are missed by these values, round by round."""
    arms = [Arm("bare", [], None), Arm(name, [], None, "bare")]
    runs = {"bare": [{"figure": v, "warnings": []} for v in bare],
            name: [{"figure": v, "warnings": []} for v in serve]}
    return report.show(Scenario("a scenario", [Row("figure", FIGURE, 1, bound)], None), arms, runs)


@pytest.mark.parametrize("bound, serve, missed", [
    (Bound(1.05), 10.5, 0), (Bound(1.05), 10.6, 1),
    (Bound(0.9, least=True), 9, 0), (Bound(0.9, least=True), 8.9, 1),
    (Bound(512, of_value=True), 512, 0), (Bound(512, of_value=True), 513, 1),
    (Bound(1.05), None, 1), (None, 1000, 0),
])
def test_a_bound_is_held_or_missed(bound, serve, missed):
    assert conclude(bound, [10], [serve]) == missed


def test_some_servers_have_a_bound_of_their_own():
    bound = Bound(1.05, others=(("uring", 0.92),))
    assert conclude(bound, [10], [10], "sse-serve --io send") == 0
    assert conclude(bound, [10], [10], "sse-serve --io uring") == 1


def test_ratios_are_taken_round_by_round(capsys):
    assert conclude(Bound(1.1), [10, 20, 40], [11, 21, 80]) == 0
    assert "1.10 (1.05-2.00)" in capsys.readouterr().out


def test_every_scenario_compares_with_an_arm_it_has():
    commands = {"bare": ["bare"], "coalescing": ["bare"]}
    for scenario in SCENARIOS.values():
        arms = scenario.arms(Subjects(commands, {"sse-serve": ["serve"]}))
        names = {arm.name for arm in arms}
        assert len(names) == len(arms)
        assert all(arm.base is None or arm.base in names for arm in arms)


def test_the_buffers_of_one_end_are_seen():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server, _ = listener.accept()
            with server:
                assert kernel.buffer_bytes(port) < 16_384
                server.setblocking(False)
                sent = 0
                while True:
                    try:
                        sent += server.send(b"x" * 65_536)
                    except BlockingIOError:
                        break
                # What the client's end has not acknowledged is held at this end.
                client_end = client.getsockname()[1]
                held = kernel.buffer_bytes(port)
                assert 65_536 < held < 4 * sent
                assert kernel.buffer_bytes(client_end) > 0
                assert kernel.tcp_bytes() >= held / 2


def test_stalled_clients_subscribe_and_do_not_read():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        clients = subprocess.Popen([sys.executable, HERE / "fan_out/clients.py", "stall", url, "1"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1000).startswith(b"GET /x HTTP/1.1\r\n")
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            assert clients.stdout.readline() == "ready\n"
            assert json.loads(clients.communicate("stop\n", timeout=30)[0]) == {"streams": 1}


def test_replaying_clients_begin_anew_when_they_have_read_enough():
    body = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x?since=earliest"
        clients = subprocess.Popen(
            [sys.executable, HERE / "fan_out/clients.py", "replay", url, "1", "1000"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for turn in range(3):
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(1000).startswith(b"GET /x?since=earliest HTTP/1.1\r\n")
                connection.sendall(body[:500])
                if turn == 0:
                    assert clients.stdout.readline() == "ready\n"
                connection.sendall(body[500:])
                while connection.recv(1000):
                    continue
        result = json.loads(clients.communicate("stop\n", timeout=30)[0])
    assert result["completed"] == 3 and result["bytes_per_s"] > 0


def test_servers_are_compared_from_start_to_table(tmp_path):
    out = tmp_path / "runs.json"
    run = subprocess.run(
        [HERE / "fanout", "--bin", BIN, "-r", "2", "-d", "100ms", "-s", "http10", "--serve=",
         "--serve", "--heartbeat 0", "--json", out], capture_output=True, text=True, timeout=120)
    assert run.stderr == "" and run.returncode in (0, 1), run.stderr
    runs = json.loads(out.read_text())
    bare, plain, other = "bare", "sse-serve", "sse-serve --heartbeat 0"
    assert [r["server"] for r in runs] == [bare, plain, other, other, plain, bare]
    assert all(r["scenario"] == "http10" and r["result"]["deliveries"]["delivered"] > 0
               for r in runs)
    assert run.stdout.count("undelivered ") == 3


def test_unknown_scenarios_are_refused():
    run = subprocess.run([HERE / "fanout", "--bin", BIN, "-s", "nothing"], capture_output=True,
                         text=True, check=False)
    assert run.returncode == 2 and "no scenario nothing" in run.stderr
