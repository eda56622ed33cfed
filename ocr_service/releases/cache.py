"""The releases cached on this machine: files verified by digest, and the last good manifest."""

import shutil
from pathlib import Path

from ocr_service.files import write_atomically
from ocr_service.releases.checks import check_file
from ocr_service.releases.errors import BadFile, NoCache
from ocr_service.releases.manifest import Release
from ocr_service.releases.store import ReleaseStore

MANIFEST_FILE = "manifest.json"


class ReleaseCache:
    """A folder for one kind of model from one store. Files are replaced in one step, so a crash leaves old or new."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, release: Release, store: ReleaseStore) -> Path:
        """The folder with the files of a release; missing or damaged files are downloaded.

        Raises Missing, Unreachable, BadFile, NoCache.
        """
        folder = self._folder / release.digest
        for name, expected in release.files.items():
            path = folder / name
            try:
                check_file(name, path.read_bytes(), expected)
            except (OSError, BadFile):
                data = store.read(store.path(release, name), expected.bytes)
                check_file(name, data, expected)
                _write(path, data)
        return folder

    def remember(self, manifest: bytes, *releases: Release) -> None:
        """Store the manifest in force and delete all releases but these. Raises NoCache."""
        _write(self._folder / MANIFEST_FILE, manifest)
        digests = {release.digest for release in releases}
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in digests:
                shutil.rmtree(folder, ignore_errors=True)

    def last_good(self) -> bytes | None:
        """The manifest stored last, or None."""
        try:
            return (self._folder / MANIFEST_FILE).read_bytes()
        except OSError:
            return None


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise NoCache(f"{path} cannot be written: {error.strerror}") from error
