"""The report of a comparison, as a browser without a network shows it: on a wide screen and a
telephone, in light and dark rooms, and on paper. No error, nothing fetched, nothing that is wider
than the window, no text of a plot that is cut off or meets another, and no text too pale to read.

Runs in the sandbox. With a folder as argument it leaves the reports and pictures of them there, for
people to look at."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.environ["VIFPLUG_SOURCE"], "tests", "support"))
import browser  # noqa: E402

MAKE = os.path.abspath(os.path.join(os.environ["VIFPLUG_BUILD"], "tests/host/host-compare-report"))
VIFPLUG = os.path.abspath(os.environ["VIFPLUG"])
KINDS = ("plain", "baseline", "one", "nothing", "odd")
PLOTS = ["speed-64", "speed-1500", "speed-gso", "cpu-64", "cpu-1500", "cpu-gso", "trips"]
# The last is a sheet of A4 with the margins that it asks for.
SCREENS = [(1280, "light", ""), (1280, "dark", ""), (390, "light", ""), (390, "dark", ""),
           (673, "light", "print")]
complaints = []


def complain(text):
    complaints.append(text)


# What follows runs in the page; each returns a list of complaints.

TOO_WIDE = """
const found = [], width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
for (const element of document.querySelectorAll('main *')) {
    if (element.closest('svg') && element.tagName !== 'svg') continue;
    if (element.closest('.hidden')) continue;
    const box = element.getBoundingClientRect();
    const name = `${element.tagName} "${element.textContent.trim().slice(0, 40)}"`;
    if (box.width && (box.left < -0.5 || box.right > width + 0.5))
        found.push(`${name} is beyond the edge`);
    if (element.tagName !== 'svg' && element.scrollWidth > element.clientWidth + 1 &&
        getComputedStyle(element).display !== 'inline')
        found.push(`${name} has more in it than room for it`);
}
return found;
"""

TEXTS_OF_PLOTS = """
const found = [];
for (const svg of document.querySelectorAll('svg')) {
    const edge = svg.getBoundingClientRect();
    const name = svg.querySelector('title').textContent;
    const texts = [...svg.querySelectorAll('text')].map(
        text => ({words: text.textContent.trim(), box: text.getBoundingClientRect()}));
    /* One path is many lines, one polygon one bar. */
    const bars = [...svg.querySelectorAll('polygon, path')].flatMap(shape =>
        (shape.getAttribute('d') || shape.getAttribute('points')).split('M').filter(
            part => part.trim()).map(part => {
                const n = part.match(/-?[0-9.]+/g).map(Number), to = shape.getScreenCTM();
                const x = n.filter((_, i) => i % 2 === 0).map(v => v * to.a + to.e);
                const y = n.filter((_, i) => i % 2 === 1).map(v => v * to.d + to.f);
                return {words: 'a line or bar',
                        box: {left: Math.min(...x) - 0.5, right: Math.max(...x) + 0.5,
                              top: Math.min(...y) - 0.5, bottom: Math.max(...y) + 0.5}};
            }));
    if (!bars.length) found.push(`${name} has nothing but text`);
    if (!texts.length) found.push(`${name} has no text`);
    for (const [i, {words, box}] of texts.entries()) {
        if (box.left < edge.left - 0.5 || box.right > edge.right + 0.5 ||
            box.top < edge.top - 0.5 || box.bottom > edge.bottom + 0.5)
            found.push(`${name}: "${words}" is cut off`);
        if (box.height < 10) found.push(`${name}: "${words}" is ${box.height} pixels high`);
        for (const other of [...texts.slice(i + 1), ...bars]) {
            const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
            const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
            /* A line of text is higher than its letters are. */
            if (across > 0.5 && down > 3)
                found.push(`${name}: "${words}" meets "${other.words}"`);
        }
    }
}
return found;
"""

BROKEN_WORDS = """
const found = new Set();
for (const element of document.querySelectorAll('th, td, li, h1, h2, p, dd')) {
    if (element.querySelector('.hidden')) continue;
    for (const node of element.childNodes) {
        if (node.nodeType !== 3) continue;
        for (const match of node.textContent.matchAll(/[a-z]+/gi)) {
            const range = document.createRange();
            range.setStart(node, match.index);
            range.setEnd(node, match.index + match[0].length);
            const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
            if (lines.size > 1) found.add(`"${match[0]}" in "${node.textContent.slice(0, 40)}"`);
        }
    }
}
return [...found];
"""

PALE = """
const found = new Set();
const parts = colour => colour.match(/[0-9.]+/g).map(Number);
const light = colour => {
    const [r, g, b] = parts(colour).slice(0, 3).map(
        v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const paper = light(getComputedStyle(document.body).backgroundColor);
for (const element of document.querySelectorAll('main *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['title', 'desc'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = light(element.closest('svg') ? style.fill : style.color);
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < 4.5) found.add(`"${element.textContent.trim().slice(0, 40)}": ${contrast}`);
}
return [...found];
"""


def check_screen(tab, kind, url, screen):
    width, scheme, media = screen
    where = f"{kind}, {width} pixels, {media or scheme}"
    tab.look(width, scheme=scheme, media=media)
    tab.open(url)
    for what, script in (("layout", TOO_WIDE), ("plots", TEXTS_OF_PLOTS)):
        for complaint in tab.run(script):
            complain(f"{where}, {what}: {complaint}")
    if kind != "odd":  # whose words are longer than a line
        for complaint in tab.run(BROKEN_WORDS):
            complain(f"{where}, broken words: {complaint}")
    if not media:  # on paper there is none
        for complaint in tab.run(PALE):
            complain(f"{where}, contrast: {complaint}")
    dark = tab.run("return getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 28)"
    if not media and dark != (scheme == "dark"):
        complain(f"{where}: the room is not {scheme}")
    if tab.run("return document.scripts.length") or \
            tab.run("return document.title") != "Paths between two guests":
        complain(f"{where}: the page has a script")
    if tab.run("return document.querySelectorAll('main svg').length") != tab.run(
            "return document.querySelectorAll('main figure').length"):
        complain(f"{where}: a figure is no drawing")
    for message in tab.errors():
        complain(f"{where}: {message}")
    asked = [address for address in tab.requests() if address != url]
    if asked:
        complain(f"{where}: it asks for {asked}")


def plots_of(folder):
    return [name for name in PLOTS if os.path.exists(os.path.join(folder, f"{name}.svg"))]


def check_files(tab, kind, folder):
    expected = [] if kind == "nothing" else PLOTS
    if plots_of(folder) != expected:
        complain(f"{kind}: the plots are {plots_of(folder)}")
    files = sorted(os.listdir(folder))
    if files != sorted(["index.html", "result.json", *(f"{name}.svg" for name in expected)]):
        complain(f"{kind}: the files are {files}")
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        if not json.load(file)["paths"]:
            complain(f"{kind}: result.json has no paths")
    for name in expected if kind in ("plain", "odd") else []:
        path = os.path.join(folder, f"{name}.svg")
        xml.etree.ElementTree.parse(path)  # raises where it is no XML
        tab.look(360, 600)
        tab.open(f"file://{path}")
        if tab.run("return document.querySelectorAll('parsererror, script').length"):
            complain(f"{kind}: {name}.svg is not as it should be")
        ink = tab.run("return getComputedStyle(document.querySelector('text.f-title, .f-title text'))"
                      ".fill")
        tab.look(360, 600, scheme="dark")
        tab.open(f"file://{path}")
        if ink == tab.run("return getComputedStyle(document.querySelector('text.f-title, "
                          ".f-title text')).fill"):
            complain(f"{kind}: {name}.svg is the same in the dark")


def take_pictures(tab, kind, folder):
    for width, scheme, media in SCREENS:
        tab.look(width, scheme=scheme, media=media)
        tab.open(f"file://{folder}/index.html")
        tab.look(width, tab.run("return document.documentElement.scrollHeight"), scheme, media)
        tab.screenshot(f"{folder}/../{kind}-{width}-{media or scheme}.png")


def check_report(tab, kind, folder):
    subprocess.run([MAKE, kind, folder], check=True, cwd=os.path.dirname(folder))
    check_files(tab, kind, folder)
    tab.requests()
    for screen in SCREENS:
        check_screen(tab, kind, f"file://{folder}/index.html", screen)


def check_hostile(tab, folder):
    """What somebody else's result brings along is text, and stays that."""
    tab.look(1280)
    tab.open(f"file://{folder}/index.html")
    hostile = "<script>document.title='x'</script>&\"'`touch hostile`?</text></svg><b>"
    cells = tab.run("return [...document.querySelectorAll('.nine th')].map(e => e.textContent)")
    if hostile not in cells:
        complain(f"odd: the title is not as it was, but among {cells}")
    if os.path.exists(os.path.join(os.path.dirname(folder), "hostile")):
        complain("odd: gnuplot ran a command")


def check_real(tab, folder, keep):
    """A report of what the program itself has measured, in which every title finds its room."""
    subprocess.run([VIFPLUG, "compare", "--rounds", "2", "--round-ms", "5", "--quiet",
                    "--report", folder], check=True)
    check_files(tab, "real", folder)
    tab.requests()
    for screen in SCREENS:
        check_screen(tab, "real", f"file://{folder}/index.html", screen)
    for text in tab.run("return [...document.querySelectorAll('svg text')].map("
                        "text => text.textContent)"):
        if "\u2026" in text:
            complain(f"real: a title is too long for the plots: {text}")
    if keep:
        take_pictures(tab, "real", folder)


def check_again(folder):
    """A second report in the same folder leaves nothing of the first."""
    subprocess.run([MAKE, "nothing", folder], check=True)
    if plots_of(folder):
        complain(f"plots of an earlier report are left: {plots_of(folder)}")


def fails(words, folder, **environment):
    done = subprocess.run([MAKE, "plain", folder], env={**os.environ, **environment}, text=True,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 1 or words not in done.stdout or done.stdout.count("\n") != 1:
        complain(f"instead of \"{words}\": {done.returncode}, {done.stdout!r}")


def check_failures(work):
    """A sentence, and no file that is half there."""
    empty = os.path.join(work, "empty")
    os.mkdir(empty)
    fails("gnuplot-nox", os.path.join(work, "never"), PATH=empty)
    fails("cannot make the folder", os.path.join(work, "no/such/folder"))
    fails("cannot write a report to", MAKE)
    broken = os.path.join(empty, "gnuplot")
    for script, words in (("echo 'no luck' >&2; exit 3", "exit status 3: no luck"),
                          ("kill -9 $$", "killed by signal 9"), ("exit 0", "drew nothing")):
        with open(broken, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{script}\n")
        os.chmod(broken, 0o755)
        fails(words, os.path.join(work, "never"), PATH=f"{empty}:/bin")
    if os.path.exists(os.path.join(work, "never")):
        complain("a report that could not be drawn left a folder")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", empty], check=True)
    try:
        fails("cannot write", os.path.join(empty, "full"))
        for name in os.listdir(os.path.join(empty, "full")):
            if name.startswith(".") or name == "index.html":
                complain(f"a full disk left {name}")
    finally:
        subprocess.run(["umount", empty], check=True)


def check_all(work, keep):
    with browser.Browser() as tab:
        for kind in KINDS:
            folder = os.path.join(work, kind)
            check_report(tab, kind, folder)
            if keep:
                take_pictures(tab, kind, folder)
        check_hostile(tab, os.path.join(work, "odd"))
        check_real(tab, os.path.join(work, "real"), keep)
    if not keep:
        check_again(os.path.join(work, "plain"))
    with tempfile.TemporaryDirectory() as other:
        check_failures(other)


def main():
    lacks = browser.missing() or (None if browser.found("gnuplot") else "gnuplot")
    if lacks:
        print(f"{lacks} is missing: run scripts/deps test")
        sys.exit(77)
    if len(sys.argv) > 1:
        os.makedirs(sys.argv[1], exist_ok=True)
        check_all(os.path.realpath(sys.argv[1]), True)
    else:
        with tempfile.TemporaryDirectory() as work:
            check_all(work, False)
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


main()
