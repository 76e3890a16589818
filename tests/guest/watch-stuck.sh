#!/bin/bash
# The device below two guests' macvtaps goes and comes back while QEMU is stopped, while the guest lets
# nothing go, and while the watcher loses its QMP connection between two steps: the guest is connected
# again when that is over, and the other one at once.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# comes_back: the device goes, and returns; the guest "two" is served at once, for the nth time.
comes_back() {
    line=$(watch_line)
    ip link delete up0
    watch_says '"mv1".*: its macvtap is gone' "$line"
    wait_for is_known mv2 'i["status"]' waiting
    uplink up0 lbr0 02:00:00:00:10:00
    times=$((times + 1))
    reconnected mv2 $times
    wait_for guest_ask two ping 10.0.0.254 # once it has found its card
    echo "ok: the other guest is back"
}
# told: what the watcher has said of the first guest being stuck since the device went.
told() {
    tail -n "+$line" "$work/watch.log" | grep -E '"mv1".*(does not let go|does not answer)' || true
}
# no_session: whether the watcher has none with the first guest's QEMU for a while: it ends one that it
# does not need any more.
no_session() {
    for _ in {1..15}; do # 1.5 s
        ! grep -q " 03 .* /run/vifplug/qmp/mv1.sock$" /proc/net/unix || return 1
        sleep 0.1
    done
}
times=0 line=0

switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
watch_start
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1")
under_run two ip4=10.0.0.2/24 --bus rp1 --lower up0 --mode bridge --target mv2 --mac 52:54:00:00:00:02
user=$work/user # a QMP socket of the user's own
qemu_more+=(-qmp "unix:$user,server=on,wait=off")
under_run one ip4=10.0.0.1/24 --bus rp1 --lower up0 --mode bridge --target mv1 --mac 52:54:00:00:00:01
ready one two
qemu=$(child "${guest_pid[one]}")
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
goes_on

# QEMU is stopped before the device goes.
kill -STOP "$qemu"
comes_back
watch_says '"mv1".*: QEMU does not answer' "$line"
is "it is not connected" "(0, True)" "$(known mv1 'i["reconnects"], i["waiting"]')"
sleep 2
is "that is told once" 1 "$(told | wc -l)"
kill -CONT "$qemu"
reconnected mv1 1
goes_on
nic one eth0 'mac=52:54:00:00:00:01 .*carrier=1 '

# It is stopped once the watcher has a session with it.
line=$(watch_line)
ip link delete up0
watch_says '"mv1".*: its macvtap is gone' "$line"
wait_for card_has eth0 'carrier=0 '
kill -STOP "$qemu"
uplink up0 lbr0 02:00:00:00:10:00
times=$((times + 1))
reconnected mv2 $times
watch_says '"mv1".*: QEMU does not answer' "$line"
is "it is not connected" "(1, True)" "$(known mv1 'i["reconnects"], i["waiting"]')"
kill -CONT "$qemu"
reconnected mv1 2
goes_on

# The guest stands still, and does not let go of its card.
qmp "$user" stop >/dev/null
comes_back
watch_says '"mv1".*: the guest does not let go of its card' "$line"
sleep 2
is "that is told once" 1 "$(told | wc -l)"
is "it is not connected" "(2, True)" "$(known mv1 'i["reconnects"], i["waiting"]')"
qmp "$user" cont >/dev/null
reconnected mv1 3
goes_on
nic one eth0 'mac=52:54:00:00:00:01 .*carrier=1 '

# The connection is lost as soon as QEMU has been asked something, which it does all the same.
times=3
for step in set_link device_del netdev_del getfd netdev_add device_add; do
    wait_for no_session
    rm -f "$work/proxy"
    python3 "$VIFPLUG_SOURCE/tests/support/qmp-proxy.py" /run/vifplug/qmp/mv1.sock \
        /run/vifplug/qmp/mv1.server "\"$step\"" >"$work/proxy" &
    proxy=$!
    wait_for [ -s "$work/proxy" ]
    line=$(watch_line)
    ip link delete up0
    watch_says '"mv1".*: its macvtap is gone' "$line"
    uplink up0 lbr0 02:00:00:00:10:00
    times=$((times + 1))
    reconnected mv1 $times
    wait_for is_gone $proxy
    goes_on
    echo "ok: it was lost after $step"
    nic one eth0 'mac=52:54:00:00:00:01 .*carrier=1 '
done

pings_stop
off one two
watch_stop
ip link delete up0
nothing_left
