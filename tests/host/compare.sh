#!/bin/bash
# vifplug compare: who reaches whom by each path, what becomes of offloads, the host's own devices, and
# what it refuses.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/compare.sh
. "$VIFPLUG_SOURCE/tests/support/compare.sh"
quick=(--rounds 1 --round-ms 5)

works "$VIFPLUG" compare --paths all "${quick[@]}" --json
has 'the questions' "^\['unicast', 'broadcast', 'multicast', 'unknown-unicast', 'other-source', \
'own-broadcast', 'same-vlan', 'other-vlan'\]$" "$(json 'list(j["paths"][0]["reach"])' <<<"$out")"
wanted='ovs yyyyynyn untried untried
ovs-tso yyyyynyn right right
ovs-offloads yyyyynyn corrupted lost
ovs-kernel -------- untried untried
bridge yyyyyn-- right right
macvtap-bridge yyynyn-- right right
vepa yyynyn-- right right
vepa-no-hairpin nnnnnn-- untried untried
vepa-ovs yyynyn-- right right
vepa-ovs-normal nnnnnn-- untried untried
private ynnnyy-- right right
private-no-hairpin nnnnnn-- untried untried
passthrough yyyyyn-- right right
floor-tap -------- right right
floor-packet -------- untried untried'
if [ ! -e /sys/module/openvswitch ]; then
    is 'who reaches whom, and what becomes of offloads' "$wanted" "$(rows <<<"$out")"
    has 'a path that cannot run says why' 'modprobe openvswitch$' \
        "$(json '[p["skipped"] for p in j["paths"] if p["id"] == "ovs-kernel"][0]' <<<"$out")"
else
    is 'who reaches whom, and what becomes of offloads' \
        "${wanted/ovs-kernel -------- untried untried/ovs-kernel yyyyynyn right right}" \
        "$(rows <<<"$out")"
fi
is 'what corrupts frames is not counted, nor is what does not arrive' \
    'ovs-offloads vepa-no-hairpin vepa-ovs-normal private-no-hairpin' \
    "$(json '" ".join(p["id"] for p in j["paths"] if p["loads"]["64"] is None and not p["skipped"])' \
        <<<"$out")"
is 'GSO where offloads arrive' 'ovs-tso bridge macvtap-bridge vepa vepa-ovs private passthrough floor-tap' \
    "$(json '" ".join(p["id"] for p in j["paths"] if p["loads"]["gso"] is not None
        and p["id"] != "ovs-kernel")' <<<"$out")"
has 'the version of Open vSwitch' '^[0-9]+\.[0-9]+' "$(json 'j["machine"]["ovs"]' <<<"$out")"

# What the two that are switched by ovs-vswitchd cost is paid there.
is "the switch's own threads count" True "$(json \
    '(lambda c: c["ovs"] > 1.3 * c["bridge"])({p["id"]: p["loads"]["64"]["cpu_us"]["median"]
        for p in j["paths"] if p["loads"]["64"]})' <<<"$out")"

# The ratios of paths in the kernel, over three runs. Machines that run tests are busy, so the band
# is a wide one; what it would show is a path that was measured together with another's work.
for run in 1 2 3; do
    works "$VIFPLUG" compare --paths bridge,macvtap-bridge,vepa --rounds 5 --round-ms 20 --json
    json '" ".join("%.3f" % p["loads"]["64"]["ratio"] for p in j["paths"])' <<<"$out" >"$work/$run"
done
is 'ratios of paths in the kernel are the same each time' True "$(cat "$work"/[123] | python3 -c '
import sys
runs = [[float(n) for n in line.split()] for line in sys.stdin]
print(all(max(path) < 2 * min(path) for path in zip(*runs)) or runs)')"

# A switch that is not there; and neither of two.
works env PATH=/nowhere "$VIFPLUG" compare --paths ovs,bridge "${quick[@]}" --json
is 'no Open vSwitch' 'ovsdb-tool is not installed None' \
    "$(json '" ".join(str(p["skipped"]) for p in j["paths"])' <<<"$out")"
refused 1 '^vifplug: no path can be measured here: ovsdb-tool is not installed$' \
    env PATH=/nowhere "$VIFPLUG" compare --paths ovs,ovs-tso "${quick[@]}"

mkdir "$work/fake"
printf '#!/bin/sh\necho "no memory" >&2\nexit 1\n' >"$work/fake/ovs-vswitchd"
chmod +x "$work/fake/ovs-vswitchd"
works env PATH="$work/fake:$PATH" "$VIFPLUG" compare --paths ovs,bridge "${quick[@]}" --json
is 'one that does not start' 'ovs-vswitchd ended: no memory None' \
    "$(json '" ".join(str(p["skipped"]) for p in j["paths"])' <<<"$out")"

# The host's own network. Hairpin turns VEPA's row.
bridge br0
lower l0
ip link add br1 type bridge
ip link set br1 up
ip link set l0p master br1
remember
works "$VIFPLUG" compare --lower l0 "${quick[@]}" --json
is 'VEPA on a device whose switch does not reflect' 'nnnnnn-- untried untried' "$(row vepa-host)"
is 'bridge mode there' 'yyynyn-- right right' "$(row macvtap-bridge-host)"
has 'and the probe says so' 'vifplug probe l0: no, ' "$out"
works "$VIFPLUG" hairpin br1 l0p on
works "$VIFPLUG" compare --lower l0 "${quick[@]}" --json
is 'VEPA on one whose switch does' 'yyynyn-- right right' "$(row vepa-host)"
has 'and the probe says so, too' 'vifplug probe l0: yes, ' "$out"
works "$VIFPLUG" hairpin br1 l0p off
nothing_left
works "$VIFPLUG" compare --bridge br0 --vlan 100 "${quick[@]}" --json
is 'a bridge of Open vSwitch' 'yyyyynyn untried untried' "$(row bridge-host)"
nothing_left
works "$VIFPLUG" compare --bridge br0 "${quick[@]}" --json
is 'without a VLAN' 'yyyyyn-- untried untried' "$(row bridge-host)"
works "$VIFPLUG" compare --bridge br1 --lower l0 "${quick[@]}" --json
is 'a Linux bridge, and the floors' \
    'bridge-host macvtap-bridge-host vepa-host floor-tap floor-packet' \
    "$(json '" ".join(p["id"] for p in j["paths"])' <<<"$out")"
is 'its row' 'yyyyyn-- right right' "$(row bridge-host)"
nothing_left

refused 1 'no .*bridge "br9"' "$VIFPLUG" compare --bridge br9 "${quick[@]}"
refused 1 '"?l9"?' "$VIFPLUG" compare --lower l9 "${quick[@]}"
refused 2 '--vlan needs --bridge or --lower' "$VIFPLUG" compare --vlan 100
refused 2 'no path "fast"; there are: ovs, ovs-tso, .*, or all$' "$VIFPLUG" compare --paths ovs,fast
refused 2 'no path ""' "$VIFPLUG" compare --paths ''
refused 2 'path "vepa-host" needs --lower' "$VIFPLUG" compare --paths vepa-host
refused 2 'path "bridge-host" needs --bridge' "$VIFPLUG" compare --paths bridge-host --lower l0
refused 2 '--rounds "0": a number from 1 to 1000 is wanted' "$VIFPLUG" compare --rounds 0
refused 2 '--round-ms "5x": a number' "$VIFPLUG" compare --round-ms 5x
refused 2 '--vlan "4095": a number from 1 to 4094' "$VIFPLUG" compare --bridge br0 --vlan 4095
refused 2 '--seed "4294967296": a number' "$VIFPLUG" compare --seed 4294967296
refused 2 '--seed "-1": a number' "$VIFPLUG" compare --seed=-1
refused 2 '--baseline .*compare.sh: it is not JSON' "$VIFPLUG" compare --baseline "$0"
echo '{"version": 1}' >"$work/other.json"
refused 2 'this is no result of a comparison' "$VIFPLUG" compare --baseline "$work/other.json"
refused 2 '--baseline /nowhere: ' "$VIFPLUG" compare --baseline /nowhere
refused 1 'run as root' setpriv --reuid 65534 --clear-groups "$VIFPLUG" compare "${quick[@]}"
