#!/bin/bash
# vifplug compare in the virtual machine of scripts/kernel-vm: who reaches whom by each path with another
# kernel, and through the kernel's datapath of Open vSwitch where that has one.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/compare.sh
. "$VIFPLUG_SOURCE/tests/support/compare.sh"

remember
works "$VIFPLUG" compare --rounds 1 --round-ms 5 --json \
    --paths ovs,ovs-kernel,bridge,macvtap-bridge,vepa,private
kernel='ovs-kernel -------- untried untried'
[ ! -e /sys/module/openvswitch ] || kernel='ovs-kernel yyyyynyn right right'
is 'who reaches whom' "ovs yyyyynyn untried untried
$kernel
bridge yyyyyn-- right right
macvtap-bridge yyynyn-- right right
vepa yyynyn-- right right
private ynnnyy-- right right" "$(rows <<<"$out")"
nothing_left
