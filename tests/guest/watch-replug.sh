#!/bin/bash
# The device below a guest's macvtap goes and comes back under its name, 20 times in a row, and so
# does the watcher in the midst; all the while the guest is asked for echoes. $VIFPLUG_ROUNDS is
# another number than 20, $VIFPLUG_STRATEGY another strategy than replug.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

rounds=${VIFPLUG_ROUNDS-20}
switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0
watch_start

qemu_more=(-device "pcie-root-port,id=rp1,chassis=1")
under_run one ip4=10.0.0.1/24 --bus rp1 --lower up0 --mode bridge --target mv0 --mac 52:54:00:00:00:01 \
    --reconnect "${VIFPLUG_STRATEGY-replug}"
ready one
nic one eth0 'carrier=1 '
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0

extra=()
for round in $(seq "$rounds"); do
    cut=$(now)
    line=$(watch_line)
    ip link delete up0
    watch_says '"mv0".*: its macvtap is gone' "$line"
    if [ "$round" = 1 ]; then
        wait_for is_known mv0 'i["status"]' waiting
        nic one eth0 'carrier=0 '
    else
        sleep 0.5
    fi
    uplink up0 lbr0
    back=$(now)
    reconnected mv0 "$round"
    goes_on
    extra+=($(($(gap "$cut") - (back - cut) / 1000)))
    [ "${extra[-1]}" -lt 10000 ] || fail "round $round: ${extra[-1]} ms longer than the device was away"
done
summary "ms cut off beyond the time that the device was away" "${extra[@]}"
nic one eth0 'carrier=1 '
has "the card is the same" 'GUEST nic eth0 mac=52:54:00:00:00:01' "$(tail -n 3 "$guest_dir/one.out")"

# The watcher is killed while the device is away, and another one is started after it came back.
line=$(watch_line)
ip link delete up0
watch_says 'its macvtap is gone' "$line"
watch_kill
uplink up0 lbr0
watch_start
reconnected mv0 $((rounds + 1))
goes_on

# It goes while nobody watches, and comes back.
watch_kill
ip link delete up0
uplink up0 lbr0
watch_start
reconnected mv0 $((rounds + 2))
goes_on

pings_stop
off one
watch_stop
ip link delete up0
nothing_left
