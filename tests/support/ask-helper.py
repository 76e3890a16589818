#!/usr/bin/python3
"""ask-helper.py HELPER WORDS...: asks the bridge helper for a tap, as QEMU does.

The words get " --fd=N" at the end, unless there is "--fd=" among them. Prints what came of it in one
line, "status S" and, where there was a descriptor, "tap NAME vnet_hdr yes|no" and how many bytes came
with it; then keeps the descriptor until it is killed or told so by the end of standard input."""
import array
import fcntl
import os
import socket
import struct
import sys

TUNGETIFF = 0x800454D2
IFF_VNET_HDR = 0x4000


def receive(sock):
    """(bytes, descriptors) of all that was sent; the other end is closed by now."""
    data, fds = b"", array.array("i")
    while True:
        part, ancillary, _, _ = sock.recvmsg(16, socket.CMSG_LEN(16 * fds.itemsize))
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        if not part:
            return data, fds
        data += part


def main():
    helper, *words = sys.argv[1:]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    if not any(word.startswith("--fd=") for word in words):
        words.append(f"--fd={theirs.fileno()}")
    os.set_inheritable(theirs.fileno(), True)
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.execv(helper, [helper, *words])
    theirs.close()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    data, fds = receive(ours)
    line = f"status {status}"
    for fd in fds:
        name, flags = struct.unpack("16sH", fcntl.ioctl(fd, TUNGETIFF, bytes(40))[:18])
        vnet_hdr = "yes" if flags & IFF_VNET_HDR else "no"
        line += f" tap {name.split(bytes(1))[0].decode()} vnet_hdr {vnet_hdr} bytes {len(data)}"
    print(line, flush=True)
    if fds:
        sys.stdin.read()


main()
