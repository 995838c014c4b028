#!/usr/bin/env python3
"""Sessions at a terminal, compared without and with sandgate: an interactive bash in a pseudo-terminal
runs the command, keys are pressed, and what a person there would see is noted.

    tests/workloads/pty.py            all
    tests/workloads/pty.py vim less   only these
    tests/workloads/pty.py --list

One line per case, then what differs; exit status 1 on any difference. Some notes have one right
value; a native session that doesn't give it is reported too. $SANDGATE names the tool; --native
compares native with native. --all adds the cases that go beyond what the exit status promises."""
import argparse
import fcntl
import os
import re
import select
import shlex
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
import common

CASES = {}
BEYOND = set()
# Spelt so that the echo of the command line isn't taken for the prompt.
INNER = "env PS1=$'i\\x6e> ' bash --norc --noprofile --noediting -i"


class Timeout(Exception):
    pass


class Session:
    """An interactive shell on a terminal of its own, the prefix for commands, and the notes taken."""

    def __init__(self, directory, prefix):
        self.directory, self.run, self.notes, self.wrong = directory, prefix, [], []
        self.seen, self.at = b"", 0
        env = common.environment(directory) | {"PS1": "out> ", "PS2": "", "SANDGATE": common.SANDGATE}
        self.shell, self.terminal = os.forkpty()
        if self.shell == 0:
            os.chdir(directory)
            for n in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTSTP):
                signal.signal(n, signal.SIG_DFL)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], env)
        number = struct.unpack("i", fcntl.ioctl(self.terminal, 0x80045430, b"\0" * 4))[0]  # TIOCGPTN
        self.device = os.stat(f"/dev/pts/{number}").st_rdev
        self.resize(24, 80)
        self.prompt()
        self.command("ulimit -c 0")

    def resize(self, rows, columns):
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def send(self, keys):
        os.write(self.terminal, keys.encode())

    def line(self, text):
        self.send(text + "\n")

    def pump(self, seconds):
        """Takes in what the terminal shows, for at most so long; False when it is closed."""
        if select.select([self.terminal], [], [], seconds)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return False
            self.seen += data
            return bool(data)
        return True

    def until(self, pattern, seconds=10):
        """Waits until the screen has shown the pattern since the last wait; returns what came before."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern.encode(), self.seen[self.at:])
            if found:
                before = self.seen[self.at:self.at + found.start()]
                self.match = found
                self.at += found.end()
                return before.decode("utf-8", "replace")
            if time.monotonic() > deadline or not self.pump(0.05):
                tail = self.seen[self.at:][-300:].decode("utf-8", "replace")
                raise Timeout(f"waited for {pattern!r}, saw {tail!r}")

    def quiet(self, seconds=0.4):
        """Waits until nothing new has been shown for a while."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            self.pump(0.05)
            if len(self.seen) != size:
                size, since = len(self.seen), time.monotonic()

    def prompt(self, seconds=20):
        return self.until(r"out> ", seconds)

    def inner(self, seconds=10):
        return self.until(r"in> ", seconds)

    def command(self, text, seconds=20):
        self.line(text)
        return self.prompt(seconds)

    def status(self, name="status", want=None):
        """Notes $? of the command that has just ended at the outer prompt."""
        self.line("echo st=$?")
        self.until(r"st=(\d+)")
        self.note(name, int(self.match[1]), want)
        self.prompt()

    def note(self, name, value, want=None):
        self.notes.append(f"{name}: {value}")
        if want is not None and value != want:
            self.wrong.append(f"{name}: {value}, should be {want}")

    def waits(self, comm, states="SDRT", seconds=10):
        """Waits until a process of this name on our terminal is in one of these states."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(p.tty == self.device and p.comm == comm and p.state in states for p in common.processes()):
                return
            self.pump(0.02)
        raise Timeout(f"waited for a {comm} in state {states}: " +
                      ", ".join(str(p) for p in common.processes() if p.tty == self.device))

    def members(self):
        return [p for p in common.processes() if p.tty == self.device or p.session == self.shell or p.ppid == self.shell]

    def close(self):
        """Ends everything that is left of the session."""
        found = {p.pid for p in self.members()} | {p.pid for p in common.descendants(self.shell)} | {self.shell}
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.close(self.terminal)
        except OSError:
            pass
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.02)
            except ChildProcessError:
                return


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


def beyond(function):
    BEYOND.add(function.__name__.replace("_", "-"))
    return case(function)


# The cases ----------------------------------------------------------------------------------------

@case
def surroundings(s):
    """The command has the terminal, and is in the foreground."""
    s.line(f"{s.run}sh -c 'tty; test -t 0 && test -t 1 && test -t 2 && echo all; "
           "ps -o pgid=,tpgid= -p $$ | { read a b; test $a = $b && echo fore\"\"ground; }'")
    shown = s.prompt()
    s.note("terminal", bool(re.search(r"/dev/pts/\d+", shown)), True)
    s.note("is a terminal", "\r\nall\r\n" in shown, True)
    s.note("in the foreground", "foreground" in shown, True)
    s.status(want=0)


@case
def exit_status(s):
    for code in (0, 1, 77, 255):
        s.command(f"{s.run}sh -c 'exit {code}'")
        s.status(want=code)
    for name in ("TERM", "KILL", "SEGV", "HUP", "USR1", "ABRT"):
        s.command(f"{s.run}sh -c 'kill -{name} $$'")
        s.status(f"status after {name}", 128 + getattr(signal, f"SIG{name}"))


@case
def script(s):
    s.command(f"{s.run}script -q -e -c 'echo inner; tty | grep -c pts; exit 3' typescript")
    s.status(want=3)
    s.note("recorded", open(f"{s.directory}/typescript").read().count("inner\n") > 0)
    s.command("grep -c inner typescript; rm typescript")


@case
def script_shell(s):
    s.line(f"{s.run}script -q -e typescript")
    s.quiet()
    s.line("PS1=$'i\\x6e> '")
    s.inner()
    s.line("echo $((40 + 2))")
    s.note("computes", "42\r\n" in s.inner(), True)
    s.line("sleep 100")
    time.sleep(0.5)
    s.send("\x03")
    s.inner()
    s.line("echo st=$?")
    s.until(r"st=(\d+)")
    s.note("inner status", int(s.match[1]), 130)
    s.line("exit 5")
    s.prompt()
    s.status(want=5)
    s.note("recorded", "42" in open(f"{s.directory}/typescript").read(), True)


def vim_start(s, name):
    s.line(f"{s.run}vim -u NONE -i NONE -N -n {name}")
    s.until(r"~", 20)
    s.quiet()


@case
def vim(s):
    vim_start(s, "edited")
    s.send("ifirst line\rsecond line\x1b")
    s.send("yyp:s/second/third/\r")
    s.send(":wq\r")
    s.prompt()
    s.status(want=0)
    s.note("file", open(f"{s.directory}/edited").read(), "first line\nsecond line\nthird line\n")
    s.note("mode", oct(os.stat(f"{s.directory}/edited").st_mode))


@case
def vim_suspended(s):
    vim_start(s, "edited")
    s.send("ibefore\x1b")
    s.quiet()
    s.send("\x1a")
    s.note("stopped", "Stopped" in s.prompt(), True)
    s.note("shell works", "\r\n42\r\n" in s.command("echo $((40 + 2))"), True)
    s.line("fg")
    s.quiet()
    s.send("oafter\x1b:wq\r")
    s.prompt()
    s.status(want=0)
    s.note("file", open(f"{s.directory}/edited").read(), "before\nafter\n")


@case
def vim_shell_out(s):
    vim_start(s, "edited")
    s.send(":r !echo from a shell\r")
    s.quiet()
    s.send(":wq\r")
    s.prompt()
    s.status(want=0)
    s.note("file", open(f"{s.directory}/edited").read(), "\nfrom a shell\n")


@case
def less(s):
    with open(f"{s.directory}/long", "w") as f:
        f.writelines(f"line {n} of it\n" for n in range(1, 501))
    s.line(f"{s.run}less long")
    s.until("line 23 of it")
    s.send(" ")
    s.until("line 46 of it")
    s.send("G")
    s.until("line 500 of it")
    s.send("/line 499 of\r")
    s.quiet()
    s.send("q")
    s.prompt()
    s.status(want=0)


@case
def ctrl_c(s):
    s.line(f"{s.run}sleep 100")
    s.waits("sleep", "S")
    s.send("\x03")
    s.prompt()
    s.status(want=130)
    s.note("shell works", "\r\n42\r\n" in s.command("echo $((40 + 2))"), True)


@case
def ctrl_c_handled(s):
    s.line(f"{s.run}bash -c 'trap \"echo caught; exit 9\" INT; echo rea\"\"dy; while :; do sleep 0.1; done'")
    s.until("ready")
    s.send("\x03")
    shown = s.prompt()
    s.note("caught", shown.count("caught"), 1)
    s.status(want=9)


@case
def ctrl_c_ignored(s):
    s.line(f"{s.run}bash -c 'trap \"\" INT; echo rea\"\"dy; sleep 1; echo sur\"\"vived; exit 4'")
    s.until("ready")
    s.send("\x03")
    s.note("survives", "survived" in s.prompt(), True)
    s.status(want=4)


@case
def ctrl_backslash(s):
    s.line(f"{s.run}sleep 100")
    s.waits("sleep", "S")
    s.send("\x1c")
    s.prompt()
    s.status(want=131)


@case
def ctrl_c_in_inner_shell(s):
    s.line(f"{s.run}{INNER}")
    s.inner()
    s.line("sleep 100")
    s.waits("sleep", "S")
    s.send("\x03")
    s.inner()
    s.line("echo st=$?")
    s.until(r"st=(\d+)")
    s.note("inner status", int(s.match[1]), 130)
    s.inner()
    s.send("half a line\x03")  # at the prompt itself
    s.inner()
    s.line("exit 4")
    s.prompt()
    s.status(want=4)


@case
def ctrl_z(s):
    s.line(f"{s.run}sh -c 'sleep 1; exit 5'")
    s.waits("sleep", "S")
    s.send("\x1a")
    s.note("stopped", "Stopped" in s.prompt(), True)
    s.waits("sleep", "T")
    s.note("listed as stopped", "Stopped" in s.command("jobs"), True)
    s.line("fg")
    s.prompt()
    s.status(want=5)
    s.note("no job left", "Stopped" in s.command("jobs"), False)


@case
def ctrl_z_twice(s):
    s.line(f"{s.run}sh -c 'sleep 2; exit 5'")
    for _ in range(3):
        s.waits("sleep", "S")
        s.send("\x1a")
        s.until("Stopped")
        s.prompt()
        s.line("fg")
        s.until("sleep 2")
    s.waits("sleep", "S")
    s.prompt()
    s.status(want=5)


@case
def ctrl_z_background(s):
    s.line(f"{s.run}sh -c 'sleep 1; exit 5'")
    s.waits("sleep", "S")
    s.send("\x1a")
    s.until("Stopped")
    s.prompt()
    s.command("bg")
    s.command("wait %1")
    s.status(want=5)


@case
def ctrl_z_in_inner_shell(s):
    s.line(f"{s.run}{INNER}")
    s.inner()
    s.line("sleep 100")
    s.waits("sleep", "S")
    s.send("\x1a")
    s.note("stopped", "Stopped" in s.inner(), True)
    s.waits("sleep", "T")
    s.line("fg")
    s.waits("sleep", "S")
    s.send("\x03")
    s.inner()
    s.line("echo st=$?")
    s.until(r"st=(\d+)")
    s.note("inner status", int(s.match[1]), 130)
    s.inner()
    s.line("(sleep 0.5; exit 6) & wait %1; echo st=$?")
    s.until(r"st=(\d+)")
    s.note("inner background job", int(s.match[1]), 6)
    s.inner()
    s.line("exit 4")
    s.prompt()
    s.status(want=4)


@case
def suspend_inner_shell(s):
    s.line(f"{s.run}{INNER}")
    s.inner()
    s.line("suspend")
    s.note("stopped", "Stopped" in s.prompt(), True)
    s.line("fg")
    s.quiet()
    s.line("")
    s.inner()
    s.line("exit 4")
    s.prompt()
    s.status(want=4)


@case
def stops_itself(s):
    s.line(f"{s.run}bash -c 'kill -STOP $$; exit 8'")
    s.note("stopped", "Stopped" in s.prompt(), True)
    s.line("fg")
    s.prompt()
    s.status(want=8)


@case
def window_size(s):
    s.resize(33, 77)
    s.note("size", bool(re.search(r"\r\n33 77\r\n", s.command(f"{s.run}stty size"))), True)
    s.line(f"{s.run}bash -c 'trap \"stty size; exit 6\" WINCH; echo rea\"\"dy; while :; do sleep 0.1; done'")
    s.until("ready")
    s.resize(40, 120)
    s.note("told of the change", "40 120" in s.prompt(), True)
    s.status(want=6)


@case
def end_of_file(s):
    s.line(f"{s.run}cat")
    s.waits("cat", "S")
    s.line("hello")
    s.until("hello\r\nhello\r\n")
    s.send("\x04")
    s.prompt()
    s.status(want=0)


def sees_stop(s):
    """The shell hears of the stop a few milliseconds after the program has stopped: its job is the supervisor."""
    for _ in range(40):
        s.command("true")
        if "Stopped" in s.command("jobs"):
            return True
        time.sleep(0.05)
    return False


@case
def background_reader(s):
    s.line(f"{s.run}cat &")
    s.prompt()
    s.waits("cat", "T")
    s.note("stopped", sees_stop(s), True)
    s.line("fg")
    s.waits("cat", "S")
    s.line("hello")
    s.until("hello\r\nhello\r\n")
    s.send("\x04")
    s.prompt()
    s.status(want=0)


@case
def background_writer(s):
    s.command("stty tostop")
    s.line(f"{s.run}sh -c 'echo wri\"\"ting; exit 3' &")
    s.prompt()
    s.waits("sh", "T")
    s.note("stopped", sees_stop(s), True)
    s.line("fg")
    s.until("writing")
    s.prompt()
    s.status(want=3)
    s.command("stty -tostop")


@case
def background_killed(s):
    s.line(f"{s.run}sleep 100 &")
    s.prompt()
    s.waits("sleep", "S")
    s.command("kill %1")
    s.command("wait %1")
    s.status(want=143)


@case
def stopped_and_continued(s):
    s.line(f"{s.run}sh -c 'sleep 1; exit 7' &")
    s.prompt()
    s.waits("sleep", "S")
    s.command("kill -STOP %1")
    s.waits("sleep", "T")
    s.note("stopped", sees_stop(s), True)
    s.command("kill -CONT %1")
    s.waits("sleep", "S")
    s.note("running", "Running" in s.command("jobs"), True)
    s.command("wait %1")
    s.status(want=7)


def echoes(s):
    return bool(re.search(r"[ ;]echo[ ;]", s.command("stty -a")))


@case
def silent_read(s):
    s.line(f"{s.run}bash -c 'read -r -s -p \"pass\"\"word: \" x; echo; echo got=${{#x}}; exit 2'")
    s.until("password: ")
    s.quiet(0.2)
    s.line("sesame")
    shown = s.prompt()
    s.note("not shown", "sesame" not in shown, True)
    s.note("read", "got=6" in shown, True)
    s.status(want=2)
    s.note("echo is on again", echoes(s), True)


@case
def silent_read_interrupted(s):
    s.line(f"{s.run}bash -c 'read -r -s -p \"pass\"\"word: \" x; exit 2'")
    s.until("password: ")
    s.quiet(0.2)
    s.send("\x03")
    s.prompt()
    s.status(want=130)
    s.note("echo is on again", echoes(s), True)


@case
def pipes(s):
    for line, want in ((f"{s.run}yes | head -1", "141 0"), (f"yes | {s.run}head -1", "141 0"),
                       (f"echo in | {s.run}cat", "0 0"), (f"{s.run}sh -c 'exit 3' | {s.run}cat", "3 0"),
                       (f"{s.run}cat < /dev/null", "0"), (f"{s.run}sh -c 'echo x >&2; exit 6' 2>&1 | grep -c x", "6 0")):
        s.line(line + "; echo ps=${PIPESTATUS[*]}.")
        s.until(r"ps=([\d ]+)\.")
        s.note(line.replace(s.run, "") if s.run else line, s.match[1].decode(), want)
        s.prompt()


@case
def substitution(s):
    s.line(f"x=$({s.run}sh -c 'echo out; exit 5'); echo st=$? [$x]")
    s.until(r"st=(\d+) \[(\w*)\]")
    s.note("status, output", (int(s.match[1]), s.match[2].decode()), (5, "out"))
    s.prompt()


@case
def new_session(s):
    s.command(f"{s.run}setsid -w sh -c 'tty; exit 3'")
    s.status(want=3)


@case
def hang_up(s):
    """The terminal goes away: so does everything that ran at it."""
    s.line(f"{s.run}sh -c 'sleep 100 & sleep 100'")
    s.waits("sleep", "S")
    os.close(s.terminal)
    s.terminal = os.open("/dev/null", os.O_RDONLY)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            pass
        left = [p for p in common.processes() if p.session == s.shell and p.state != "Z"]
        if not left:
            break
        time.sleep(0.02)
    s.note("left", sorted(p.comm for p in left), [])


@beyond
def ctrl_c_loop(s):
    """A shell ends its loop only when the command was seen to die of the signal itself."""
    s.line(f"for i in 1 2 3; do {s.run}sleep 1.5; echo aft\"\"er=$?; done")
    s.waits("sleep", "S")
    s.send("\x03")
    s.note("goes on", "after=" in s.prompt(30), False)


# Running them -------------------------------------------------------------------------------------

def play(function, prefix):
    """Notes, wrong notes and seconds of one session; a wait in vain is a note too."""
    directory = tempfile.mkdtemp(prefix="sandgate-pty.")
    session, start = None, time.monotonic()
    try:
        session = Session(directory, prefix)
        function(session)
    except Timeout as e:
        session = session or argparse.Namespace(notes=[], wrong=[], close=lambda: None)
        # A screen varies; that it came to this is what is compared.
        session.notes.append("stuck")
        session.wrong.append(str(e))
    except OSError as e:
        session.notes.append(f"broken: {e}")
        session.wrong.append(str(e))
    finally:
        if session:
            session.close()
        shutil.rmtree(directory, ignore_errors=True)
    return session.notes, session.wrong, time.monotonic() - start


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("name", nargs="*", help="cases to run (default: all)")
    arguments.add_argument("--list", action="store_true", help="name the cases")
    arguments.add_argument("--native", action="store_true", help="compare native with native")
    arguments.add_argument("--all", action="store_true", help="also " + ", ".join(sorted(BEYOND)))
    options = arguments.parse_args()
    if options.list:
        print("\n".join(CASES))
        return 0
    unknown = set(options.name) - set(CASES)
    if unknown:
        arguments.error(f"no such case: {', '.join(sorted(unknown))}")
    if not options.native:
        common.require_sandgate()
    common.become_subreaper()
    os.umask(0o022)
    prefix = "" if options.native else shlex.join(common.inside()) + " "
    good = True
    for name, function in CASES.items():
        if options.name and name not in options.name or not options.name and name in BEYOND and not options.all:
            continue
        tool = name.split("-")[0]
        if tool in ("vim", "less", "script") and not shutil.which(tool):
            print(f"skip  {name:<24} needs {tool}", flush=True)
            continue
        native, native_wrong, t0 = play(function, "")
        inside, inside_wrong, t1 = play(function, prefix)
        same = native == inside and not native_wrong
        good &= same
        print(f"{'same' if same else 'DIFF'}  {name:<24} native {t0:5.1f}s  inside {t1:5.1f}s", flush=True)
        for place, wrong in (("native", native_wrong), ("inside", inside_wrong)):
            for text in wrong:
                print(f"    {place}: {text}")
        if native != inside:
            for text in [n for n in native if n not in inside]:
                print(f"    - {text}")
            for text in [n for n in inside if n not in native]:
                print(f"    + {text}")
        sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
