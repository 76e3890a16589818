#!/usr/bin/python3
"""malformed.py N COMMAND...: runs it N times with arguments that the bridge helper must refuse.

Each time its exit status must be one that it documents, other than 0; it must say one sentence
without control characters on standard error; and nothing may come out of the socket. The arguments
are the same in every run."""
import random
import socket
import subprocess
import sys

PIECES = ["--br=", "--br", "--fd=", "--fd", "--vlan=", "--vlan", "--mac=", "--mac", "--use-vnet",
          "--use-vnet=1", "--br=br0", "--br=all", "--br=../br0", "--br=" + "x" * 5000, "--vlan=4095",
          "--vlan=-1", "--vlan=100,200", "--vlan=0x10", "--vlan=" + "9" * 400, "--mac=ff:ff:ff:ff:ff:ff",
          "--mac=52:54:00:12:34:56:78", "--fd=0", "--fd=1", "--fd=2", "--fd=-3", "--fd=4294967299",
          "--fd=%s%n", "--br=%n%n%n", "--br=\x1b]0;x\x07", "--br=\u00e4\u00f6", "--br=br0 ", "-b", "-",
          "--", "", " ", "br0", "--br=br0;id", "--br=$(id)", "--br=.", "--br=-", "--b", "--BR=br0",
          "--br=br0\n", "--br=br0\t", "--version", "--help", "--use-vnet\0".rstrip("\0") + "x"]


def arguments(rand):
    """Some of the pieces, changed a little; never a whole request, since --fd= is none of ours."""
    words = [rand.choice(PIECES) for _ in range(rand.randrange(0, 8))]
    for i, word in enumerate(words):
        if word and rand.random() < 0.3:
            at = rand.randrange(len(word))
            words[i] = word[:at] + chr(rand.randrange(1, 256)) + word[at + 1:]
    return words


def main():
    rand = random.Random(1)
    bad = 0
    for _ in range(int(sys.argv[1])):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        words = arguments(rand)
        # Most get the right socket, too, and fail for the rest.
        if rand.random() < 0.8 and words:
            words.insert(rand.randrange(len(words)), f"--fd={theirs.fileno()}")
            words.append("--br")
        done = subprocess.run(["setpriv", "--reuid", sys.argv[3], "--regid", sys.argv[3],
                               "--init-groups", *sys.argv[4:], *words], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              pass_fds=[theirs.fileno()])
        theirs.close()
        came = ours.recv(16)
        ours.close()
        said = done.stderr.decode("utf-8", "replace")
        told = words in (["--help"], ["--version"])
        if done.returncode not in (1, 2, 4) or came or not told and (
                said.count("\n") != 1 or not said.startswith("vifplug-bridge-helper: ")
                or any(ord(c) < 32 for c in said[:-1])):
            print(f"{words}: status {done.returncode}, {came}, {said!r}")
            bad += 1
    sys.exit(1 if bad else 0)


main()
