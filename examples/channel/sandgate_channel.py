"""A client of Sandgate's channel (docs/channel.md): ask, tell, read the session's name.

    from sandgate_channel import Channel
    channel = Channel.open()                  # None outside of `sandgate run --channel`
    if channel:
        channel.session()                     # 'k7mq2xzd'
        channel.ask("open('/etc/shadow', 'r')")   # {'allowed': False, 'errno': 'EACCES', 'certain': True, …}
        channel.emit({"step": "download", "files": 3})

As a program: sandgate_channel.py session | ask CALL | emit JSON
"""

import array
import json
import os
import select
import socket
import stat
import sys


class Channel:
    def __init__(self, shared):
        self._shared = shared

    @classmethod
    def open(cls):
        """The channel; None when there is none. A child that closes its descriptors has the variable and no channel."""
        try:
            number = int(os.environ["SANDGATE_FD"])
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                return None
            # A copy under another number, so that nobody's exec inherits it twice.
            shared = socket.socket(fileno=os.dup(number))
        except (KeyError, ValueError, OSError):
            return None
        if shared.family != socket.AF_UNIX or shared.type != socket.SOCK_SEQPACKET:
            shared.close()
            return None
        return cls(shared)

    def session(self):
        return self.request({"do": "session"})["session"]

    def ask(self, call):
        return self.request({"do": "ask", "call": call})

    def emit(self, data):
        return self.request({"do": "emit", "data": data})

    def request(self, request, seconds=3.0):
        """Sends one request with a socket for its answer, which nobody else can read."""
        # Made for each request: the supervisor answers only the process that made the pair, and a fork would not be that one.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            message = json.dumps({"v": 1, **request}).encode()
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            while True:
                try:
                    self._shared.sendmsg([message], rights, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
                    break
                except BlockingIOError:
                    # Too many messages at once, of whichever process.
                    if not select.select([], [self._shared], [], seconds)[1]:
                        raise TimeoutError("the channel is full") from None
            theirs.close()
            ours.settimeout(seconds)
            return json.loads(ours.recv(4096) or b'{"ok": false, "error": "no answer"}')


def main(words):
    channel = Channel.open()
    if channel is None:
        sys.exit("no channel: run me under sandgate run --channel")
    if words == ["session"]:
        print(channel.session())
    elif len(words) == 2 and words[0] == "ask":
        print(json.dumps(channel.ask(words[1])))
    elif len(words) == 2 and words[0] == "emit":
        print(json.dumps(channel.emit(json.loads(words[1]))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
