"""How much longer than the device below its macvtap was away a guest hears nothing, with the strategies
replug and hub. Run by scripts/bench reconnect, in its sandbox."""

import argparse
import json
import os
import re
import subprocess

from measure import progress, run

STRATEGIES = ("replug", "hub")


def measure(strategy, rounds):
    """The milliseconds of each round: the test of the same says them."""
    test = subprocess.run(["bash", "tests/guest/watch-replug.sh"], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "VIFPLUG_STRATEGY": strategy,
                               "VIFPLUG_ROUNDS": str(rounds), "VIFPLUG_SOURCE": os.getcwd()})
    found = re.search(r"^ms cut off .*, of \d+:((?: -?\d+)+)$", test.stdout, re.MULTILINE)
    if test.returncode or not found:
        raise SystemExit(f"{test.stdout}{strategy}: the guest could not be measured")
    run("ip", "link", "delete", "lbr0")
    return sorted(map(int, found[1].split()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int)
    args = parser.parse_args()
    rounds = args.rounds or (5 if args.quick else 20)

    results = {}
    for strategy in STRATEGIES:
        progress(f"{strategy}, {rounds} rounds")
        results[strategy] = measure(strategy, rounds)
    progress("")
    print(f"\nms that the guest heard nothing, beyond the time that the device was away, {rounds} rounds")
    print(f"  {'':<10}{'median':>8}{'worst':>8}")
    for strategy, samples in results.items():
        print(f"  {strategy:<10}{samples[(len(samples) - 1) // 2]:>8}{samples[-1]:>8}")
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"load": os.getloadavg(), "results": results}, file)


main()
