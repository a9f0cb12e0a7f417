"""The two ways in which a host keeps passes going: a systemd unit, a crontab line."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UNIT = "kctl-reconcile.service"
SERVER_UNIT = "kctl-serve.service"
WATCH = ("reconcile", "--watch")
UNIT_FOLDER = Path("/etc/systemd/system")


class SystemdError(Exception):
    """The unit could not be installed; the message says why."""


def command() -> list[str]:
    """How this kctl is started again by somebody else's process."""
    script = shutil.which("kctl")
    return [script] if script else [sys.executable, "-m", "kctl"]


def unit_text(
    home: Path, words: Sequence[str] = WATCH, description: str = "kctl reconcile loop"
) -> str:
    """The unit of a kctl command: notify type, watchdog, restarted when it fails."""
    start = shlex.join([*command(), *words])
    return f"""[Unit]
Description={description}
Wants=docker.service
After=docker.service network-online.target

[Service]
Type=notify
NotifyAccess=main
Environment={shlex.quote(f"KCTL_HOME={home}")}
ExecStart={start}
Restart=always
RestartSec=2
WatchdogSec=60
TimeoutStopSec=30

[Install]
WantedBy=multi-user.target
"""


def cron_line(home: Path) -> str:
    """One pass a minute, for hosts without systemd."""
    start = shlex.join([*command(), "reconcile"])
    return f"* * * * * KCTL_HOME={shlex.quote(str(home))} {start} >/dev/null\n"


def install_server(home: Path, words: Sequence[str], folder: Path = UNIT_FOLDER) -> Path:
    """The unit of `kctl serve`, which reconciles as well; raises SystemdError."""
    return _install(unit_text(home, words, "kctl API server"), folder / SERVER_UNIT)


def install(home: Path, folder: Path = UNIT_FOLDER) -> Path:
    """Write, enable and start the unit; raises SystemdError."""
    return _install(unit_text(home), folder / UNIT)


def _install(text: str, path: Path) -> Path:
    systemctl = shutil.which("systemctl")
    if systemctl is None or not Path("/run/systemd/system").is_dir():
        raise SystemdError(
            "systemd does not run on this machine; `kctl reconcile --print-cron` prints a "
            "crontab line that does the same once a minute"
        )
    try:
        path.write_text(text)
    except OSError as error:
        raise SystemdError(f"cannot write {path}: {error.strerror}") from error
    for words in (["daemon-reload"], ["enable", "--now", path.name]):
        done = subprocess.run([systemctl, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemdError(f"systemctl {' '.join(words)}: {done.stderr.strip()}")
    return path
