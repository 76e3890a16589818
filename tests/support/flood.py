#!/usr/bin/python3
"""flood.py DEVICE...: what others get of broadcasts.

Sends a broadcast on each DEVICE every few milliseconds, and prints, once for each, who gets whose:

    DEVICE -> OTHER

Goes on until it is told to end (SIGTERM), and then for as long as a frame could be on its way."""
import select
import signal
import socket
import struct
import sys
import time

ETHERTYPE = 0x88B5  # IEEE 802, for local experiments
ETH_P_ALL = 3
INTERVAL = 0.005
LAST = 0.5


def frame(name):
    return (b"\xff" * 6 + bytes.fromhex("020000000098") + struct.pack("!H", ETHERTYPE)
            + name.encode().ljust(46, b"\0"))


def main():
    devices = sys.argv[1:]
    everywhere = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    everywhere.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    senders = {}
    for name in devices:
        senders[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        senders[name].bind((name, 0))
    seen = set()
    due = 0.0
    end = []
    signal.signal(signal.SIGTERM, lambda *_: end.append(time.monotonic() + LAST))
    while not end or time.monotonic() < end[0]:
        if time.monotonic() >= due:
            due = time.monotonic() + INTERVAL
            for name, sender in senders.items():
                sender.send(frame(name))
        if select.select([everywhere], [], [], INTERVAL)[0]:
            data, address = everywhere.recvfrom(2048)
            if data[12:14] != struct.pack("!H", ETHERTYPE) or address[0] in devices:
                continue
            line = f"{data[14:60].rstrip(bytes(1)).decode()} -> {address[0]}"
            if line not in seen:
                seen.add(line)
                print(line, flush=True)


main()
