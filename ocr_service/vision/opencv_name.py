"""Let PaddleX find OpenCV under the name of the headless wheel.

PaddleX decides whether `cv2` is usable by asking `importlib.metadata` for the distribution
`opencv-contrib-python`. That wheel links against libGL, which slim images and minimal machines lack; the
headless build of the same version has the same Python interface under another distribution name. A metadata
finder, the extension point that importlib documents for this, answers for the first name with the metadata of
the second. Call `install()` before anything imports paddlex.
"""

import importlib.metadata as metadata
import sys
from collections.abc import Iterable

ASKED_FOR = "opencv-contrib-python"
INSTALLED = "opencv-contrib-python-headless"


class HeadlessOpenCv(metadata.DistributionFinder):
    """Answers metadata questions about `ASKED_FOR`; finds no modules."""

    def find_distributions(
        self, context: metadata.DistributionFinder.Context | None = None
    ) -> Iterable[metadata.Distribution]:
        """The headless distribution when exactly `ASKED_FOR` is wanted, else nothing."""
        if context is None or context.name != ASKED_FOR:
            return []
        return list(metadata.Distribution.discover(name=INSTALLED))

    def find_spec(self, *_: object) -> None:
        """No module is ever found here; importlib asks every finder."""


def install() -> None:
    """Register the finder once."""
    if not any(isinstance(finder, HeadlessOpenCv) for finder in sys.meta_path):
        sys.meta_path.append(HeadlessOpenCv())
