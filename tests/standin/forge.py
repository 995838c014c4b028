#!/usr/bin/env python3
"""forge.py WAY RESOLVER ADDRESS: tries to have ADDRESS taken for good.test, then connects to it; prints how that ends.

forge.py text ADDRESS prints the bytes of the forged answer after its length, for a TXT record of the real name server."""
import ctypes, os, socket, struct, sys, threading, time

SO_PEEK_OFF, CLONE_NEWNET, SIOCGIFFLAGS, SIOCSIFFLAGS = 42, 0x40000000, 0x8913, 0x8914


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def question(name, kind=1):
    return struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + wire(name) + struct.pack(">HH", kind, 1)


def forged(address):
    asked = wire("good.test") + struct.pack(">HH", 1, 1)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 3600, 4) + socket.inet_aton(address)
    return struct.pack(">HHHHHH", 0x1234, 0x8180, 1, 1, 0, 0) + asked + record


def serve(address, port, answer):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))

    def loop():
        while True:
            _, source = server.recvfrom(2000)
            server.sendto(answer, source)

    threading.Thread(target=loop, daemon=True).start()


def ask(resolver, port=53):
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.settimeout(20)
    asking.connect((resolver, port))
    asking.send(question("good.test"))
    time.sleep(0.1)
    return asking.recv(2000)


def stream(resolver, *names):
    asking = socket.create_connection((resolver, 53))
    for name in names:
        asking.sendall(struct.pack(">H", len(question(name, 16))) + question(name, 16))
    time.sleep(0.2)
    return asking


# Where in the answer of dns.py the forged one begins that stands in its TXT record, after its length.
INSIDE = 12 + 2 * len(wire("text.test")) + 4 + 10 + 1 + 2


def main(way, resolver, address):
    answer = forged(address)
    if way == "pair":
        # An answer from memory, through a pair that never sees a network, by each receiving call.
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for receive in (lambda: b.recv(2000), lambda: b.recvmsg(2000), lambda: os.read(b.fileno(), 2000)):
            a.send(answer)
            receive()
    elif way == "address":
        serve("127.0.0.99", 53, answer)
        ask("127.0.0.99")
    elif way == "port":
        serve(resolver, 5353, answer)
        ask(resolver, 5353)
    elif way == "dup":
        # The number of a socket that talks to the resolver, with another one behind it.
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.connect((resolver, 53))
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        os.dup2(b.fileno(), asking.fileno())
        a.send(answer)
        os.read(asking.fileno(), 2000)
    elif way == "spoofed":
        # Not connected, so that anybody's datagram comes; this one from another port of the resolver's address.
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.bind(("127.0.0.1", 0))
        asking.sendto(question("none.test"), (resolver, 53))
        asking.recvfrom(2000)
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other.bind((resolver, 0))
        other.sendto(answer, asking.getsockname())
        asking.recvfrom(2000)
    elif way == "network":
        # A network of its own, in which it has the resolver's address.
        libc = ctypes.CDLL(None, use_errno=True)
        child = os.fork()
        if child == 0:
            if libc.unshare(CLONE_NEWNET) != 0:
                print("unshare:", os.strerror(ctypes.get_errno()))
                os._exit(1)
            import fcntl
            control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", 1))
            serve(resolver, 53, answer)
            assert ask(resolver) == answer
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    elif way == "offset":
        # A real answer, of which a peek sees only the middle.
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.connect((resolver, 53))
        asking.send(question("text.test", 16))
        time.sleep(0.1)
        asking.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, INSIDE)
        assert asking.recv(2000, socket.MSG_PEEK) == answer, "a peek begins inside"
        asking.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, INSIDE)
        asking.recv(2000)
    elif way == "middle":
        # A real answer in a stream, read up to where the forged one begins.
        asking = stream(resolver, "text.test", "text.test")
        asking.recv(INSIDE)
        assert asking.recv(2 + len(answer))[2:] == answer
    elif way == "stream-offset":
        asking = stream(resolver, "text.test")
        try:
            asking.setsockopt(socket.SOL_SOCKET, SO_PEEK_OFF, INSIDE)
        except OSError:
            pass
        os.read(asking.fileno(), 2000)
    elif way == "learn":
        ask(resolver)
    elif way == "none":
        pass
    else:
        sys.exit("no such way")
    connecting = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connecting.settimeout(3)
    try:
        connecting.connect((address, 9999))
        print("connected")
    except OSError as error:
        print(type(error).__name__)


if sys.argv[1] == "text":
    print((struct.pack(">H", len(forged(sys.argv[2]))) + forged(sys.argv[2])).hex())
else:
    main(*sys.argv[1:])
