"""What the kernel forbids in directories like /tmp: stage DIR (as root) puts there what another user might; try DIR says what can be opened."""
import os
import socket
import sys

OTHER = 4251
HOW = {
    "create": os.O_CREAT | os.O_RDWR, "truncate": os.O_CREAT | os.O_RDWR | os.O_TRUNC, "use": os.O_RDWR, "exclusive": os.O_CREAT | os.O_EXCL | os.O_RDWR,
    "read": os.O_CREAT | os.O_RDONLY | os.O_NONBLOCK, "nofollow": os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, "path": os.O_PATH, "directory": os.O_DIRECTORY,
}
ASK = [os.stat, os.lstat, os.readlink, lambda name: os.access(name, os.R_OK), lambda name: os.chmod(name, 0o666), lambda name: os.truncate(name, 0), os.listdir, os.utime]


def stage(here):
    os.umask(0)
    os.chdir(here)
    os.mkdir("beside", 0o777)
    os.mkdir("sticky", 0o1777)
    os.chown("sticky", 0, 4250)
    os.setegid(OTHER)
    os.seteuid(OTHER)
    open("sticky/file", "w").write("x")
    os.mkfifo("sticky/fifo", 0o666)
    os.mkdir("sticky/dir", 0o777)
    open("sticky/dir/file", "w").write("x")
    socket.socket(socket.AF_UNIX).bind("sticky/socket")
    for name, target in {"link": "file", "links": "link", "dangling": "../beside/new", "dirlink": "dir"}.items():
        os.symlink(target, "sticky/" + name)
    os.symlink("sticky/file", "outside")


def attempt(what, action):
    try:
        made = action()
        print(what, "done")
        return made
    except OSError as failed:
        print(what, failed.errno)


def each(here):
    os.umask(0)
    os.chdir(here)
    os.dup2(os.open("sticky/file", os.O_RDWR), 9)
    names = ["sticky/" + name for name in ("file", "fifo", "socket", "link", "links", "dangling", "dirlink/file", "dirlink", "dirlink/", "dir/file")]
    names += ["outside", "/proc/self/cwd/sticky/file", "/proc/self/cwd/sticky/link", "/proc/thread-self/cwd/sticky/dangling", "/dev/fd/9", "/proc/self/fd/9", "/proc/self/root" + here + "/sticky/file"]
    for name in names:
        for word, flags in HOW.items():
            file = attempt(f"{name.replace(here, '')} {word}", lambda: os.open(name, flags))
            if file is not None:
                os.close(file)
        for at, ask in enumerate(ASK):
            attempt(f"{name.replace(here, '')} {at}", lambda: ask(name))
        if os.path.exists("beside/new"):
            os.unlink("beside/new")


{"stage": stage, "try": each}[sys.argv[1]](sys.argv[2])
