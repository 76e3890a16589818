"""tally.py JUNIT [--no-skips]

Reads the results that ctest wrote, says on stderr what failed and what was skipped, and why, and
prints "N passed, N failed, N skipped". With --no-skips a skip is a failure. Status 1 if anything
failed or nothing passed."""
import sys
import xml.etree.ElementTree as ElementTree


def last_line(case):
    """What the test said last: the reason of a skip."""
    lines = (case.findtext("system-out") or "").strip().splitlines()
    return lines[-1].strip() if lines else "it does not say why"


def main():
    no_skips = "--no-skips" in sys.argv
    passed, failed, skipped = 0, 0, 0
    for case in ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
        name = case.get("name")
        status = case.get("status")
        skip = case.find("skipped")
        if status == "run":
            passed += 1
        elif skip is not None and "SKIP_RETURN_CODE" in skip.get("message", ""):
            if no_skips:
                failed += 1
                print(f"failed   {name}: skipped, which CI does not accept: {last_line(case)}",
                      file=sys.stderr)
            else:
                skipped += 1
                print(f"skipped  {name}: {last_line(case)}", file=sys.stderr)
        else:
            failed += 1
            reason = case.find("failure")
            reason = reason if reason is not None else skip
            reason = reason.get("message") if reason is not None else status
            print(f"failed   {name}{': ' + reason if reason else ''}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
