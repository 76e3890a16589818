"""Plugging, measured: vifplug against ip and ovs-vsctl. Run by scripts/bench plug, in its sandbox."""

import argparse
import json
import os
import tempfile
import time

from measure import PAUSE, VIFPLUG, add, batch, fill, median_ms, progress, run

BRIDGE = "br0"
TAG = 100


def vifplug_plug(name):
    return run(VIFPLUG, "plug", "--bridge", BRIDGE, "--vlan", str(TAG), "--target", name)


def vifplug_unplug(name):
    return run(VIFPLUG, "unplug", name)


def others_plug(name):
    return add(run("ip", "tuntap", "add", "dev", name, "mode", "tap"),
               run("ovs-vsctl", "add-port", BRIDGE, name, f"tag={TAG}"))


def others_unplug(name):
    return add(run("ovs-vsctl", "del-port", name), run("ip", "link", "del", name))


def one_by_one(rounds):
    """One interface, plugged and unplugged by both in turn."""
    contestants = {"vifplug": (vifplug_plug, vifplug_unplug),
                   "ip + ovs-vsctl": (others_plug, others_unplug)}
    samples = {name: {"plug": [], "unplug": []} for name in contestants}
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}")
        for name, (plug, unplug) in contestants.items():
            time.sleep(PAUSE)
            samples[name]["plug"].append(plug("bench0"))
            time.sleep(PAUSE)
            samples[name]["unplug"].append(unplug("bench0"))
    progress("")
    return samples


def domain(count):
    """A domain with that many interfaces, as a file."""
    interfaces = "".join(
        f"<interface type='bridge'><mac address='52:54:00:00:{i >> 8:02x}:{i & 255:02x}'/>"
        f"<source bridge='{BRIDGE}'/><vlan><tag id='{TAG}'/></vlan>"
        f"<virtualport type='openvswitch'/><target dev='many{i}'/></interface>"
        for i in range(count))
    file = tempfile.NamedTemporaryFile("w", suffix=".xml", delete=False)
    file.write("<domain type='qemu'><name>many</name>"
               "<uuid>5d5b0a3c-7a07-4d0c-8b3c-0d7f3f0f5a11</uuid>"
               f"<devices>{interfaces}</devices></domain>")
    file.close()
    return file.name


def many_at_once(count, looped):
    """`count` interfaces in one plug, against `looped` of them in a loop, the latter scaled up."""
    file = domain(count)
    time.sleep(PAUSE)
    at_once = run(VIFPLUG, "plug", "--domain", file, "--timeout", "60")
    time.sleep(PAUSE)
    run(VIFPLUG, "unplug", "--all")
    os.unlink(file)
    time.sleep(PAUSE)
    loop = (0.0, 0.0)
    for i in range(looped):
        progress(f"loop {i + 1} of {looped}")
        loop = add(loop, others_plug(f"many{i}"))
    progress("")
    args = []
    for i in range(looped):
        args += ["--", "del-port", f"many{i}"]
    run("ovs-vsctl", *args)
    batch([f"link del many{i}" for i in range(looped)])
    time.sleep(PAUSE)
    return {"count": count, "vifplug": at_once, "looped": looped, "loop": loop}


def report(ports, single, many):
    print(f"\n{ports} ports on the bridge")
    print(f"  {'':<10}{'vifplug':>22}{'ip + ovs-vsctl':>22}{'ratio':>20}")
    print(f"  {'':<10}{'wall':>11}{'CPU':>11}{'wall':>11}{'CPU':>11}{'wall':>10}{'CPU':>10}")
    for step in ("plug", "unplug"):
        cells = [median_ms(single[name][step], which)
                 for name in ("vifplug", "ip + ovs-vsctl") for which in (0, 1)]
        texts = "".join(f"{cell:>8.1f} ms" for cell in cells)
        print(f"  {step:<10}{texts}{cells[0] / cells[2]:>10.2f}{cells[1] / cells[3]:>10.2f}")
    scaled = many["loop"][0] * many["count"] / many["looped"]
    note = "" if many["looped"] == many["count"] else f" (of {many['looped']}, scaled)"
    print(f"  {many['count']} at once: {many['vifplug'][0]:.2f} s; in a loop: {scaled:.1f} s{note}; "
          f"{scaled / many['vifplug'][0]:.0f} times faster")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    rounds, looped = (5, 50) if args.quick else (15, 500)

    run("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
    results = []
    there = 0
    for ports in (0, 500, 1000):
        progress(f"making {ports} ports")
        fill(BRIDGE, there, ports - there, TAG)
        there = ports
        time.sleep(2 * PAUSE)
        single = one_by_one(rounds)
        many = many_at_once(500, looped)
        report(ports, single, many)
        results.append({"ports": ports, "single": single, "many": many})
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"rounds": rounds, "load": os.getloadavg(), "results": results}, file)


main()
