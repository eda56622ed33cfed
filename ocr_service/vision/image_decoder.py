"""Decoding in another process, so that an image can harm neither the service nor other users' photos."""

import json
import logging
import math
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import weakref
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ocr_service import errors
from ocr_service.errors import BadRequest, BrokenImage, InternalError, OcrError, TooLarge
from ocr_service.vision.photo import TOO_MUCH_MEMORY, DecodingLimits, Photo

log = logging.getLogger(__name__)

LENGTH = struct.Struct("<Q")
"""Length of the encoded image in bytes, sent ahead of it."""
OUTCOME = struct.Struct("<iq")
"""Exit status of the process that decoded an image, minus the signal's number if a signal ended it; and the highest
memory that it had resident, in bytes."""
OUT_OF_MEMORY = 3
"""Exit status of a process that has too little memory even for a reply."""
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP})
"""Signals by which a decoder ends that fails on an image; some do when memory is refused."""
ENVIRONMENT = {
    # One heap, and no idle threads: both count towards the memory limit although they are not used.
    "MALLOC_ARENA_MAX": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
ROOT = Path(__file__).resolve().parents[2]
"""The folder that contains the package `ocr_service`."""


class _ProcessLost(Exception):
    """The decoding process has ended."""


class ImageDecoder:
    """Decodes one image at a time within `DecodingLimits`. Thread-safe; further callers wait.

    peak: highest memory that decoding the latest image had resident, in bytes, with some MiB of libraries.

    Each image is decoded by a fork of `ocr_service.vision.image_process`, which says more. That process is started here
    and, should it end, again for the next image. It ends with this object or with this process.
    """

    def __init__(self, limits: DecodingLimits) -> None:
        """Start the process; do not wait until it is ready."""
        self._limits = limits
        self._lock = threading.Lock()
        self.peak = 0
        self._start()

    def decode(self, data: bytes) -> Photo:
        """The photo, see `ocr_service.vision.image.decode`.

        Raises the same errors, also TooLarge if decoding exceeds the limits on memory or CPU time, BrokenImage if the
        decoder crashes, and InternalError if the process was killed from outside or had no processor for so long.
        """
        if not data:
            raise BadRequest("The body is empty.")
        with self._lock:
            try:
                return self._decode(data)
            except _ProcessLost:
                # Not the image's fault: this process does not touch it.
                log.warning("the image decoder is started again")
                self.close()
                self._start()
            try:
                return self._decode(data)
            except _ProcessLost as exc:
                raise InternalError("The image decoder ended unexpectedly.") from exc

    def close(self) -> None:
        """End the process. Further calls do nothing."""
        self._stop()

    def _start(self) -> None:
        self._control, remote = socket.socketpair()
        with remote:
            process = subprocess.Popen(
                [sys.executable, "-m", "ocr_service.vision.image_process", json.dumps(asdict(self._limits))],
                cwd=ROOT,
                env={**os.environ, **ENVIRONMENT},
                stdin=remote.fileno(),
                stdout=subprocess.DEVNULL,
                # The terminal's Ctrl-C is for the service, which finishes open requests.
                start_new_session=True,
            )
        self._stop = weakref.finalize(self, _stop, self._control, process)

    def _decode(self, data: bytes) -> Photo:
        output = os.memfd_create("photo", os.MFD_CLOEXEC)
        try:
            reply = self._request(data, output)
            if error := reply.get("error"):
                raise _error(error, reply["detail"])
            shape = reply["shape"]
            pixels = np.frombuffer(mmap.mmap(output, math.prod(shape)), dtype=np.uint8).reshape(shape)
        finally:
            os.close(output)
        return Photo(pixels=pixels, size=(reply["size"][0], reply["size"][1]), scale=reply["scale"])

    def _request(self, data: bytes, output: int) -> dict[str, Any]:
        """The reply to one image, whose pixels are then in the file `output`."""
        connection, remote = socket.socketpair()
        with connection:
            try:
                with remote:
                    socket.send_fds(self._control, [b"\0"], [remote.fileno(), output])
                reply = _exchange(connection, data)
                outcome = self._control.recv(OUTCOME.size, socket.MSG_WAITALL)
            except OSError as exc:
                raise _ProcessLost from exc
        if len(outcome) < OUTCOME.size:
            raise _ProcessLost
        exit_status, self.peak = OUTCOME.unpack(outcome)
        if exit_status:
            name = signal.Signals(-exit_status).name if exit_status < 0 else str(exit_status)
            log.warning("the image decoder ended", extra={"exit_status": name, "peak_bytes": self.peak})
            raise _failure(exit_status)
        return dict(json.loads(reply))


def _exchange(connection: socket.socket, data: bytes) -> bytes:
    """Send an image and return the reply, which is incomplete if the other side ended."""
    try:
        connection.sendall(LENGTH.pack(len(data)))
        connection.sendall(data)
        with connection.makefile("rb") as reply:
            return reply.read()
    except (BrokenPipeError, ConnectionResetError):
        return b""


def _failure(exit_status: int) -> OcrError:
    """The error of an image whose process ended without a reply."""
    if exit_status == OUT_OF_MEMORY:
        return TooLarge(TOO_MUCH_MEMORY)
    if exit_status == -signal.SIGXCPU:
        return TooLarge("Decoding the image takes too long.")
    if -exit_status in CRASHES:
        return BrokenImage("The image cannot be decoded.")
    return InternalError("The image decoder ended unexpectedly.")


def _error(name: str, detail: str) -> OcrError:
    error: type[OcrError] = getattr(errors, name)
    return error(detail)


def _stop(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    process.kill()
    process.wait()
