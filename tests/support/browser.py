"""Chromium for tests, from npm packages only: the browser, the few libraries it needs, and a Korean font.

It uses nothing of the system, so pages look the same on every machine. The package contains the browser compressed; the
first run unpacks it.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from local.servers.supabase_lite import NODE

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "local" / "node_modules"
PACKAGE = PACKAGES / "@sparticuz" / "chromium"
FONTS = PACKAGES / "@expo-google-fonts" / "nanum-gothic"
KOREAN_FONT = FONTS / "400Regular" / "NanumGothic_400Regular.ttf"
UNPACKED = ROOT / ".local" / "chromium"

# Unpacks into the folder for temporary files. The second file has libraries that some systems lack.
UNPACK = """
import { inflate } from 'PACKAGE/build/index.js'
await inflate('PACKAGE/bin/chromium.br')
await inflate('PACKAGE/bin/al2023.tar.br')
"""
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
# In addition to Playwright's own: there may be neither a sandbox nor a graphics card.
FLAGS = ("--no-zygote", "--disable-gpu", "--disable-quic", "--disable-domain-reliability", "--font-render-hinting=none")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that runs until the context ends."""
    folder = unpacked()
    # Playwright's own Node needs a library that some systems lack; the stack's Node does not.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)
    environment = {
        **os.environ,
        # For texts of the browser itself, such as date fields; a page's language is that of its context.
        "LC_ALL": "ko_KR.UTF-8",
        "LANGUAGE": "ko",
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
        "LD_LIBRARY_PATH": str(folder / "al2023" / "lib"),
    }
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=folder / "chromium", args=FLAGS, env=environment) as browser,
    ):
        yield browser


def unpacked() -> Path:
    """The folder with the browser, its libraries and `fonts.conf`."""
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = UNPACKED / version
    if not folder.exists():
        unfinished = UNPACKED / f"{version}.{os.getpid()}"
        unfinished.mkdir(parents=True)
        script = UNPACK.replace("PACKAGE", PACKAGE.as_posix())
        subprocess.run(
            [str(NODE), "--input-type=module", "--eval", script],
            env={**os.environ, "TMPDIR": str(unfinished)},
            check=True,
        )
        unfinished.rename(folder)
    (folder / "fonts.conf").write_text(FONTS_CONF.format(fonts=FONTS, cache=folder / "font-cache"), encoding="utf-8")
    return folder
