#!/bin/bash
# A new device under a name that ovs-vswitchd still has a port for, of a device that is gone: the
# port must come to listen to the new one. Frames tell, for number and link state of a port do not.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
lower up0
ovs-vsctl add-port br0 up0
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
remember

# passes NAME...: whether frames pass between each of these taps and a trunk, both ways.
passes() {
    local name frames
    frames=$(python3 -B "$VIFPLUG_SOURCE/tests/support/open-taps.py" "$@" -- \
        "$VIFPLUG_SOURCE/tests/support/tagged.py" up0p 5 7) || return 1
    echo "$frames" >>"$work/frames"
    for name; do
        grep -qx "$name -> up0p tag 5" <<<"$frames" &&
            grep -qx "up0p tag 5 -> $name" <<<"$frames" || return 1
    done
}

# works_at NAME...: that they do, soon, and in no VLAN but 5.
works_at() {
    : >"$work/frames"
    wait_for passes "$@"
    if grep -E -- '-> up0p (untagged|tag 7)|^up0p (untagged|tag 7) ->' "$work/frames"; then
        fail "frames on another VLAN"
    fi
    echo "ok: frames pass at $*"
}

# forget NAME...: what a crash and somebody with "ip link del" leave: a row.
forget() {
    local name
    for name; do
        rm "/run/vifplug/ports/$name.json"
        ip link del "$name"
    done
}

has_row() {
    db Port "$1" tag
}

# transactions: how many "vifplug plug" has made so far.
transactions() {
    ovsdb-tool -mm show-log /run/openvswitch/conf.db | grep -c '^record.*vifplug plug' || true
}

plug=("$VIFPLUG" plug --quiet --bridge br0 --target)

# Plain.
works "${plug[@]}" t0 --vlan 5
works_at t0

# The device of a row is gone, and so is the record: the row is replaced in one transaction.
forget t0
works "${plug[@]}" t0 --vlan 5
works_at t0
works "$VIFPLUG" verify
forget t0
expect 0 'listens to an earlier device "t0": adding the port again' \
    "$VIFPLUG" plug --bridge br0 --target t0 --vlan 5 --verbose
works_at t0

# The record is there: the row goes first, which ovs-vswitchd may or may not see in time.
for _ in 1 2 3; do
    ip link del t0
    works "${plug[@]}" t0 --vlan 5
    works_at t0
done

# ovs-vswitchd sees an unplug and a plug at once. The device is down until it listens.
"$VIFPLUG_SOURCE/tests/support/ovsdb-proxy.py" "$work/proxy" /run/openvswitch/db.sock '"next_cfg"' \
    "ip -o link show t0 >$work/link-before" 2>/dev/null &
proxy=$!
wait_for test -S "$work/proxy"
stop_daemon ovs-vswitchd
works "$VIFPLUG" unplug t0
"${plug[@]}" t0 --vlan 5 --timeout 10 --db "unix:$work/proxy" &
plugging=$!
wait_for has_row t0
kill -CONT "$(daemon ovs-vswitchd)"
wait $plugging || fail "plug failed"
works_at t0
has "down meanwhile" '^[0-9]+: t0: <BROADCAST,MULTICAST>' "$(<"$work/link-before")"
works "$VIFPLUG" unplug t0
end $proxy
nothing_left

# Three of twenty, which were on another VLAN before. The other seventeen stay in their one
# transaction.
for i in 4 11 19; do
    works "${plug[@]}" "t$i" --vlan 7
done
forget t4 t11 t19
interfaces='' names=()
for i in {1..20}; do
    interfaces+="<interface type='bridge'><source bridge='br0'/><target dev='t$i'/>
        <mac address='52:54:00:00:07:$(printf %02x "$i")'/><vlan><tag id='5'/></vlan></interface>"
    names+=("t$i")
done
before=$(transactions)
works "$VIFPLUG" plug --domain "$(domain many.xml many 44961b1f-ef5e-5612-86cf-8132600ffe0a \
    "$interfaces")" --quiet
is "added, three of them taken out and added again" 3 $(($(transactions) - before))
works_at "${names[@]}"
works "$VIFPLUG" verify
works "$VIFPLUG" list --json
for name in "${names[@]}"; do
    is "number of $name" "$(db Interface "$name" ofport)" \
        "$(json "[i['ofport'] for i in j['interfaces'] if i['name'] == '$name'][0]" <<<"$out")"
done
works "$VIFPLUG" unplug --all
nothing_left

# Who does not wait is told by verify.
works "${plug[@]}" t0 --vlan 5
stop_daemon ovs-vswitchd
works "$VIFPLUG" unplug t0
works "${plug[@]}" t0 --vlan 5 --no-wait
kill -CONT "$(daemon ovs-vswitchd)"
is_realised() {
    [ "$(db Interface t0 ofport)" -gt 0 ]
}
wait_for is_realised
expect 3 '' "$VIFPLUG" verify
has "verify" 't0: ovs-vswitchd does not listen to the device' "$out"
works "$VIFPLUG" unplug t0
works "${plug[@]}" t0 --vlan 5
works_at t0
works "$VIFPLUG" unplug t0
nothing_left
