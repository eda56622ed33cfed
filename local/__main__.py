"""Commands of the local stack; `make help` lists the targets that run them."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
from rich.console import Console

from local import demo, mlops, mlops_demo, web_app
from local.client import is_uploadable, sign_up
from local.files import write_private
from local.migrate import MigrationError
from local.processes.service import STACK_VARIABLE, ServiceError, end_leftovers
from local.processes.unprivileged import AccountError
from local.servers.postgres import PostgresError, clean_up
from local.stack import DEFAULT_DIR, Addresses, Stack

# A fixed width in pipes and logs.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
UP_TIMEOUT_S = 600


def supervisor(directory: Path) -> psutil.Process | None:
    """The process that runs the stack of `make up`, or None."""
    try:
        stored = json.loads((directory / "supervisor.json").read_text())
        process = psutil.Process(stored["pid"])
        # Process IDs are reused; the start time identifies the process.
        return process if abs(process.create_time() - stored["started"]) < 1 else None
    except (FileNotFoundError, psutil.NoSuchProcess, ValueError):
        return None


def run_demo(directory: Path, image: Path) -> None:
    """Run the demo on the running stack, or on one that is started for it."""
    if not image.is_file():
        raise demo.DemoError(f"There is no file {image}.")
    if not is_uploadable(image.name):
        raise demo.DemoError(f"{image.name} is neither a photo (JPEG, PNG, WebP or HEIC) nor a PDF.")
    if supervisor(directory) and (addresses := Addresses.of_running(directory)):
        demo.run(addresses, image, console)
        return
    start = time.monotonic()
    console.print("Starting the local stack")
    with Stack(directory, progress=lambda step: console.print(f"  {step} …")) as stack:
        console.print(f"  ready after {time.monotonic() - start:.0f} s\n")
        demo.run(stack.addresses, image, console)
        console.print("\nStopping the local stack")
    console.print(f"The local stack is stopped; its data and logs stay in {directory}.")
    console.print(
        "\nNext: [bold]make demo IMAGE=photo.jpg[/] reads your own photo, [bold]make up[/] keeps the stack running, "
        "and [bold]make app[/] also serves the app."
    )


def supervise(directory: Path, *, webhook: bool) -> None:
    """Run the stack until a signal stops it or one of its processes ends. Started by `up`."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    own = psutil.Process()
    directory.mkdir(parents=True, exist_ok=True)
    write_private(directory / "supervisor.json", json.dumps({"pid": own.pid, "started": own.create_time()}))
    try:
        with Stack(directory, progress=lambda step: print(f"  {step} …", flush=True), webhook=webhook) as stack:
            while not stopped.wait(1):
                if ended := stack.ended():
                    print(f"These processes ended unexpectedly: {', '.join(ended)}; see {stack.logs_dir}", flush=True)
                    sys.exit(1)
    finally:
        (directory / "supervisor.json").unlink(missing_ok=True)


def up(directory: Path, *, webhook: bool = False) -> None:
    """Start the stack in the background, unless it runs, and print where it is.

    Raises:
        ServiceError: the stack did not start, or runs without the webhook that was asked for.
    """
    running = Addresses.of_running(directory) if supervisor(directory) else None
    if running and webhook and not running.webhook:
        raise ServiceError("The local stack is running without a webhook; `make down` stops it.")
    if not running:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "addresses.json").unlink(missing_ok=True)  # of a run that crashed
        console.print("Starting the local stack")
        log = directory / "supervisor.log"
        options = ["--webhook"] if webhook else []
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "local", "--directory", str(directory), "supervise", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # The shell may belong to another stack.
                env={name: value for name, value in os.environ.items() if name != STACK_VARIABLE},
            )
        try:
            _follow(directory, process, log)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    status(directory)


def _follow(directory: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    """Print the supervisor's steps until the stack is up.

    Raises:
        ServiceError: the supervisor ended, or took too long.
    """
    shown = 0
    deadline = time.monotonic() + UP_TIMEOUT_S
    while Addresses.of_running(directory) is None:
        text = log.read_text(errors="replace")
        console.print(text[shown:], end="", markup=False)
        shown = len(text)
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            raise ServiceError(f"The stack did not start; see {log} and {directory / 'logs'}.")
        time.sleep(0.1)


def run_app(directory: Path, port: int | None) -> None:
    """Serve the app in the foreground beside the stack, which is left running afterwards."""
    up(directory)
    addresses = Addresses.of_running(directory)
    if addresses is None:
        raise ServiceError("The local stack stopped.")
    console.print()
    web_app.build(lambda step: console.print(f"  {step} …"))
    with web_app.App(addresses, directory, port) as served:
        console.print(f"\nThe app is at {served.url}; Ctrl-C stops it, and the stack continues to run.", markup=False)
        served.wait()


def run_mlops(directory: Path) -> None:
    """Run the servers around the models in the foreground beside the stack, which is left running afterwards."""
    up(directory)
    addresses = Addresses.of_running(directory)
    if addresses is None:
        raise ServiceError("The local stack stopped.")
    console.print()
    with mlops.Mlops(addresses, directory, progress=lambda step: console.print(f"  {step} …")) as running:
        studio = running.label_studio
        console.print("\nThese run beside the local stack; Ctrl-C stops them, and the stack continues to run.\n")
        rows = {**running.urls, "Label Studio user": f"{studio.email}   password {studio.password}"}
        for name, value in rows.items():
            console.print(f"  {name:<18} {value}", markup=False, soft_wrap=True)
        if "Prometheus" not in rows:
            console.print("\nDashboards need Prometheus, which is not installed (Debian: apt-get install prometheus).")
        console.print(
            "\nMLflow has runs and models under Model training, at the top left.\n"
            "\nIn another shell:\n\n"
            f"  set -a; . {shlex.quote(str(running.environment_file()))}; set +a\n"
            "  .venv/bin/python -m model_export.annotation push   # and pull, for the answers of annotators\n"
            "  .venv/bin/python -m model_export.retrain           # with the corrections of users and annotators\n"
            "  .venv/bin/python -m model_export.release show      # and rollback",
            markup=False,
            soft_wrap=True,
        )
        running.wait()


def down(directory: Path) -> None:
    """Stop the stack of `up`, or the processes that a crashed one left behind."""
    process = supervisor(directory)
    if process is None:
        count = end_leftovers(directory)
        clean_up(directory / "postgres")
        console.print(f"Ended {count} processes of a crashed stack." if count else "The local stack is not running.")
        return
    process.terminate()
    process.wait(60)
    console.print(f"The local stack is stopped; its data stays in {directory}.")


def status(directory: Path) -> None:
    """Print URLs, keys and a test user of the running stack."""
    addresses = Addresses.of_running(directory) if supervisor(directory) else None
    if addresses is None:
        console.print("The local stack is not running; `make up` starts it.")
        return
    user = _test_user(directory, addresses)
    rows = {
        "Supabase URL": addresses.supabase_url,
        "publishable key": addresses.publishable_key,
        "secret key": addresses.secret_key,
        "database": addresses.database_url,
        "OCR service": addresses.ocr_url,
        "receipt_sweep": addresses.receipt_sweep_url,
        **({"receipt_uploaded": addresses.webhook.url} if addresses.webhook else {}),
        "category_feedback": addresses.category_feedback_url,
        "barcode_lookup": addresses.barcode_lookup_url,
        "test user": f"{user['email']}   password {user['password']}",
        "logs": str(directory / "logs"),
    }
    console.print("\nThe local stack is running; `make down` stops it.\n")
    for name, value in rows.items():
        console.print(f"  {name:<17} {value}", markup=False, soft_wrap=True)


def _test_user(directory: Path, addresses: Addresses) -> dict[str, str]:
    file = directory / "test_user.json"
    if not file.exists():
        user = sign_up(addresses.supabase_url, addresses.publishable_key, email="test@example.com")
        write_private(file, json.dumps({"email": user.email, "password": user.password}))
    return dict(json.loads(file.read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument(
        "--directory", type=Path, default=DEFAULT_DIR, help="where the stack keeps its data (default .local/stack)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demonstrate = commands.add_parser("demo", help="process a receipt end to end")
    demonstrate.add_argument("--image", type=Path, default=demo.SAMPLE, help="your own photo")
    serve = commands.add_parser("app", help="build the app and serve it to browsers, until Ctrl-C")
    serve.add_argument("--port", type=int, help="where to serve it (default: a free port)")
    commands.add_parser("mlops", help="run MLflow, Label Studio, exporter and Prometheus, until Ctrl-C")
    weeks = commands.add_parser("mlops-demo", help="weeks of simulated users: the models get better")
    weeks.add_argument("--weeks", type=int, default=8, help="number of weeks (%(default)s)")
    weeks.add_argument("--plot", type=Path, help="file for the curve (default .local/mlops_demo/accuracy.png)")
    start = commands.add_parser("up", help="start the stack and leave it running")
    commands.add_parser("down", help="stop the stack")
    commands.add_parser("status", help="show what is running, with URLs")
    foreground = commands.add_parser("supervise", help="run the stack in the foreground until Ctrl-C")
    for command in (start, foreground):
        command.add_argument(
            "--webhook", action="store_true", help="the database also calls receipt_uploaded at each upload"
        )
    options = parser.parse_args()
    directory = options.directory.resolve()
    # SIGTERM must not leave processes behind either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.command == "demo":
            run_demo(directory, options.image)
        elif options.command == "mlops-demo":
            demo_directory = directory.with_name("mlops_demo")
            plot = options.plot or demo_directory / "accuracy.png"
            mlops_demo.run(demo_directory, options.weeks, plot, console)
        elif options.command == "app":
            run_app(directory, options.port)
        elif options.command in ("up", "supervise"):
            {"up": up, "supervise": supervise}[options.command](directory, webhook=options.webhook)
        else:
            {"mlops": run_mlops, "down": down, "status": status}[options.command](directory)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    except (
        AccountError,
        web_app.BuildError,
        demo.DemoError,
        ServiceError,
        PostgresError,
        MigrationError,
        TimeoutError,
    ) as error:
        Console(stderr=True, highlight=False).print(f"\n{error}", markup=False, soft_wrap=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
