"""What users try first, as a shell script."""

import os
import pathlib
import subprocess

SCRIPT = pathlib.Path(__file__).with_name("redis_shell_test.sh")


def test_a_plain_publish_reaches_curl_on_two_nodes():
    done = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "SSE_BIN": os.path.abspath(os.environ["SSE_BIN"])})
    assert done.returncode == 0, done.stderr
    assert "hello reached curl on two nodes" in done.stdout
