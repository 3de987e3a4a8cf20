"""What a tracked file must not contain, and how long one may be."""

import re

import pytest

from repository import SOURCE, text_of, tracked_files

CODE = {".cpp", ".hpp", ".py", ".sh", ".cmake", ".js", ".html"}
LINES_MAX = 400
# Conformance data is as long as it is, and fuzz inputs hold whatever breaks a parser.
DATA = ("tests/data/", "tests/fuzz/corpus/")

FORBIDDEN = {
    "an absolute path of one machine": r"(?<![\w.$}])/(w)ork/|(?<![\w.$}])/(r)oot/|/(h)ome/\w",
    "a path outside the repository": r"\.\./(s)hared",
    "work left open": r"\b(T)ODO\b|\b(F)IXME\b",
    "a merge conflict": r"^(<{7}|>{7}) ",
    "white space at the end of a line": r"[ \t]+$",
}


def problems(text):
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.MULTILINE)]


def test_no_forbidden_words():
    files = [p for p in tracked_files() if not str(p).startswith(DATA)]
    found = {str(p): problems(text_of(p)) for p in files if b"\0" not in (SOURCE / p).read_bytes()}
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize(
    "line",
    ["/w" + "ork/main", "cd /r" + "oot/x", "../sh" + "ared/x", "// TO" + "DO: later", "x = 1; "],
)
def test_a_forbidden_word_is_found(line):
    assert len(problems(line)) == 1


def test_no_file_is_too_long():
    code = [p for p in tracked_files() if p.suffix in CODE or p.parts[0] == "scripts"]
    lines = {str(p): len(text_of(p).splitlines()) for p in code if not str(p).startswith(DATA)}
    assert {path: count for path, count in lines.items() if count > LINES_MAX} == {}
