#!/bin/bash
# A guest on a VLAN of an Open vSwitch bridge, asked for echoes all the while: its port is deleted, the
# daemons are killed and started again, the database is emptied. The watcher puts back what is gone, as
# it was, and the guest is on no other VLAN at any time; and of a guest that is gone nothing stays.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# This host has a port on the guest's VLAN, on another one, and on none. They are ends of veth pairs,
# which stay when ovs-vswitchd goes.
make_switch() {
    ovs-vsctl add-br br0 -- set Bridge br0 datapath_type=netdev \
        -- add-port br0 host0p tag=100 -- add-port br0 other0p tag=200 \
        -- add-port br0 none0p trunks=0
}
start_server() {
    ovsdb-server -vconsole:off /run/openvswitch/conf.db --remote=punix:/run/openvswitch/db.sock \
        --detach --no-chdir --pidfile --log-file=/run/openvswitch/ovsdb-server.log
}
start_switch() {
    ovs-vswitchd -vconsole:off --detach --no-chdir --pidfile \
        --log-file=/run/openvswitch/ovs-vswitchd.log
}

# row: what the database has of the guest's port, but for what says which row it is.
row() {
    ovs-vsctl --no-wait port-to-br port0
    ovs-vsctl --no-wait --columns=name,tag,trunks,vlan_mode,external_ids list Port port0
    ovs-vsctl --no-wait --columns=name,mtu_request,external_ids list Interface port0
}
uuid() {
    ovs-vsctl --no-wait get Port port0 _uuid
}
# put_back LINE: waits until the watcher says, from that line of its log on, that the port is put
# back, which it must be, as it was; notes the milliseconds that it tells.
put_back() {
    local of='"port0": its port in Open vSwitch was gone and is put back, after ([0-9]+) ms'
    watch_says "$of" "$1"
    [[ $(tail -n "+$1" "$work/watch.log") =~ $of ]]
    told+=("${BASH_REMATCH[1]}")
    is "the port is as it was" "$before" "$(row)"
    works "$VIFPLUG" verify port0
    goes_on
}
# state: this host's, but for what says which row is which; taken_down: whether it is as it was.
state() {
    host_state | sed -E 's/[0-9a-f]{8}(-[0-9a-f]+){4}/UUID/g' | sort
}
taken_down() {
    is "nothing was left behind" "$snapshot" "$(state)"
}
told=()

for device in host0 other0 none0; do
    ip link add $device type veth peer name ${device}p
    ip link set ${device}p up
    ip link set $device up
done
ip addr add 10.0.0.254/24 dev host0
make_switch
snapshot=$(state)
heard=()
for device in host0 other0 none0; do
    python3 "$VIFPLUG_SOURCE/tests/support/frames.py" $device 52:54:00:00:01:01 >"$work/$device" &
    heard+=($!)
    wait_for [ -s "$work/$device" ]
done
watch_start

guest=$(domain guest.xml guest 11111111-1111-4111-8111-111111111111 "
    <interface type='bridge'>
      <mac address='52:54:00:00:01:01'/><source bridge='br0'/><vlan><tag id='100'/></vlan>
      <virtualport type='openvswitch'/><target dev='port0'/><mtu size='1400'/>
    </interface>")
under_run one ip4=10.0.0.1/24 --domain "$guest"
ready one
pings_start 10.0.0.1 52:54:00:00:01:01 host0
goes_on
before=$(row)
has "it is on its VLAN" 'tag +: 100' "$before"
# It sends to all, too: that is what others would hear of it first.
guest_ask one 'busybox ping -q -i 0.05 10.0.0.255 >/dev/null 2>&1 &' >/dev/null

# Its port is deleted, while ovs-vswitchd works.
for _ in 1 2 3; do
    cut=$(now) line=$(watch_line)
    ovs-vsctl del-port port0
    put_back "$line"
    cut_off=$(gap "$cut")
    echo "the watcher told ${told[-1]} ms, and the guest was cut off for $cut_off ms"
    [ "$cut_off" -lt 5000 ] || fail "the guest was cut off for too long"
    sleep 1 # one who deletes it again and again is not followed faster
done
summary "ms that the watcher told" "${told[@]}"
for ms in "${told[@]}"; do
    [ "$ms" -lt 5000 ] || fail "it was gone for too long"
done

# ovs-vswitchd is killed: the row stands, and is left alone.
stands=$(uuid) line=$(watch_line)
end "$(daemon ovs-vswitchd)"
sleep 0.5
start_switch
goes_on
is "its row is the one it was" "$stands" "$(uuid)"
is "and the watcher has nothing to do" '' "$(tail -n "+$line" "$work/watch.log")"

# Its port is deleted while there is no ovs-vswitchd: put back at once, and told when it is realised.
line=$(watch_line)
end "$(daemon ovs-vswitchd)"
ovs-vsctl --no-wait del-port port0
wait_for uuid
is "the row is as it was" "$before" "$(row)"
sleep 1.5
is "it is not told before it is true" '' "$(tail -n "+$line" "$work/watch.log" | grep 'put back' || true)"
start_switch
put_back "$line"
has "the gap is all of it" '^[0-9]{4,}$' "${told[-1]}"

# Both are killed, and started again.
stands=$(uuid) line=$(watch_line)
end "$(daemon ovs-vswitchd)"
end "$(daemon ovsdb-server)"
sleep 0.5
start_server
start_switch
goes_on
sleep 1.5
is "its row is the one it was" "$stands" "$(uuid)"
is "and nothing is put back" '' "$(tail -n "+$line" "$work/watch.log" | grep 'put back' || true)"

# The database is emptied: there is no bridge until somebody makes it again.
line=$(watch_line)
end "$(daemon ovsdb-server)"
rm /run/openvswitch/conf.db
ovsdb-tool create /run/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
start_server
ovs-vsctl --no-wait init
watch_says '"port0": .*no OVS bridge "br0"' "$line"
make_switch
put_back "$line"
has_link port0 || fail "the guest's tap is gone"

# Without `vifplug run`, which is killed, it is a live guest's port all the same.
qemu=$(child "${guest_pid[one]}")
orphan one
sleep 1
line=$(watch_line)
ovs-vsctl del-port port0
put_back "$line"

# QEMU is killed: what is left of it is taken away, though not at the first look.
pings_stop
line=$(watch_line)
killed=$(now)
kill -KILL "$qemu"
wait_for is_gone "$qemu"
unset 'guest_pid[one]'
watch_says '"port0": it is unplugged, since ' "$line"
took=$((($(now) - killed) / 1000))
[ "$took" -ge 900 ] || fail "it was unplugged after $took ms, without a second look"
taken_down

# Under run, it is run that takes it down.
"$VIFPLUG" run --domain "$guest" -- qemu-system-x86_64 -S -M q35 -m 16 -nodefaults -display none \
    </dev/null &
run=$!
is_qemu() {
    [[ $(readlink "/proc/$(child $run)/exe") = */qemu-system-x86_64 ]]
}
wait_for is_qemu
line=$(watch_line)
kill -KILL "$(child $run)"
status=0
wait $run || status=$?
is "QEMU was killed" 137 $status
taken_down
sleep 1.5
is "and the watcher has nothing to take away" '' "$(tail -n "+$line" "$work/watch.log")"
watch_stop

# All the while, nobody else has heard of the guest.
for pid in "${heard[@]}"; do
    end "$pid" TERM
done
for device in other0 none0; do
    is "nothing came to $device" listening "$(<"$work/$device")"
done
[ "$(grep -c ^ffffffffffff "$work/host0")" -ge 100 ] || fail "not even its own VLAN has heard of the guest"
