"""Words that documentation, comments, docstrings, messages and test names must not contain (docs/contributing.md)."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [".ci", ".github", "app", "docs", "functions", "infra", "local", "model_export", "ocr_service", "supabase"]
FOLDERS += ["tests", "tools"]
TOP = ["CHANGELOG.md", "Makefile", "README.md", "SECURITY.md", "pyproject.toml"]
INSTALLED = {"node_modules", ".terraform", "dist", ".expo", ".temp", "__pycache__"}
TYPESCRIPT = {".js", ".ts", ".tsx"}
PROSE = {".example", ".hcl", ".in", ".md", ".sh", ".sql", ".svg", ".tf", ".toml", ".yaml", ".yml"}
DATA = {"supabase/seed.sql"}
"""Files of product names and rules, not prose."""

BETWEEN = "\n;\n"
"""Separates texts: no rule matches across it."""
RULES = {
    "nobody, whoever → name the actor": r"\b(nobody|no one|whoever|somebody|someone|anybody|anyone|everybody)\b",
    "is none → is not a …, has no …": r"(?-i:\b(is|are) none\b)|, which there (is|are) not\b",
    "go on → resume, continue": r"\b(go|goes|going|gone|went) on\b(?! (to|page|top|the|a)\b)",
    "picture → photo (what a user uploads) or image (pixels)": r"\bpictures?\b",
    "article, goods → line item": r"\b(articles?|goods)\b",
    "an object that is not there → a missing object": r"\b(that|which) is not there\b",
    "the token does not hold → the token is invalid": r"\btoken does not hold\b",
    "one line a photo → per photo": r"\b(one|once|calls?|rows?|lines?|seconds?|dollars?|receipts|questions?) an? "
    r"(user|name|photo|file|call|line|row|language|receipt|scrape|instance|task)\b",
}
EXCEPTIONS = {
    # The system's user.
    ("local/processes/unprivileged.py", "nobody"),
}
"""A file and a word that it may contain."""


def files(folder: str) -> Iterator[str]:
    """Files with prose, relative to the root."""
    for directory, below, names in os.walk(ROOT / folder):
        below[:] = sorted(set(below) - INSTALLED)
        for path in (Path(directory) / name for name in sorted(names)):
            name = path.relative_to(ROOT).as_posix()
            if (path.suffix in PROSE | TYPESCRIPT | {".py"} or folder == ".ci") and name not in DATA:
                yield name


def prose(name: str) -> Iterator[tuple[int, str]]:
    """Texts that people read, each with the number of its first line."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".py"):
        yield from python_prose(text)
    elif Path(name).suffix in TYPESCRIPT:
        for comment in re.finditer(r"//[^\n]*|/\*.*?\*/", text, re.DOTALL):
            yield text.count("\n", 0, comment.start()) + 1, comment[0]
    else:
        yield 1, text


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """Comments, strings, and names of functions and classes."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name.replace("_", " ")


def violations(name: str) -> Iterator[str]:
    texts = list(prose(name))
    # All of a file at once, because most files break no rule.
    whole = BETWEEN.join(text for _, text in texts)
    for rule, pattern in RULES.items():
        if not re.search(pattern, whole, re.IGNORECASE):
            continue
        for line, text in texts:
            for match in re.finditer(pattern, text, re.IGNORECASE):
                if (name, match[0].lower()) not in EXCEPTIONS:
                    yield f"{name}:{line + text.count(chr(10), 0, match.start())}: {match[0]!r}: {rule}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_words(folder: str) -> None:
    names = [name for name in files(folder) if name != Path(__file__).relative_to(ROOT).as_posix()]
    assert "\n".join(violation for name in names for violation in violations(name)) == ""


@pytest.mark.parametrize("name", TOP)
def test_words_of_pages_in_the_root(name: str) -> None:
    assert "\n".join(violations(name)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Nobody reads it.",
        "the key is none",
        "names x, which there is not",
        "the load goes on",
        "an article that was bought",
        "an object that is not there",
        "The access token does not hold.",
        "one line a photo",
    ],
)
def test_the_rules_catch_what_they_are_for(text: str) -> None:
    assert any(re.search(pattern, text, re.IGNORECASE) for pattern in RULES.values())


@pytest.mark.parametrize("text", ["if x is None:", "once a week", "the photo", "log on the server", "going on page 3"])
def test_the_rules_let_plain_english_pass(text: str) -> None:
    assert not any(re.search(pattern, text, re.IGNORECASE) for pattern in RULES.values())
