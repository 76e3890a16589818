#!/bin/bash
# vifplug hairpin: the flag of a Linux bridge's ports.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"

bridge ovs0
ip link add br0 type bridge
ip link add br1 type bridge
ip link add p0 master br0 type veth peer q0
ip link add p1 master br0 type veth peer q1
ip link add p2 master br1 type veth peer q2
ip link add nobody type bridge

# flag PORT: as the bridge command of iproute2 knows it.
flag() {
    command bridge -d link show dev "$1" | grep -o 'hairpin [a-z]*'
}

works "$VIFPLUG" hairpin br0
is 'a table of ports' $'PORT  HAIRPIN\np1    off\np0    off' \
    "$(head -1 <<<"$out"; tail -n +2 <<<"$out" | sort -r)"
works "$VIFPLUG" hairpin br0 p0 on
is 'says what it did' $'PORT  HAIRPIN\np0    on' "$out"
is 'it is on' 'hairpin on' "$(flag p0)"
is 'for that port only' 'hairpin off' "$(flag p1)"
works "$VIFPLUG" hairpin br0 --json
is 'as JSON' "[('p0', True), ('p1', False)]" \
    "$(json 'sorted((p["name"], p["hairpin"]) for p in j["ports"])' <<<"$out")"
works "$VIFPLUG" hairpin br0 p0 on
works "$VIFPLUG" hairpin br0 p0
is 'one port' $'PORT  HAIRPIN\np0    on' "$out"
works "$VIFPLUG" hairpin br0 p0 off --json
is 'off, as JSON' "[{'name': 'p0', 'hairpin': False}]" "$(json 'j["ports"]' <<<"$out")"
is 'it is off' 'hairpin off' "$(flag p0)"
works "$VIFPLUG" hairpin br0 p1 on --quiet
is 'quiet' '' "$out"
is 'on all the same' 'hairpin on' "$(flag p1)"
ip link set p0 type bridge_slave hairpin on
works "$VIFPLUG" hairpin br0 p0
has 'set by somebody else' 'p0 +on' "$out"
works "$VIFPLUG" hairpin nobody
is 'a bridge without ports' '' "$out"
works "$VIFPLUG" hairpin nobody --json
is 'likewise, as JSON' '[]' "$(json 'j["ports"]' <<<"$out")"
works setpriv --reuid 65534 --clear-groups "$VIFPLUG" hairpin br0 p0
has 'anyone may look' 'p0 +on' "$out"

refused 1 '^vifplug: there is no bridge "br9"; Linux bridges: br0, br1, nobody$' \
    "$VIFPLUG" hairpin br9
refused 1 '^vifplug: ovs0 is a bridge of Open vSwitch, .* in_port ' "$VIFPLUG" hairpin ovs0
refused 1 '^vifplug: ovs0 is a bridge of Open vSwitch, ' "$VIFPLUG" hairpin ovs0 p0 on
refused 1 'q0 is not a Linux bridge but a link of the kind "veth"$' "$VIFPLUG" hairpin q0
refused 1 'p0 is not a Linux bridge.*: it is a port of br0: vifplug hairpin br0 p0$' \
    "$VIFPLUG" hairpin p0
refused 1 'lo is not a Linux bridge' "$VIFPLUG" hairpin lo
refused 1 'there is no link "p9"' "$VIFPLUG" hairpin br0 p9 on
refused 1 'p2 is no port of br0 but of br1$' "$VIFPLUG" hairpin br0 p2 on
refused 1 'q0 is no port of br0, nor of any Linux bridge$' "$VIFPLUG" hairpin br0 q0 on
refused 2 '"yes": on or off is wanted' "$VIFPLUG" hairpin br0 p0 yes
refused 2 '"": on or off is wanted' "$VIFPLUG" hairpin br0 p0 ''
refused 2 'hairpin needs BRIDGE' "$VIFPLUG" hairpin
refused 2 'hairpin does not take "p1"' "$VIFPLUG" hairpin br0 p0 on p1
refused 1 'p1: cannot set the hairpin flag.* run as root$' \
    setpriv --reuid 65534 --clear-groups "$VIFPLUG" hairpin br0 p1 off
is 'what was refused changed nothing' 'hairpin on hairpin on hairpin off' \
    "$(flag p0) $(flag p1) $(flag p2)"

# A server that does not answer is nobody's bridge, and no reason to wait for long.
stop_daemon ovsdb-server
expect 1 'q0 is not a Linux bridge' "$VIFPLUG" hairpin q0 --timeout 0.2
works "$VIFPLUG" hairpin br0
kill -CONT "$(daemon ovsdb-server)"
