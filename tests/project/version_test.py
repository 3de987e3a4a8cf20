"""The version has one source, the project() call, and is told alike everywhere."""

import pathlib
import re
import subprocess

import pytest

from repository import TOOLS, build, program, text_of

VERSION = re.search(r"project\(sse VERSION (\S+)", text_of(pathlib.Path("CMakeLists.txt"))).group(1)


@pytest.mark.parametrize("tool", TOOLS)
def test_tools_print_it(tool):
    told = subprocess.run([program(tool), "--version"], check=True, capture_output=True, text=True)
    assert told.stdout.splitlines()[0] == f"{tool} {VERSION}"


def test_the_header_states_it():
    header = (build() / "include/sse/version.hpp").read_text()
    assert f'"{VERSION}"' in header


def test_the_library_carries_it():
    assert (build() / "lib" / f"libsse.so.{VERSION}").is_file()
