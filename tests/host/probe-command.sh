#!/bin/bash
# vifplug probe: what it says, LLDP, and that nothing is left of it. How it asks is for probe.c.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"

ip link add br0 type bridge mcast_snooping 0
ip link add l0 type veth peer p0
ip link set p0 master br0
for link in br0 p0 l0; do ip link set $link up; done
remember

# Members of the answer in JSON.
answer() {
    json '" ".join(str(j[k]) for k in ("lower", "answer", "evb_heard", "evb_capable", "evb_enabled"))' \
        <<<"$out"
}

expect 3 '' "$VIFPLUG" probe l0
has 'no' '^l0: no, no frame came back to l0.* \([1-3][0-9][0-9]\.[0-9][0-9] ms\)$' "$out"
expect 3 '' "$VIFPLUG" probe l0 --json
is 'no, as JSON' 'l0 no None None None' "$(answer)"
is 'the time' True "$(json '140 < j["elapsed_ms"] < 400' <<<"$out")"
works "$VIFPLUG" hairpin br0 p0 on --quiet
for way in '' '--source random' '--source lower' '--end-to-end'; do
    # shellcheck disable=SC2086
    works "$VIFPLUG" probe l0 $way
    has 'yes' '^l0: yes, the switch behind l0 sent .* back \([0-9]{1,3}\.[0-9][0-9] ms\)$' "$out"
done
works "$VIFPLUG" probe l0 --json
is 'yes, as JSON' 'l0 yes None None None' "$(answer)"
works "$VIFPLUG" probe l0 --quiet
is 'quiet' '' "$out"
expect 1 '' "$VIFPLUG" probe p0
is 'unknown' 'p0: unknown, p0 is a port of the bridge br0, so no macvtap can be put on it' "$out"
expect 1 '' "$VIFPLUG" probe p0 --json
is 'unknown, as JSON' 'p0 unknown None None None' "$(answer)"
is 'nothing was sent' None "$(json 'j["elapsed_ms"]' <<<"$out")"
nothing_left

refused 1 'there is no link "l9"' "$VIFPLUG" probe l9
refused 2 'lo is a loopback device' "$VIFPLUG" probe lo
refused 2 '"eth0": random or lower is wanted' "$VIFPLUG" probe l0 --source eth0
refused 2 'macvtaps have addresses of their own' "$VIFPLUG" probe l0 --source lower --end-to-end
for seconds in 0 -1 1.5 3601 99999999999999999999 x ''; do
    refused 2 'seconds are wanted, 1 to 3600' "$VIFPLUG" probe l0 --lldp "$seconds"
done
refused 2 'probe needs LOWER' "$VIFPLUG" probe
for way in '' '--source lower' '--end-to-end' '--lldp 1'; do
    # shellcheck disable=SC2086
    refused 1 'run as root$' setpriv --reuid 65534 --clear-groups "$VIFPLUG" probe l0 $way
done

# A card with a filter for addresses lets the frame through that is to come back.
works "$VIFPLUG" hairpin br0 p0 off --quiet
(for _ in 1 2 3 4 5; do "$VIFPLUG" probe l0 --quiet || true; done) &
wait_for eval 'command bridge fdb show dev l0 | grep -q ^02:'
wait
nothing_left

# The device goes down, or away, while it is asked.
(sleep 0.07; ip link set p0 down) &
expect 1 '' "$VIFPLUG" probe l0
has 'it lost its carrier meanwhile' '^l0: unknown, l0 has no carrier' "$out"
wait
ip link set p0 up
(sleep 0.07; ip link set l0 down) &
expect 1 '' "$VIFPLUG" probe l0
has 'it went down meanwhile' '^l0: unknown, l0 is down: ip link set l0 up$' "$out"
wait
ip link set l0 up
ip link add gone type veth peer peer
ip link set gone up
ip link set peer up
(sleep 0.07; ip link delete gone) &
expect 1 'there is no link "gone"$' "$VIFPLUG" probe gone
wait
nothing_left

# lldp STATUS [PREFIX]: the switch sends an LLDP frame whose EVB TLV has this bridge status, after
# the octets PREFIX in hexadecimal.
lldp() {
    python3 - "$@" <<'PYTHON'
import socket, sys
status, prefix = int(sys.argv[1]), bytes.fromhex("".join(sys.argv[2:]))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("p0", 0))
header = bytes.fromhex("0180c2000000 525400123456 88cc")
wire.send(header + prefix + bytes.fromhex("fe090080c20d") + bytes([status, 0, 0, 0, 20, 0, 0]))
PYTHON
}

# listens COMMAND...: runs probe --lldp 2, and the command meanwhile.
listens() {
    (sleep 0.3; "$@") &
    expect 3 '' "$VIFPLUG" probe l0 --lldp 2 --json
    wait $!
}

SECONDS=0
listens lldp 3
is 'on' 'l0 no True True True' "$(answer)"
listens lldp 2
is 'capable' 'l0 no True True False' "$(answer)"
listens lldp 252
is 'other bits' 'l0 no True False False' "$(answer)"
listens lldp 1 '0207 04 525400123456 0403 05 3137 0602 0078 fe06 0080c2 01 0064'
is 'after other TLVs' 'l0 no True False True' "$(answer)"
[ $SECONDS -lt 8 ] || fail "it does not stop when it has heard: $SECONDS s"
listens lldp 3 09ff
is 'a TLV that is longer than the frame' 'l0 no False None None' "$(answer)"
listens lldp 3 0000
is 'behind the end' 'l0 no False None None' "$(answer)"
listens eval 'lldp 3 09ff; lldp 3'
is 'a good one after a bad one' 'l0 no True True True' "$(answer)"
works "$VIFPLUG" hairpin br0 p0 on --quiet
(sleep 0.3; lldp 2) &
works "$VIFPLUG" probe l0 --lldp 2
has 'in text' $'^l0: yes, [^\n]*\nl0: by LLDP, .* off, and that it is capable of it$' "$out"
wait
works "$VIFPLUG" probe l0 --lldp 1
has 'silence' $'\nl0: by LLDP, nothing was heard of reflective relay$' "$out"
nothing_left

# On a terminal, what it is at.
out=$(script -qec "'$VIFPLUG' probe l0 --lldp 1" /dev/null)
has 'progress on a terminal' 'l0: yes; listening for LLDP, 1 s' "$out"

# Ended while it asks, or listens.
works "$VIFPLUG" hairpin br0 p0 off --quiet
for signal in TERM INT KILL; do
    for way in '' '--end-to-end' '--lldp 5'; do
        # A shell gives its background jobs no SIGINT unless job control is on.
        set -m
        # shellcheck disable=SC2086
        ASAN_OPTIONS=detect_leaks=0 "$VIFPLUG" probe l0 $way >/dev/null &
        set +m
        sleep 0.12
        end $! $signal
        nothing_left
    done
done
# Which only can be had when no other macvtap is left, in any namespace.
wait_for ip link add m0 link l0 type macvtap mode passthru
ip link delete m0
