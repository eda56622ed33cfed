"""Where releases are kept: a folder (`file://`) or a bucket (`gs://`)."""

import os
from functools import cached_property
from typing import Any

from ocr_service.releases.errors import Missing, Unreachable

TIMEOUT_S = 20

# Must be set before gcsfs is imported: otherwise it asks for each bucket's layout over gRPC, which we never need.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")


class ReleaseStore:
    """Reads files under a URI. Connects at the first read; nothing is cached."""

    def __init__(self, uri: str) -> None:
        self.uri = uri.rstrip("/")

    def read(self, name: str, limit: int) -> bytes:
        """The file, or its first `limit` + 1 bytes if it is longer. Raises Missing, Unreachable."""
        try:
            files, root = self._opened
            data: bytes = files.cat_file(f"{root}/{name}", start=0, end=limit + 1)
        except FileNotFoundError as error:
            raise Missing(f"{self.uri} has no {name}") from error
        except Exception as error:  # each kind of store has exceptions of its own, without a common base
            raise Unreachable(f"{self.uri}: {type(error).__name__}") from error
        return data

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system and the path in it."""
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        options: dict[str, Any] = {}
        if self.uri.startswith("gs://"):
            from aiohttp import ClientTimeout

            options = {"requests_timeout": ClientTimeout(total=TIMEOUT_S), "use_listings_cache": False}
        files, root = url_to_fs(self.uri, **options)
        return files, root
