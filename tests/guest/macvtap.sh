#!/bin/bash
# Two guests on macvtaps, in each mode on lower devices of its own, which lead to a Linux bridge: who
# reaches whom over IPv4 and IPv6 with hairpin off and on, TCP over that, and what gc makes of a guest
# whose vifplug run was killed.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"

# uplink LOWER BRIDGE PORT: a lower device whose other end is that port of the bridge.
uplink() {
    ip link add "$1" type veth peer name "$3"
    ip link set "$3" master "$2"
    ip link set "$3" up
}
# Guests on passthrough have a lower device each: up3 and up4.
for n in 0 1 2 3; do
    # An address of its own, since one without has that of its least port.
    ip link add lbr$n address 02:00:00:00:00:0$n type bridge
    ip addr add 10.0.$n.254/24 dev lbr$n
    ip -6 addr add fd0$n::fe/64 dev lbr$n nodad
    ip link set lbr$n up
    uplink up$n lbr$n sw$n
done
uplink up4 lbr3 sw4
# Those of passthrough are set down again by who brought them up; others would stay up.
for n in 0 1 2; do
    ip link set up$n up
done
remember

# cards NAME UUID DIGIT PASSTHROUGH: a domain with a card in each mode.
cards() {
    local cards='' mode n=0
    for mode in vepa bridge private; do
        cards+="
    <interface type='direct'>
      <mac address='52:54:00:00:0$3:0$n'/><source dev='up$n' mode='$mode'/>
      <target dev='$1-$mode'/><model type='virtio'/><driver queues='2'/>
    </interface>"
        n=$((n + 1))
    done
    domain "$1.xml" "$1" "$2" "$cards
    <interface type='direct'>
      <mac address='52:54:00:00:0$3:03'/><source dev='$4' mode='passthrough'/>
      <target dev='$1-pass'/><model type='virtio'/>
    </interface>"
}
one=$(cards one 11111111-1111-4111-8111-111111111111 1 up3)
two=$(cards two 22222222-2222-4222-8222-222222222222 2 up4)
qemu_more=(-smp 2)
under_run one "ip4=10.0.0.1/24,10.0.1.1/24,10.0.2.1/24,10.0.3.1/24
    ip6=fd00::1/64,fd01::1/64,fd02::1/64,fd03::1/64" --domain "$one"
qemu_more=()
under_run two "ip4=10.0.0.2/24,10.0.1.2/24,10.0.2.2/24,10.0.3.2/24
    ip6=fd00::2/64,fd01::2/64,fd02::2/64,fd03::2/64" --domain "$two"
ready one two

nic one eth0 'mtu=1500 carrier=1 rxq=2 txq=2$'
nic two eth0 'mtu=1500 carrier=1 rxq=1 txq=1$' # of which it has no use for the second
has "mode and MAC" 'link/ether 52:54:00:00:01:00 .* macvtap mode vepa ' "$(link one-vepa)"
has "passthrough" 'macvtap mode passthru ' "$(link one-pass)"
is "which lends the guest's MAC to the lower device" 52:54:00:00:01:03 \
    "$(cat /sys/class/net/up3/address)"

# Over VEPA and private nothing but a switch that reflects could bring them together; over bridge and
# passthrough they need none.
v4="10.0.0.2 no, 10.0.0.254 yes, 10.0.1.2 yes, 10.0.2.2 no, 10.0.2.254 yes, 10.0.3.2 yes, 10.0.3.254 yes"
v6="fd00::2 no, fd00::fe yes, fd01::2 yes, fd02::2 no, fd02::fe yes, fd03::2 yes, fd03::fe yes"
reach one "$v4, $v6"
for n in 0 2; do
    ip link set sw$n type bridge_slave hairpin on
done
# Private drops what was broadcast, so that no address is ever resolved.
reach one "10.0.0.2 yes, 10.0.2.2 no, fd00::2 yes, fd02::2 no"
reach two "10.0.0.1 yes, 10.0.2.1 no, fd00::1 yes, fd02::1 no"
transfer one two 10.0.0.1 16
transfer two one 10.0.1.2 16
works "$VIFPLUG" verify

# vifplug run is gone, and the guest does not notice.
orphan one
qemu=${guest_pid[one]}
works "$VIFPLUG" gc
is "gc leaves a live guest alone" "" "$out"
reach one "10.0.0.2 yes, 10.0.3.2 yes"
guest_tell one off
wait_for is_gone "$qemu"
unset 'guest_pid[one]'
works "$VIFPLUG" gc
has "gc clears what is left of a dead one" 'interface "one-vepa": the process .* is gone' "$out"
reach two "10.0.0.1 no, 10.0.0.254 yes"

off two
nothing_left
