#!/bin/bash
# A guest gives its cards other addresses. With trustGuestRxFilters='yes' its macvtap follows, and it is
# reached there; without, it is not.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# change IF MAC: the guest does that.
change() {
    guest_ask one "ip link set $1 down; ip link set $1 address $2; ip link set $1 up" >/dev/null
    nic one "$1" "mac=$2 "
}
# has_mac NAME MAC: for wait_for.
has_mac() {
    [ "$(mac "$1")" = "$2" ]
}
# answers_at ADDRESS: whether the guest answers there, whatever it was known by before.
answers_at() {
    ip neigh flush all
    [ -n "$(timeout 2 python3 "$VIFPLUG_SOURCE/tests/support/pings.py" "$1" 0.1 2>/dev/null |
        head -n 1)" ]
}

switch lbr0 10.0.0.254/24
switch lbr1 10.0.1.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
uplink up1 lbr1 02:00:00:00:10:01
watch_start
# card N TRUST MORE: the Nth card.
card() {
    echo "<interface type='direct' trustGuestRxFilters='$2'>
      <mac address='52:54:00:00:00:0$1'/><source dev='up$1' mode='bridge'/><target dev='mv$1'/>
      <model type='virtio'/>${3-}</interface>"
}
cards=$(domain one.xml one 11111111-1111-4111-8111-111111111111 "$(card 0 yes \
    "<vifplug:reconnect xmlns:vifplug='urn:vifplug:1' strategy='hub'/>") $(card 1 no)")
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1" -device "pcie-root-port,id=rp2,chassis=2")
under_run one ip4=10.0.0.1/24,10.0.1.1/24 --bus rp1,rp2 --domain "$cards"
ready one
wait_for answers_at 10.0.0.1
wait_for answers_at 10.0.1.1

# Trusted; and again, since QEMU tells of each only when it was asked about the one before.
for address in 52:54:00:00:aa:00 52:54:00:00:bb:00; do
    change eth0 $address
    wait_for has_mac mv0 $address
    wait_for answers_at 10.0.0.1
done
# Not trusted. It is reached again when it takes its own address back.
change eth1 52:54:00:00:aa:01
sleep 1
! answers_at 10.0.1.1 >/dev/null || fail "a guest that is not trusted is reached at another address"
is "its macvtap stays as it was" 52:54:00:00:00:01 "$(mac mv1)"
change eth1 52:54:00:00:00:01
wait_for answers_at 10.0.1.1

# The address that the guest gave its card outlives the device below: at a hub the card stays.
line=$(watch_line)
ip link delete up0
watch_says '"mv0".*: its macvtap is gone' "$line"
uplink up0 lbr0 02:00:00:00:10:00
reconnected mv0 1
wait_for has_mac mv0 52:54:00:00:bb:00
wait_for answers_at 10.0.0.1

off one
watch_stop
ip link delete up0
ip link delete up1
nothing_left
