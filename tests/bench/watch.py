"""The watcher, measured with 500 interfaces: 400 taps on Open vSwitch, 100 macvtaps. Run by
scripts/bench watch, in its sandbox."""

import argparse
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time

from events import Events, Links, Records, Rows
from measure import VIFPLUG, progress, run

BRIDGE = "br0"
TAPS = [f"tap{i}" for i in range(400)]
# Lower devices, and the macvtaps on each.
LOWERS = {f"up{n}": [f"mv{n}x{i}" for i in range(count)] for n, count in enumerate((33, 33, 33, 1))}
ALONE = "up3"
SHARED = "up0"
LOG = tempfile.NamedTemporaryFile("w+", suffix=".log")


def uplink(name):
    """The command that makes a lower device."""
    number = int(name[2:])
    return ("ip", "link", "add", name, "address", f"02:00:00:00:{number:02x}:01", "type", "veth",
            "peer", "name", f"{name}p", "address", f"02:00:00:00:{number:02x}:02")


def plug(interfaces, uuid):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(f"<domain type='qemu'><name>many{uuid}</name>"
                   f"<uuid>5d5b0a3c-7a07-4d0c-8b3c-0d7f3f0f5a1{uuid}</uuid>"
                   f"<devices>{''.join(interfaces)}</devices></domain>")
        file.flush()
        run(VIFPLUG, "plug", "--domain", file.name, "--timeout", "60")


def plug_all():
    plug((f"<interface type='bridge'><mac address='52:54:00:01:{i >> 8:02x}:{i & 255:02x}'/>"
          f"<source bridge='{BRIDGE}'/><vlan><tag id='100'/></vlan>"
          f"<virtualport type='openvswitch'/><target dev='{name}'/></interface>"
          for i, name in enumerate(TAPS)), 1)
    for n, (lower, names) in enumerate(LOWERS.items()):
        run(*uplink(lower))
        plug((f"<interface type='direct'><mac address='52:54:00:02:{n:02x}:{i:02x}'/>"
              f"<source dev='{lower}' mode='bridge'/><target dev='{name}'/></interface>"
              for i, name in enumerate(names)), 2 + n)


class Watcher:
    def __init__(self):
        begin = time.monotonic()
        LOG.seek(0, os.SEEK_END)
        start = LOG.tell()
        self.process = subprocess.Popen([VIFPLUG, "watch", "--verbose"], stdout=subprocess.DEVNULL,
                                        stderr=LOG)
        while not self.says(start, "watching "):
            time.sleep(0.001)
        self.ready = time.monotonic() - begin
        self.rest()
        # What it did until it came to rest, also of what others had to do for it.
        self.cpu = self.scheduler()[0]

    def says(self, start, text):
        if self.process.poll() is not None:
            raise SystemExit(f"the watcher ended: {LOG.name}")
        with open(LOG.name, encoding="utf-8") as log:
            log.seek(start)
            return text in log.read()

    def rest(self):
        """Waits until it has not run for two seconds."""
        before = None
        while before != (before := self.scheduler()):
            time.sleep(2)

    def scheduler(self):
        """Seconds it ran, and how often it was woken (schedstat: each time slice counts)."""
        with open(f"/proc/{self.process.pid}/schedstat", encoding="ascii") as file:
            ran, _, slices = map(int, file.read().split())
        return ran / 1e9, slices

    def rss(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait():
            raise SystemExit(f"the watcher ended with {self.process.returncode}")


def idle(watcher, seconds):
    before = watcher.scheduler()
    time.sleep(seconds)
    after = watcher.scheduler()
    return {"seconds": seconds, "cpu": after[0] - before[0], "woken": after[1] - before[1]}


def lose_and_return(events, lower, samples):
    """One round: how long after the kernel's word each record was waiting, and, after the device
    was back, each macvtap was there."""
    names = LOWERS[lower]
    heard = events.wait_while(("ip", "link", "delete", lower), [(what, name) for name in names for what in ("no link", "waiting")])
    samples["waiting"] += [heard["waiting", name] - heard["no link", name] for name in names]
    events.settle(0.05)
    heard = events.wait_while(uplink(lower), [("link", lower), *(
        (what, name) for name in names for what in ("link", "connected"))])
    samples["made"] += [heard["link", name] - heard["link", lower] for name in names]
    events.settle(0.05)


def rounds_of(watcher, events, lower, rounds):
    samples = {"waiting": [], "made": []}
    before = watcher.scheduler()[0]
    for i in range(rounds):
        progress(f"{lower}: round {i + 1} of {rounds}")
        lose_and_return(events, lower, samples)
    progress("")
    return {**samples, "cpu": [(watcher.scheduler()[0] - before) / rounds]}


def delete_rows(events, names):
    """How long after its row was gone each had one again."""
    args = []
    for name in names:
        args += ["--", "del-port", BRIDGE, name]
    heard = events.wait_while(("ovs-vsctl", "--no-wait", *args), [(what, name) for name in names for what in ("no row", "row")])
    events.settle(2)
    return [heard["row", name] - heard["no row", name] for name in names]


def row_by_row(events, rounds):
    samples = []
    for i in range(rounds):
        progress(f"row {i + 1} of {rounds}")
        samples += delete_rows(events, [TAPS[i]])
    progress("")
    return samples


def line(what, samples):
    print(f"  {what:<58}{1000 * statistics.median(samples):>8.1f} ms{1000 * max(samples):>8.1f} ms")


def report(found):
    rest, memory = found["idle"], found["memory"]
    print(f"\n{len(TAPS)} taps on Open vSwitch, {sum(map(len, LOWERS.values()))} macvtaps")
    print(f"  idle for {rest['seconds']} s: {1000 * rest['cpu']:.1f} ms of CPU, "
          f"woken {rest['woken']} times")
    print(f"  start: watching after {1000 * found['start']['ready']:.0f} ms; "
          f"{1000 * found['start']['cpu']:.0f} ms of CPU until it rests")
    print(f"  memory (RSS): {memory['start']} kB at the start, {memory['end']} kB after "
          f"{memory['rounds']} rounds of loss and return, {memory['middle']} kB after half of them")
    for lower in (ALONE, SHARED):
        print(f"  a device with {len(LOWERS[lower])} that goes and returns: "
              f"{1000 * statistics.mean(found[lower]['cpu']):.1f} ms of CPU")
    print(f"  {found['lines']} lines of log in {len(found[SHARED]['made'])} + "
          f"{len(found[ALONE]['made'])} times that a macvtap was made again")
    print(f"  {'from event to action':<58}{'median':>11}{'worst':>11}")
    for lower in (ALONE, SHARED):
        count = len(LOWERS[lower])
        many = "one macvtap" if count == 1 else f"{count} macvtaps at once"
        line(f"{many}: gone, until its record waits", found[lower]["waiting"])
        line(f"{many}: device back, until it is made again", found[lower]["made"])
    line("one row deleted, until it is back", found["row"])
    line(f"{len(TAPS)} rows deleted at once, until each is back", found["rows"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    rounds, seconds = (20, 5) if args.quick else (100, 20)

    run("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
    progress("plugging")
    plug_all()
    events = Events(Links(), Records("/run/vifplug/ports"), Rows("/run/openvswitch/db.sock"))
    progress("starting")
    watcher = Watcher()
    found = {"start": {"ready": watcher.ready, "cpu": watcher.cpu},
             "memory": {"rounds": rounds, "start": watcher.rss()}}
    progress("idle")
    found["idle"] = idle(watcher, seconds)
    events.settle(0.5)
    first = rounds_of(watcher, events, SHARED, rounds // 2)
    found["memory"]["middle"] = watcher.rss()
    second = rounds_of(watcher, events, SHARED, rounds - rounds // 2)
    found["memory"]["end"] = watcher.rss()
    found[SHARED] = {what: first[what] + second[what] for what in first}
    found[ALONE] = rounds_of(watcher, events, ALONE, 20)
    found["row"] = row_by_row(events, 10 if args.quick else 20)
    progress("all rows")
    found["rows"] = delete_rows(events, TAPS)
    progress("")
    with open(LOG.name, encoding="utf-8") as log:
        found["lines"] = len(log.readlines())
    watcher.end()
    report(found)
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"load": os.getloadavg(), **found}, file)


main()
