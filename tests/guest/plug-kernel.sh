#!/bin/bash
# plug with the kernel's datapath of Open vSwitch, in the virtual machine of scripts/kernel-vm: there, too,
# a port that is listened to is promiscuous, also one that takes the place of a port whose device is gone.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
[ -e /sys/module/openvswitch ] || {
    echo "this kernel has no openvswitch" >&2
    exit 77
}
ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=system
remember

# plugs: plugs t0, to which Open vSwitch then listens.
plugs() {
    works "$VIFPLUG" plug --quiet --bridge br0 --target t0 --vlan 5 --timeout 20
    has "a port of the datapath" ' promiscuity 1 .*openvswitch_slave' "$(link t0)"
    works "$VIFPLUG" verify
}

plugs
rm /run/vifplug/ports/t0.json
ip link del t0
plugs
ip link del t0
plugs
stop_daemon ovs-vswitchd
works "$VIFPLUG" unplug t0
plugs &
plugging=$!
is_there() {
    db Port t0 tag
}
wait_for is_there
kill -CONT "$(daemon ovs-vswitchd)"
wait $plugging || fail "plug failed"
works "$VIFPLUG" unplug t0
nothing_left
