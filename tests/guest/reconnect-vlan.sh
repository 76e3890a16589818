#!/bin/bash
# Macvtaps with a VLAN, or on a VLAN link, that are made again when that is back; in the virtual machine
# of scripts/kernel-vm, whose kernel has 8021q.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
again=("$VIFPLUG_BUILD/tests/host/host-reconnect")
plug=("$VIFPLUG" plug --quiet --mac 52:54:00:00:09:01 --target r0)

# back: up0 appears, always with the same addresses.
back() {
    ip link add up0 address 02:00:00:00:09:02 type veth peer name far0 address 02:00:00:00:09:03
    ip link set far0 up
    ip link set up0 up
}
# tagged LOWER: r0 is on a VLAN link of ours on that device.
tagged() {
    has "the VLAN link" "$1.100@$1: .*[<,]UP[,>].*vlan protocol 802.1Q id 100 .*alias vifplug:vlan" "$(link "$1.100")"
    has "the macvtap on it" "r0@$1.100: .*[<,]UP[,>].*alias vifplug:" "$(link r0)"
    works "$VIFPLUG" verify r0
}
back
remember
"${plug[@]}" --lower up0 --vlan 100

# All of it goes.
ip link del up0
! has_link r0 || fail "r0 is still there"
expect 3 'waiting for the device "up0"$' "${again[@]}" find r0
back
works "${again[@]}" again r0 "$("${again[@]}" find r0)"
tagged up0
# Only the VLAN link goes; somebody else makes it.
ip link del up0.100
! has_link r0 || fail "r0 is still there"
works "${again[@]}" again r0 up0
tagged up0
ip link del up0.100
ip link add link up0 name theirs type vlan id 100
works "${again[@]}" again r0 up0
has "on the VLAN link that is there" 'r0@theirs: .*[<,]UP[,>]' "$(link r0)"
is_up theirs || fail "theirs is down"
works "${again[@]}" undo r0
has_link theirs || fail "undo took somebody else's VLAN link"
ip link del theirs
# Taken away again.
works "${again[@]}" again r0 up0
works "${again[@]}" undo r0
! has_link up0.100 || fail "up0.100 is still there"
works "${again[@]}" again r0 up0
tagged up0
works "$VIFPLUG" unplug r0
nothing_left

# A passthrough macvtap gives the VLAN link the guest's address, and leaves the device its own.
"${plug[@]}" --lower up0 --vlan 100 --mode passthrough
ip link del up0
back
works "${again[@]}" again r0 up0
tagged up0
is "the VLAN link's address" 52:54:00:00:09:01 "$(mac up0.100)"
works "$VIFPLUG" unplug r0
nothing_left

# To another device of the network, while the first is there and can take it no more.
ip link add other type veth peer name otherp
ip link set other up
echo "<network><name>net</name><forward mode='bridge'><interface dev='up0'/><interface dev='other'/></forward>
    <vlan><tag id='100'/></vlan></network>" >"$work/net.xml"
works "$VIFPLUG" plug --quiet --network "$work/net.xml" \
    --interface "$(interface i.xml "<source network='net'/><target dev='r0'/>" network)"
tagged up0
ip link del r0
ip link set up0 netns "$(unshare -n sh -c 'sleep 60 >/dev/null & echo $!')"
works "${again[@]}" find r0 "$work/net.xml"
is "the other" other "$out"
works "${again[@]}" again r0 other
tagged other
works "$VIFPLUG" unplug r0
! has_link other.100 || fail "other.100 is still there"
ip link del other
ip link del far0

# The device below is a VLAN link, which has the address of what it is on.
back
ip link add link up0 name up0.7 type vlan id 7
"${plug[@]}" --lower up0.7 --reconnect-by mac
ip link del up0.7
expect 3 'waiting for a device with the MAC address 02:00:00:00:09:02, as "up0.7" had$' \
    "${again[@]}" find r0
ip link add link up0 name up0.8 type vlan id 8
expect 3 'waiting for a device with the MAC address' "${again[@]}" find r0
ip link add link up0 name moved type vlan id 7
works "${again[@]}" find r0
is "by its address and VLAN" moved "$out"
ip link del moved
ip link add link up0 name up0.7 type vlan id 7
works "${again[@]}" find r0
is "under its name" up0.7 "$out"
works "${again[@]}" again r0 up0.7
has "on the VLAN link" 'r0@up0.7: .*[<,]UP[,>]' "$(link r0)"
works "$VIFPLUG" unplug r0
has_link up0.7 || fail "somebody's VLAN link was taken away"
