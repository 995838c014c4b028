"""Makes every file, process and network call in its usual, odd, legacy and failing shapes, and prints
what came of each: the same lines must appear inside a sandbox that allows everything."""
import ctypes
import errno
import mmap
import os
import platform
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW = -100, 0x1000, 0x100


def show(name, value):
    print(f"{name}: {value}", flush=True)


def attempt(name, function, *args):
    try:
        value = function(*args)
    except OSError as e:
        value = errno.errorcode.get(e.errno, e.errno)
    show(name, value)
    return value


def raw(number, *args):
    """A system call by number: its result or the name of its error."""
    packed = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = libc.syscall(ctypes.c_long(number), *packed)
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result


def legacy(name, number, *args):
    if X86:
        result = raw(number, *args)
        show(f"legacy {name}", result)
        return result


def kind(path):
    s = os.lstat(path)
    return f"{stat.filemode(s.st_mode)} {s.st_nlink} {s.st_uid} {s.st_gid} {s.st_size if not stat.S_ISDIR(s.st_mode) else '-'}"


def text(path, content="text\n"):
    with open(path, "w") as f:
        f.write(content)


def opening():
    text("plain")
    os.symlink("plain", "to-plain")
    os.symlink("loop", "loop")
    os.mkdir("dir")
    text("dir/inner", "inner\n")
    here = os.open("dir", os.O_RDONLY | os.O_DIRECTORY)
    for name, args in {
        "read": ("plain", os.O_RDONLY), "write": ("plain", os.O_WRONLY), "both": ("plain", os.O_RDWR),
        "append": ("plain", os.O_WRONLY | os.O_APPEND), "create": ("new", os.O_CREAT | os.O_WRONLY, 0o666),
        "create again, exclusive": ("new", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666),
        "create through symlink, exclusive": ("to-plain", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666),
        "missing": ("missing", os.O_RDONLY), "missing directory": ("missing/x", os.O_CREAT | os.O_WRONLY),
        "through a file": ("plain/x", os.O_RDONLY), "trailing slash": ("plain/", os.O_RDONLY),
        "nofollow": ("to-plain", os.O_RDONLY | os.O_NOFOLLOW), "loop": ("loop", os.O_RDONLY),
        "directory for writing": ("dir", os.O_WRONLY), "directory": ("dir", os.O_RDONLY | os.O_DIRECTORY),
        "file as directory": ("plain", os.O_RDONLY | os.O_DIRECTORY), "path only": ("plain", os.O_PATH),
        "path of symlink": ("to-plain", os.O_PATH | os.O_NOFOLLOW), "dots": ("./dir/.././plain", os.O_RDONLY),
        "unnamed": (".", os.O_TMPFILE | os.O_RDWR, 0o600), "empty name": ("", os.O_RDONLY),
        "too long a name": ("n" * 300, os.O_RDONLY), "too long a path": ("d/" * 3000, os.O_RDONLY),
        "nonblocking": ("plain", os.O_RDONLY | os.O_NONBLOCK), "device": ("/dev/null", os.O_WRONLY),
        "terminal": ("/dev/tty", os.O_RDWR), "bytes": (b"\xff\xfe\n'name", os.O_CREAT | os.O_WRONLY, 0o604),
        "setuid bits": ("odd-mode", os.O_CREAT | os.O_WRONLY, 0o7777),
    }.items():
        fd = attempt(f"open {name}", os.open, *args)
        if isinstance(fd, int):
            flags, close = libc.fcntl(fd, 3), libc.fcntl(fd, 1)
            show(f"  flags, mode", f"{flags:o} cloexec {close} {stat.filemode(os.fstat(fd).st_mode)}")
            os.close(fd)
    attempt("open at", lambda: os.read(os.open("inner", os.O_RDONLY, dir_fd=here), 10))
    attempt("open at, absolute", lambda: os.read(os.open(os.path.abspath("plain"), os.O_RDONLY, dir_fd=here), 10))
    attempt("open at, up", lambda: os.read(os.open("../plain", os.O_RDONLY, dir_fd=here), 10))
    attempt("open at a closed descriptor", lambda: os.open("inner", os.O_RDONLY, dir_fd=999))
    plain = os.open("plain", os.O_RDONLY)
    attempt("open at a file", lambda: os.open("inner", os.O_RDONLY, dir_fd=plain))
    attempt("open own descriptor", lambda: os.read(os.open(f"/proc/self/fd/{plain}", os.O_RDONLY), 4))
    attempt("open /dev/fd", lambda: os.read(os.open(f"/dev/fd/{plain}", os.O_RDONLY), 4))
    attempt("open /proc/self/comm", lambda: os.read(os.open("/proc/self/comm", os.O_RDONLY), 20))
    attempt("open /proc/thread-self/comm", lambda: os.read(os.open("/proc/thread-self/comm", os.O_RDONLY), 20))
    attempt("/proc/self is me", lambda: os.readlink("/proc/self") == str(os.getpid()))
    before = os.umask(0o077)
    os.close(os.open("masked", os.O_CREAT | os.O_WRONLY, 0o666))
    os.umask(before)
    show("umask", kind("masked"))
    for name, how in {"plain": (0, 0, 0), "no symlinks": (0, 0, 4), "beneath": (0, 0, 8), "bad flags": (1 << 40, 0, 0)}.items():
        for path in (b"plain", b"to-plain", b"../plain"):
            attempt(f"openat2 {name} {path.decode()}", lambda: type(raw(437, AT_FDCWD, path, struct.pack("QQQ", *how), 24)) is int
                    or raw(437, AT_FDCWD, path, struct.pack("QQQ", *how), 24))
    legacy("open", 2, b"plain", 0, 0)
    legacy("open missing", 2, b"missing", 0, 0)
    legacy("creat", 85, b"created", 0o640)
    # Pointers that can't be read, and a name that ends where readable memory ends.
    area = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(area))
    libc.mprotect(ctypes.c_void_p(base + mmap.PAGESIZE), mmap.PAGESIZE, 0)
    edge = base + mmap.PAGESIZE
    ctypes.memmove(edge - 6, b"plain\0", 6)
    show("name at the edge", type(raw(257, AT_FDCWD, ctypes.c_void_p(edge - 6), 0, 0)) is int)
    ctypes.memmove(edge - 6, b"plain/", 6)
    show("name over the edge", raw(257, AT_FDCWD, ctypes.c_void_p(edge - 6), 0, 0))
    for name, pointer in {"null": 0, "low": 8, "kernel": 0xffff800000000000 - (1 << 64), "wild": 0x7000000000000000}.items():
        show(f"{name} pointer", raw(257, AT_FDCWD, ctypes.c_void_p(pointer), 0, 0))
        show(f"{name} pointer stat", raw(262, AT_FDCWD, ctypes.c_void_p(pointer), ctypes.c_void_p(base), 0))
        show(f"{name} pointer mkdir", raw(258, AT_FDCWD, ctypes.c_void_p(pointer), 0o777))
        show(f"{name} pointer execve", raw(59, ctypes.c_void_p(pointer), 0, 0))
    first = os.open("plain", os.O_RDONLY)
    os.close(first)
    show("lowest descriptor again", os.open("plain", os.O_RDONLY) == first)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (first + 1, hard))
    attempt("out of descriptors", os.open, "plain", os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if os.getuid():
        attempt("not permitted", os.open, "/etc/shadow", os.O_RDONLY)


def reading_and_writing():
    data = bytes(range(256)) * 4096
    fd = os.open("data", os.O_CREAT | os.O_RDWR)
    show("write", os.write(fd, data))
    show("pwrite", os.pwrite(fd, b"abc", 10))
    show("pread", os.pread(fd, 5, 9))
    show("writev", os.writev(fd, [b"one", b"", b"two"]))
    show("readv", (os.lseek(fd, 8, 0), os.readv(fd, [bytearray(3), bytearray(4)])))
    show("pwritev, preadv", (os.pwritev(fd, [b"x", b"y"], 0), os.preadv(fd, [bytearray(2)], 0)))
    show("ftruncate", (os.ftruncate(fd, 100), os.fstat(fd).st_size))
    attempt("truncate", lambda: (os.truncate("data", 5000), os.stat("data").st_size))
    attempt("fallocate", lambda: (os.posix_fallocate(fd, 0, 20000), os.fstat(fd).st_size))
    attempt("truncate to less than nothing", os.truncate, "data", -1)
    out = os.open("out", os.O_CREAT | os.O_RDWR)
    show("sendfile", os.sendfile(out, fd, 0, 4000))
    attempt("copy_file_range", os.copy_file_range, fd, out, 1000)
    r, w = os.pipe()
    attempt("splice in", lambda: os.splice(fd, w, 300, offset_src=0))
    attempt("splice out", lambda: os.splice(r, out, 300))
    attempt("read bad descriptor", os.read, 999, 1)
    attempt("read write-only", os.read, os.open("out", os.O_WRONLY), 1)
    attempt("write read-only", os.write, os.open("out", os.O_RDONLY), b"x")
    attempt("read directory", os.read, os.open(".", os.O_RDONLY), 1)
    os.set_blocking(r, False)
    attempt("read empty pipe", os.read, r, 1)
    os.close(r)
    attempt("write broken pipe", os.write, w, b"x")
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(os.open("limited", os.O_CREAT | os.O_WRONLY), data)
        os.write(os.open("limited", os.O_APPEND | os.O_WRONLY), data)
        os._exit(0)
    show("file size limit", (os.waitpid(pid, 0)[1] & 127, os.stat("limited").st_size))


def names():
    for name, function, args in [
        ("mkdir", os.mkdir, ("d1",)), ("mkdir again", os.mkdir, ("d1",)), ("mkdir mode", os.mkdir, ("d2", 0o1700)),
        ("mkdir deep", os.mkdir, ("no/d",)), ("rmdir full", os.rmdir, ("dir",)), ("rmdir", os.rmdir, ("d2",)),
        ("link", os.link, ("plain", "hard")), ("link again", os.link, ("plain", "hard")),
        ("link directory", os.link, ("dir", "dirlink")), ("symlink", os.symlink, ("nowhere", "dangling")),
        ("symlink again", os.symlink, ("x", "dangling")), ("readlink", os.readlink, ("dangling",)),
        ("readlink of a file", os.readlink, ("plain",)), ("rename", os.rename, ("hard", "hard2")),
        ("rename missing", os.rename, ("missing", "x")), ("rename file on directory", os.rename, ("hard2", "dir")),
        ("rename directory into itself", os.rename, ("dir", "dir/x")), ("unlink directory", os.unlink, ("dir",)),
        ("unlink", os.unlink, ("hard2",)), ("unlink missing", os.unlink, ("hard2",)), ("fifo", os.mkfifo, ("fifo", 0o640)),
        ("device", os.mknod, ("device", stat.S_IFCHR | 0o600, os.makedev(1, 3))),
        ("mknod file", os.mknod, ("node", stat.S_IFREG | 0o620)), ("chmod", os.chmod, ("plain", 0o751)),
        ("chmod missing", os.chmod, ("missing", 0o700)), ("chown self", os.chown, ("plain", os.getuid(), os.getgid())),
        ("chown other", os.chown, ("plain", 12345, 12345)), ("lchown", os.lchown, ("dangling", os.getuid(), -1)),
        ("utime", os.utime, ("plain", (1e9, 1e9))), ("utime missing", os.utime, ("missing",)),
        ("access", os.access, ("plain", os.X_OK)), ("access missing", os.access, ("missing", os.F_OK)),
        ("listdir", lambda p: sorted(os.listdir(p)), ("dir",)), ("listdir file", os.listdir, ("plain",)),
        ("setxattr", os.setxattr, ("plain", "user.a", b"1")), ("getxattr", os.getxattr, ("plain", "user.a")),
        ("listxattr", os.listxattr, ("plain",)), ("getxattr missing", os.getxattr, ("plain", "user.b")),
        ("removexattr", os.removexattr, ("plain", "user.a")), ("setxattr trusted", os.setxattr, ("plain", "trusted.a", b"1")),
        ("mount", lambda: raw(165, b"none", b"/nonexistent", b"tmpfs", 0, 0), ()),
        ("umount", lambda: raw(166, b"/nonexistent", 0), ()),
        ("chdir missing", os.chdir, ("missing",)), ("chdir file", os.chdir, ("plain",)),
    ]:
        attempt(name, function, *args)
    fd = os.open("plain", os.O_RDWR)
    here = os.open("dir", os.O_RDONLY)
    for name, function in {
        "fchmod": lambda: os.fchmod(fd, 0o640), "fchown": lambda: os.fchown(fd, os.getuid(), -1),
        "futimes": lambda: os.utime(fd, (5, 6)), "fsetxattr": lambda: os.setxattr(fd, "user.c", b"2"),
        "fgetxattr": lambda: os.getxattr(fd, "user.c"), "flistxattr": lambda: os.listxattr(fd),
        "fremovexattr": lambda: os.removexattr(fd, "user.c"), "list by descriptor": lambda: os.listdir(here),
        "mkdirat": lambda: os.mkdir("sub", dir_fd=here), "symlinkat": lambda: os.symlink("a", "s", dir_fd=here),
        "linkat": lambda: os.link("inner", "hard", src_dir_fd=here, dst_dir_fd=here),
        "renameat": lambda: os.rename("hard", "hard2", src_dir_fd=here, dst_dir_fd=here),
        "unlinkat": lambda: os.unlink("hard2", dir_fd=here), "rmdir at": lambda: os.rmdir("sub", dir_fd=here),
        "readlinkat": lambda: os.readlink("s", dir_fd=here), "fchmodat": lambda: os.chmod("inner", 0o600, dir_fd=here),
        "fchownat": lambda: os.chown("s", os.getuid(), -1, dir_fd=here, follow_symlinks=False),
        "utimensat": lambda: os.utime("inner", ns=(7, 8), dir_fd=here), "mkfifoat": lambda: os.mkfifo("f", dir_fd=here),
        "fstatat": lambda: oct(os.stat("s", dir_fd=here, follow_symlinks=False).st_mode),
        "faccessat": lambda: os.access("inner", os.R_OK, dir_fd=here),
        "fstat by empty path": lambda: raw(262, fd, b"", ctypes.create_string_buffer(256), AT_EMPTY_PATH),
        "linkat by descriptor": lambda: os.link(f"/proc/self/fd/{fd}", "relinked", follow_symlinks=True),
        "exchange": lambda: raw(316, AT_FDCWD, b"plain", AT_FDCWD, b"new", 2),
        "rename, no replace": lambda: raw(316, AT_FDCWD, b"plain", AT_FDCWD, b"new", 1),
        "statx": lambda: raw(332, AT_FDCWD, b"plain", 0, 0xfff, ctypes.create_string_buffer(512)),
        "faccessat2": lambda: raw(439, AT_FDCWD, b"plain", 4, 0x200),
        "fchmodat2": lambda: raw(452, AT_FDCWD, b"plain", 0o644, 0),
    }.items():
        attempt(name, function)
    buffer = ctypes.create_string_buffer(4096)
    for name, number, args in [
        ("stat", 4, (b"plain", buffer)), ("fstat", 5, (fd, buffer)), ("lstat", 6, (b"dangling", buffer)),
        ("access", 21, (b"plain", 4)), ("rename", 82, (b"created", b"renamed")), ("mkdir", 83, (b"ld", 0o700)),
        ("rmdir", 84, (b"ld",)), ("link", 86, (b"renamed", b"linked")), ("unlink", 87, (b"linked",)),
        ("symlink", 88, (b"renamed", b"ls")), ("readlink", 89, (b"ls", buffer, 100)), ("chmod", 90, (b"renamed", 0o600)),
        ("chown", 92, (b"renamed", -1, -1)), ("lchown", 94, (b"ls", -1, -1)), ("utime", 132, (b"renamed", 0)),
        ("mknod", 133, (b"lnode", stat.S_IFIFO | 0o600, 0)), ("utimes", 235, (b"renamed", 0)),
        ("futimesat", 261, (AT_FDCWD, b"renamed", 0)), ("truncate", 76, (b"renamed", 3)), ("getcwd", 79, (buffer, 2)),
    ]:
        legacy(name, number, *args)
    os.chdir("dir")
    show("chdir", os.path.basename(os.getcwd()))
    os.fchdir(here)
    os.chdir("..")
    for name in sorted(os.listdir(b".")):
        show(f"tree {name!r}", kind(name))


def processes():
    def child(name, run):
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                run()
            except OSError as e:
                os._exit(e.errno)
            os._exit(99)
        show(name, os.waitpid(pid, 0)[1])

    child("exec", lambda: os.execv("/bin/true", ["true"]))
    child("exec by PATH", lambda: os.execvp("sh", ["sh", "-c", "exit 5"]))
    child("exec missing", lambda: os.execv("/nonexistent", ["x"]))
    child("exec directory", lambda: os.execv("/", ["x"]))
    child("exec not executable", lambda: os.execv("plain", ["x"]))
    text("script", "#!/bin/sh\nexit $#\n")
    os.chmod("script", 0o755)
    child("exec script", lambda: os.execv("./script", ["a", "b", "c"]))
    text("bad-script", "#!/nonexistent/interpreter\n")
    os.chmod("bad-script", 0o755)
    child("exec script without interpreter", lambda: os.execv("./bad-script", ["a"]))
    text("no-format", "")
    os.chmod("no-format", 0o755)
    child("exec nothing", lambda: os.execv("./no-format", ["a"]))
    child("fexecve", lambda: os.execve(os.open("/bin/true", os.O_RDONLY), ["true"], {}))
    child("exec too much", lambda: os.execv("/bin/true", ["x" * 200000]))
    child("exec many arguments", lambda: os.execv("/bin/sh", ["sh", "-c", "exit $(($# % 200))", *map(str, range(5000))]))
    child("killed", lambda: os.kill(os.getpid(), signal.SIGKILL))
    child("terminated", lambda: os.kill(os.getpid(), signal.SIGTERM))
    child("exec in a thread", lambda: [threading.Thread(target=os.execv, args=("/bin/sh", ["sh", "-c", "exit 6"])).start(), time.sleep(5)])
    show("posix_spawn", os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1])
    attempt("posix_spawn missing", os.posix_spawn, "/nonexistent", ["x"], {})
    attempt("kill nobody", os.kill, 2 ** 22 + 1, 0)
    attempt("kill self with 0", os.kill, os.getpid(), 0)
    if os.getuid():
        attempt("kill init", os.kill, 1, 0)
    got = []
    signal.signal(signal.SIGUSR1, lambda n, _: got.append(n))
    os.kill(os.getpid(), signal.SIGUSR1)
    os.killpg(os.getpgrp(), 0)
    signal.raise_signal(signal.SIGUSR1)
    attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(os.getpid()), signal.SIGUSR1))
    show("signals", got)
    pid = os.fork()
    if pid == 0:
        signal.pause()
    attempt("ptrace a child", lambda: raw(101, 16, pid, 0, 0))
    attempt("wait for the stop", lambda: os.waitpid(pid, 0)[1])
    attempt("ptrace detach", lambda: raw(101, 17, pid, 0, 0))
    attempt("process_vm_readv", lambda: raw(310, pid, 0, 0, 0, 0, 0))
    os.kill(pid, signal.SIGKILL)
    show("killed child", os.waitpid(pid, 0)[1])
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:  # a grandchild that outlives its parent
        if os.fork() == 0:
            time.sleep(0.1)
            os.write(w, b"orphan")
        os._exit(0)
    os.waitpid(pid, 0)
    show("orphan writes", os.read(r, 10))
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    show("fifo open, interrupted", raw(257, AT_FDCWD, b"fifo", os.O_RDONLY, 0))
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    show("accept, interrupted", raw(43, server.fileno(), 0, 0))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    show("pipe read, interrupted", raw(0, r, ctypes.create_string_buffer(4), 4))
    thread = threading.Thread(target=lambda: text("fifo", "through the fifo"))
    thread.start()
    show("fifo open, met", open("fifo").read())
    thread.join()


def network():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(5)
    client = socket.create_connection(server.getsockname())
    peer, address = server.accept()
    show("accept", (address[0], address == client.getsockname()))
    show("send", client.send(b"hello"))
    show("recv", peer.recv(10))
    show("sendmsg", client.sendmsg([b"a", b"b"]))
    show("recvmsg", peer.recvmsg(10)[0])
    with open("data", "rb") as f:
        show("sendfile", client.sendfile(f, 0, 1000))
    show("received", len(peer.recv(1000, socket.MSG_WAITALL)))
    attempt("bind taken", socket.socket().bind, server.getsockname())
    attempt("bind elsewhere", socket.socket().bind, ("192.0.2.1", 0))
    client.close()
    show("end", peer.recv(1))
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    attempt("refused", socket.socket().connect, unused.getsockname())
    attempt("not connected", socket.socket().send, b"x")
    slow = socket.socket()
    slow.setblocking(False)
    show("connect, nonblocking", errno.errorcode.get(slow.connect_ex(server.getsockname()), 0))
    select.select([], [slow], [], 5)
    show("connected", slow.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    one, two = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    show("sendto", two.sendto(b"datagram", one.getsockname()))
    show("recvfrom", one.recvfrom(100)[0])
    attempt("sendto nowhere", two.sendto, b"x", ("127.0.0.1", 0))
    attempt("ipv6", lambda: (lambda s: (s.bind(("::1", 0)), s.listen(), socket.create_connection(s.getsockname()[:2]).close())[2])
            (socket.socket(socket.AF_INET6)))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind("socket")
    unix.listen()
    other = socket.socket(socket.AF_UNIX)
    other.connect("socket")
    inner, _ = unix.accept()
    with open("plain") as f:
        socket.send_fds(other, [b"fd"], [f.fileno()])
    _, fds, _, _ = socket.recv_fds(inner, 10, 1)
    show("descriptor passed", os.fstat(fds[0]).st_ino == os.stat("plain").st_ino)
    # The process id is the supervisor's: docs/THREAT-MODEL.md, "Sockets".
    show("credentials", struct.unpack("3i", inner.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:] == (os.getuid(), os.getgid()))
    attempt("unix missing", socket.socket(socket.AF_UNIX).connect, "no-socket")
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0sandgate-{os.getpid()}")
    abstract.listen()
    attempt("unix abstract", socket.socket(socket.AF_UNIX).connect, f"\0sandgate-{os.getpid()}")
    attempt("unix too long", lambda: raw(49, unix.fileno(), b"\1\0" + b"x" * 200, 202))
    left, right = socket.socketpair()
    show("socketpair", (left.send(b"pair"), right.recv(10)))
    attempt("no such family", socket.socket, 45, socket.SOCK_STREAM)
    attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0)))


os.umask(0o022)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for part in (opening, reading_and_writing, names, processes, network):
    print(f"--- {part.__name__}", flush=True)
    part()
