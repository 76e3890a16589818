# shellcheck shell=bash
# Sourced by the scripts in tests/host that test the program, after "set -euo pipefail": running it,
# and looking at what it did to the host.

work=$(mktemp -d)
out='' err='' # of the last command that expect or failing ran
snapshot=''
# shellcheck disable=SC2034 # for the caller
good=0

# fail TEXT...: ends the test.
fail() {
    printf 'not ok: %s\n' "$*" >&2
    exit 1
}

# is WHAT WANTED ACTUAL: ends the test where ACTUAL is not WANTED.
is() {
    [ "$2" = "$3" ] || fail "$(printf '%s\n  wanted: %s\n  actual: %s' "$@")"
    echo "ok: $1"
}

# has WHAT PATTERN TEXT: ends the test where TEXT does not match the extended regular expression.
has() {
    [[ $3 =~ $2 ]] || fail "$(printf '%s\n  wanted: %s\n  actual: %s' "$@")"
    echo "ok: $1"
}

# expect STATUS PATTERN COMMAND...: runs it, with its output in $out and $err. Its exit status must
# be STATUS and what it says on stderr match PATTERN, an extended regular expression; '' is silence.
expect() {
    local wanted=$1 pattern=$2 status=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
    [ "$status" = "$wanted" ] ||
        fail "$(printf '%s\n  status %s instead of %s\n%s\n%s' "$*" "$status" "$wanted" "$out" "$err")"
    if [ -z "$pattern" ]; then
        [ -z "$err" ] || fail "$(printf '%s\n  says: %s' "$*" "$err")"
    else
        [[ $err =~ $pattern ]] ||
            fail "$(printf '%s\n  wanted: %s\n  says:   %s' "$*" "$pattern" "$err")"
    fi
    echo "ok: ${*/#"$VIFPLUG"/vifplug} -> $status${err:+ ($err)}"
}

# works COMMAND...: a command that succeeds and says nothing on stderr.
works() {
    expect 0 '' "$@"
}

patience=10 # seconds; for a slow machine more
# wait_for COMMAND...: until it succeeds; ends the test when patience does.
wait_for() {
    local end=$((SECONDS + patience))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "still not so: $*"
        sleep 0.02
    done
}

# host_state: what a plug could leave behind, a line each.
host_state() {
    local table
    for table in Port:name,tag,trunks,vlan_mode,qos,protected,external_ids \
        Interface:name,type,mtu_request,external_ids,ingress_policing_rate \
        QoS:type,other_config Queue:other_config Bridge:name,ports; do
        [ ! -S /run/openvswitch/db.sock ] ||
            timeout 10 ovs-vsctl --no-wait -f csv --no-headings --columns="_uuid,${table#*:}" \
                list "${table%%:*}" | sort
    done
    ip -o link | sed 's/^[0-9]*: //; s/ \(state\|qlen\|qdisc\|mode\|group\) [^ ]*//g
        s/<\(.*,\)\?UP[,>][^ ]*/up/; s/<[^ ]*>/down/'
    find /run/vifplug -type f ! -name lock ! -name watch.lock 2>/dev/null | sort || true
}

# remember: takes a snapshot of the host; nothing_left: ends the test where the host differs from it.
remember() {
    snapshot=$(host_state)
}

nothing_left() {
    local now
    now=$(host_state)
    [ "$now" = "$snapshot" ] ||
        fail "something was left behind: $(diff <(echo "$snapshot") <(echo "$now"))"
    echo "ok: nothing was left behind"
}

# refused STATUS PATTERN COMMAND...: expect, and that nothing was left behind.
refused() {
    remember
    expect "$@"
    nothing_left
}

# db TABLE RECORD COLUMN: a value in Open vSwitch's database.
db() {
    ovs-vsctl --no-wait get "$@"
}

# daemon NAME: the process of ovsdb-server or ovs-vswitchd.
daemon() {
    cat "/run/openvswitch/$1.pid"
}

# stop_daemon NAME: stops it where it stands, until "kill -CONT".
stop_daemon() {
    kill -STOP "$(daemon "$1")"
    wait_for grep -q '^State:[[:space:]]*T' "/proc/$(daemon "$1")/status"
}

# end PID: kills a process that is no child to be waited for, or is, and waits until it is gone.
end() {
    kill "-${2:-KILL}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    wait_for is_gone "$1"
}

# works_on NAME: the process that the record of that device names.
works_on() {
    sed -n 's/^.*"pid":[[:space:]]*\([0-9]*\).*$/\1/p' "/run/vifplug/ports/$1.json"
}

# is_gone PID: whether the process has ended; a zombie has.
is_gone() {
    ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$1/status" 2>/dev/null
}

# at_once N COMMAND...: runs it N times at once, with 1 to N for each "{}" in it, and what it says on
# stderr in $work/refusals; $good is how many succeeded.
at_once() {
    local n=$1 i pid pids=()
    shift
    : >"$work/refusals"
    for i in $(seq "$n"); do
        "${@//\{\}/$i}" 2>>"$work/refusals" &
        pids+=($!)
    done
    good=0
    for pid in "${pids[@]}"; do
        if wait "$pid"; then
            good=$((good + 1))
        fi
    done
}

# link NAME: what the kernel says of a link, in detail, on one line.
link() {
    ip -o -d link show "$1"
}

has_link() {
    [ -e "/sys/class/net/$1" ]
}

# bridge NAME...: makes Open vSwitch bridges with the userspace datapath, which needs no module.
bridge() {
    local name
    for name; do
        ovs-vsctl add-br "$name" -- set Bridge "$name" datapath_type=netdev
    done
}

# lower NAME...: makes devices to put macvtaps on, up: ends of veth pairs, whose others are NAMEp.
lower() {
    local name
    for name; do
        ip link add "$name" type veth peer name "${name}p"
        ip link set "${name}p" up
        ip link set "$name" up
    done
}

# mac NAME: the MAC address of a link.
mac() {
    cat "/sys/class/net/$1/address"
}

# is_up NAME: whether a link is up, administratively.
is_up() {
    [[ $(link "$1") =~ [\<,]UP[,\>] ]]
}

# interface FILE BODY [TYPE]: writes $work/FILE, an <interface> with that body, and prints its path.
interface() {
    echo "<interface type='${3:-bridge}'>$2</interface>" >"$work/$1"
    echo "$work/$1"
}

# domain FILE NAME UUID BODY: writes $work/FILE, a domain with these devices, and prints its path.
domain() {
    echo "<domain type='qemu'><name>$2</name><uuid>$3</uuid><devices>$4</devices></domain>" \
        >"$work/$1"
    echo "$work/$1"
}

# own_etc: from here on /etc is a copy, for the test to write to.
own_etc() {
    cp -a /etc "$work/etc"
    chmod 755 "$work/etc"
    mount --bind "$work/etc" /etc
    mkdir -p /etc/vifplug/networks
}

# json FILTER: picks from JSON on stdin, as Python's expression with `j` for the whole.
json() {
    # Without what only takes time to load: it is called by the thousand.
    python3 -IS -c 'import json, sys; j = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}
