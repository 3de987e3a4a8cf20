"""Each tool and its manual page describe the same options; the pages are clean mdoc."""

import pathlib
import re
import subprocess

import pytest

from manual import exit_statuses_of_page, options_of_help, options_of_page
from repository import SOURCE, TOOLS, program, text_of


def page_of(tool):
    return pathlib.Path("man") / f"{tool}.1"


def html_of(page):
    command = ["mandoc", "-Thtml", "-Ofragment"]
    return subprocess.run(command, check=True, input=page, capture_output=True).stdout.decode()


def help_of(tool):
    command = [program(tool), "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_every_option_is_in_help_and_page(tool):
    told = options_of_help(help_of(tool))
    assert "--version" in told
    assert options_of_page(html_of((SOURCE / page_of(tool)).read_bytes())) == told


@pytest.mark.parametrize("tool", TOOLS)
def test_the_page_is_clean(tool):
    command = ["mandoc", "-Tlint", "-Wwarning", SOURCE / page_of(tool)]
    lint = subprocess.run(command, capture_output=True, text=True)
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.parametrize("tool", TOOLS)
def test_the_page_lists_exit_statuses_the_suite_has(tool):
    values = set(re.findall(r"= (\d+),", text_of(pathlib.Path("lib/cli/exit_code.hpp"))))
    listed = exit_statuses_of_page(text_of(page_of(tool)))
    assert {"0", "1", "2"} <= listed
    assert listed <= values | {"128+n"}


def test_a_difference_is_found():
    told = options_of_help("Options:\n  -e,--event NAME=all  Only this\n  --idle=5s  Wait\n   -- no\n")
    assert told == {"-e", "--event", "--idle"}
    items = b".It Fl e , -event Ar x\n.It Fl -idle Ns = Ns Ar x\nas\n.Fl x\n.It Fl -gone\n"
    page = b".Dd 1\n.Dt A 1\n.Os\n.Sh OPTIONS\n.Bl -tag\n" + items + b".El\n"
    assert options_of_page(html_of(page)) == told | {"--gone"}
