#!/bin/bash
# Two guests on a Linux bridge, on a host without Open vSwitch: with offloads, and with ports that
# are isolated from each other but not from the bridge.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
for n in 0 1; do
    # An address of its own, since one without has that of its least port.
    ip link add lbr$n address 02:00:00:00:00:0$n type bridge
    ip addr add 10.0.$n.254/24 dev lbr$n
    ip link set lbr$n up
done
remember

two_cards() {
    domain "$1.xml" "$1" "$2" "
    <interface type='bridge'>
      <mac address='52:54:00:00:0$3:01'/><source bridge='lbr0'/><target dev='$1-open'/>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:0$3:02'/><source bridge='lbr1'/><target dev='$1-alone'/>
      <port isolated='yes'/>
    </interface>"
}
one=$(two_cards one 11111111-1111-4111-8111-111111111111 1)
two=$(two_cards two 22222222-2222-4222-8222-222222222222 2)
under_run one "ip4=10.0.0.1/24,10.0.1.1/24" --domain "$one"
under_run two "ip4=10.0.0.2/24,10.0.1.2/24" --domain "$two"
ready one two

has "vnet_hdr" 'vnet_hdr on' "$(link one-open)"
has "isolated" 'isolated on' "$(link one-alone)"
has "not isolated" 'isolated off' "$(link one-open)"
reach one "10.0.0.2 yes, 10.0.0.254 yes, 10.0.1.2 no, 10.0.1.254 yes"
reach two "10.0.0.1 yes, 10.0.1.1 no, 10.0.1.254 yes"
transfer one two 10.0.0.1 16

works "$VIFPLUG" verify
off one two
nothing_left
