# shellcheck shell=bash
# Sourced by the scripts in tests/guest and tests/host that test the watcher, after support/guest.sh
# or support/cli.sh: a watcher, devices that go and come back, and how long guests are cut off.
: "${work:=}" "${guest_dir:=}"

watcher='' # its process
pinger=''  # and that of pings

watch_command=("$VIFPLUG") # what it is started by
watch_more=()              # and with, besides

# watch_start: starts a watcher and waits until it watches; what it says is in $work/watch.log, after
# what others said before it.
watch_start() {
    local line
    touch "$work/watch.log"
    line=$(watch_line)
    "${watch_command[@]}" watch --verbose "${watch_more[@]}" >/dev/null 2>>"$work/watch.log" &
    watcher=$!
    watch_says 'watching .*, with ' "$line"
}

# watch_line: the line of the log that the watcher writes next, for watch_says.
watch_line() {
    echo $(($(wc -l <"$work/watch.log") + 1))
}

# watch_says PATTERN [LINE]: waits until the watcher says something that matches the extended regular
# expression, looking from line LINE of its log on; ends the test after 20 s.
watch_says() {
    local end=$((SECONDS + 20))
    until tail -n "+${2-1}" "$work/watch.log" | grep -Eq "$1"; do
        if [ $SECONDS -ge $end ] || is_gone "$watcher"; then
            fail "$(printf 'the watcher never said: %s\n%s' "$1" "$(tail -n 20 "$work/watch.log")")"
        fi
        sleep 0.02
    done
}

# watch_stop: ends the watcher, which must end well.
watch_stop() {
    local status=0
    kill -TERM "$watcher"
    wait "$watcher" || status=$?
    [ $status = 0 ] || fail "the watcher ended with $status: $(tail -n 20 "$work/watch.log")"
    watcher=''
}

# watch_kill: ends it as a crash does.
watch_kill() {
    end "$watcher"
    watcher=''
}

# switch BRIDGE ADDRESS/LENGTH: a Linux bridge that this host has an address on. Its MAC address is
# fixed: else it would change as ports come and go, and guests would not know it any more.
switch() {
    ip link add "$1" address 02:00:00:00:00:fe type bridge
    ip addr add "$2" dev "$1"
    ip link set "$1" up
}

# uplink LOWER BRIDGE [MAC]: makes a device to put macvtaps on, down, whose other end, LOWERp, is a
# port of that bridge.
uplink() {
    ip link add "$1" ${3:+address "$3"} type veth peer name "$1p"
    ip link set "$1p" master "$2" up
}

# card_has IF TEXT: whether the guest "one" says that of a network card by now, for wait_for.
card_has() {
    guest_ask one nic "$1" | grep -q " $2"
}

# console GUEST: the line of its console that it writes next, for guest_wait.
console() {
    echo $(($(wc -l <"$guest_dir/$1.out") + 1))
}

# known NAME FILTER: something of what "list" knows of an interface: json's FILTER, with `i` for it.
known() {
    "$VIFPLUG" list --json |
        json "next((($2) for i in j['interfaces'] if i['name'] == '$1'), None)"
}

# is_known NAME FILTER WANTED: whether it is that by now, for wait_for.
is_known() {
    [ "$(known "$1" "$2")" = "$3" ]
}

# reconnected NAME TIMES: waits until it was connected again that often all in all; ends the test after
# 30 s.
reconnected() {
    local end=$((SECONDS + 30))
    until is_known "$1" 'i["reconnects"], i["waiting"]' "($2, False)"; do
        [ $SECONDS -lt $end ] || fail "$(printf '"%s" was not connected again %d times; the watcher:\n%s' \
            "$1" "$2" "$(tail -n 20 "$work/watch.log")")"
        sleep 0.05
    done
}

# now: the time, in microseconds since the epoch.
now() {
    echo "${EPOCHREALTIME/[.,]/}"
}

# pings_start ADDRESS MAC BRIDGE: asks a guest there for echoes all the while, every 20 ms, and notes
# the answers in $work/pings. Its MAC address is known for good: else this host would ask for it once a
# second, and that would be seen in the figures, and not when the guest can be reached.
pings_start() {
    ip neighbour replace "$1" lladdr "$2" dev "$3" nud permanent
    python3 "$VIFPLUG_SOURCE/tests/support/pings.py" "$1" 0.02 >"$work/pings" &
    pinger=$!
    wait_for [ -s "$work/pings" ]
}

pings_stop() {
    end "$pinger" TERM
    pinger=''
}

# answers SINCE: whether the guest has answered for a while, since that time (of "now").
answers() {
    [ "$(awk -v since="$1" '$1 * 1e6 >= since' "$work/pings" | wc -l)" -ge 10 ]
}
# goes_on: waits until the guest answers, from now on and for a while.
goes_on() {
    local since end=$((SECONDS + ${patience:-10}))
    since=$(now)
    until answers "$since"; do
        [ $SECONDS -lt $end ] || fail "$(printf 'the guest does not answer; the watcher, and all devices:\n%s\n%s' \
            "$(tail -n 20 "$work/watch.log")" "$(ip -o link)")"
        sleep 0.02
    done
}
# is_on NAME LOWER: whether a macvtap is on that device, and its record says so; for wait_for.
is_on() {
    [[ $(link "$1") == *" $1@$2: "* ]] && is_known "$1" 'i["lower"]' "$2"
}

# gap SINCE: the longest time without an answer since SINCE, in milliseconds.
gap() {
    awk -v since="$1" '
        $1 * 1e6 >= since && last && $1 - last > longest { longest = $1 - last }
        { last = $1 }
        END { printf "%d\n", longest * 1000 }' "$work/pings"
}

# summary WHAT NUMBER...: prints median and worst of figures, and all of them.
summary() {
    local what=$1
    shift
    printf '%s\n' "$@" | sort -n | awk -v what="$what" '
        { all = all " " $1; value[NR] = $1 }
        END { printf "%s: median %d, worst %d, of %d:%s\n", what, value[int((NR + 1) / 2)],
              value[NR], NR, all }'
}
