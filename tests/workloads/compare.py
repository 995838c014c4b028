#!/usr/bin/env python3
"""Runs real programs natively and under sandgate with every call family stopped and nothing denied,
and compares exit status, output and the files that they leave.

    tests/workloads/compare.py              all
    tests/workloads/compare.py git tar      only these
    tests/workloads/compare.py --list

One line per workload; after a difference, what differs. Exit status 1 on any difference. A workload
whose program isn't installed is skipped and says so. $SANDGATE names the tool. --native compares
native with native, which proves the comparison itself; --keep leaves the directories.

Both runs happen at the same path, so names in outputs agree. Compared of each file: type, mode,
owner, size, SHA-256, link target; not times, which a workload prints itself where they should agree.
Each workload states what is taken out of its output as noise (`noise`: a pattern and what replaces
it), whether the order of its lines is chance (`unordered`), and which files' content is (`varies`)."""
import argparse
import difflib
import functools
import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
import common

PROGRAMS = common.HERE / "programs"


@dataclass
class Workload:
    name: str
    needs: tuple
    script: str              # run by bash -e in a copy of what `prepare` made in its directory
    prepare: object = None
    noise: tuple = ()        # (pattern, replacement) on stdout and stderr
    unordered: bool = False  # lines are compared sorted
    varies: str = None       # files whose size and content are not compared
    seconds: int = 300
    without: tuple = ()      # operations of everything.json that are left out


# Preparing what the workloads chew on -------------------------------------------------------------

def make_tree(top):
    """Three hundred files of several kinds, with fixed times."""
    for d in range(12):
        (top / f"dir{d}" / "deep" / "er").mkdir(parents=True)
        for f in range(25):
            where = top / f"dir{d}" / ("deep/er" if f % 3 == 0 else "deep" if f % 3 == 1 else ".")
            (where / f"file {f}.txt").write_text("".join(f"line {i * f} of {d} needle{i % 17}\n" for i in range(f * 20)))
    (top / "empty").write_bytes(b"")
    (top / "run.sh").write_text("#!/bin/sh\necho run\n")
    (top / "run.sh").chmod(0o755)
    (top / "secret").write_text("secret\n")
    (top / "secret").chmod(0o600)
    (top / ("long" * 50)).write_text("long name\n")
    (top / "umlaut-ü").write_text("ü\n")
    (top / "link").symlink_to("dir1/deep")
    (top / "dangling").symlink_to("nowhere")
    os.link(top / "run.sh", top / "hard")
    with open(top / "sparse", "wb") as f:
        f.seek(5_000_000)
        f.write(b"end")
    for here, dirs, files in os.walk(top, topdown=False):
        for name in files + dirs:
            os.utime(os.path.join(here, name), (1_700_000_000, 1_700_000_123), follow_symlinks=False)


def tree(source):
    make_tree(source / "tree")


def repository(source):
    commands = ["reset refs/heads/main\n"]
    for c in range(60):
        commands.append(f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + c * 60} +0000\n"
                        f"data <<E\ncommit {c}\nE\n")
        for f in range(c % 5, 400, 5) if c < 5 else range(c, 400, 37):
            text = f"file {f} at commit {c}\n" * (f % 40 + 1)
            commands.append(f"M 100644 inline d{f % 20}/s{f % 7}/f{f}.txt\ndata {len(text)}\n{text}")
    subprocess.run("git init -q --bare -b main upstream.git && git -C upstream.git fast-import --quiet",
                   shell=True, cwd=source, input="\n".join(commands) + "\n", text=True, check=True,
                   env=common.environment(source))


def c_sources(source):
    names = [f"part{n}" for n in range(10)]
    (source / "parts.h").write_text("".join(f"int {n}(int);\n" for n in names))
    for i, n in enumerate(names):
        (source / f"{n}.c").write_text(f'#include "parts.h"\n#include <stdlib.h>\n#include <math.h>\n'
                                       f"int {n}(int x) {{ return abs(x * {i + 3}) % 1009 + (int)sqrt(x); }}\n")
    calls = "".join(f"  sum += {n}(sum + i);\n" for n in names)
    (source / "main.c").write_text(f'#include <stdio.h>\n#include "parts.h"\nint main(void) {{\n  int sum = 1;\n'
                                   f"  for (int i = 0; i < 1000; i++) {{\n{calls}  sum %= 100003;\n  }}\n"
                                   f'  printf("sum %d\\n", sum);\n  return sum % 200;\n}}\n')
    (source / "Makefile").write_text("OBJECTS = $(patsubst %.c,%.o,$(wildcard *.c))\nprog: $(OBJECTS)\n"
                                     "\t$(CC) -o $@ $(sort $^) -lm\n%.o: %.c parts.h\n\t$(CC) -O1 -c -o $@ $<\n"
                                     "clean:\n\trm -f prog $(OBJECTS)\n")


def python_sources(source):
    library = Path(os.__file__).parent
    for package in ("json", "email", "asyncio", "xml", "http"):
        shutil.copytree(library / package, source / "lib" / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source / "lib", source / "parallel")
    (source / "lib" / "broken.py").write_text("def broken(:\n")


def npm_packages(source):
    for name, needs in (("beta", {}), ("alpha", {"beta": "1.2.3"})):
        package = source / "packages" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(
            f'{{ "name": "{name}", "version": "1.2.3", "bin": {{ "{name}-tool": "tool.js" }},\n'
            f'  "scripts": {{ "postinstall": "node install.js" }}, "main": "index.js" }}\n')
        (package / "index.js").write_text(f'module.exports = "{name} speaking";\n')
        (package / "tool.js").write_text(f'#!/usr/bin/env node\nconsole.log("tool of {name}", process.argv.slice(2));\n')
        (package / "install.js").write_text('require("fs").writeFileSync("installed.txt", process.cwd().split("/").pop() + "\\n");\n')
        for n in range(40):
            (package / f"data{n}.json").write_text(f'{{ "n": {n} }}\n' * 50)
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(source)], cwd=package, check=True,
                       env=common.environment(source / "home"), stdout=subprocess.DEVNULL)
    shutil.rmtree(source / "packages")
    shutil.rmtree(source / "home", ignore_errors=True)
    (source / "package.json").write_text(
        '{ "name": "top", "version": "1.0.0", "private": true,\n'
        '  "scripts": { "say": "alpha-tool said && node index.js" },\n'
        '  "dependencies": { "alpha": "file:alpha-1.2.3.tgz", "beta": "file:beta-1.2.3.tgz" } }\n')
    (source / "index.js").write_text(
        'console.log(require("alpha"), "and", require("beta"));\n'
        'console.log(require("child_process").execSync("echo child").toString().trim());\n'
        'require("fs").promises.readdir("node_modules/alpha").then(f => console.log(f.length, "files"));\n')


def dotnet_project(source):
    (source / "app.csproj").write_text(
        '<Project Sdk="Microsoft.NET.Sdk">\n  <PropertyGroup>\n    <OutputType>Exe</OutputType>\n'
        "    <TargetFramework>net10.0</TargetFramework>\n    <Nullable>enable</Nullable>\n"
        "    <ImplicitUsings>enable</ImplicitUsings>\n  </PropertyGroup>\n</Project>\n")
    (source / "Program.cs").write_text(
        'File.WriteAllText("written.txt", Part.Text);\nConsole.WriteLine($"hello from {Part.Text}");\n'
        'Console.WriteLine(string.Join(",", Enumerable.Range(0, 50).AsParallel().Select(n => n * n).Order().TakeLast(3)));\n'
        "return 7;\n")
    (source / "Part.cs").write_text('static class Part { public static string Text => "a part"; }\n')
    (source / "nuget.config").write_text("<configuration><packageSources><clear /></packageSources></configuration>\n")


# The workloads ------------------------------------------------------------------------------------

WORKLOADS = [
    Workload("git", ("git",), """
        git config --global pack.threads 1
        git config --global gc.auto 0
        git config --global safe.directory '*'
        git clone "file://$PWD/upstream.git" packed
        git clone upstream.git linked
        git clone -q --depth 3 "file://$PWD/upstream.git" shallow
        cd packed
        git log --stat | sha256sum
        git checkout -b topic HEAD~5
        echo more >> d1/s1/f1.txt
        git mv d2/s2/f2.txt moved.txt
        git add -A && git commit -m topic
        git checkout main && git merge --no-edit topic
        git status --short --branch
        git grep -c 'commit 7' | sort | tail -3
        git push -q origin main topic
        git gc -q
        git fsck
        git ls-files -s | sha256sum
        git archive HEAD | sha256sum
        git for-each-ref
        """, repository, varies=r"(^|/)(\.git/index|\.git/.*\.lock)$"),
    Workload("tar", ("tar", "gzip"), """
        tar --sort=name -cSf all.tar tree
        tar --sort=name -czf all.tar.gz tree
        mkdir out gz
        tar -xpf all.tar -C out
        tar -xzpf all.tar.gz -C gz
        diff -r --no-dereference tree out/tree && diff -r --no-dereference tree gz/tree && echo equal
        find out gz -printf '%P %M %n %s %l %T@\\n' | grep -v '^ ' | sort
        cp -a tree copy && mv copy moved && du -s --apparent-size moved | cut -f1
        rm -r gz moved
        tar -tf all.tar missing-name || echo "status $?"
        """, tree),
    Workload("gcc", ("gcc",), """
        gcc -O1 -g -Wall *.c -o prog -lm
        ./prog || echo "status $?"
        gcc -O2 -pipe -c *.c
        ar rc libparts.a part*.o
        gcc -static main.o libparts.a -o static -lm
        ./static || echo "status $?"
        gcc -c missing.c || echo "status $?"
        """, c_sources),
    Workload("compileall", ("python3",), """
        python3 -m compileall -f --invalidation-mode checked-hash lib || echo "status $?"
        python3 -m compileall -q -j 2 --invalidation-mode checked-hash parallel
        """, python_sources, unordered=True, varies=r"^parallel/.*\.pyc$"),
    Workload("npm", ("npm", "node"), """
        npm install --offline --foreground-scripts
        npm run --silent say
        npm ls --all
        """, npm_packages, noise=((r"\bin \d+(ms|s)\b", "in a while"),)),
    Workload("dotnet", ("dotnet",), """
        dotnet build -c Release --nologo --disable-build-servers
        dotnet bin/Release/net10.0/app.dll || echo "status $?"
        ./bin/Release/net10.0/app || echo "status $?"
        """, dotnet_project, noise=((r"\(in [\d.,]+ m?s\)|\(\d+ m?s\)", "(in a while)"), (r"Time Elapsed .*", "Time Elapsed")), seconds=600),
    Workload("redis", ("redis-server", "redis-benchmark", "redis-cli"), """
        redis-server --port $PORT --bind 127.0.0.1 --save '' --appendonly yes --logfile log >/dev/null &
        for i in $(seq 200); do redis-cli -p $PORT ping >/dev/null 2>&1 && break; sleep 0.05; done
        redis-cli -p $PORT set key value
        redis-cli -p $PORT get key
        redis-benchmark -p $PORT -n 2000 -c 20 --csv | cut -d, -f1
        redis-cli -p $PORT bgsave
        for i in $(seq 100); do
          redis-cli -p $PORT info persistence | grep -q bgsave_in_progress:0 && break
          sleep 0.05
        done
        redis-cli -p $PORT info persistence | grep -E 'last_bgsave_status|rdb_saves'
        redis-cli -p $PORT get key
        redis-cli -p $PORT shutdown nosave || true
        wait; echo "status $?"
        """, varies=r"^(log|dump\.rdb|appendonlydir/.*)$"),
    Workload("forks", ("bash",), """
        sum=0
        for ((i = 0; i < 2000; i++)); do
          (exit $((i % 7))) || sum=$((sum + $?))
        done
        echo $sum
        for ((i = 0; i < 200; i++)); do out=$(echo $i | tr 0-9 a-j | cat); done
        echo $out
        for ((i = 0; i < 100; i++)); do (exit $((i % 3))) & pids+=($!); done
        for p in "${pids[@]}"; do wait $p || bad=$((bad + 1)); done
        echo $bad
        seq 300 | xargs -P 4 -n 3 sh -c 'echo $(($1 + $2 + $3))' - | sort -n | sha256sum
        """),
    Workload("find", ("find", "grep"), """
        find tree -printf '%p %y %m %s %l\\n' | sort | sha256sum
        find /usr/include -type f | sort | sha256sum
        find tree -name '*.txt' -exec grep -l needle9 {} + | sort | tail -2
        grep -rc needle3 tree 2>&1 | sort | sha256sum
        grep -r nothing-like-this tree || echo "status $?"
        grep -rl define /usr/include 2>/dev/null | wc -l
        find / -maxdepth 1 -type d | sort
        find missing || echo "status $?"
        sort -R --random-source=/dev/zero tree/dir3/deep/*.txt | sort -u -S 100K | sha256sum
        """, tree),
    Workload("make", ("make", "gcc"), """
        make -j2 -O
        ./prog || echo "status $?"
        touch parts.h
        make -j2 -q || echo "out of date $?"
        make -j2 missing || echo "status $?"
        """, c_sources, unordered=True),
    Workload("pools", ("python3",), f"python3 '{PROGRAMS}/pools.py'"),
    Workload("perl", ("perl",), f"perl '{PROGRAMS}/mix.pl'"),
    Workload("families", ("python3",), f"python3 '{PROGRAMS}/families.py'"),
    Workload("sqlite", ("sqlite3",), """
        sqlite3 a.db 'pragma journal_mode=wal; create table t(a, b); with recursive c(x) as
          (select 1 union all select x + 1 from c where x < 20000) insert into t select x, hex(x * 7919) from c;
          create index i on t(b); select count(*), sum(a), max(b) from t;'
        for i in 1 2 3 4; do
          sqlite3 -cmd '.timeout 20000' a.db "begin immediate; update t set a = a + $i; commit;" >/dev/null &
        done
        wait
        sqlite3 a.db 'select sum(a) from t; pragma integrity_check; vacuum; select count(*) from t;'
        """, varies=r"\.db"),
    Workload("http", ("python3", "curl"), """
        head -c 5000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null > big || head -c 5000000 /dev/zero > big
        python3 -m http.server --bind 127.0.0.1 $PORT 2>/dev/null >/dev/null &
        server=$!
        curl -s --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 20 http://127.0.0.1:$PORT/big | sha256sum
        for i in 1 2 3 4 5 6 7 8; do curl -s http://localhost:$PORT/big | sha256sum & done | sort | uniq -c
        curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:$PORT/missing
        curl -s http://127.0.0.1:1/ || echo "status $?"
        kill $server; wait $server || echo "server $?"
        """),
    Workload("signals", ("bash", "timeout"), """
        trap 'echo usr1' USR1; kill -USR1 $$
        timeout 0.2 sleep 20 || echo "timeout $?"
        timeout -s KILL 0.2 sleep 20 || echo "killed $?"
        sleep 20 & kill $!; wait $! || echo "terminated $?"
        sleep 20 & kill -STOP $!; kill -CONT $!; kill -9 $!; wait $! || echo "killed $?"
        bash -c 'kill -SEGV $$' || echo "segv $?"
        bash -c 'trap "" TERM; kill $$; echo survived'
        bash -c 'trap "echo bye" EXIT; exit 4' || echo "exit $?"
        set +o pipefail; yes | head -1; echo "pipe ${PIPESTATUS[*]}"
        setsid -w sh -c 'exit 6' || echo "session $?"
        nohup sh -c 'kill -HUP $$; echo still here' 2>/dev/null
        ulimit -t 1; bash -c 'while :; do :; done' || echo "cpu $?"
        """, noise=((r"\b\d+ (Killed|Terminated|Segmentation fault|CPU time limit exceeded)", r"PID \1"),)),
    Workload("surroundings", ("bash", "grep"), """
        pwd; umask; env | grep -v '^PORT=' | sort
        # CAP_SYS_PTRACE (bit 19) is withheld on purpose: with it a root program could write the supervisor's memory.
        grep -E '^(Uid|Gid|Groups|SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt)' /proc/self/status
        grep -E '^Cap' /proc/self/status | while read -r name set; do echo "$name $(printf %016x $((0x$set & ~0x80000)))"; done
        cat /proc/self/limits
        cat /proc/self/oom_score_adj /proc/self/coredump_filter /proc/self/cgroup
        ls /proc/self/fd
        nice; ulimit -c
        readlink /proc/self/ns/* | sort
        wc -c
        """),
    Workload("strace", ("strace",), """
        strace -f -e trace=openat,execve -o trace sh -c 'cat /etc/hostname >/dev/null; exit 3' || echo "status $?"
        grep -c execve trace; grep -o 'exited with .*' trace | sort
        """, varies="^trace$", without=("exec", "chdir")),  # what needs a tracer of its own is refused to a traced thread
]


# Running and comparing ----------------------------------------------------------------------------

def config_without(operations, top):
    """everything.json, or a copy of it that lacks some operations."""
    lines = Path(common.CONFIG).read_text().splitlines()
    kept = [line for line in lines if line.split(":")[0].strip().strip('"') not in operations]
    assert len(lines) - len(kept) == len(operations)
    copy = top / "config.json"
    copy.write_text("\n".join(kept))
    return str(copy)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(workload, base, under):
    """One run in a fresh copy at a path that is the same each time: {what: lines}, seconds."""
    here = base / "run"
    subprocess.run(["cp", "-a", base / "input", here], check=True)
    home = base / "home"
    home.mkdir()
    env = common.environment(home) | {"PORT": str(free_port())}
    with open(base / "stdout", "w+b") as out, open(base / "stderr", "w+b") as err:
        start = time.monotonic()
        process = subprocess.Popen([*under, "bash", "-e", base / "script"], cwd=here, env=env, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, start_new_session=True)
        try:
            status = str(process.wait(workload.seconds))
        except subprocess.TimeoutExpired:
            status = f"hangs for more than {workload.seconds} s"
            for p in common.descendants(process.pid):
                status += f"\n  {p}"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        took = time.monotonic() - start
        out.seek(0)
        err.seek(0)
        texts = {"stdout": out.read(), "stderr": err.read()}
    result = {"status": status.splitlines()}
    said = []
    for name, text in texts.items():
        lines = text.decode("utf-8", "backslashreplace").splitlines()
        if name == "stderr":
            said = [line for line in lines if line.startswith("sandgate:")]
            lines = [line for line in lines if not line.startswith("sandgate:")]
        for pattern, replacement in workload.noise:
            lines = [re.sub(pattern, replacement, line) for line in lines]
        result[name] = sorted(lines) if workload.unordered else lines
    result["files"] = list_files(here, workload.varies)
    result["left behind"] = [p.comm for p in common.leftovers()]
    return result, said, took


def list_files(top, varies):
    lines = []
    for here, dirs, files in os.walk(os.fsencode(top)):
        for name in dirs + files:
            path = os.path.join(here, name)
            s = os.lstat(path)
            shown = os.path.relpath(path, os.fsencode(top)).decode("utf-8", "backslashreplace")
            line = f"{shown!r} {stat.filemode(s.st_mode)} {s.st_uid}:{s.st_gid}"
            if stat.S_ISLNK(s.st_mode):
                line += " -> " + os.readlink(path).decode("utf-8", "backslashreplace")
            elif stat.S_ISREG(s.st_mode) and not (varies and re.search(varies, shown)):
                with open(path, "rb") as f:
                    line += f" {s.st_nlink} {s.st_size} {hashlib.file_digest(f, 'sha256').hexdigest()[:16]}"
            elif stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode):
                line += f" {s.st_rdev}"
            lines.append(line)
    return sorted(lines)


def seconds(s):
    return f"{s:.1f}s" if s < 100 else f"{s:.0f}s"


def compare(workload, top, under):
    base = top / workload.name
    (base / "input").mkdir(parents=True)
    (base / "script").write_text("\n".join(line.strip() for line in workload.script.splitlines()) + "\n")
    if workload.prepare:
        workload.prepare(base / "input")
    results = []
    for place, prefix in (("native", []), ("inside", under)):
        results.append(run(workload, base, prefix))
        kept = base / place
        kept.mkdir()
        for name in ("run", "home", "stdout", "stderr"):
            (base / name).rename(kept / name)
    (native, _, t0), (inside, said, t1) = results
    different = []
    for part in native:
        if native[part] != inside[part]:
            different.append(f"    {part}:")
            changes = [line for line in difflib.unified_diff(native[part], inside[part], "native", "inside", "", "", 1)
                       ][2:]
            different += [f"      {line}"[:300] for line in changes[:40]]
            if len(changes) > 40:
                different.append(f"      … {len(changes) - 40} more lines")
    if native["status"] != ["0"]:
        different += ["    the workload itself fails:"] + [f"      {line}" for line in native["status"] + native["stderr"][-5:]]
    # Nothing in this configuration denies what a program does; the floor's own refusals are no difference.
    denied = [line for line in said if " by rule " in line]
    if denied:
        different += ["    denied:"] + [f"      {line}"[:300] for line in denied[:10]]
    word = "DIFF" if different else "same"
    print(f"{word}  {workload.name:<13} native {seconds(t0):>6}  inside {seconds(t1):>6}  x{t1 / t0:.1f}", flush=True)
    for line in different:
        print(line)
    for line in dict.fromkeys(line for line in said if line not in denied):
        print(f"    note: {line}"[:300])
    sys.stdout.flush()
    return not different


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name", nargs="*", help="workloads to run (default: all)")
    arguments.add_argument("--list", action="store_true", help="name the workloads")
    arguments.add_argument("--native", action="store_true", help="compare native with native")
    arguments.add_argument("--keep", action="store_true", help="keep the directories and say where they are")
    options = arguments.parse_args()
    if options.list:
        print("\n".join(w.name for w in WORKLOADS))
        return 0
    unknown = set(options.name) - {w.name for w in WORKLOADS}
    if unknown:
        arguments.error(f"no such workload: {', '.join(sorted(unknown))}")
    if not options.native:
        common.require_sandgate()
    common.become_subreaper()
    os.umask(0o022)
    top = Path(tempfile.mkdtemp(prefix="sandgate-workloads."))
    good, skipped = True, []
    try:
        for w in WORKLOADS:
            if options.name and w.name not in options.name:
                continue
            missing = [tool for tool in w.needs if not shutil.which(tool)]
            if missing:
                skipped.append(w.name)
                print(f"skip  {w.name:<13} needs {', '.join(missing)}", flush=True)
                continue
            good &= compare(w, top, [] if options.native else common.inside(config=config_without(w.without, top)))
            if not options.keep:
                shutil.rmtree(top / w.name, ignore_errors=True)
    finally:
        if options.keep:
            print(f"kept in {top}")
        else:
            shutil.rmtree(top, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
