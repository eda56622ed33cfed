"""A second sweep beside that of a stack, with the settings of a deployment without a webhook."""

from __future__ import annotations

from dataclasses import replace

from local.processes.service import Service, answers, free_port
from local.stack import POLLING_SWEEP, Stack


def watching_sweep(stack: Stack, *, budget_s: float) -> tuple[Service, str]:
    """The process, which the caller starts, and its URL. Each call watches the queue for `budget_s` seconds."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    sweep = stack.service("receipt_sweep")
    watcher = replace(
        sweep,
        name="watcher",
        command=[*sweep.command[:-1], str(port)],
        environment={**sweep.environment, **POLLING_SWEEP, "SWEEP_BUDGET_S": str(budget_s)},
        log=stack.logs_dir / "watcher.log",
        ready=answers(f"{url}/robots.txt", status=404),
    )
    return watcher, url
