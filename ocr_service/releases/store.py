"""The store of releases: a folder (`file://`) or a bucket (`gs://`)."""

import os
from functools import cached_property
from typing import Any

from ocr_service.releases.errors import Missing, Unreachable
from ocr_service.releases.manifest import Kind, Release

TIMEOUT_S = 20


class ReleaseStore:
    """Reads the releases of one kind of model below a URI. Connects on the first read; does not cache.

    Attributes:
        manifest_file: path of the manifest.
    """

    def __init__(self, uri: str, kind: Kind = "category") -> None:
        self.uri = uri.rstrip("/")
        self.kind = kind
        self.manifest_file = f"{kind}.json"

    def path(self, release: Release, file: str) -> str:
        """Path of a file of a release."""
        return f"{self.kind}/{release.version}/{file}"

    def read(self, name: str, limit: int) -> bytes:
        """The content of a file, at most its first `limit` + 1 bytes. Raises Missing, Unreachable."""
        try:
            files, root = self._opened
            data: bytes = files.cat_file(f"{root}/{name}", start=0, end=limit + 1)
        except FileNotFoundError as error:
            raise Missing(f"{self.uri} does not contain {name}") from error
        except Exception as error:  # each kind of store raises its own exceptions, without a common base
            raise Unreachable(f"{self.uri}: {type(error).__name__}") from error
        return data

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system and the path in it."""
        # gcsfs reads this when imported: otherwise it queries each bucket's layout over gRPC, which we never need.
        os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        options: dict[str, Any] = {}
        if self.uri.startswith("gs://"):
            from aiohttp import ClientTimeout

            options = {"requests_timeout": ClientTimeout(total=TIMEOUT_S), "use_listings_cache": False}
        files, root = url_to_fs(self.uri, **options)
        return files, root
