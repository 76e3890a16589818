"""What the kernel, an OVSDB server and a folder of records say, each with the moment it was heard at,
for benchmarks that wait for others to act."""

import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import time

RTMGRP_LINK = 1
RTM_NEWLINK, RTM_DELLINK = 16, 17
IFLA_IFNAME = 3
IN_CREATE, IN_MOVED_TO, IN_DELETE = 0x100, 0x80, 0x200


class Links:
    """Links that come ("link", name) and go ("no link", name)."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.socket.bind((0, RTMGRP_LINK))
        self.there = set()

    def fileno(self):
        return self.socket.fileno()

    def take(self):
        data = self.socket.recv(1 << 16)
        while len(data) >= 16:
            length, kind = struct.unpack_from("=IH", data)
            name = link_name(data[32:length])
            if kind == RTM_DELLINK:
                self.there.discard(name)
                yield "no link", name
            elif kind == RTM_NEWLINK and name not in self.there:
                self.there.add(name)
                yield "link", name
            data = data[(length + 3) & ~3:]


def link_name(attributes):
    while len(attributes) >= 4:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == IFLA_IFNAME:
            return attributes[4:length].rstrip(b"\0").decode()
        attributes = attributes[(length + 3) & ~3:]
    return None


class Records:
    """Interfaces that begin to wait ("waiting", name), and do so no longer ("connected", name)."""

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.folder = folder
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if libc.inotify_add_watch(self.fd, folder.encode(), IN_CREATE | IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), folder)
        self.waiting = {}

    def fileno(self):
        return self.fd

    def take(self):
        data = os.read(self.fd, 1 << 16)
        while data:
            length, = struct.unpack_from("=I", data, 12)
            file = data[16:16 + length].rstrip(b"\0").decode()
            data = data[16 + length:]
            if file.endswith(".json"):
                yield from self.look(file.removesuffix(".json"))

    def look(self, name):
        try:
            with open(f"{self.folder}/{name}.json", encoding="utf-8") as record:
                waiting = json.load(record).get("waiting", False)
        except FileNotFoundError:
            return
        if waiting != self.waiting.get(name, False):
            self.waiting[name] = waiting
            yield "waiting" if waiting else "connected", name


class Rows:
    """Rows of ports that come ("row", name) and go ("no row", name)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.text = ""
        self.send("monitor", ["Open_vSwitch", None, {"Port": {"columns": ["name"]}}])
        while '"id":1' not in self.text.replace(" ", ""):
            self.text += self.socket.recv(1 << 16).decode()
        self.text = ""

    def send(self, method, params):
        message = {"method": method, "params": params, "id": 1}
        self.socket.sendall(json.dumps(message).encode())

    def fileno(self):
        return self.socket.fileno()

    def take(self):
        self.text += self.socket.recv(1 << 20).decode()
        decoder = json.JSONDecoder()
        while self.text:
            try:
                message, end = decoder.raw_decode(self.text)
            except json.JSONDecodeError:
                return
            self.text = self.text[end:].lstrip()
            if message.get("method") == "update":
                for change in message["params"][1].get("Port", {}).values():
                    if "new" not in change:
                        yield "no row", change["old"]["name"]
                    elif "old" not in change:
                        yield "row", change["new"]["name"]


class Events:
    """All that several of these say: {(what, name): seconds of the monotonic clock}."""

    def __init__(self, *sources):
        self.sources = sources

    def hear(self, limit):
        """Waits up to `limit` seconds and yields what there is, each with its moment."""
        for source in select.select(self.sources, [], [], limit)[0]:
            now = time.monotonic()
            for event in source.take():
                yield event, now

    def settle(self, quiet):
        """Hears, and forgets, all until nothing was said for `quiet` seconds."""
        while any([True for _ in self.hear(quiet)]):
            pass

    def wait_while(self, command, wanted, limit=60):
        """Runs a command, hearing what is said meanwhile, and until all of `wanted` were heard;
        returns when each was heard first."""
        heard = {}
        running = subprocess.Popen(command)
        left = set(wanted)
        end = time.monotonic() + limit
        while left:
            if time.monotonic() > end:
                raise SystemExit(f"{len(left)} never happened, such as {sorted(left)[0]}")
            for event, moment in self.hear(1):
                heard.setdefault(event, moment)
                left.discard(event)
        if running.wait():
            raise SystemExit(f"{' '.join(command)}: status {running.returncode}")
        return heard
