#!/bin/bash
# The watcher as a program: its lock, its signals, what it makes of interfaces without guests, and
# that it is there again after a kill.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
: "${out=}" "${watcher=}"
trap '[ -z "$watcher" ] || kill -KILL "$watcher"' EXIT

remember
lower up0
expect 2 '--timeout' "$VIFPLUG" watch --timeout never
expect 2 'watch does not take "x"' "$VIFPLUG" watch x
expect 1 'nosuch.xml' "$VIFPLUG" watch --network "$work/nosuch.xml"
[ ! -e /run/vifplug ] || fail "it made a folder before it knew what to do"

ulimit -Sn 1000

# One for each folder; the folder is made where it is missing.
watch_start
expect 1 "process $watcher watches /run/vifplug already" timeout 10 "$VIFPLUG" watch
first=$watcher
watch_more=(--rundir "$work/other")
watch_start
watch_more=()
watch_stop
watcher=$first

# It may have as many descriptors open as are allowed.
is "descriptors" "$(ulimit -Hn)" "$(awk '/^Max open files/ { print $4 }' "/proc/$watcher/limits")"

# Nothing happens while nothing does.
ticks() {
    awk '{ print $14 + $15 }' "/proc/$watcher/stat"
}
switches() {
    sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$watcher/status"
}
sleep 0.3
before=$(ticks) woken=$(switches)
sleep 1
is "it took no time" "$before" "$(ticks)"
is "and was not woken" "$woken" "$(switches)"

# A macvtap for others to open: it is made again, as soon as the device below is back.
plug=("$VIFPLUG" plug --lower up0 --mode bridge --mac 52:54:00:00:00:01 --target mv0)
works "${plug[@]}"
node=$(known mv0 'i["node"]')
ip link delete up0
wait_for is_known mv0 'i["status"], i["waiting"], i["reconnects"]' "('waiting', True, 0)"
has "the table has it" 'mv0 .* waiting since [0-9:]{8}' "$("$VIFPLUG" list)"
works "$VIFPLUG" gc
is "gc leaves it to the watcher" "" "$out"
lower up0
reconnected mv0 1
has "it is as it was" 'link/ether 52:54:00:00:00:01 .* macvtap mode bridge' "$(link mv0)"
[ "$(known mv0 'i["node"]')" != "$node" ] || fail "its node is not another"
works "$VIFPLUG" verify
has "the table has it" 'mv0 .*, again since [0-9:]{8} \(1 times, last after [0-9.]+ s\)' \
    "$("$VIFPLUG" list)"

# By hand, while what is below stays.
ip link delete mv0
reconnected mv0 2
works "$VIFPLUG" verify

# What is unplugged is not waited for, and not made again.
line=$(watch_line)
works "$VIFPLUG" unplug mv0
sleep 0.3
has_link mv0 && fail "it was made again"
is "nothing was said" "" "$(tail -n "+$line" "$work/watch.log" | grep -v unplug || true)"
works "${plug[@]}"
ip link delete up0
wait_for is_known mv0 'i["waiting"]' True
works "$VIFPLUG" unplug mv0
lower up0
sleep 0.3
has_link mv0 && fail "it was made although it was unplugged while it waited"

# Killed while one waits, and started when all is back; and when it went meanwhile.
works "${plug[@]}"
ip link delete up0
wait_for is_known mv0 'i["waiting"]' True
watch_kill
lower up0
watch_start
reconnected mv0 1
watch_kill
ip link delete up0
lower up0
watch_start
reconnected mv0 2
works "$VIFPLUG" verify

# What is below goes to another network namespace, as good as gone; another takes its name.
unshare -n sleep 60 &
other=$!
elsewhere() {
    [ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$other/ns/net)" ]
}
wait_for elsewhere
ip link set up0 netns $other
wait_for is_known mv0 'i["waiting"]' True
ip link delete up0p
end $other
lower up0
reconnected mv0 3
works "$VIFPLUG" verify

# A device that cannot take it, and then can.
ip link delete up0
wait_for is_known mv0 'i["waiting"]' True
line=$(watch_line)
ip link add br9 type bridge
ip link add up0 master br9 type veth peer name up0p
watch_says 'up0' "$line"
wait_for is_known mv0 'i["waiting"]' True
ip link set up0 nomaster
reconnected mv0 4
ip link delete br9

# A record that cannot be read is named once, and is no other one's matter: not when it comes, not at
# the start. What is known of an interface holds meanwhile.
lower up1
works "$VIFPLUG" plug --lower up1 --mode bridge --mac 52:54:00:00:00:02 --target mv1
line=$(watch_line)
cp /run/vifplug/ports/mv1.json "$work/mv1.json"
for text in '{' '{"name"' ''; do
    echo "$text" >"$work/bad"
    mv "$work/bad" /run/vifplug/ports/mv1.json
done
watch_says 'ports/mv1.json: it is not JSON' "$line"
cp /run/vifplug/ports/mv0.json "$work/bad"
mv "$work/bad" /run/vifplug/ports/mv0.json
ip link delete up0
watch_says '"mv0": its macvtap is gone' "$line"
is "it is named once" 1 "$(tail -n "+$line" "$work/watch.log" | grep -c mv1.json)"
watch_stop
line=$(watch_line)
watch_start
watch_says 'watching .*, with 1 interface$' "$line"
watch_says 'ports/mv1.json: it is not JSON' "$line"
lower up0
watch_says '"mv0": it is connected again' "$line"
cp "$work/mv1.json" "$work/bad"
mv "$work/bad" /run/vifplug/ports/mv1.json
reconnected mv0 5
works "$VIFPLUG" unplug mv1
ip link delete up1

# One that cannot be read for want of descriptors is read as soon as there are some. What cannot be
# done for its guest is not said before that can have been started.
limit=$(ulimit -Hn)
free=0
while [ -e "/proc/$watcher/fd/$free" ]; do
    free=$((free + 1))
done
lower up1
line=$(watch_line)
prlimit --pid "$watcher" --nofile="$free:$limit"
works "$VIFPLUG" plug --lower up1 --mode bridge --mac 52:54:00:00:00:02 --target mv1
watch_says 'the record of "mv1": Too many open files' "$line"
prlimit --pid "$watcher" --nofile="$limit:$limit"
sleep 2
tail -n "+$line" "$work/watch.log" | grep 'no way to its guest' && fail "that was said at once"
watch_says '"mv1": there is no way to its guest' "$line"
ip link delete up1
watch_says '"mv1": its macvtap is gone' "$line"
works "$VIFPLUG" unplug mv1

# HUP: networks are read again. One that is wrong changes nothing.
line=$(watch_line)
kill -HUP "$watcher"
watch_says 'networks are read again' "$line"
works "$VIFPLUG" unplug mv0
watch_stop
ip link delete up0
nothing_left
lower up0

echo "<network><name>net</name><forward dev='up0' mode='bridge'><interface dev='up0'/></forward></network>" \
    >"$work/net.xml"
watch_more=(--network "$work/net.xml")
watch_start
line=$(watch_line)
echo "<network>" >"$work/net.xml"
kill -HUP "$watcher"
watch_says 'networks stay as they were: .*net.xml' "$line"

# The folder goes away, and the lock in it.
rm -r /run/vifplug
wait_for is_gone "$watcher"
status=0
wait "$watcher" || status=$?
is "it ends" 1 "$status"
has "and says why" 'the run-time folder /run/vifplug is gone' "$(tail -n 1 "$work/watch.log")"
watcher=''

# Quiet, it tells only of trouble; under systemd, how urgent it is.
"$VIFPLUG" watch --quiet 2>"$work/quiet.log" &
watcher=$!
wait_for [ -e /run/vifplug/watch.lock ]
works "${plug[@]}"
ip link delete up0
wait_for is_known mv0 'i["waiting"]' True
lower up0
reconnected mv0 1
watch_stop
is "nothing was said" "" "$(<"$work/quiet.log")"
touch "$work/journal"
stream=$(stat -c '%d:%i' "$work/journal")
JOURNAL_STREAM=$stream "$VIFPLUG" watch 2>"$work/journal" &
watcher=$!
wait_for grep -q '^<6>watching /run/vifplug, with 1 interface$' "$work/journal"
ip link delete up0
wait_for grep -q '^<5>"mv0": its macvtap is gone' "$work/journal"
works "$VIFPLUG" unplug mv0
watch_stop
