# Tries to steer a session by its socket: steer.py WAY SOCKET. Prints what the socket answers, or why it can't be asked.
import ctypes, os, socket, sys, threading, time

way, path = sys.argv[1], sys.argv[2]
REQUEST = b'{"v":1,"id":1,"do":"pause"}\n'


def ask(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(path)
    return s


def tell(s):
    try:
        s.sendall(REQUEST)
    except OSError:
        pass
    line = s.makefile().readline()
    print(line.strip() or "closed", flush=True)


def attempt(act):
    try:
        act()
    except OSError as e:
        print("errno", e.errno, flush=True)


def orphaned(act):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.3)
            act()
        os._exit(0)
    os.wait()
    time.sleep(1.2)


# The one that connected is gone when the request comes; its child has the connection.
def inherited():
    r, w = os.pipe()
    if os.fork() == 0:
        s = ask(path)
        if os.fork() == 0:
            os.read(r, 1)
            time.sleep(0.3)
            tell(s)
        os._exit(0)
    os.wait()
    os.write(w, b"x")
    time.sleep(1.2)


# A thread connects when the process seems to have ended: its first thread has.
def leaderless():
    def late():
        time.sleep(0.3)
        attempt(lambda: tell(ask(path)))
        os._exit(0)
    threading.Thread(target=late).start()
    ctypes.CDLL(None).syscall(60, 0)


def undumpable():
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
    tell(ask(path))


ways = {
    "direct": lambda: tell(ask(path)),
    "root": lambda: tell(ask("/proc/self/root" + path)),
    "cwd": lambda: (os.chdir(os.path.dirname(path)), tell(ask(os.path.basename(path)))),
    "orphan": lambda: orphaned(lambda: attempt(lambda: tell(ask(path)))),
    "inherited": inherited,
    "leaderless": leaderless,
    "undumpable": undumpable,
}
attempt(ways[way])
