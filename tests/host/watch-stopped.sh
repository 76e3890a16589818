#!/bin/bash
# The watcher while others are stopped that it needs something of: an OVSDB server that is to put rows
# back, or the process that has the lock of the records. What it can do all the same it does at once,
# and the rest as soon as they go on.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
: "${out=}" "${watcher=}"
stopped='' # a process, for as long as it is
trap '[ -z "$stopped" ] || kill -CONT "$stopped"; [ -z "$watcher" ] || kill -KILL "$watcher"' EXIT

# stop PID: stops a process, and waits until it is.
stop() {
    stopped=$1
    kill -STOP "$stopped"
    wait_for grep -q '^State:.T' "/proc/$stopped/status"
}

go_on() {
    kill -CONT "$stopped"
    stopped=''
}

# within MILLISECONDS SINCE WHAT: ends the test where more have passed since that time (of "now").
within() {
    local took=$((($(now) - $2) / 1000))
    [ $took -le "$1" ] || fail "$3 only after $took ms"
    echo "ok: $3 after $took ms"
}

# hold: has another process take the lock of the records, and stops it.
hold() {
    flock /run/vifplug/lock sh -c "echo \$\$ >'$work/holder'; exec sleep 1000" &
    holder=$!
    wait_for [ -s "$work/holder" ]
    stop "$(cat "$work/holder")"
    rm "$work/holder"
}

let_go() {
    kill -KILL "$stopped"
    stopped=''
    wait "$holder" || true
}

# What the watcher does takes some milliseconds. A server that it waited for would take five seconds,
# the lock a minute.
limit=4000
server=$(cat /run/openvswitch/ovsdb-server.pid)
record=/run/vifplug/ports/vif0.json

remember
ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev
lower up0
lower up1
works "$VIFPLUG" plug --bridge br0 --target vif0
works "$VIFPLUG" plug --lower up0 --mode bridge --target mv0
works "$VIFPLUG" plug --lower up1 --mode bridge --target mv1
watch_start

# A server that is stopped while a row is to be put back.
line=$(watch_line)
stop "$watcher"
ovs-vsctl --no-wait del-port vif0
sleep 0.5 # so that the server has told the watcher, too
stop "$server"
kill -CONT "$watcher"
since=$(now)
ip link delete up0
wait_for is_known mv0 'i["waiting"]' True
within $limit "$since" "a loss is seen beside a server that is stopped"
since=$(now)
lower up0
reconnected mv0 1
within $limit "$since" "and what was lost is connected again"
watch_says 'this OVSDB server does not answer' "$line"
go_on
watch_says '"vif0": its port in Open vSwitch was gone and is put back' "$line"
works "$VIFPLUG" verify

# One that is stopped while an interface of it is to be unplugged; and the watcher is killed, or ended,
# in the middle of that.
for end in watch_kill watch_stop; do
    line=$(watch_line)
    stop "$server"
    ip link delete vif0
    wait_for grep -q '"unplugging"' "$record"
    since=$(now)
    ip link delete up0
    wait_for is_known mv0 'i["waiting"]' True
    lower up0
    wait_for is_known mv0 'i["waiting"]' False
    within $limit "$since" "one is lost and connected again beside one that is unplugged"
    child=$(sed -n 's/.*"pid":[^0-9]*\([0-9]*\).*/\1/p' "$record" | head -n 1)
    since=$(now)
    $end
    within 20000 "$since" "the watcher ends"
    wait_for is_gone "$child"
    go_on
    line=$(watch_line)
    watch_start
    watch_says '"vif0": it is unplugged, since' "$line"
    [ ! -e "$record" ] || fail "its record is still there"
    is "its port is gone" "" "$(ovs-vsctl list-ports br0)"
    works "$VIFPLUG" plug --bridge br0 --target vif0
done

# The lock of the records, in the hands of a process that is stopped: each loss is seen at once, and
# what was lost connected again as soon as the lock is back.
line=$(watch_line)
before=$(known mv0 'i["reconnects"]')
hold
since=$(now)
ip link delete up0
ip link delete up1
watch_says '"mv0": its macvtap is gone' "$line"
watch_says '"mv1": its macvtap is gone' "$line"
within $limit "$since" "losses are seen while the lock is another's"
lower up0
lower up1
watch_says "no macvtap is made again while this lasts: .* process [0-9]+ has it" "$line"
is "none is connected without it" 0 \
    "$(tail -n "+$line" "$work/watch.log" | grep -c 'is connected again' || true)"
since=$(now)
let_go
reconnected mv0 $((before + 1))
reconnected mv1 1
within 10000 "$since" "both are connected again once it is back"
works "$VIFPLUG" verify

# It ends, and begins, while it is so.
hold
ip link delete up0
watch_says '"mv0": its macvtap is gone' "$line"
since=$(now)
watch_stop
watch_start
within $limit "$since" "the watcher ends and begins while the lock is another's"
lower up0
let_go
wait_for is_known mv0 'i["waiting"], i["reconnects"]' "(False, $((before + 2)))"
works "$VIFPLUG" verify

works "$VIFPLUG" unplug --all
watch_stop
ip link delete up0
ip link delete up1
ovs-vsctl del-br br0
nothing_left
