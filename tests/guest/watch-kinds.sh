#!/bin/bash
# The device below is a bridge of the host's, which is taken down and made anew, as an administrator's
# tools do; it gets another ifindex, and its ports later than its name.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# bridge_up: the bridge, and then its port, whose other end is the test's.
bridge_up() {
    ip link add hostbr0 address 02:00:00:00:00:fd type bridge
    ip link set hostbr0 up
    ip link set up0 master hostbr0
}
# carrier_of NAME: for wait_for.
carrier_of() {
    [ "$(<"/sys/class/net/$1/carrier")" = "$2" ]
}

switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
ip link set up0 up
bridge_up
watch_start
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1")
under_run one ip4=10.0.0.1/24 --bus rp1 --lower hostbr0 --mode bridge --target mv0 --mac 52:54:00:00:00:01
ready one
wait_for card_has eth0 'carrier=1 '
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
goes_on

for round in 1 2 3; do
    line=$(watch_line)
    ip link delete hostbr0
    watch_says '"mv0".*: its macvtap is gone' "$line"
    wait_for card_has eth0 'carrier=0 '
    bridge_up
    reconnected mv0 $round
    wait_for card_has eth0 'carrier=1 '
    goes_on
done

# Without a port the bridge has no carrier, and neither has the guest.
line=$(watch_line)
ip link set up0 nomaster
wait_for carrier_of hostbr0 0
wait_for card_has eth0 'carrier=0 '
ip link set up0 master hostbr0
wait_for card_has eth0 'carrier=1 '
goes_on
is "it was never taken for gone" '' "$(tail -n "+$line" "$work/watch.log" | grep gone || true)"
is "connected again as often as the bridge was" 3 "$(known mv0 'i["reconnects"]')"

pings_stop
off one
watch_stop
ip link delete hostbr0
ip link delete up0
nothing_left
