"""Frames and their VLAN tags, between the netdevs that `vifplug run` hands over and a link.

    vifplug run SPEC -- tagged.py LINK TAG...

Takes QEMU's place: its arguments are those of QEMU's netdevs, with open descriptors. Sends a frame on
each netdev, and frames on LINK, untagged and with each TAG, and prints who gets what:

    NETDEV -> LINK tag 100
    LINK tag 100 -> NETDEV
"""

import fcntl
import os
import re
import select
import socket
import struct
import sys
import time

ETHERTYPE = 0x88B5  # IEEE 802, for local experiments
ETHERTYPE_VLAN = 0x8100
BROADCAST = b"\xff" * 6
SECONDS = 2.0
# linux/if_tun.h, linux/if_packet.h
TUNGETVNETHDRSZ = 0x800454D7
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID = 1 << 4


def netdevs():
    """The netdevs in our arguments: ids and descriptors of their first queue."""
    found = {}
    for argument in sys.argv:
        match = re.match(r"tap,.*\bfds?=(\d+)", argument)
        if match:
            found[re.search(r"\bid=([^,]+)", argument)[1]] = int(match[1])
    return found


def frame(payload, tag=None):
    vlan = b"" if tag is None else struct.pack("!HH", ETHERTYPE_VLAN, tag)
    return (BROADCAST + bytes.fromhex("020000000099") + vlan
            + struct.pack("!H", ETHERTYPE) + payload.encode().ljust(46, b"\0"))


def payload_of(data):
    """Of a frame of ours without a tag; else None."""
    if data[12:14] != struct.pack("!H", ETHERTYPE):
        return None
    return data[14:].rstrip(b"\0").decode()


def header_size(fd):
    return struct.unpack("i", fcntl.ioctl(fd, TUNGETVNETHDRSZ, b"\0" * 4))[0]


def receive_tagged(link):
    """What arrives on the socket: payload and tag, which the kernel took out of the frame."""
    data, ancillary, _, _ = link.recvmsg(2048, 256)
    for level, kind, value in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", value)
            return payload_of(data), tci & 0xFFF if status & TP_STATUS_VLAN_VALID else None
    return payload_of(data), None


def named(tag):
    return "untagged" if tag is None else f"tag {tag}"


def main():
    name, tags = sys.argv[1], []
    for argument in sys.argv[2:]:
        if not argument.isdigit():
            break
        tags.append(int(argument))
    fds = netdevs()
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    link.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    link.bind((name, 0))

    for netdev, fd in fds.items():
        os.write(fd, b"\0" * header_size(fd) + frame(netdev))
    for tag in [None, *tags]:
        link.send(frame(f"{name} {named(tag)}", tag))

    seen = set()
    end = time.monotonic() + SECONDS
    while (left := end - time.monotonic()) > 0:
        for ready in select.select([link, *fds.values()], [], [], left)[0]:
            if ready is link:
                payload, tag = receive_tagged(link)
                if payload:
                    seen.add(f"{payload} -> {name} {named(tag)}")
                continue
            payload = payload_of(os.read(ready, 2048)[header_size(ready):])
            if payload:
                netdev = next(key for key, fd in fds.items() if fd == ready)
                seen.add(f"{payload} -> {netdev}")
    print("\n".join(sorted(seen)))


main()
