"""Where the sources and the build are, and what the repository tracks."""

import functools
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ.get("SSE_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
TOOLS = ("sse-serve", "sse-pub", "sse-tail", "sse-bench")


def build() -> pathlib.Path:
    return pathlib.Path(os.environ["SSE_BUILD_DIR"])


def program(name: str) -> pathlib.Path:
    return pathlib.Path(os.environ["SSE_BIN"]) / name


@functools.cache
def tracked_files() -> list[pathlib.Path]:
    """Paths relative to SOURCE. The clone may belong to somebody else than who runs the tests."""
    command = ["git", "-c", "safe.directory=*", "-C", SOURCE, "ls-files", "-z"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [pathlib.Path(name) for name in names if name]
    return [path for path in paths if (SOURCE / path).is_file()]


def text_of(path: pathlib.Path) -> str:
    return (SOURCE / path).read_text(encoding="utf-8", errors="replace")
