#!/usr/bin/env python3
"""symbols.py PROGRAM LIBOPENVSWITCH

Checks that no global symbol of libopenvswitch.a is also one of a shared library that the program
needs. The linker would take the archive's for both, without a word: a shared library that calls its
own json_array() then ends up in that of Open vSwitch, which takes other arguments, and crashes."""
import re
import subprocess
import sys

# Clashes that are known, and why they do no harm.
ALLOWED = {
    "uuid_generate": "libuuid's own functions, and we, call uuid_generate_random() and "
                     "uuid_generate_sha1() only; libopenvswitch calls its own",
}


def output(*command):
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout


def symbols(*arguments):
    """The global names that nm finds defined, without their versions."""
    found = set()
    for line in output("nm", "--defined-only", "--extern-only", "-P", *arguments).splitlines():
        # "NAME TYPE VALUE SIZE"; other lines name the members of an archive.
        fields = line.split()
        if len(fields) >= 3:
            found.add(fields[0].split("@")[0])
    return found


def shared_libraries(program):
    """The paths of all that the program loads, directly or not."""
    return re.findall(r"=> (/\S+)", output("ldd", program))


def main(program, archive):
    ours = symbols(archive)
    libraries = shared_libraries(program)
    clashes = 0

    if len(ours) < 1000 or len(libraries) < 4:
        print(f"{len(ours)} symbols in {archive}, {len(libraries)} libraries of {program}: "
              "that cannot be all")
        return 1
    for library in libraries:
        for name in sorted(ours & symbols("--dynamic", library)):
            if name in ALLOWED:
                print(f"known: {name} of {library}: {ALLOWED[name]}")
            else:
                print(f"clash: {name} is in both {archive} and {library}")
                clashes += 1
    print(f"{len(ours)} symbols, {len(libraries)} libraries, {clashes} clashes")
    return 1 if clashes else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
