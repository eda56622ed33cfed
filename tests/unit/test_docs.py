"""Every Markdown page: lines are wrapped, and links, paths, modules and make targets that it mentions exist."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["docs", ".github", "app", "functions", "infra", "local", "model_export", "ocr_service", "supabase", "tools"]
INSTALLED = {"node_modules", ".terraform"}


def pages(folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - INSTALLED)
        yield from ((Path(place) / file).relative_to(ROOT).as_posix() for file in sorted(files) if file.endswith(".md"))


PAGES = [page for folder in FOLDERS for page in pages(ROOT / folder)]
PAGES += sorted(page.name for page in ROOT.glob("*.md"))

PATH = re.compile(r"\.?[\w-]+(/[\w.*{},()-]+)+/?|[\w-]+\.(py|sql|md|toml|sh)")
NOT_IN_THE_REPOSITORY = {
    # Objects in buckets, and files that a command or a person writes.
    "data/CODE.tsv",
    "decision.md",
    "functions/SHA256.zip",
    "infra/.terraform.lock.hcl",
    "infra/environments/ENV.tfvars",
    "model_export/classifier/data/CODE.tsv",
}
"""Code spans that look like a path of the repository and are not."""

every_page = pytest.mark.parametrize("page", PAGES)


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def tokens(page: str) -> list[Token]:
    """All tokens, inline ones as well."""
    tree = MarkdownIt("commonmark").enable("table").parse(text_of(page))
    return [token for block in tree for token in [block, *(block.children or [])]]


def anchors(page: str) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    blocks = tokens(page)
    headings = [blocks[index + 1].content for index, token in enumerate(blocks) if token.type == "heading_open"]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def files_below(folder: Path) -> list[str]:
    """Names of the files of the project in a folder and those below it."""
    names = []
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in INSTALLED and (name == ".github" or name[0] != ".")]
        names += files
    return names


def code(page: str) -> Iterator[str]:
    """Code spans and code blocks."""
    return (token.content for token in tokens(page) if token.type in ("code_inline", "fence"))


@every_page
def test_lines_are_wrapped(page: str) -> None:
    """Tables and definitions of links cannot be wrapped."""
    lines = text_of(page).splitlines()
    assert [line for line in lines if len(line) > 120 and not re.match(r"\s*\||\[[^]]+\]: \S+$", line)] == []


@every_page
def test_rows_of_tables_have_lines_of_their_own(page: str) -> None:
    """Joined with a line before it, the row below the head makes a table a paragraph."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    assert [
        line for line in prose.splitlines() if re.search(r"\|\s*:?-{3,}", line) and re.search(r"[^|:\s-]", line)
    ] == []


@every_page
def test_relative_links_lead_to_a_file_and_a_heading(page: str) -> None:
    targets = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens(page)]
    broken = []
    for target in targets:
        if not target or re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        name = file.resolve().relative_to(ROOT).as_posix()
        if not file.exists() or (anchor and anchor not in anchors(name)):
            broken.append(target)
    assert broken == []


@every_page
def test_paths_exist(page: str) -> None:
    """Paths are relative to the root or to the page's folder; a bare file name may be anywhere below that folder."""
    folder = (ROOT / page).parent
    top = {entry.name for base in (ROOT, folder) for entry in base.iterdir()}
    missing = []
    for token in tokens(page):
        if token.type != "code_inline" or token.content in NOT_IN_THE_REPOSITORY or not PATH.fullmatch(token.content):
            continue
        path = token.content.rstrip("/")
        if "/" in path and path.split("/")[0] not in top - {".local"}:
            continue
        pattern = re.sub(r"\{[^}]*\}", "*", path)
        if not any(True for base in (ROOT, folder) for _ in base.glob(pattern)) and (
            "/" in path or not fnmatch.filter(files_below(ROOT if folder == ROOT / "docs" else folder), pattern)
        ):
            missing.append(token.content)
    assert missing == []


@pytest.mark.parametrize("page", sorted({*PAGES} - {"CHANGELOG.md"}))
def test_commands_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for text in code(page):
        assert set(re.findall(r"^(?:@?make) ([a-z][a-z-]*)", text, re.MULTILINE)) <= targets
        for module in re.findall(r"-m ((?:tools|infra|local|model_export|ocr_service)[\w.]*)", text):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


OPERATORS_HINTS = {"not_requested", "photos_remain", "invalid_rules", "other_rules", "run_not_planned"}
"""Refusals of `forget_user`, which only the sweep may call, and of the functions of rereading."""


def test_every_refusal_of_the_database_is_documented_for_app_developers() -> None:
    migrations = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "supabase" / "migrations").glob("*.sql"))
    refusals = set(re.findall(r"private\.refuse\(\s*\d+,\s*'(\w+)'", migrations))
    assert refusals, "no refusals found"
    documented = set(re.findall(r"`(\w+)`", text_of("docs/app.md").partition("\n## Errors")[2]))
    assert refusals - OPERATORS_HINTS <= documented
