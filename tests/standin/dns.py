#!/usr/bin/env python3
"""dns.py ADDRESS [NAME=VALUE…]: a name server for tests, on UDP and TCP port 53 of ADDRESS.

VALUE is an address, or another name (then NAME is an alias of it), or one of
  large:ADDRESS   the answer doesn't fit into a datagram: that one is truncated
  other:ADDRESS   the answer is about another name, although its question is this one
  text:HEX        a TXT record with these bytes, whatever is asked
  hint:ADDRESS    a HTTPS record with that hint
A NAME may be given several times. Others don't exist. Prints "ready" when it listens,
then a line for every question: protocol, type, name. Ends when its standard input ends.
"""
import ipaddress, os, select, socket, struct, sys

TYPES = {1: "A", 5: "CNAME", 16: "TXT", 28: "AAAA", 65: "HTTPS"}
records = {}
for word in sys.argv[2:]:
    name, value = word.split("=", 1)
    records.setdefault(name, []).append(value)


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner, kind, data):
    return wire(owner) + struct.pack(">HHIH", kind, 1, 5, len(data)) + data


def is_address(text):
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def address_record(owner, text, kind):
    address = ipaddress.ip_address(text)
    return [record(owner, kind, address.packed)] if (address.version == 4) == (kind == 1) and kind in (1, 28) else []


def answers(name, kind, seen=()):
    """The records for a name, and whether a datagram is too small for them."""
    found, large = [], False
    for value in records.get(name, []):
        word, _, rest = value.partition(":")
        if is_address(value):
            found += address_record(name, value, kind)
        elif word == "large":
            large = True
            found += address_record(name, rest, kind)
        elif word == "other":
            found += address_record("other." + name, rest, kind)
        elif word == "text":
            data = bytes.fromhex(rest)
            parts = [data[i:i + 255] for i in range(0, len(data), 255)]
            found.append(record(name, 16, b"".join(bytes([len(p)]) + p for p in parts)))
        elif word == "hint":
            if kind == 65:
                found.append(record(name, 65, struct.pack(">H", 1) + b"\0" + struct.pack(">HH", 4, 4) + ipaddress.ip_address(rest).packed))
        elif name not in seen:
            found.append(record(name, 5, wire(value)))
            more, its = answers(value, kind, seen + (name,))
            found, large = found + more, large or its
    return found, large


def reply(message, datagram):
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    kind = struct.unpack(">H", message[at + 1:at + 3])[0]
    name = ".".join(labels).lower()
    print("udp" if datagram else "tcp", TYPES.get(kind, kind), name, flush=True)
    found, large = answers(name, kind)
    flags = 0x8180 if name in records else 0x8183
    if datagram and large:
        found, flags = [], flags | 0x0200
    return message[:2] + struct.pack(">HHHHH", flags, 1, len(found), 0, 0) + message[12:at + 5] + b"".join(found)


family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
udp = socket.socket(family, socket.SOCK_DGRAM)
tcp = socket.socket(family, socket.SOCK_STREAM)
for one in (udp, tcp):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((sys.argv[1], 53))
tcp.listen(50)
print("ready", flush=True)
poller = select.poll()
for fd in (udp.fileno(), tcp.fileno(), 0):
    poller.register(fd, select.POLLIN | select.POLLHUP)
streams = {}
while True:
    for fd, _ in poller.poll():
        if fd == 0:
            if not os.read(0, 100):
                sys.exit(0)
        elif fd == udp.fileno():
            message, source = udp.recvfrom(65535)
            try:
                udp.sendto(reply(message, True), source)
            except (IndexError, struct.error):
                pass
        elif fd == tcp.fileno():
            stream, _ = tcp.accept()
            streams[stream.fileno()] = (stream, bytearray())
            poller.register(stream.fileno(), select.POLLIN)
        else:
            stream, have = streams[fd]
            try:
                data = stream.recv(65535)
            except OSError:
                data = b""
            have += data
            while len(have) >= 2 and len(have) >= 2 + (size := struct.unpack(">H", have[:2])[0]):
                answer = reply(bytes(have[2:2 + size]), False)
                # In two pieces, so that a reader meets one without the other.
                stream.sendall(struct.pack(">H", len(answer)) + answer[:1])
                stream.sendall(answer[1:])
                del have[:2 + size]
            if not data:
                poller.unregister(fd)
                stream.close()
                del streams[fd]
