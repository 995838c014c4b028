#!/usr/bin/env python3
"""Sandboxes that have ended, and supervisors that were killed, leave nothing behind.

    tests/workloads/leaks.py                     1000 runs, then twice 100 supervisors killed: about five minutes
    tests/workloads/leaks.py --runs 60 --kills 15

Looks for control groups, mounts, processes, namespaces, sockets, System V objects and files. So that nothing of others is
counted, and nothing of its own missed, it goes into namespaces itself first: what is there at the end and wasn't at the
beginning is a leak. Needs root. Prints `ok` or `FAIL` lines; exit status 1 after any FAIL. $SANDGATE names the tool."""
import argparse
import ctypes
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
import common

INSIDE = "SANDGATE_LEAKS_INSIDE"
LIMITS = ["--memory", "64M", "--pids", "30", "--cpus", "2"]
OPTIONS = ["--isolate", "all", *LIMITS]
AT_ONCE = 2

# What is run: ends by itself, leaves others behind, is killed for memory, comes up against --pids, writes and listens.
PROGRAMS = {
    "true": (["true"], {0}),
    "status": (["sh", "-c", "exit 3"], {3}),
    "orphans": (["sh", "-c", "(sleep 0.05 &); setsid sleep 0.05 & exit 4"], {4}),
    "memory": (["sh", "-c", "head -c 200m /dev/zero | tail -n 1 > /dev/null"], {0, 1, 137}),
    "forks": (["bash", "-c", "for i in {1..60}; do sleep 0.05 & done 2> /dev/null; exit 5"], {1, 5, 254}),
    "sockets": (["perl", "-MSocket", "-e", 'socket(S, AF_INET, SOCK_STREAM, 0); listen(S, 9); socket(U, AF_UNIX, SOCK_STREAM, 0); '
                 'bind(U, sockaddr_un("\\0leak")); syscall(29, 0, 4096, 0666 | 01000); syscall(68, 0, 0666 | 01000); exit 6'], {6}),
    "signal": (["sh", "-c", "kill -TERM $$"], {143}),
}
VARIANTS = [[], [], [], ["--timeout", "5s"], ["--net", "none"], ["-e", "open ('*/nobody') = not_allow"], ["--overlay", "layer"]]


def go_inside():
    """Into namespaces of our own, with temporary directories of our own; what is needed from the host's stays in one directory."""
    home = tempfile.mkdtemp(prefix="sandgate-leaks.", dir="/var/tmp")
    try:
        shutil.copy(common.SANDGATE, f"{home}/sandgate")
        for name in ("leaks.py", "common.py"):
            shutil.copy(common.HERE / name, home)
        environment = dict(os.environ, SANDGATE=f"{home}/sandgate", HOME=home)
        environment.pop("TMPDIR", None)
        environment[INSIDE] = home
        command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc",
                   sys.executable, f"{home}/leaks.py", *sys.argv[1:]]
        return subprocess.run(command, env=environment, cwd=home, stdin=subprocess.DEVNULL).returncode
    finally:
        shutil.rmtree(home)


def lines(path):
    return [line for line in Path(path).read_text().splitlines()]


def groups():
    """Control groups of supervisors in this PID namespace, whose number is the name's fourth part."""
    space = os.stat("/proc/self/ns/pid").st_ino
    for directory, below, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"{directory}/{b}" for b in below if b.startswith("sandgate-") and b.split("-")[3:4] == [str(space)])


def namespaces():
    for process in common.processes():
        for link in ("cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"):
            try:
                yield os.readlink(f"/proc/{process.pid}/ns/{link}")
            except OSError:
                pass


# The .NET runtime makes these before any code of Sandgate's runs, which then removes them; who is killed in between leaves them, as any .NET program does.
RUNTIMES_OWN = re.compile(r"(clr-debug-pipe|dotnet-diagnostic)-\d+-\d+-(in|out|socket)$")


# The user's directory of control sockets stays, as a terminal multiplexer's does; what is in it doesn't.
SOCKETS = {f"/tmp/sandgate-{os.geteuid()}"}


def files():
    for top in (os.environ[INSIDE], "/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue"):
        for directory, below, names in os.walk(top):
            yield from (f"{directory}/{n}" for n in below + names if not RUNTIMES_OWN.match(n) and f"{directory}/{n}" not in SOCKETS)


def state():
    return {
        "control groups": set(groups()),
        "mounts": {" ".join(line.split()[2:6]) for line in lines("/proc/self/mountinfo")},
        "processes": {str(p) for p in common.processes() if p.pid != os.getpid()},
        "namespaces": set(namespaces()),
        "sockets": {f"{kind}: {line}" for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "unix", "netlink", "packet")
                    for line in lines(f"/proc/net/{kind}")[1:]},
        "descriptors": set(os.listdir("/proc/self/fd")),
        "System V objects": {line for kind in ("shm", "msg", "sem") for line in lines(f"/proc/sysvipc/{kind}")[1:]},
        "files": set(files()),
    }


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def report(good, what):
    print(f"{'ok' if good else 'FAIL':<5} {what}", flush=True)
    return good


def nothing_left(before, what):
    """What goes by itself gets a moment: the kernel takes namespaces and killed processes apart in its own time."""
    good = True
    deadline = time.monotonic() + 5
    while True:
        reap()
        left = {kind: now - before[kind] for kind, now in state().items()}
        if not any(left.values()) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for kind, those in left.items():
        good &= report(not those, f"{what}: {len(those)} {kind} left" + "".join(f"\n      {x}" for x in sorted(those)[:5]))
    return good


def start(options, command, directory):
    return subprocess.Popen([os.environ["SANDGATE"], "run", *options, "--", *command], cwd=directory, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


def one(number):
    """A run to its end; what went wrong, or None."""
    names = list(PROGRAMS)
    name = names[number % len(names)]
    options = VARIANTS[number // len(names) % len(VARIANTS)]
    command, statuses = PROGRAMS[name]
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "layer").mkdir()
        process = start(OPTIONS + options, command, directory)
        _, said = process.communicate(timeout=60)
    lost = [line for line in said.splitlines() if "NOT in force" in line or "by a substitute" in line or "not to be had" in line]
    return None if process.returncode in statuses and not lost else f"{name} {options}: status {process.returncode}: {said.strip()[-300:]}"


def runs(count, before):
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [w for w in pool.map(one, range(count)) if w]
    report(not wrong, f"runs: {count} in {time.monotonic() - begun:.0f} s, {len(wrong)} of them wrong" + "".join(f"\n      {w}" for w in wrong[:5]))
    return nothing_left(before, "runs") and not wrong


def has_child(pid):
    try:
        return any(lines(f"/proc/{pid}/task/{task}/children") for task in os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return False


BUSY = ["bash", "-c", "setsid sleep 300 & (sleep 300 &); exec sleep 300"]


def kills(what, count, before, options):
    """Each at another moment, from before there is a child until everything runs."""
    seen = {"began": 0, "groups": 0, "doors": 0}
    good = True
    for number in range(count):
        with tempfile.TemporaryDirectory() as directory:
            process = start(options, BUSY, directory)
            # Every other one from the moment on when there is a child: what it does to itself takes a few milliseconds.
            deadline = time.monotonic() + 5
            while number % 2 and not has_child(process.pid) and time.monotonic() < deadline:
                pass
            time.sleep(random.uniform(0, 0.02 if number % 2 else 0.4))
            began = len(common.descendants(process.pid)) > 0
            process.kill()
            process.stderr.close()
            process.wait()
            seen["began"] += began
            seen["doors"] += began and any(n.split("-")[-3] == str(process.pid) for n in os.listdir("/tmp") if RUNTIMES_OWN.match(n))
        seen["groups"] += any(True for _ in groups())
    good &= report(count < 5 or seen["began"] > 0, f"{what}: {count}, {seen['began']} of them with children, {seen['groups']} left groups for the next")
    good &= report(not seen["doors"], f"{what}: {seen['doors']} supervisors of a running program had doors of the runtime's")
    wrong = one(0)
    good &= report(not wrong, f"{what}: the next start: {wrong or 'as ever'}")
    return nothing_left(before, what) and good


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=1000)
    arguments.add_argument("--kills", type=int, default=100)
    options = arguments.parse_args()
    common.require_sandgate()
    if os.geteuid() != 0:
        sys.exit("leaks.py: needs root, to look from outside and to make control groups")
    if INSIDE not in os.environ:
        return go_inside()
    libc = ctypes.CDLL(None, use_errno=True)
    for top in ("/tmp", "/dev/shm", "/run"):
        if libc.mount(b"none", top.encode(), b"tmpfs", 0, b"mode=1777") != 0:
            sys.exit(f"leaks.py: no {top} of its own: {os.strerror(ctypes.get_errno())}")
    before = state()
    good = True
    if options.runs:
        good &= runs(options.runs, before)
    if options.kills:
        good &= kills("kills", options.kills, before, OPTIONS)
        # Without a PID namespace nobody but the next start can end what has left the first process.
        good &= kills("kills with limits only", options.kills, before, LIMITS)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
