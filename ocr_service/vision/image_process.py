"""The process that decodes images: `python -m ocr_service.vision.image_process LIMITS`, started by `ImageDecoder`.

It has loaded the decoders and forks for each image. The fork alone touches the image, with limits on memory and time
that the kernel enforces, and ends with it. So an image that exhausts, crashes or hangs its decoder affects no other,
and no memory remains allocated.

Standard input is a Unix socket. For each image it receives two file descriptors: a socket, which carries the encoded
image and afterwards the reply, and a file in memory for the pixels. It answers with the fork's exit status and peak of
memory. End of file ends the process.
"""

import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import cv2
from PIL import Image

from ocr_service.errors import OcrError
from ocr_service.vision.image import decode
from ocr_service.vision.image_decoder import LENGTH, OUT_OF_MEMORY, OUTCOME
from ocr_service.vision.photo import DecodingLimits


def main(limits: DecodingLimits) -> None:
    """Decode images until the socket is closed."""
    Image.init()  # Loads Pillow's plug-ins here, not in each fork.
    cv2.setLogLevel(0)  # It would log each damaged image as an error.
    cv2.setNumThreads(1)  # Each thread would reserve memory for its stack.
    with socket.socket(fileno=sys.stdin.fileno()) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
            if not message:
                return
            child = os.fork()
            if child == 0:
                control.close()
                connection, output = descriptors
                _decode_and_exit(connection, output, limits)
            for descriptor in descriptors:
                os.close(descriptor)
            _, status, usage = os.wait4(child, 0)
            control.sendall(OUTCOME.pack(os.waitstatus_to_exitcode(status), 1024 * usage.ru_maxrss))


def _decode_and_exit(connection: int, output: int, limits: DecodingLimits) -> NoReturn:
    try:
        _limit(limits)
        _decode(connection, output, limits)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _limit(limits: DecodingLimits) -> None:
    """Limit this process. Beyond its memory, allocation fails; after its time, SIGXCPU or SIGALRM ends it."""
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * os.sysconf("SC_PAGE_SIZE") + limits.memory
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # A core dump would contain the photo.
    with suppress(OSError):
        # If the container runs out of memory nevertheless, the kernel should end this process rather than the service.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _decode(connection: int, output: int, limits: DecodingLimits) -> None:
    with socket.socket(fileno=connection) as peer, peer.makefile("rb") as request:
        (length,) = LENGTH.unpack(request.read(LENGTH.size))
        data = request.read(length)
        try:
            photo = decode(data, limits)
            with open(output, "wb") as file:
                file.write(photo.pixels.data)
            reply = {"shape": photo.pixels.shape, "size": photo.size, "scale": photo.scale}
        except OcrError as error:
            reply = {"error": type(error).__name__, "detail": str(error)}
        peer.sendall(json.dumps(reply).encode())


if __name__ == "__main__":
    main(DecodingLimits(**json.loads(sys.argv[1])))
