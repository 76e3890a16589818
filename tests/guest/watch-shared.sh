#!/bin/bash
# Two guests on one device, which goes and comes back: the one is replugged and the other at a hub, and
# both are connected again, and reach each other.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
watch_start
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1")
under_run one ip4=10.0.0.1/24 --bus rp1 --lower up0 --mode bridge --target mv1 --mac 52:54:00:00:00:01
under_run two ip4=10.0.0.2/24 --bus rp1 --lower up0 --mode bridge --target mv2 \
    --mac 52:54:00:00:00:02 --reconnect hub
ready one two
reach one '10.0.0.2 yes, 10.0.0.254 yes'

for round in 1 2 3; do
    line=$(watch_line)
    ip link delete up0
    for name in mv1 mv2; do
        watch_says "\"$name\".*: its macvtap is gone" "$line"
        wait_for is_known "$name" 'i["status"]' waiting
    done
    nic one eth0 'carrier=0 '
    nic two eth0 'carrier=0 '
    uplink up0 lbr0 02:00:00:00:10:00
    reconnected mv1 $round
    reconnected mv2 $round
    reach one '10.0.0.2 yes, 10.0.0.254 yes'
    reach two '10.0.0.1 yes, 10.0.0.254 yes'
    nic one eth0 'carrier=1 '
    nic two eth0 'carrier=1 '
done

# One of them ends while it waits, and is not made again; the other one is.
line=$(watch_line)
ip link delete up0
watch_says '"mv1".*: its macvtap is gone' "$line"
watch_says '"mv2".*: its macvtap is gone' "$line"
off one
wait_for is_known mv1 'True' None
uplink up0 lbr0 02:00:00:00:10:00
reconnected mv2 4
reach two '10.0.0.254 yes'
! has_link mv1 || fail "the macvtap of a guest that has ended is made again"

off two
watch_stop
ip link delete up0
nothing_left
