"""notified.py ADDRESS: what a service manager is told there (sd_notify(3)): a path, or a name behind
an "@". Prints "receiving" when it is, and then a line for each message: the process that sent it, and
what it says, with "; " between its lines. A MONOTONIC_USEC of this moment is "now"."""
import re
import socket
import struct
import sys
import time


def sender(ancillary):
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return struct.unpack("3i", data)[0]
    return "?"


def moment(match):
    ago = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000 - int(match[1])
    return "MONOTONIC_USEC=now" if 0 <= ago < 5_000_000 else match[0]


def main():
    address = sys.argv[1]
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    receiver.bind("\0" + address[1:] if address[0] == "@" else address)
    print("receiving", flush=True)
    while True:
        message, ancillary, _, _ = receiver.recvmsg(65536, 1024)
        text = re.sub(r"MONOTONIC_USEC=(\d+)", moment, message.decode())
        print(sender(ancillary), text.replace("\n", "; "), flush=True)


main()
