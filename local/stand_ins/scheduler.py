"""Replaces Cloud Scheduler: calls the sweep every minute, with two jobs in turn as in infra/.

A job does not start while its previous run is in progress, and a sweep that watches the queue takes longer than a
minute. With two jobs, the next sweep has started before the previous one ends.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time

import requests

JOBS = 2
EVERY_S = 60
TIMEOUT_S = 240


def run_job(url: str, first_s: float, every_s: float, stopped: threading.Event) -> None:
    """Call `url` after `first_s` seconds and then every `every_s`, skipping calls that are due during another."""
    start = time.monotonic() + first_s
    with requests.Session() as session:
        while not stopped.wait(max(0.0, start - time.monotonic())):
            try:
                answer = session.post(url, timeout=TIMEOUT_S)
                print(answer.status_code, answer.text, flush=True)
            except requests.RequestException as error:
                print("The sweep could not be called:", type(error).__name__, flush=True)
            while start <= time.monotonic():
                start += every_s


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.stand_ins.scheduler", description=__doc__)
    parser.add_argument("url", help="URL of receipt_sweep")
    options = parser.parse_args()
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    for number in range(JOBS):
        # Daemon threads end with the process: a call in progress may take another minute.
        job = threading.Thread(
            target=run_job, args=(options.url, number * EVERY_S, JOBS * EVERY_S, stopped), daemon=True
        )
        job.start()
    stopped.wait()


if __name__ == "__main__":
    main()
