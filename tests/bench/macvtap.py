"""Macvtaps, measured: vifplug against ip. Run by scripts/bench macvtap, in its sandbox."""

import argparse
import json
import os
import tempfile
import time

from measure import VIFPLUG, add, batch, median_ms, progress, run

LOWER = "up0"
SWITCH_PORT = "sw0"
NAME = "bench0"
# Longer than the kernel needs for what it does after it has deleted links.
PAUSE = 0.3


def make_switch():
    """A lower device that leads to a port of a Linux bridge."""
    batch(["link add br0 type bridge",
           f"link add {LOWER} type veth peer name {SWITCH_PORT}",
           f"link set {SWITCH_PORT} master br0",
           f"link set {SWITCH_PORT} up", f"link set {LOWER} up", "link set br0 up"])


def hairpin(state):
    batch([f"link set {SWITCH_PORT} type bridge_slave hairpin {state}"])


def ip_add(name):
    return ["link", "add", name, "link", LOWER, "type", "macvtap", "mode", "vepa"]


def ip_up(name):
    return ["link", "set", name, "up"]


def ip_del(name):
    return ["link", "del", name]


def loop(names, *commands):
    """An ip for each of these commands and names; what they took in all."""
    took = (0.0, 0.0)
    for name in names:
        for command in commands:
            took = add(took, run("ip", *command(name)))
    return took


def ip_batch(names, *commands):
    """The same by one ip."""
    with tempfile.NamedTemporaryFile("w") as file:
        for name in names:
            for command in commands:
                print(*command(name), file=file)
        file.flush()
        return run("ip", "-batch", file.name)


def domain(names):
    """A domain with these interfaces, as a file."""
    interfaces = "".join(
        f"<interface type='direct'><mac address='52:54:00:00:00:{i:02x}'/>"
        f"<source dev='{LOWER}' mode='vepa'/><target dev='{name}'/></interface>"
        for i, name in enumerate(names))
    file = tempfile.NamedTemporaryFile("w", suffix=".xml")
    file.write("<domain type='qemu'><name>many</name>"
               "<uuid>5d5b0a3c-7a07-4d0c-8b3c-0d7f3f0f5a11</uuid>"
               f"<devices>{interfaces}</devices></domain>")
    file.flush()
    return file


def take_turns(rounds, contestants):
    """Each contestant plugs and unplugs in each round; returns what it took, name by name."""
    samples = {name: {"plug": [], "unplug": []} for name in contestants}
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}")
        for name, (plug, unplug) in contestants.items():
            time.sleep(PAUSE)
            samples[name]["plug"].append(plug())
            time.sleep(PAUSE)
            samples[name]["unplug"].append(unplug())
    progress("")
    return samples


def one(rounds):
    return take_turns(rounds, {
        "vifplug": (lambda: run(VIFPLUG, "plug", "--lower", LOWER, "--mode", "vepa",
                                "--target", NAME),
                    lambda: run(VIFPLUG, "unplug", NAME)),
        "ip": (lambda: loop([NAME], ip_add, ip_up), lambda: loop([NAME], ip_del)),
    })


def many(rounds, count):
    names = [f"many{i}" for i in range(count)]
    with domain(names) as file:
        return take_turns(rounds, {
            "vifplug": (lambda: run(VIFPLUG, "plug", "--domain", file.name),
                        lambda: run(VIFPLUG, "unplug", "--domain", file.name)),
            "ip": (lambda: loop(names, ip_add, ip_up), lambda: loop(names, ip_del)),
            "ip -batch": (lambda: ip_batch(names, ip_add, ip_up),
                          lambda: ip_batch(names, ip_del)),
        })


def probe(rounds):
    samples = {"yes": [], "no": []}
    for i in range(rounds):
        progress(f"probe {i + 1} of {rounds}")
        for answer, state, status in (("yes", "on", 0), ("no", "off", 3)):
            hairpin(state)
            samples[answer].append(run(VIFPLUG, "probe", LOWER, status=status))
    progress("")
    return samples


def report(title, samples):
    print(f"\n{title}")
    print(f"  {'':<10}" + "".join(f"{name:>24}" for name in samples) + f"{'ratio to ip':>24}")
    print(f"  {'':<10}" + f"{'wall':>13}{'CPU':>11}" * len(samples) + f"{'wall':>13}{'CPU':>11}")
    for step in ("plug", "unplug"):
        cells = {name: [median_ms(samples[name][step], which) for which in (0, 1)]
                 for name in samples}
        texts = "".join(f"{wall:>10.1f} ms{cpu:>8.1f} ms" for wall, cpu in cells.values())
        ratios = [cells["vifplug"][which] / cells["ip"][which] for which in (0, 1)]
        print(f"  {step:<10}{texts}{ratios[0]:>13.2f}{ratios[1]:>11.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    rounds, rounds_of_many = (5, 2) if args.quick else (25, 7)

    make_switch()
    results = {"one": one(rounds), "many": many(rounds_of_many, 64), "probe": probe(rounds)}
    report("one macvtap", results["one"])
    report("64 macvtaps on one lower device", results["many"])
    print("\nprobe")
    for answer, samples in results["probe"].items():
        print(f"  {answer:<10}{median_ms(samples, 0):>10.1f} ms")
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"rounds": rounds, "rounds of many": rounds_of_many,
                       "load": os.getloadavg(), "results": results}, file)


main()
