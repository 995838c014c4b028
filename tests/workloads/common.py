"""What the workload scripts share: where sandgate is, how it is called, processes left behind."""
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SANDGATE = os.environ.get("SANDGATE") or str(ROOT / "artifacts" / "sandgate" / "sandgate")
CONFIG = str(HERE / "everything.json")


def inside(*command, config=CONFIG):
    """The command line that runs a command under sandgate; $SANDGATE_RUN_OPTIONS go before the --."""
    return [SANDGATE, "run", "-c", config, *os.environ.get("SANDGATE_RUN_OPTIONS", "").split(), "--", *command]


def require_sandgate():
    if not os.access(SANDGATE, os.X_OK):
        sys.exit(f"{Path(sys.argv[0]).name}: no sandgate at {SANDGATE}; build it or set SANDGATE")


def environment(home):
    """The caller's environment without what differs between machines, with a home of its own."""
    keep = ("PATH", "DOTNET_ROOT", "LD_LIBRARY_PATH")
    env = {k: os.environ[k] for k in keep if k in os.environ}
    # The interpreter itself, not a version manager's stand-in for it that looks for its own home.
    env["PATH"] = f"{os.path.dirname(sys.executable)}:{env.get('PATH', '/usr/bin:/bin')}"
    return env | {
        "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm",
        "USER": "someone", "LOGNAME": "someone", "SHELL": "/bin/bash", "NO_COLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1", "DOTNET_GENERATE_ASPNET_CERTIFICATE": "0",
        "DOTNET_SKIP_WORKLOAD_INTEGRITY_CHECK": "1", "MSBUILDDISABLENODEREUSE": "1",
        "npm_config_update_notifier": "false", "npm_config_fund": "false", "npm_config_audit": "false",
    }


def become_subreaper():
    """From here on, whoever our children leave behind becomes our child instead of init's."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


class Process:
    def __init__(self, pid):
        text = Path(f"/proc/{pid}/stat").read_text()
        self.pid = pid
        self.comm = text[text.index("(") + 1:text.rindex(")")]
        rest = text[text.rindex(")") + 2:].split()
        self.state, self.ppid, self.pgrp, self.session, self.tty = rest[0], *map(int, rest[1:5])

    def __str__(self):
        return f"{self.pid} {self.comm} ({self.state})"


def processes():
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.append(Process(int(name)))
            except (OSError, ValueError):
                pass
    return found


def children(pid):
    return [p for p in processes() if p.ppid == pid]


def descendants(pid):
    every, found, parents = processes(), [], {pid}
    while parents:
        new = [p for p in every if p.ppid in parents]
        found += new
        parents = {p.pid for p in new}
    return found


def leftovers(patience=2):
    """Processes that outlived the command: they are a subreaper's children now. Ends and returns them."""
    deadline, found = time.monotonic() + patience, []
    while time.monotonic() < deadline:
        found = descendants(os.getpid())
        for p in found:
            try:
                os.waitpid(p.pid, os.WNOHANG)
            except ChildProcessError:
                pass
        if not found:
            return []
        time.sleep(0.02)
    for p in found:
        try:
            os.kill(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return sorted(found, key=lambda p: p.comm)
