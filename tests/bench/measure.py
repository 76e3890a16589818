"""What the benchmarks share: running commands by turns, and what they took."""

import os
import statistics
import subprocess
import sys
import time

VIFPLUG = os.environ["VIFPLUG"]
# Longer than ovs-vswitchd needs to digest the link events of the round before, at 1000 ports.
PAUSE = 0.5


def run(*argv, status=0):
    """Runs a command; returns the wall and CPU seconds it took, its children's CPU included."""
    begin = time.monotonic()
    pid = os.posix_spawnp(argv[0], argv, os.environ,
                          file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, raw, usage = os.wait4(pid, 0)
    wall = time.monotonic() - begin
    actual = os.waitstatus_to_exitcode(raw)
    if actual != status:
        sys.exit(f"{' '.join(argv)}: status {actual}")
    return wall, usage.ru_utime + usage.ru_stime


def add(a, b):
    return a[0] + b[0], a[1] + b[1]


def batch(lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def fill(bridge, first, count, tag):
    """Puts ports on the bridge that others could have put there: taps, all in one transaction."""
    names = [f"fill{i}" for i in range(first, first + count)]
    for name in names:
        run("ip", "tuntap", "add", "dev", name, "mode", "tap")
    args = []
    for name in names:
        args += ["--", "add-port", bridge, name, f"tag={tag}"]
    if args:
        run("ovs-vsctl", *args)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def median_ms(samples, which):
    """Of samples as run() returns them: of their wall (0) or CPU (1) milliseconds."""
    return 1000 * statistics.median(sample[which] for sample in samples)
