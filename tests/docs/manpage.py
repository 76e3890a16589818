"""The source of a manual page, in the few mdoc(7) macros that ours are written in."""
import os
import re

SOURCE = os.environ["VIFPLUG_SOURCE"]


def read(name):
    """The page as {section: {subsection: [line, ...]}}; "" is what stands before the first one."""
    page = {}
    lines = []
    with open(os.path.join(SOURCE, "docs", name), encoding="utf-8") as source:
        for line in source.read().splitlines():
            if line.startswith(".Sh "):
                lines = []
                section = page[line[4:]] = {"": lines}
            elif line.startswith(".Ss "):
                lines = section[line[4:]] = []
            else:
                lines.append(line)
    return page


def all_lines(page):
    for section in page.values():
        for lines in section.values():
            yield from lines


def text(line):
    """What a line of macros prints, roughly."""
    words = line.lstrip(".").split()
    out = []
    close = ""
    while words:
        word = words.pop(0)
        if word == "Op":
            out.append("[")
            close += "]"
        elif word == "Fl":
            out.append("-" + words.pop(0))
        elif word not in ("Ar", "Cm", "Nm", "It", "Va", "Li", "Ev", "Pa"):
            out.append(word)
    return " ".join(out).replace("[ ", "[") + close


def items(lines, macro):
    """The ".It MACRO" of a section: the rest of that line, and the lines up to the next one."""
    found = []
    body = None
    for line in lines:
        if line.startswith(".It "):
            body = None
            if line.startswith(f".It {macro} "):
                body = []
                found.append((line[len(f".It {macro} "):], body))
        elif line.startswith(".El"):
            body = None
        elif body is not None:
            body.append(line)
    return found


def options(lines):
    """{option: name of its argument or ""} of a list of options."""
    found = {}
    for item, _ in items(lines, "Fl"):
        match = re.fullmatch(r"-([a-z-]+)(?: Ar (\S+))?", item)
        found["--" + match[1]] = match[2] or ""
    return found


def literals(page):
    """The texts of the literal displays."""
    block = None
    for line in all_lines(page):
        if line.startswith(".Bd -literal"):
            block = []
        elif line == ".Ed":
            if block is not None:
                yield "\n".join(block) + "\n"
            block = None
        elif block is not None:
            block.append(line)
