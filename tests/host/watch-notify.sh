#!/bin/bash
# What the watcher tells a service manager, message by message: that it watches when it does and not
# before, what there is to say of that, and why it ends. tests/guest/systemd.sh has a real systemd.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
: "${watcher=}"
receiver=''
trap '[ -z "$watcher" ] || kill -KILL "$watcher"; [ -z "$receiver" ] || kill -KILL "$receiver"' EXIT
command -v strace >/dev/null || { echo "no strace"; exit 77; }
if [[ $(ldd "$VIFPLUG") != *libsystemd* ]]; then
    echo "built without libsystemd"
    exit 77
fi
lower up0
told=0 # messages so far

# receive ADDRESS: from here on the service manager is there.
receive() {
    [ -z "$receiver" ] || end "$receiver"
    python3 "$VIFPLUG_SOURCE/tests/support/notified.py" "$1" >"$work/told" &
    receiver=$!
    wait_for grep -q receiving "$work/told"
    told=1
    export NOTIFY_SOCKET=$1
}

# tells MESSAGE...: it tells these next, and nothing else, as far as that can be seen: it would have
# come before what comes then.
tells() {
    local message
    for message; do
        told=$((told + 1))
        wait_for told_one
        is "it tells: $message" "$watcher $message" "$(sed -n "${told}p" "$work/told")"
    done
}
told_one() {
    [ "$(wc -l <"$work/told")" -ge $told ]
}
tells_no_more() {
    is "and no more" "" "$(tail -n "+$((told + 1))" "$work/told")"
}

# As systemd does it, and as it is in a container.
for address in "$work/notify" "@vifplug-test-$$"; do
    receive "$address"
    watch_start
    tells 'READY=1; STATUS=0 interfaces, 0 waiting for the device below'
    watch_stop_and_tell() {
        local pid=$watcher
        watch_stop
        watcher=$pid
        tells 'STOPPING=1; STATUS='
        tells_no_more
        watcher=''
    }
    watch_stop_and_tell
done

# Who has the lock of the records does not keep it from being ready, with what was there.
works "$VIFPLUG" plug --lower up0 --mode bridge --mac 52:54:00:00:00:01 --target mv0
exec 8>/run/vifplug/lock
flock 8
watch_start
flock -u 8 # the watcher has the descriptor, too
exec 8>&-
tells 'READY=1; STATUS=1 interface, 0 waiting for the device below'

# A second one, which is not told to be ready.
first=$watcher
"$VIFPLUG" watch 2>"$work/second.log" &
watcher=$!
second=$watcher
wait $second && fail "there are two"
has "the second is refused" "process $first watches /run/vifplug already" "$(<"$work/second.log")"
tells "STOPPING=1; STATUS=process $first watches /run/vifplug already; ERRNO=16"
watcher=$first
tells_no_more

# What becomes of what is plugged; each once.
ip link delete up0
tells 'STATUS=1 interface, 1 waiting for the device below'
kill -HUP "$watcher"
tells 'RELOADING=1; MONOTONIC_USEC=now' 'READY=1; STATUS=1 interface, 1 waiting for the device below'
lower up0
reconnected mv0 1
tells 'STATUS=1 interface, 0 waiting for the device below'
works "$VIFPLUG" plug --lower up0 --mode bridge --mac 52:54:00:00:00:02 --target mv1
tells 'STATUS=2 interfaces, 0 waiting for the device below'
cp /run/vifplug/ports/mv1.json "$work/mv1.json"
echo '{' >"$work/bad"
mv "$work/bad" /run/vifplug/ports/mv1.json
tells 'STATUS=2 interfaces, 0 waiting for the device below, 1 record that cannot be read'
mv "$work/mv1.json" /run/vifplug/ports/mv1.json
tells 'STATUS=2 interfaces, 0 waiting for the device below'
works "$VIFPLUG" unplug mv1
tells 'STATUS=1 interface, 0 waiting for the device below'
works "$VIFPLUG" unplug mv0
tells 'STATUS=0 interfaces, 0 waiting for the device below'
watch_stop_and_tell

# Networks that cannot be read again.
echo "<network><name>net</name><forward mode='bridge'><interface dev='up0'/></forward></network>" \
    >"$work/net.xml"
watch_more=(--network "$work/net.xml")
watch_start
tells 'READY=1; STATUS=0 interfaces, 0 waiting for the device below'
mv "$work/net.xml" "$work/away.xml"
kill -HUP "$watcher"
tells 'RELOADING=1; MONOTONIC_USEC=now' \
    'READY=1; STATUS=0 interfaces, 0 waiting for the device below; networks as before, since they cannot be read'
mv "$work/away.xml" "$work/net.xml"
kill -HUP "$watcher"
tells 'RELOADING=1; MONOTONIC_USEC=now' 'READY=1; STATUS=0 interfaces, 0 waiting for the device below'

# The folder goes while it watches.
rm -r /run/vifplug
wait "$watcher" && fail "it watches what is not there"
tells 'STOPPING=1; STATUS=the run-time folder /run/vifplug is gone; ERRNO=2'
tells_no_more

# It cannot begin: a network, and a folder that cannot be made.
rm "$work/net.xml"
"$VIFPLUG" watch "${watch_more[@]}" 2>"$work/begin.log" &
watcher=$!
wait "$watcher" && fail "it watches without its network"
has "it says why" 'net.xml' "$(<"$work/begin.log")"
tells "STOPPING=1; STATUS=$(sed 's/^vifplug: //' "$work/begin.log"); ERRNO=2"
: >"$work/file"
"$VIFPLUG" watch --rundir "$work/file" 2>"$work/begin.log" &
watcher=$!
wait "$watcher" && fail "it watches a file"
tells "STOPPING=1; STATUS=$(sed 's/^vifplug: //' "$work/begin.log"); ERRNO=20"
tells_no_more
watcher=''

# READY comes when it hears of links and of records, by the order of its system calls.
ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$work/trace" -e trace=bind,inotify_add_watch,sendmsg \
    "$VIFPLUG" watch 2>"$work/begin.log" &
tracer=$!
told=$((told + 1))
wait_for told_one
kill "$(sed -n "${told}s/ .*//p" "$work/told")"
wait $tracer
is "its system calls" 'nl_groups=0x000001 "/run/vifplug/ports" READY=1' \
    "$(grep -oE 'nl_groups=0x0*[1-9]|"/run/vifplug/ports"|READY=1' "$work/trace" | xargs -d '\n')"

# Nobody listens any more, which is nothing to end of.
end "$receiver"
receiver=''
rm -f "$work/notify"
watch_more=()
NOTIFY_SOCKET=$work/notify watch_start
watch_stop
