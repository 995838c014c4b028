#!/usr/bin/env python3
"""Loads that must leave no hang, no zombie, no lost denial and flat memory.

    tests/workloads/stress.py                     all; about a minute and a half
    tests/workloads/stress.py rate blocked        only these
    tests/workloads/stress.py --seconds 5         a shorter `rate`
    tests/workloads/stress.py --list

Prints `ok` or `FAIL` lines; exit status 1 after any FAIL. $SANDGATE names the tool; --native runs
the loads without it, to prove the loads themselves (what needs a supervisor is left out). As root
the fork bomb runs as user 1000, whom the process limit binds."""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
import common

PARTS = {}


def part(function):
    PARTS[function.__name__.replace("_", "-")] = function
    return function


class Stress:
    def __init__(self, directory, options):
        self.directory, self.options, self.good = directory, options, True
        self.load = str(directory / "load")
        source = common.HERE / "programs" / "load.c"
        subprocess.run(["gcc", "-O2", "-pthread", "-o", self.load, source], check=True)
        (directory / "denied-by-stress").write_text("never read\n")
        self.config = directory / "stress.json"
        rules = Path(common.CONFIG).read_text()
        marked = rules.replace('"open":     {', '"open":     { "(\'*/denied-by-stress\')": "not_allow",')
        assert marked != rules
        self.config.write_text(marked)

    def report(self, good, what):
        self.good &= bool(good)
        print(f"{'ok' if good else 'FAIL':<5} {what}", flush=True)

    def start(self, *command, before=(), **options):
        """The command under sandgate; `before` goes in front of sandgate itself."""
        under = [] if self.options.native else common.inside(config=str(self.config))
        return subprocess.Popen([*before, *under, *command], cwd=self.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                                **options)

    def end(self, process, seconds, name):
        """Output and status of a command that must end in time, leaving nothing. Status None is a hang."""
        start = time.monotonic()
        output = []
        reader = threading.Thread(target=lambda: output.append(process.stdout.read()), daemon=True)
        reader.start()
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.report(False, f"{name}: hangs; left running: {', '.join(map(str, common.descendants(process.pid)))}"[:400])
            process.kill()
            process.wait()
            status = None
        took = time.monotonic() - start
        left = common.leftovers(1)
        reader.join(2)
        if left:
            self.report(False, f"{name}: left behind: {', '.join(map(str, left))}"[:400])
        if status is not None and status < 0:
            status = 128 - status  # as a shell would see it
        return "".join(output), status, took

    def wait_for(self, process, comm, count=1, seconds=10):
        """Processes of that name below the command, once there are as many."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            near = [p for p in common.processes() if p.pid == process.pid] + common.descendants(process.pid)
            found = [p for p in near if p.comm == comm and p.state != "Z"]
            if len(found) >= count:
                return found
            time.sleep(0.02)
        return []


def supervisor(process):
    """The pid of the supervisor: what was started, or what a wrapping script of it started."""
    exe = os.path.basename(os.readlink(f"/proc/{process.pid}/exe"))
    below = common.children(process.pid)
    return below[0].pid if exe in ("sh", "dash", "bash") and below else process.pid


def sample(pid):
    """Resident kilobytes, open descriptors, threads."""
    status = Path(f"/proc/{pid}/status").read_text()
    return (int(status.split("VmRSS:")[1].split()[0]), len(os.listdir(f"/proc/{pid}/fd")),
            int(status.split("Threads:")[1].split()[0]))


@part
def rate(s):
    """Many calls a second for a while, in flat memory."""
    wanted, length = s.options.rate, s.options.seconds
    process = s.start(s.load, "rate", str(wanted), str(length), "2")
    time.sleep(0.5)
    watched, samples = supervisor(process), []
    deadline = time.monotonic() + length * 3 + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            samples.append(sample(watched))
        except (OSError, IndexError):
            pass
        time.sleep(0.2)
    output, status, _ = s.end(process, 10, "rate")
    words = output.split()
    s.report(status == 0 and words, f"rate: ends with status {status}: {output.strip()}")
    if not words:
        return
    calls, took, tried, opened = float(words[1]), float(words[3]), int(words[5]), int(words[7])
    # How many a second is the machine's affair (bench/); that none is lost is ours.
    s.report(calls > 0, f"rate: {calls / took:,.0f} calls/s of {wanted:,} for {took:.0f} s")
    if s.options.native:
        return
    s.report(opened == 0 and tried > 0, f"rate: {tried} denials asked for, {opened} lost")
    quarter = max(1, len(samples) // 4)
    first, last = samples[:quarter], samples[-quarter:]
    for i, (name, unit) in enumerate((("resident memory", " KB"), ("descriptors", ""), ("threads", ""))):
        a, b = max(x[i] for x in first), max(x[i] for x in last)
        slack = 1.2 * a if i == 0 else 1.2 * a + 4
        s.report(b <= slack, f"rate: supervisor's {name} flat: {a}{unit} in the first quarter, {b}{unit} in the last"
                             f" (highest {max(x[i] for x in samples)}{unit})")


@part
def blocked(s):
    """A thousand threads blocked in stopped calls; others go on, all come back."""
    output, status, took = s.end(s.start(s.load, "block", str(s.options.threads)), 90, "blocked")
    s.report(status == 0 and f"released {s.options.threads} wrong 0" in output,
             f"blocked: status {status} in {took:.1f} s: {', '.join(output.split(chr(10))[:-1])}")
    if output.startswith("blocked"):
        s.report(int(output.split()[1]) == s.options.threads, f"blocked: {output.split()[1]} of {s.options.threads} at once")
    clear(s)


@part
def blocked_killed(s):
    """The same, killed while they are blocked."""
    process = s.start(s.load, "block", str(s.options.threads), "hold")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend([process.stdout.readline(), process.stdout.readline()]), daemon=True)
    reader.start()
    reader.join(60)
    found = s.wait_for(process, "load")
    for p in found:
        os.kill(p.pid, signal.SIGKILL)
    _, status, took = s.end(process, 15, "blocked-killed")
    s.report(status == 137 and len(lines) == 2, f"blocked-killed: status {status} {took:.1f} s after the kill")
    clear(s)


def clear(s):
    for path in s.directory.glob("seat-*"):
        path.unlink()


def bomb_with(s, name, outside):
    unprivileged = ()
    if os.getuid() == 0:
        if not shutil.which("setpriv"):
            s.report(False, f"{name}: needs setpriv to run as another user")
            return
        unprivileged = ("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups")
    uid = 1000 if os.getuid() == 0 else os.getuid()
    tasks = 0
    for p in Path("/proc").glob("[0-9]*"):
        try:
            if p.stat().st_uid == uid:
                tasks += len(os.listdir(p / "task"))
        except OSError:
            pass
    limit = str(tasks + 200)
    shell = ("bash", "-c", 'ulimit -u "$1" || exit 99; shift; exec "$@"', "bash", limit)
    before, inner = (*unprivileged, *(shell if outside else ())), (() if outside else shell)
    if unprivileged and not s.options.native:
        able = subprocess.run([*unprivileged, "test", "-x", common.SANDGATE]).returncode == 0
        if not able:
            s.report(False, f"{name}: user 1000 can't reach {common.SANDGATE}")
            return
    process = s.start(*inner, s.load, "bomb", "2000", before=before)
    output, status, took = s.end(process, 90, name)
    words = output.split()
    refused = int(words[3]) if len(words) == 4 else 0
    s.report(status == 0 and refused > 0, f"{name}: status {status} in {took:.1f} s: {output.strip() or 'nothing said'}")


@part
def bomb(s):
    """A fork bomb up to the limit on processes, five times over."""
    bomb_with(s, "bomb", outside=False)


@part
def bomb_outside(s):
    """The same when the limit counts the supervisor's own threads too."""
    bomb_with(s, "bomb-outside", outside=True)


@part
def killed(s):
    """The program dies in the middle of its calls."""
    for n in range(5):
        process = s.start(s.load, "rate", "1000000", "30", "4")
        found = s.wait_for(process, "load")
        time.sleep(0.3 + 0.1 * n)
        for p in found:
            os.kill(p.pid, signal.SIGKILL)
        _, status, took = s.end(process, 10, "killed")
        s.report(status == 137 and found and took < 5, f"killed: status {status}, {took:.2f} s after the kill")


@part
def killed_child(s):
    """One process of several dies; the others and the status are their own."""
    process = s.start("sh", "-c", '"$0" rate 20000 2 2 >/dev/null & a=$!; "$0" rate 20000 2 1; exit 5', s.load)
    found = s.wait_for(process, "load", 2)
    time.sleep(0.5)
    if found:
        os.kill(found[0].pid, signal.SIGKILL)
    _, status, _ = s.end(process, 20, "killed-child")
    s.report(status == 5 and found, f"killed-child: status {status}")


@part
def killed_parent(s):
    """The first process dies, its children live on for a while: none is left without a supervisor."""
    process = s.start("sh", "-c", '"$0" rate 20000 2 1 & "$0" rate 20000 2 1 & wait', s.load)
    found = s.wait_for(process, "load", 2)
    if s.options.native:
        process.kill()
        process.wait()
        common.leftovers()
        return
    parent = next((p for p in common.descendants(process.pid) if found and p.pid == found[0].ppid), None)
    if parent:
        os.kill(parent.pid, signal.SIGKILL)
    _, status, took = s.end(process, 15, "killed-parent")
    s.report(status == 137 and parent, f"killed-parent: status {status}, {took:.1f} s after the kill")


@part
def signalled(s):
    """Signals sent to sandgate itself reach the program."""
    for name, handled in (("TERM", False), ("TERM", True), ("INT", False), ("HUP", False), ("QUIT", False), ("USR1", True)):
        if handled:
            command = f"trap 'exit 7' {name}; echo ready; while :; do \"$0\" rate 50000 0.2 2 >/dev/null; done"
        else:
            command = 'ulimit -c 0; echo ready; exec "$0" rate 50000 30 2'
        process = s.start("bash", "-c", command, s.load)
        process.stdout.readline()
        time.sleep(0.5)
        os.kill(process.pid, getattr(signal, f"SIG{name}"))
        _, status, took = s.end(process, 10, f"signalled {name}")
        want = 7 if handled else 128 + getattr(signal, f"SIG{name}")
        s.report(status == want, f"signalled: {name}{' with a handler' if handled else ''}: status {status}, {took:.2f} s")


@part
def supervisor_killed(s):
    """Sandgate is killed: nothing goes on without it. More than is promised yet (docs/THREAT-MODEL.md); run by name only."""
    if s.options.native:
        return
    process = s.start("sh", "-c", '"$0" rate 50000 30 2 & (sleep 30 &) ; exec "$0" rate 50000 30 2', s.load)
    s.wait_for(process, "load", 2)
    s.wait_for(process, "sleep", 1)
    os.kill(supervisor(process), signal.SIGKILL)
    process.wait()
    left = common.leftovers(5)
    process.stdout.close()
    s.report(not left, f"supervisor-killed: {'left behind: ' + ', '.join(map(str, left)) if left else 'nothing goes on'}"[:300])


@part
def orphans(s):
    """Grandchildren whose parents are gone are reaped while the program runs."""
    process = s.start("bash", "-c", "for ((i = 0; i < 300; i++)); do (sleep 0.2 &); done; sleep 2; echo done; sleep 1; exit 3")
    process.stdout.readline()
    zombies = [p for p in common.descendants(process.pid) if p.state == "Z"]
    _, status, _ = s.end(process, 15, "orphans")
    s.report(status == 3 and not zombies, f"orphans: status {status}, {len(zombies)} zombies of 300 while it ran")


# Parts that ask for more than this version promises.
BEYOND = {"supervisor-killed"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name", nargs="*", help="parts to run (default: all)")
    arguments.add_argument("--list", action="store_true", help="name the parts")
    arguments.add_argument("--native", action="store_true", help="without sandgate")
    arguments.add_argument("--seconds", type=int, default=60, help="how long `rate` lasts (60)")
    arguments.add_argument("--rate", type=int, default=100_000, help="calls per second (100000)")
    arguments.add_argument("--threads", type=int, default=1000, help="threads blocked at once (1000)")
    options = arguments.parse_args()
    if options.list:
        for name, function in PARTS.items():
            if name not in BEYOND:
                print(f"{name:<18} {function.__doc__}")
        return 0
    unknown = set(options.name) - set(PARTS)
    if unknown:
        arguments.error(f"no such part: {', '.join(sorted(unknown))}")
    if not options.native:
        common.require_sandgate()
    common.become_subreaper()
    with tempfile.TemporaryDirectory(prefix="sandgate-stress.") as made:
        os.chmod(made, 0o755)
        s = Stress(Path(made), options)
        for name, function in PARTS.items():
            if name in options.name or not options.name and name not in BEYOND:
                function(s)
    return 0 if s.good else 1


if __name__ == "__main__":
    sys.exit(main())
