"""Guests under libvirt, measured: adopted ones against the same with libvirt's own Open vSwitch ports.
Run by scripts/bench libvirt, in its sandbox."""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time

from measure import PAUSE, VIFPLUG, fill, median_ms, progress, run

BRIDGE = "br0"
TAG = 100
HOOK = "/etc/libvirt/hooks/qemu.d/vifplug"
READY = 60  # seconds
TARGET = "hot0"
# Seconds between steps, for libvirt's own takes ovs-vswitchd longer to digest than the other
# benchmarks' do; and a guest lets go only of what it has taken.
QUIET = 4 * PAUSE
CONTESTANTS = ("vifplug", "libvirt")
STEPS = ("create", "destroy", "attach", "detach")
HOT = STEPS[2:]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def card(mac, target=""):
    return (f"<interface type='bridge'><mac address='{mac}'/><source bridge='{BRIDGE}'/>"
            f"<vlan><tag id='{TAG}'/></vlan><virtualport type='openvswitch'/>{target}"
            "<model type='virtio'/></interface>")


def domain(folder, name, devices):
    """A guest like those of the tests, that says on its console when it is up."""
    ports = "".join(f"<controller type='pci' index='{i}' model='pcie-root-port'/>"
                    for i in range(1, 5))
    return (f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>128</memory>"
            "<os><type arch='x86_64' machine='q35'>hvm</type>"
            f"<kernel>{folder}/vmlinuz</kernel><initrd>{folder}/initrd.gz</initrd>"
            "<cmdline>console=ttyS0 quiet mitigations=off cryptomgr.notests</cmdline></os>"
            "<features><acpi/></features><cpu mode='maximum'/><devices>"
            f"<controller type='pci' index='0' model='pcie-root'/>{ports}"
            "<controller type='usb' model='none'/><memballoon model='none'/>"
            f"<serial type='file'><source path='{folder}/{name}.out'/></serial>"
            f"{devices}</devices></domain>")


def prepare(images):
    """The folder of all files, among them a domain for each of the contestants."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    for name in ("vmlinuz", "initrd.gz"):
        shutil.copy(os.path.join(images, name), folder)
    own = write(folder, "libvirt.xml", domain(folder, "bench", card("52:54:00:00:00:01")))
    adopted = subprocess.run([VIFPLUG, "adopt", own], check=True, stdout=subprocess.PIPE, text=True)
    write(folder, "vifplug.xml", adopted.stdout)
    write(folder, "card.xml", card("52:54:00:00:00:02", f"<target dev='{TARGET}'/>"))
    write(folder, "guest.xml", domain(folder, "guest", ""))
    return folder


def start_libvirtd():
    shutil.copy(os.path.join(os.path.dirname(VIFPLUG), "../libvirt/vifplug-libvirt-hook"), HOOK)
    run("libvirtd", "-d", "-f", "/etc/libvirt/sandbox.conf", "-p", "/run/libvirtd.pid")
    run("virsh", "version")


def boot(folder):
    run("virsh", "-q", "create", f"{folder}/guest.xml")
    end = time.monotonic() + READY
    while time.monotonic() < end:
        with open(f"{folder}/guest.out", encoding="ascii", errors="replace") as file:
            if "GUEST ready" in file.read():
                return
        time.sleep(0.1)
    raise SystemExit("the guest does not come up")


def commands(folder, who):
    """{step: command line}: a guest's start and end, and a card plugged into another and out."""
    xml = f"{folder}/card.xml"
    hot = {"vifplug": ((VIFPLUG, "attach", "--libvirt", "guest", "--interface", xml),
                       (VIFPLUG, "detach", "--libvirt", "guest", TARGET)),
           "libvirt": (("virsh", "-q", "attach-device", "guest", xml),
                       ("virsh", "-q", "detach-device", "guest", xml))}
    return dict(zip(STEPS, (("virsh", "-q", "create", f"{folder}/{who}.xml"),
                            ("virsh", "-q", "destroy", "bench"), *hot[who])))


def take_turns(folder, rounds, steps):
    samples = {who: {step: [] for step in steps} for who in CONTESTANTS}
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}")
        # By turns also in who comes first: the one after is disturbed by the one before.
        for who in CONTESTANTS if i % 2 else reversed(CONTESTANTS):
            # libvirt by itself has no hook to call: it skips a file that cannot be executed.
            os.chmod(HOOK, 0o755 if who == "vifplug" else 0o644)
            for step in steps:
                time.sleep(QUIET)
                samples[who][step].append(run(*commands(folder, who)[step]))
    progress("")
    return samples


def report(ports, samples, steps):
    print(f"\n{ports} ports on the bridge")
    print(f"  {'':<10}{'vifplug':>11}{'libvirt':>14}{'ratio':>8}")
    for step in steps:
        ours, theirs = (median_ms(samples[who][step], 0) for who in CONTESTANTS)
        print(f"  {step:<10}{ours:>8.1f} ms{theirs:>11.1f} ms{ours / theirs:>8.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--hot", action="store_true")
    parser.add_argument("--json")
    args = parser.parse_args()
    rounds = args.rounds or (4 if args.quick else 12)
    steps = HOT if args.hot else STEPS

    run("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
    start_libvirtd()
    folder = prepare(os.environ["VIFPLUG_GUEST"])
    boot(folder)
    results = []
    there = 0
    for ports in (0, 1000):
        progress(f"making {ports} ports")
        fill(BRIDGE, there, ports - there, TAG)
        there = ports
        time.sleep(2 * PAUSE)
        samples = take_turns(folder, rounds, steps)
        report(ports, samples, steps)
        results.append({"ports": ports, "samples": samples})
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"rounds": rounds, "load": os.getloadavg(), "results": results}, file)


main()
