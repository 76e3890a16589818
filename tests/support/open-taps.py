"""open-taps.py NAME... -- PROGRAM ARGUMENT...

Opens taps that were made for somebody else to open, and becomes a Python program that gets QEMU's
netdevs for them, as `vifplug run` would hand them over."""

import fcntl
import os
import struct
import sys

# linux/if_tun.h
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x2, 0x1000, 0x4000

dashes = sys.argv.index("--")
netdevs = []
for name in sys.argv[1:dashes]:
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    os.set_inheritable(fd, True)
    netdevs.append(f"tap,id={name},fd={fd}")
os.execv(sys.executable, [sys.executable, *sys.argv[dashes + 1:], *netdevs])
