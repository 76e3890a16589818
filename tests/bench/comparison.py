"""The figures of docs/comparison.md: one long run of `vifplug compare` as a terminal of 80 columns
shows it, how far the ratios of three runs as they are by default lie apart, and what emulated guests
make of it, likewise in three runs.

--write puts all into docs/comparison.md. --quick does with a few rounds, and one run with guests."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

VIFPLUG = os.environ["VIFPLUG"]
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/comparison.md")
GUEST = os.environ["VIFPLUG_GUEST"]
CONTESTS = [("64 B", "64"), ("1500 B", "1500"), ("64 KB", "gso"), ("round trip", None)]


def show(*args):
    """What the command prints on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen([VIFPLUG, "compare", *args], stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=subprocess.DEVNULL) as child:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # what reading from a terminal that nobody has open any more ends with
            pass
    os.close(ours)
    if child.returncode:
        sys.exit(f"vifplug compare {' '.join(args)}: status {child.returncode}")
    return text.decode().replace("\r\n", "\n")


def measure(*args):
    done = subprocess.run([VIFPLUG, "compare", "--json", "--quiet", *args], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def ratio(path, load):
    part = path["loads"][load] if load else path["trips"]
    return part and part["ratio"]


def ranges(runs):
    """The table of the ratios, as Markdown has it."""
    lines = ["| path | " + " | ".join(title for title, _ in CONTESTS) + " |",
             "| --- |" + " ---: |" * len(CONTESTS)]
    for paths in zip(*(run["paths"] for run in runs)):
        cells = []
        for _, load in CONTESTS:
            found = [ratio(path, load) for path in paths]
            cells.append(f"{min(found):.2f} to {max(found):.2f}" if all(found) else "")
        if any(cells):
            name = paths[0]["title"]
            name = f"({name})" if paths[0]["floor"] else name
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def measure_guests():
    return measure("--guests", "--guest-accel", "tcg", "--guest-kernel", f"{GUEST}/vmlinuz",
                   "--guest-initrd", f"{GUEST}/compare.gz", "--rounds", "1")


def guests(runs):
    """What guests found, as a table."""
    asked = ["unicast", "broadcast", "same-vlan", "other-vlan"]
    words = {True: "yes", False: "no", None: ""}
    lines = ["| path | unicast | broadcast | same VLAN | other VLAN | TCP, Gb/s |",
             "| --- | --- | --- | --- | --- | ---: |"]
    for paths in zip(*(run["paths"] for run in runs)):
        found = [path["guests"] for path in paths]
        if not all(each["gbits"] for each in found):
            sys.exit(f"{paths[0]['title']}: {[path['notes'] for path in paths]}")
        answers = [" or ".join(sorted({words[each[question]] for each in found}))
                   for question in asked]
        speeds = [each["gbits"] for each in found]
        lines.append(f"| {paths[0]['title']} | {' | '.join(answers)} | "
                     f"{min(speeds):.2f} to {max(speeds):.2f} |")
    return "\n".join(lines)


def put(page, mark, text):
    """Replaces what stands between two marks."""
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)"
    page, n = re.subn(pattern, lambda match: match[1] + text + "\n" + match[2], page, flags=re.S)
    if n != 1:
        sys.exit(f"docs/comparison.md has no place for the {mark}")
    return page


def main():
    quick = "--quick" in sys.argv
    rounds = "2" if quick else "20"
    runs = [measure(*(["--rounds", "1"] if quick else [])) for _ in range(3)]
    seconds = sorted(run["seconds"] for run in runs)
    table = show("--rounds", rounds)
    table = f"```\n$ sudo vifplug compare --rounds {rounds}\n{table}```"
    spread = ranges(runs) + f"\n\nA run took {seconds[0]:.0f} to {seconds[-1]:.0f} seconds."
    found = guests([measure_guests() for _ in range(1 if quick else 3)])
    print(f"{table}\n\n{spread}\n\n{found}")
    if "--write" in sys.argv:
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        page = put(put(put(page, "run", table), "ratios", spread), "guests", found)
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page)


main()
