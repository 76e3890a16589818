#!/bin/bash
# What else happens to the device below a guest's macvtap: it is renamed, is down, has no carrier, goes to
# another network namespace and comes back; and what happens to the macvtap: somebody deletes it, or
# unplugs it while it waits.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# carrier TIMES: how often the guest's card has had, or lost, its carrier.
carrier() {
    guest_ask one 'sed "s/^/GUEST /" /sys/class/net/eth0/carrier_changes'
}

switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
watch_start
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1")
under_run one ip4=10.0.0.1/24 --bus rp1 --lower up0 --mode bridge --target mv0 --mac 52:54:00:00:00:01
ready one
nic one eth0 'carrier=1 '
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
goes_on

# Renamed: nobody notices.
before=$(carrier)
line=$(watch_line)
ip link set up0 name moved0
goes_on
has "it is on the device all the while" 'mv0@moved0: ' "$(link mv0)"
ip link set moved0 name up0
goes_on
is "the guest saw nothing" "$before" "$(carrier)"
is "the watcher did nothing" '' "$(tail -n "+$line" "$work/watch.log")"

# Down, and up; then so is the other end of it, of which it gets its carrier.
for device in up0 up0p; do
    ip link set $device down
    wait_for card_has eth0 'carrier=0 '
    ip link set $device up
    wait_for card_has eth0 'carrier=1 '
    goes_on
done
is "twice down, and up" $((before + 4)) "$(carrier)"
is "it was never taken for gone" '' "$(tail -n "+$line" "$work/watch.log" | grep gone || true)"
is "nor connected again" 0 "$(known mv0 'i["reconnects"]')"

# Away, where the watcher cannot look.
ip netns add away
line=$(watch_line)
ip link set up0 netns away
watch_says '"mv0".*: its macvtap is gone, or "up0" below it is' "$line"
wait_for is_known mv0 'i["status"]' waiting
wait_for card_has eth0 'carrier=0 '
ip -n away link set up0 netns $$
reconnected mv0 1
goes_on
ip netns del away
has "it is made anew" 'mv0@up0: ' "$(link mv0)"

# Deleted by hand, while the device is there.
line=$(watch_line)
ip link delete mv0
watch_says '"mv0".*: its macvtap is gone' "$line"
reconnected mv0 2
goes_on
nic one eth0 'carrier=1 '

# Unplugged while it waits: it stays so.
line=$(watch_line)
ip link delete up0
watch_says '"mv0".*: its macvtap is gone' "$line"
wait_for is_known mv0 'i["status"]' waiting
works "$VIFPLUG" unplug mv0
uplink up0 lbr0 02:00:00:00:10:00
ip link set up0 up
sleep 1
! has_link mv0 || fail "what was unplugged is made again"
is "it is no more" '' "$("$VIFPLUG" list)"
nic one eth0 'carrier=0 '

pings_stop
off one
watch_stop
ip link delete up0
nothing_left
