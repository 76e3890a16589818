#!/bin/bash
# A tap that libvirt is to open must not have the index of a macvtap of another network namespace:
# libvirt goes by /dev/tapN, of which there is one for all, and would give the guest that macvtap.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
ip link add lbr0 type bridge
ip link set lbr0 up

# The indexes that come next, each in use for a macvtap.
ip netns add other
ip -n other link add low0 index 1000 type veth peer name low1 index 1001
next=$(($(</sys/class/net/lbr0/ifindex) + 1))
for index in $(seq $next $((next + 3))); do
    ip -n other link add link low0 name "m$index" index "$index" type macvtap mode bridge
    [ -e "/dev/tap$index" ] || fail "there is no /dev/tap$index"
done

works "$VIFPLUG" plug --bridge lbr0 --target one
works "$VIFPLUG" plug --bridge lbr0 --target two --queues 2
for name in one two; do
    index=$(<"/sys/class/net/$name/ifindex")
    [ ! -e "/dev/tap$index" ] || fail "$name is link $index, and there is a /dev/tap$index"
    has "$name is a tap" ' tun type tap ' "$(link $name)"
done
has "as wished" ' multi_queue .* persist on' "$(link two)"
works "$VIFPLUG" verify
works "$VIFPLUG" unplug one two
