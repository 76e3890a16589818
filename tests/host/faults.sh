#!/bin/bash
# Open vSwitch that is missing, stopped, dead or changed behind our back; folders that cannot be
# written; records that cannot be read. Each time: the sentence, and nothing left behind.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0 br1
plug=("$VIFPLUG" plug --target f0 --vlan 100)

refused 1 'no .*bridge "br9" in unix:.*; bridges: br0, br1' "${plug[@]}" --bridge br9
refused 1 'Open vSwitch cannot be asked: .*nosuch.sock' "${plug[@]}" --bridge br0 --db unix:/nosuch.sock
refused 1 'cannot be asked' "${plug[@]}" --bridge br0 --db tcp:127.0.0.1:1
refused 1 'malformed|cannot be asked' "${plug[@]}" --bridge br0 --db nonsense

# plan: touches nothing, and needs no root.
remember
works "$VIFPLUG" plan --bridge br0 --target f0 --vlan 100
has "plan" 'new tap "f0".*' "$out"
works "$VIFPLUG" plan --bridge br0 --target f0 --vlan 100 --json
is "plan in JSON" 'f0 insert -netdev' "$(json \
    '" ".join((j["interfaces"][0]["name"], j["ovsdb"][1]["op"], j["qemu"][0]))' <<<"$out")"
chmod 777 /run/openvswitch/db.sock
works setpriv --reuid 65534 --regid 65534 --clear-groups "$VIFPLUG" plan --bridge br0 --target f0
nothing_left
[ ! -e /run/vifplug ] || [ -z "$(find /run/vifplug -type f ! -name lock)" ] || fail "plan left files"

# Without the right to: first the run-time folder, then the tap.
user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
rm -rf /run/vifplug
refused 1 'cannot make the run-time folder /run/vifplug.*run as root' "${user[@]}" "${plug[@]}" --bridge br0
mkdir -m 777 /run/tmp/own
refused 1 '(/dev/net/tun|CAP_NET_ADMIN)' "${user[@]}" "${plug[@]}" --bridge br0 --rundir /run/tmp/own/v
[ -z "$(find /run/tmp/own -type f ! -name lock)" ] || fail "a record was left"

# The bridge vanishes between plan and plug.
"$VIFPLUG_SOURCE/tests/support/ovsdb-proxy.py" "$work/proxy" /run/openvswitch/db.sock '"insert"' \
    'ovs-vsctl --no-wait del-br br1' 2>/dev/null &
proxy=$!
wait_for test -S "$work/proxy"
expect 1 'no OVS bridge "br1" in .*; bridges: br0' "${plug[@]}" --bridge br1 --db "unix:$work/proxy"
end $proxy
has_link f0 && fail "the tap is still there"
is "no row" '' "$(ovs-vsctl --no-wait --bare --columns=name find Port name=f0)"
works "$VIFPLUG" list
is "no record" '' "$out"

# The name is taken by a live port, or by a stale one on another bridge.
bridge br1
ip tuntap add f0 mode tap
ip link set f0 up
ovs-vsctl add-port br1 f0 tag=7
refused 1 '"f0" exists already, and is not vifplug' "${plug[@]}" --bridge br0
ip link del f0
ovs-vsctl --no-wait del-port f0 -- add-port br1 f0 tag=7 -- set Interface f0 type=internal
wait_for has_link f0
refused 1 'f0" exists' "${plug[@]}" --bridge br0
ovs-vsctl del-port f0
ovs-vsctl --no-wait add-port br1 f0 tag=7
# While the stale row stands the device must be down: who watches sees it up only afterwards.
"$VIFPLUG_SOURCE/tests/support/ovsdb-proxy.py" "$work/proxy2" /run/openvswitch/db.sock '"insert"' \
    "ip -o link show f0 >$work/link-before" 2>/dev/null &
proxy=$!
wait_for test -S "$work/proxy2"
works "${plug[@]}" --bridge br0 --quiet --db "unix:$work/proxy2"
has "made before" 'f0: <' "$(<"$work/link-before")"
has "but not up" '^[0-9]+: f0: <BROADCAST,MULTICAST(,PROMISC)?>' "$(<"$work/link-before")"
has "up afterwards" '[<,]UP[,>]' "$(link f0)"
is "moved" 'br0 100' "$(ovs-vsctl port-to-br f0) $(db Port f0 tag)"
transaction=$(ovsdb-tool -mm show-log /run/openvswitch/conf.db |
    awk '/^record/ { if (/vifplug plug/) { ours = 1; text = "" } else { ours = 0 } }
        ours { text = text $0 "\n" } END { printf "%s", text }')
has "out of one bridge and into the other in one transaction" 'br0.*br1|br1.*br0' \
    "$(grep -o 'table Bridge.*' <<<"$transaction" | tr '\n' ' ')"
works "$VIFPLUG" unplug f0
end $proxy

# ovs-vswitchd stopped: the wait ends, and the row goes again.
stop_daemon ovs-vswitchd
start=$SECONDS
refused 1 'ovs-vswitchd is running, but is too busy or stuck' "${plug[@]}" --bridge br0 --timeout 0.5
[ $((SECONDS - start)) -lt 10 ] || fail "that took too long"

# Interrupted while it waits.
for signal in INT TERM HUP; do
    remember
    env --default-signal "${plug[@]}" --bridge br0 --timeout 2 2>"$work/err" &
    pid=$!
    wait_for sh -c 'ovs-vsctl --no-wait --bare --columns=name find Port name=f0 | grep -q f0'
    has "down until its row is realised" '^[0-9]+: f0: <BROADCAST,MULTICAST>' "$(link f0)"
    kill "-$signal" $pid
    status=0
    wait $pid || status=$?
    [ $status -ne 0 ] || fail "an interrupted plug succeeded"
    nothing_left
done
kill -CONT "$(daemon ovs-vswitchd)"

# A run-time folder that is full, or read-only.
mkdir -p /run/vifplug
mount -t tmpfs -o size=8k,mode=755 full /run/vifplug
mkdir /run/vifplug/ports
head -c 8192 /dev/zero >/run/vifplug/filler 2>/dev/null || true
refused 1 'cannot write the record of "f0".*No space left' "${plug[@]}" --bridge br0
rm /run/vifplug/filler
mount -o remount,ro /run/vifplug
refused 1 'cannot .*"f0".*Read-only' "${plug[@]}" --bridge br0
umount /run/vifplug
mount -t tmpfs -o ro full /run/vifplug
refused 1 'cannot make the run-time folder .*Read-only' "${plug[@]}" --bridge br0
umount /run/vifplug

# A record that cannot be read.
works "${plug[@]}" --bridge br0 --quiet
cp /run/vifplug/ports/f0.json "$work/good"
for garbage in '' 'nonsense' '{}' '[1]' '{"name": "f0"}'; do
    printf '%s' "$garbage" >/run/vifplug/ports/f0.json
    for command in list verify gc 'unplug --all' 'unplug f0' 'plug --bridge br0 --target f0'; do
        # shellcheck disable=SC2086
        expect 1 '/run/vifplug/ports/f0.json: ' "$VIFPLUG" $command
    done
done
cp "$work/good" /run/vifplug/ports/f0.json

# ovsdb-server dead: what cannot be undone is kept, and gc does it later.
stop_daemon ovsdb-server
expect 1 'what is left will be removed by "vifplug gc"' "$VIFPLUG" unplug f0 --timeout 0.5
kill -CONT "$(daemon ovsdb-server)"
is "the record is kept" /run/vifplug/ports/f0.json "$(find /run/vifplug/ports -type f)"
is "the row stands" 100 "$(db Port f0 tag)"
works "$VIFPLUG" gc
is "the record is gone" '' "$(find /run/vifplug/ports -type f)"
is "the row is gone" '' "$(ovs-vsctl --no-wait --bare --columns=name find Port name=f0)"
has_link f0 && fail "f0 is still there"
end "$(daemon ovs-vswitchd)" TERM
refused 1 'no ovs-vswitchd is running' "${plug[@]}" --bridge br0 --timeout 0.5
