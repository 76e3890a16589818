"""The manual page, the README and completion say what the program does, all of it and nothing else.

Compares docs/vifplug.8 with `vifplug --help` and `vifplug COMMAND --help` both ways, completion with
both, and tries the examples as far as that is possible without a host."""
import os
import re

import manpage
import program
from program import compare, complain

PAGE = manpage.read("vifplug.8")
MANUAL, USAGE = "vifplug(8)", "vifplug --help"


def read_file(name):
    with open(os.path.join(manpage.SOURCE, name), encoding="utf-8") as file:
        return file.read()


def synopsis():
    """{command: its arguments} of the SYNOPSIS."""
    words = ["\n" if line == ".Nm" else manpage.text(line) for line in PAGE["SYNOPSIS"][""]
             if line != ".Op Ar OPTIONS"]
    return dict(re.findall(r"^ ?([a-z]+) ?(.*?) ?$", " ".join(words), re.M))


def documented_options(command, lines):
    """{option: argument} of a command's section: the lists it names, and what it says itself."""
    own = manpage.options(lines)
    groups = {name: manpage.options(group) for name, group in PAGE["OPTIONS"].items()}
    found = dict(groups["COMMON"])
    for line in lines[lines.index("Options:") + 1:]:
        word = line.split()[1]
        if line.startswith(".Sx "):
            found.update(groups[word])
        elif line.startswith(".Fl "):
            option = "-" + word
            found[option] = own.get(option, groups["OTHER"].get(option))
    for option in own.keys() - found.keys():
        complain(f"{MANUAL}, {command}: {option} is described, but not among its options")
    return found


def check_commands():
    compare("SYNOPSIS", synopsis().items(), MANUAL, program.commands().items(), USAGE)
    sections = {name: lines for name, lines in PAGE["COMMANDS"].items() if name}
    compare("COMMANDS", sections, MANUAL, program.commands(), USAGE)
    for command in sorted(sections.keys() & program.commands().keys()):
        compare(f"options of {command}",
                documented_options(command, sections[command]).items(), MANUAL,
                program.options(command).items(), f"vifplug {command} --help")
    used = {option for command in program.commands() for option in program.options(command)}
    described = {option for group in PAGE["OPTIONS"].values() for option in manpage.options(group)}
    for option in described - used:
        complain(f"{MANUAL}: no command has {option}")


def complete(*words):
    return program.run("__complete", *words).splitlines()


def check_completion():
    compare("commands", complete(""), "completion",
            [*program.commands(), "--help", "--version"], USAGE)
    for command in program.commands():
        options = program.options(command)
        compare(f"options of {command}", complete(command, "--"), "completion",
                options, f"vifplug {command} --help")
        for option, argument in options.items():
            wants_file = argument in ("FILE", "FOLDER", "SOCKET")
            if argument and (complete(command, option, "") == ["@file"]) != wants_file:
                complain(f"completion of vifplug {command} {option} {argument}")


def check_examples():
    """XML is read by vifplug itself, and command lines have commands and options that exist."""
    for name in ("vifplug.8", "vifplug-bridge-helper.8", "vifplug-bridge.conf.5", "vifplug-xml.5",
                 "vifplug-compare.7"):
        for block in manpage.literals(manpage.read(name)):
            if block.startswith("<"):
                program.run("xml", "-", given=block)
            elif block.startswith("vifplug "):
                for line in block.splitlines():
                    program.check_command_line(name, line)


def check_text(name):
    """Commands, files and presets that a text for people speaks of."""
    text = read_file(name)
    for line in re.findall(r"^    (?:sudo )?(vifplug .*)$", text, re.M):
        program.check_command_line(name, line)
    for line in re.findall(r"`(vifplug [^`]*)`", text):
        program.check_command_line(name, line)
    for path in re.findall(r"\./(scripts/[a-z-]+)|\]\(([^)]*)\)|`([a-z]+/[a-z./-]+)`", text):
        path = "".join(path)
        if not path.startswith("http") and not os.path.exists(os.path.join(manpage.SOURCE, path)):
            complain(f"{name}: there is no {path}")
    for preset in re.findall(r"--preset ([a-z]+)", text):
        if f'"name": "{preset}"' not in read_file("CMakePresets.json"):
            complain(f"{name}: there is no preset {preset}")


def sources():
    """The text of all source files."""
    for room in ("base", "netdev", "ovs", "plugin"):
        for folder, _, files in os.walk(os.path.join(manpage.SOURCE, room)):
            for name in files:
                if name.endswith((".c", ".h")):
                    yield read_file(os.path.join(folder, name))


def check_facts():
    """Exit statuses, environment and OVSDB keys, against the source."""
    statuses = {line[4:] for line in PAGE["EXIT STATUS"][""] if line.startswith(".It ")}
    compare("EXIT STATUS", statuses, MANUAL,
            re.findall(r"CLI_[A-Z]+ = ([0-9]+),", read_file("plugin/cli/cli.h")), "cli.h")
    everything = "\n".join(sources())
    compare("ENVIRONMENT", [item for item, _ in manpage.items(PAGE["ENVIRONMENT"][""], "Ev")],
            MANUAL, re.findall(r'getenv\("([A-Z_]+)"\)', everything), "the source")
    ovsdb = "\n".join(PAGE["OVSDB"][""])
    for key in re.findall(r'(?:add_id\(ovs, |put_(?:text|integer)\(row, |_KEY +)"([a-z_-]+)"',
                          everything):
        if not re.search(rf"\b{key}\b", ovsdb):
            complain(f"{MANUAL}: OVSDB lacks {key}")


def check_advice():
    """The rules of vifplug compare, in their order."""
    rules = re.findall(r'^    \{"([a-z-]+)", \.', read_file("plugin/compare/advice.c"), re.M)
    lines = manpage.read("vifplug-compare.7")["ADVICE"][""]
    described = [item for item, _ in manpage.items(lines, "Cm")]
    compare("ADVICE", described, "vifplug-compare.7", rules, "advice.c")
    if described != rules and sorted(described) == sorted(rules):
        complain(f"ADVICE: the rules of advice.c have another order: {rules}")


check_commands()
check_completion()
check_examples()
check_text("README.md")
check_text("docs/comparison.md")
check_facts()
check_advice()
program.finish()
