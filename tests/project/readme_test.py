"""The README's shell recipes work as printed; its tables say what the code says."""

import os
import pathlib
import re
import subprocess

import pytest

from repository import SOURCE, program, text_of

README = text_of(pathlib.Path("README.md"))
RECIPES = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# The recipe of a load test has a latency to fail on; a loaded machine proves nothing about it.
LATENCY = "250e6"


@pytest.fixture
def server():
    command = [program("sse-serve"), "--listen", "127.0.0.1:0", "--", "vmstat", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://\S+", process.stderr.readline()).group()
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_works(recipe, server, tmp_path):
    script = recipe.replace("http://localhost:8080", server).replace(LATENCY, "1e12")
    path = f"{program('')}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "PATH": path, "SSE_URL": server},
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_there_are_recipes():
    assert len(RECIPES) == 4 and LATENCY in README


def test_the_exit_statuses_are_those_of_the_code():
    values = re.findall(r"= (\d+),", text_of(pathlib.Path("lib/cli/exit_code.hpp")))
    assert re.findall(r"^\| ([\d+n]+) \|", README, re.MULTILINE) == values + ["128+n"]


def test_every_file_it_names_exists():
    names = re.findall(r"`((?:lib|apps|tests|docs|scripts|man)/[\w./-]+)`", README)
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert names
    assert [name for name in names + links if not (SOURCE / name).exists()] == []
