"""Stands in for Cloud Scheduler: calls the sweep every so many seconds until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import threading

import requests


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.scheduler", description=__doc__)
    parser.add_argument("url", help="URL of receipt_sweep")
    parser.add_argument("--every", type=float, default=60, help="seconds between two calls (default 60)")
    options = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    with requests.Session() as session:
        while not stopped.wait(options.every):
            try:
                answer = session.post(options.url, timeout=180)
                print(answer.status_code, answer.text, flush=True)
            except requests.RequestException as error:
                print("the sweep could not be called:", type(error).__name__, flush=True)


if __name__ == "__main__":
    main()
