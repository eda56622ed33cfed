"""Run programs that refuse to run as root, without opening any folder to other users.

An ordinary user runs them as they are. Root runs them as `nobody`, which every Linux has; where the system does not
let root switch users, as in some containers, root runs them in a user namespace that shows root under `nobody`'s ID.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

USER = "nobody"


class AccountError(Exception):
    """Root cannot start a process as another user; the text says what to do."""


@dataclass(frozen=True)
class Account:
    """The account that a process gets.

    Attributes:
        uid, gid: what the process switches to; None leaves root's or the ordinary user's own.
        prefix: goes before the command.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    @property
    def switches(self) -> bool:
        """Whether files of the process need another owner."""
        return self.uid is not None

    def run(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with its output captured. `folder` may lie where only the caller can go."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=() if self.switches else None,
            pass_fds=pass_fds,
        )


OWN = Account()
"""The account of this process."""


@functools.cache
def unprivileged_account() -> Account:
    """An account for programs that refuse to run as root.

    Raises:
        AccountError: the caller is root, and the system allows neither of the two ways.
    """
    if os.geteuid() != 0:
        return OWN
    try:
        user = pwd.getpwnam(USER)
    except KeyError as error:
        raise AccountError(f"This system has no user `{USER}`; run the command as an ordinary user.") from error
    if _can_switch_to(user.pw_uid, user.pw_gid):
        return Account(user.pw_uid, user.pw_gid)
    namespace = ("unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}", "--")
    account = Account(prefix=namespace)
    with contextlib.suppress(OSError):
        if account.run(["true"]).returncode == 0:
            return account
    raise AccountError(
        "Postgres refuses to run as root, and this system lets root neither switch to another user nor make a user "
        "namespace, as containers with few capabilities do. Run the command as an ordinary user, or give the container "
        "the capabilities CHOWN, KILL, SETGID and SETUID."
    )


def _can_switch_to(uid: int, gid: int) -> bool:
    """Whether root may give files to that user, and start and signal processes as that user."""
    try:
        with tempfile.TemporaryFile() as file:
            os.fchown(file.fileno(), uid, -1)
        with subprocess.Popen(
            ["sleep", "1"], stdin=subprocess.DEVNULL, user=uid, group=gid, extra_groups=()
        ) as process:
            process.terminate()
    except (OSError, subprocess.SubprocessError):
        return False
    return True
