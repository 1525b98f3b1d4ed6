"""Start and stop the demo: `make demo` and `make demo-stop` call this.

Only the standard library, so that a fault of the installation is told and not raised. State is in
sandbox/var: the database, received mail, logs, and one pid file for each process.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SANDBOX = Path(__file__).resolve().parent.parent
MANAGE = SANDBOX / "manage.py"
VAR = Path(os.environ.get("SANDBOX_VAR", SANDBOX / "var"))
RUN, LOGS = VAR / "run", VAR / "log"
WEB_PORT = int(os.environ.get("DEMO_PORT", "8000"))
SMTP_PORT = int(os.environ.get("DEMO_SMTP_PORT", "1025"))
PROCESSES = {
    "mail": ["mail_catcher", "--port", str(SMTP_PORT)],
    "worker": ["qcluster"],
    "web": ["runserver", "--noreload", f"127.0.0.1:{WEB_PORT}"],
}
PATIENCE = 60
"""Seconds that a process has to come up or to go."""


class Failed(Exception):
    """The demo cannot go on; the text says why and what helps."""


def start() -> None:
    began = time.monotonic()
    stop(quiet=True)
    for name, port, variable in (("web server", WEB_PORT, "DEMO_PORT"), ("mail server", SMTP_PORT, "DEMO_SMTP_PORT")):
        if not free(port):
            raise Failed(
                f"Port {port} for the {name} is taken by another program. "
                f"Stop that, or choose another: make demo {variable}={port + 1}"
            )
    for folder in (RUN, LOGS):
        folder.mkdir(parents=True, exist_ok=True)
    steps = [
        ("Tables", ["migrate", "--verbosity", "0"]),
        ("Front page and administrator", ["setup_sandbox"]),
        ("A year of real baskets", ["load_complete_journey", "--progress"]),
        ("Customers, products and orders to marketing", ["marketing_sync"]),
    ]
    for number, (title, command) in enumerate(steps, start=1):
        print(f"[{number}/{len(steps) + 1}] {title}", flush=True)
        if subprocess.run([sys.executable, str(MANAGE), *command], check=False).returncode:  # noqa: S603
            raise Failed(f"manage.py {shlex.join(command)} failed; see above.")
    print(f"[{len(steps) + 1}/{len(steps) + 1}] Web server, worker, mail server", flush=True)
    await_all({name: launch(name, command) for name, command in PROCESSES.items()})
    print(
        f"""
Ready after {time.monotonic() - began:.0f} seconds.

  Shop      http://localhost:{WEB_PORT}/
  Admin     http://localhost:{WEB_PORT}/admin/     log-in admin, password admin
  Mailbox   http://localhost:{WEB_PORT}/mailbox/   what the local mail server received
  SMTP      127.0.0.1:{SMTP_PORT}
  Logs      {LOGS}

  The whole story at once:  {shown(sys.executable)} {shown(str(MANAGE))} demo_journey --json
  Stop:                     make demo-stop
"""
    )


def shown(path: str) -> str:
    """A path as one would type it here."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


def free(port: int) -> bool:
    with socket.socket() as probe:
        # A port whose last connection is still fading out can be used.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def launch(name: str, command: list[str]) -> subprocess.Popen:
    with (LOGS / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, str(MANAGE), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    (RUN / f"{name}.pid").write_text(str(process.pid))
    return process


def await_all(processes: dict[str, subprocess.Popen]) -> None:
    waiting = {"web": web_answers, "mail": mail_answers, "worker": lambda: True}
    until = time.monotonic() + PATIENCE
    while waiting:
        for name in list(waiting):
            if processes[name].poll() is not None:
                stop(quiet=True)
                raise Failed(f"The {name} process ended; {LOGS / f'{name}.log'} says why.")
            if waiting[name]():
                del waiting[name]
        if waiting and time.monotonic() > until:
            stop(quiet=True)
            raise Failed(f"No answer from {', '.join(waiting)} within {PATIENCE} seconds; see {LOGS}.")
        time.sleep(0.3)


def web_answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{WEB_PORT}/", timeout=20) as answer:
            return answer.status == 200
    except urllib.error.HTTPError as error:
        stop(quiet=True)
        raise Failed(f"The shop answers {error.code}; see {LOGS / 'web.log'}.") from error
    except OSError:
        return False


def mail_answers() -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", SMTP_PORT, timeout=5):
            return True
    except OSError:
        return False


def pid_of(name: str) -> int | None:
    """The process that a pid file names, if it is ours: pids are used again."""
    try:
        pid = int((RUN / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None
    for _ in range(10):
        command = command_of(pid)
        if command:
            return pid if str(MANAGE) in command else None
        # A process that has just been started has no command line for a moment.
        time.sleep(0.05)
    return None


def command_of(pid: int) -> str:
    """The command line of a process; empty where there is none (any more)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        pass
    try:
        found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return ""
    return found.stdout


def stop(*, quiet: bool = False) -> None:
    stopped = []
    for name in reversed(PROCESSES):
        pid = pid_of(name)
        if pid is not None:
            end(pid)
            stopped.append(name)
        (RUN / f"{name}.pid").unlink(missing_ok=True)
    if not quiet:
        print(f"Stopped: {', '.join(stopped)}." if stopped else "The demo is not running.")


def end(pid: int) -> None:
    """Ask the process to stop; after a while, and for its children, insist."""
    try:
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 15
        while time.monotonic() < until and running(pid):
            time.sleep(0.1)
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def running(pid: int) -> bool:
    try:
        # Our own child stays as a zombie until it is waited for.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="The demo of wagtail_marketing.")
    parser.add_argument("action", choices=("start", "stop"))
    try:
        {"start": start, "stop": stop}[parser.parse_args().action]()
    except Failed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        stop(quiet=True)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
