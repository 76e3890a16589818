# shellcheck shell=bash
# Sourced by the scripts in tests/guest that give running guests new backends, after support/guest.sh:
# a network for a guest with address 10.0.0.1, and the driver, tests/guest/relink.c.

: "${work=}" "${guest_dir=}" # set by support/guest.sh
driver='' heard=0 pinging='' n_lost=0 line=0

# An address of its own, since a bridge without has that of its least port.
ip link add lbr0 address 02:00:00:00:00:01 type bridge
ip addr add 10.0.0.254/24 dev lbr0
ip link set lbr0 up
remember

# uplink NAME: a lower device whose other end is a port of the bridge.
uplink() {
    ip link add "$1" type veth peer name "$1p"
    ip link set "$1p" master lbr0 up
    ip link set "$1" up
}

# start_driver NAME: from here on tell tells it what to do, and hears waits for what it says.
start_driver() {
    [ -p "$work/told" ] || mkfifo "$work/told"
    : >"$work/said"
    heard=0
    "$VIFPLUG_BUILD/tests/guest/guest-relink" "$1" 0<>"$work/told" >>"$work/said" &
    driver=$!
    exec 7>"$work/told"
}

tell() {
    echo "$*" >&7
}

# hears PATTERN: waits for its next line, which must match.
hears() {
    wait_for said_more
    has "it says: $1" "^($1)\$" "$(sed -n "${heard}p" "$work/said")"
}

said_more() {
    [ "$(wc -l <"$work/said")" -gt "$heard" ] && heard=$((heard + 1))
}

# says_nothing SECONDS
says_nothing() {
    sleep "$1"
    [ "$(wc -l <"$work/said")" -eq "$heard" ] || fail "it says: $(tail -n 1 "$work/said")"
}

stop_driver() {
    exec 7>&-
    end "$driver"
}

ms() {
    echo $(($(date +%s%N) / 1000000))
}

# pings: it is pinged ten times a second; lost: that ends, and says how often there was no answer.
# Its address is known for good, or ping would end where nobody answers to that question.
ip neigh add 10.0.0.1 lladdr 52:54:00:00:00:01 dev lbr0 nud permanent
pings() {
    busybox ping -i 0.1 10.0.0.1 >"$work/pings" 2>&1 &
    pinging=$!
    sleep 0.5
}

lost() {
    sleep 0.5
    kill -INT $pinging
    wait $pinging || true
    [[ $(<"$work/pings") =~ ([0-9]+)\ packets\ transmitted,\ ([0-9]+)\ packets\ received ]] ||
        fail "no pings: $(<"$work/pings")"
    n_lost=$((BASH_REMATCH[1] - BASH_REMATCH[2]))
}

# answers NAME: the guest reaches the bridge.
answers() {
    reach "$1" "10.0.0.254 yes"
}

# plugged NAME: the guest has configured a card since `tell replace`.
plugged() {
    guest_wait "$1" 'nic eth0 .*' 20 "$line" >/dev/null
}

# replace LOWER
replace() {
    line=$(($(wc -l <"$guest_dir/one.out") + 1))
    tell replace "$1"
}

# lose_and_find NAME replug|hub: the lower device goes, for half a second, and comes back; says for how
# long the guest heard nothing, less that.
lose_and_find() {
    local gone back beyond
    pings
    gone=$(ms)
    ip link del up0
    tell down
    nic "$1" eth0 'carrier=0 .*'
    sleep 0.5
    uplink up0
    replace up0
    back=$(ms)
    hears 'connected after [0-9]+ ms'
    [ "$2" = hub ] || plugged "$1"
    sleep 0.5
    lost
    beyond=$((n_lost * 100 - (back - gone)))
    echo "$1: the device was away for $((back - gone)) ms, and the guest for $beyond ms longer"
    [ "$n_lost" -gt 3 ] || fail "nothing was lost, so nothing was tested"
    [ $beyond -lt 5000 ] || fail "the guest was away for too long"
    nic "$1" eth0 'carrier=1 .*'
    answers "$1"
}

# netdevs SOCKET: what QEMU lists, without numbers.
netdevs() {
    qmp "$1" human-monitor-command '{"command-line": "info network"}' |
        json '" ".join(w for w in j.replace("\\", "").split() if w.endswith(":"))'
}

user=$work/user # a QMP socket of the user's own
# shellcheck disable=SC2034 # for the caller
qmp_user=(-qmp "unix:$user,server=on,wait=off")
