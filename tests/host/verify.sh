#!/bin/bash
# verify finds each kind of tampering; list and check tell what is there.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0 br1
ip link add lb0 address 02:00:00:00:00:10 type bridge
ip link set lb0 up
remember

up() {
    works "$VIFPLUG" plug --quiet --bridge br0 --target t0 --vlan 100 --mac 52:54:00:00:04:01 --mtu 1400
    works "$VIFPLUG" verify
    is "as it was" 't0: as it was plugged' "$out"
}

# finds PATTERN COMMAND...: that verify finds what the command does.
finds() {
    up
    "${@:2}"
    expect 3 '' "$VIFPLUG" verify
    has "verify" "$1" "$out"
    expect 3 '' "$VIFPLUG" verify t0 --json
    is "JSON" 'False True' "$(json 'str(j["interfaces"][0]["ok"]) + " " + str(len(j["interfaces"][0]["faults"]) > 0)' <<<"$out")"
    works "$VIFPLUG" unplug t0
    # Another port under that name is not ours to remove.
    ovs-vsctl --no-wait --if-exists del-port t0
    ip link del t0 2>/dev/null || true
    nothing_left
}
another_row() {
    ovs-vsctl --no-wait del-port t0 -- add-port br0 t0 tag=100 -- set Interface t0 mtu_request=1400
}
finds 't0: the device is down' ip link set t0 down
finds "the device's MAC address is 02:.* instead of fe:54" ip link set t0 address 02:00:00:00:00:01
# ovs-vswitchd would put the MTU right again.
stopped_mtu() {
    stop_daemon ovs-vswitchd
    ip link set t0 mtu 1300
}
up
stopped_mtu
expect 3 '' "$VIFPLUG" verify
kill -CONT "$(daemon ovs-vswitchd)"
has "verify" "the device's MTU is 1300 instead of 1400" "$out"
works "$VIFPLUG" unplug t0
finds 'its port in Open vSwitch differs: .*tag' ovs-vsctl --no-wait set Port t0 tag=200
finds 'its port in Open vSwitch differs: .*trunk' ovs-vsctl --no-wait set Port t0 vlan_mode=trunk
finds 'it has no port in Open vSwitch' ovs-vsctl --no-wait del-port t0
finds 't0' ip link del t0
finds 'differs: .*br1' ovs-vsctl --no-wait del-port t0 -- add-port br1 t0 tag=100
finds 'replaced by somebody else' another_row
finds 'alias is "stolen"' ip link set t0 alias stolen

# On a Linux bridge.
works "$VIFPLUG" plug --bridge lb0 --target t0
works "$VIFPLUG" verify t0
ip link set t0 nomaster
expect 3 '' "$VIFPLUG" verify t0
has "verify" 'not a port of bridge "lb0"' "$out"
works "$VIFPLUG" unplug t0
expect 1 '"t0" is not plugged' "$VIFPLUG" verify t0

# list.
works "$VIFPLUG" list
is "nothing to list" '' "$out"
works "$VIFPLUG" list --json
is "nothing to list in JSON" '[]' "$(json 'j["interfaces"]' <<<"$out")"
up
works "$VIFPLUG" list
is "table" $'NAME DEVICE ON MODE VLAN MAC ADDRESS DOMAIN STATE\nt0 tap br0 - 100 52:54:00:00:04:01 - plugged' \
    "$(tr -s " " <<<"$out")"
works "$VIFPLUG" list --json
is "JSON" "t0 tap ovs br0 access 100 [] 1400 1 plugged plugged True False" "$(json \
    '"{name} {device} {attachment} {bridge} {vlan[mode]} {vlan[tag]} {vlan[trunks]} {mtu} {queues} {state} {status} {has_device} {in_use}".format(**j["interfaces"][0])' <<<"$out")"
ip link del t0
works "$VIFPLUG" list
has "list" 'device gone' "$out"
works "$VIFPLUG" gc
has "gc" 't0.*: its device is gone' "$out"
nothing_left

# check.
works "$VIFPLUG" check
has "check" 'ok +ovsdb' "$out"
has "check" 'ok +vswitchd' "$out"
has "check" 'ok +tap' "$out"
works "$VIFPLUG" check --json
is "check in JSON" True "$(json 'j["ok"]' <<<"$out")"
nothing_left
expect 3 '' "$VIFPLUG" check --bridge nosuch
has "check" 'fail +plan .*no .*bridge "nosuch"' "$out"
end "$(daemon ovs-vswitchd)" TERM
expect 3 '' "$VIFPLUG" check
has "check" 'fail +vswitchd +no ovs-vswitchd serves this database' "$out"
end "$(daemon ovsdb-server)" TERM
expect 3 '' "$VIFPLUG" check
has "check" 'fail +ovsdb +' "$out"
