"""Pack the functions for Cloud Functions: a reproducible zip file, named by its SHA-256.

It contains `functions/`, the lock file as `requirements.txt`, and a `main.py`, both where the platform expects them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import zipfile
from pathlib import Path

from tools.commands import OUTPUT, ROOT, exit_status

SOURCE = ROOT / "functions"
MAIN = '"""Entry points, where the platform expects them."""\n\nfrom functions.main import *\n'
# The earliest timestamp of the zip format.
EPOCH = (1980, 1, 1, 0, 0, 0)


def contents(source: Path = SOURCE) -> dict[str, bytes]:
    """Content of the archive: file content by name."""
    files = {
        f"functions/{file.relative_to(source).as_posix()}": file.read_bytes()
        for file in source.rglob("*")
        if file.is_file() and file.suffix != ".pyc" and not file.name.startswith("requirements.")
    }
    return files | {"main.py": MAIN.encode(), "requirements.txt": (source / "requirements.txt").read_bytes()}


def archive(files: dict[str, bytes]) -> bytes:
    """A reproducible zip file: fixed order, timestamps and permissions.

    Stored without compression, because compressed bytes depend on the version of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive_file:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, on every machine
            archive_file.writestr(entry, files[name])
    return buffer.getvalue()


def write(folder: Path = OUTPUT) -> Path:
    """Write the archive as `functions/{sha256}.zip` below `folder`. Returns its path."""
    data = archive(contents())
    path = folder / "functions" / f"{hashlib.sha256(data).hexdigest()}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.functions_archive", description=__doc__)
    parser.add_argument("--folder", type=Path, default=OUTPUT, help="output folder (default: .local/delivery)")
    options = parser.parse_args()
    return exit_status(lambda: print(write(options.folder)))


if __name__ == "__main__":
    sys.exit(main())
