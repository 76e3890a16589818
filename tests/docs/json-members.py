"""The JSON that commands print has just the members that vifplug(8) documents, of these types.

Runs in the sandbox with an Open vSwitch."""
import json
import re
import subprocess

import manpage
import program
from program import compare, complain

JSON = manpage.read("vifplug.8")["JSON"]
COMPARISON = manpage.read("vifplug-compare.7")["JSON"]
TYPES = {"string": str, "number": (int, float), "boolean": bool, "object": dict}


def documented(name, section=None):
    """{path: (type, whether it may be null)} of a subsection, those it refers to included."""
    section = section or JSON
    found = {}
    for path, body in manpage.items(section[name], "Va"):
        parts = [line.split()[1] for line in body if line.startswith(".Sx ")]
        for part in parts:
            found.update({f"{path}.{member}": type_
                          for member, type_ in documented(part, section).items()})
        if not parts:
            match = re.match(r"([a-z]+?)s?( or null)?\b", " ".join(body))
            found[path] = (TYPES[match[1]], bool(match[2]))
    return found


def walk(value, path, types):
    """Yields (path, value) for all that is not itself made of documented members."""
    if isinstance(value, dict) and types.get(path, (None,))[0] is not dict:
        for key, member in value.items():
            yield from walk(member, f"{path}.{key}" if path else key, types)
    elif isinstance(value, list):
        if not value:
            yield f"{path}[]", None
        for member in value:
            yield from walk(member, f"{path}[]", types)
    else:
        yield path, value


def check(command, *args, status=0, types=None):
    text = program.run(command, *args, "--json", status=status)
    types = types or documented(command)
    seen = dict(walk(json.loads(text), "", types))
    compare(command, types, "vifplug(8)", seen, f"vifplug {command} --json")
    for path, value in seen.items():
        type_, nullable = types.get(path, (object, True))
        if value is None:
            right = nullable or path.endswith("[]")
        else:
            right = isinstance(value, type_) and isinstance(value, bool) == (type_ is bool)
        if not right:
            complain(f"{command}: {path} is {value!r}, which is not as documented")


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def check_reflection():
    for command in ("link add l0 type veth peer p0", "link add br1 type bridge",
                    "link set p0 master br1", "link set l0 up", "link set p0 up",
                    "link set br1 up"):
        ip(*command.split())
    check("probe", "l0", "--lldp", "1", status=3)
    check("hairpin", "br1", "p0", "on")
    check("probe", "l0")


def check_comparison():
    """With paths of which nothing is left out."""
    check("compare", "--paths", "bridge,ovs-tso", "--rounds", "1", "--round-ms", "5",
          types=documented("", COMPARISON))


def main():
    spec = ["--bridge", "br0", "--vlan", "100", "--target", "web0"]
    subprocess.run(["ovs-vsctl", "add-br", "br0", "--", "set", "bridge", "br0",
                    "datapath_type=netdev"], check=True)
    check("plan", *spec)
    check("plug", *spec)
    check("list")
    ip("link", "set", "web0", "down")
    check("verify", status=3)
    # A device that is gone, a port that a reboot left, and a macvtap without a record.
    ip("link", "delete", "web0")
    subprocess.run(["ovs-vsctl", "--no-wait", "add-port", "br0", "stray", "--", "set", "port", "stray",
                    "external_ids:owner=vifplug"], check=True)
    ip("link", "add", "low0", "type", "veth", "peer", "name", "low1")
    ip("link", "add", "link", "low0", "name", "left0", "type", "macvtap")
    ip("link", "set", "left0", "alias", "vifplug:left")
    check("gc")
    check("check", "--bridge", "br9", status=3)
    xml = f"{manpage.SOURCE}/tests/unit/xml"
    check("adopt", "--check", f"{xml}/domain-of-three.xml", status=3)
    check("release", "--check", f"{xml}/adopted/domain-of-three.xml", status=3)
    check("unplug", "web0")
    check_reflection()
    check_comparison()
    reports = {name for name in JSON if name not in ("", "Interface", "Record")}
    compare("JSON", reports, "vifplug(8)",
            [command for command in program.commands() if "--json" in program.options(command)],
            "vifplug --help")
    program.finish()


main()
