"""What the program says of itself, and the complaints of a test."""
import functools
import os
import re
import subprocess
import sys

VIFPLUG = os.environ["VIFPLUG"]
complaints = []


def complain(text):
    complaints.append(text)


def compare(what, one, of_one, other, of_other):
    """Complains of what is in one collection and not in the other, both ways."""
    for item in sorted(set(one) - set(other), key=str):
        complain(f"{what}: {item} is in {of_one}, but not in {of_other}")
    for item in sorted(set(other) - set(one), key=str):
        complain(f"{what}: {item} is in {of_other}, but not in {of_one}")


def finish():
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


def run(*args, given=None, status=0):
    """Standard output of `vifplug ARGS...`; another exit status is a complaint."""
    done = subprocess.run([VIFPLUG, *args], input=given, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != status:
        complain(f"vifplug {' '.join(args)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@functools.cache
def commands():
    """{command: its arguments as usage shows them}, from `vifplug --help`."""
    return dict(re.findall(r"^  ([a-z]+) *(.*)$", run("--help"), re.M))


@functools.cache
def options(command):
    """{option: name of its argument or ""}, from `vifplug COMMAND --help`."""
    usage = run(command, "--help")
    return dict(re.findall(r"^  (--[a-z-]+)(?: ([A-Z]\S*))? ", usage, re.M))


def check_command_line(where, line):
    """Complains if a line of a shell that runs vifplug could not work as far as names go."""
    words = line.split("#")[0].split()
    words = words[words.index("vifplug") + 1:]
    if words[0] not in commands():
        complain(f"{where}: there is no command {words[0]}: {line.strip()}")
        return
    for word in words:
        if word == "--":
            break
        if word.startswith("--") and word not in options(words[0]):
            complain(f"{where}: {words[0]} has no option {word}: {line.strip()}")
