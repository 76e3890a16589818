#!/bin/bash
# vifplug compare in the virtual machine of scripts/kernel-vm: who reaches whom with another kernel, which
# has Open vSwitch's own datapath, and what a tap that echoes needs.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/compare.sh
. "$VIFPLUG_SOURCE/tests/support/compare.sh"

# ovs-vswitchd 3.1 that starts in the first ten seconds of a machine counts no CPU (count_cpu_cores() in
# its lib/ovs-thread.c), so that nobody handles what the kernel's datapath asks it.
patience=30
up_for_long() {
    [ "$(cut -d. -f1 /proc/uptime)" -gt 10 ]
}
wait_for up_for_long

remember
works "$VIFPLUG" compare --rounds 1 --round-ms 1 --json \
    --paths ovs-kernel,bridge,macvtap-bridge,vepa,private,floor-tap
is 'who reaches whom, and what becomes of offloads' 'ovs-kernel yyyyynyn right right
bridge yyyyyn-- right right
macvtap-bridge yyynyn-- right right
vepa yyynyn-- right right
private ynnnyy-- right right
floor-tap -------- right right' "$(rows <<<"$out")"
is 'all of them carry all loads' '' "$(json '[p["id"] for p in j["paths"]
    if None in p["loads"].values()] or ""' <<<"$out")"
nothing_left
