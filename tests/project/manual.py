"""The options of a tool as its --help prints them and as its manual page describes them."""

import re


def options_of_help(text: str) -> set[str]:
    """Option lines are indented and start with their names, "-e,--event" or "--event"."""
    names = re.findall(r"^ {2}(-[^\s=]*)", text, re.MULTILINE)
    return {name for line in names for name in line.split(",") if name.strip("-")}


def options_of_page(html: str) -> set[str]:
    """What mandoc renders as flags in the terms of lists."""
    terms = re.findall(r"<dt.*?</dt>", html, re.DOTALL)
    flags = re.findall(r'<code class="Fl">(-[^<]*)</code>', "".join(terms))
    return {flag for flag in flags if flag.strip("-")}


def exit_statuses_of_page(text: str) -> set[str]:
    section = re.search(r"^\.Sh EXIT STATUS\n(.*?)(?=^\.Sh |\Z)", text, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"^\.It (\S+)", section.group(1), re.MULTILINE)) if section else set()
