"""Chromium for tests, out of npm packages alone: the browser, the few libraries it needs, and a Korean font.

Nothing of the system is used, so pages look the same on every machine. The package holds the browser compressed; it is
unpacked on the first run.
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

# It unpacks into the folder for temporary files. The second file has the libraries, which not every system has.
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
# Besides those that Playwright gives; neither a sandbox nor a graphics card can be counted on.
FLAGS = ("--no-zygote", "--disable-gpu", "--disable-quic", "--disable-domain-reliability", "--font-render-hinting=none")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; ends with its context."""
    folder = unpacked()
    # Playwright's own Node needs a library that not every system has; that of the stack does not.
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)
    environment = {
        **os.environ,
        # What the browser itself writes, such as dates; the language of a page is that of its context.
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
