#!/bin/bash
# A port of the bridge helper's has nothing of one that had its name before, neither in its row nor in
# the frames that it gets, from the first one on: whether that one was left by a helper whose QEMU and
# reaper were killed, or made by hand.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
: "${holder=}" "${tap=}" "${reaper=}"
bridge br0 br1
for vlan in 100 200; do
    ovs-vsctl add-port br0 peer$vlan tag=$vlan -- set Interface peer$vlan type=internal
    ip link set peer$vlan up
    cat >/etc/vifplug/networks/net$vlan.xml <<END
<network><name>net$vlan</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='$vlan'/></vlan></network>
END
done
policy 'allow net100 user joe' 'allow net200 user joe'
remember

# own_only: a helper's port is on VLAN 200, and on no other.
own_only() {
    local flood
    : >"$work/frames"
    "$VIFPLUG_SOURCE/tests/support/flood.py" peer100 peer200 >"$work/frames" &
    flood=$!
    hold joe --br=net200
    wait_for grep -qx "peer200 -> $tap" "$work/frames"
    kill -TERM $flood
    wait $flood
    is "frames for it" "peer200 -> $tap" "$(grep -- "-> $tap\$" "$work/frames")"
    is "its row" 'access 200 [] {} false' "$(for column in vlan_mode tag trunks other_config protected; do
        db Port "$tap" $column
    done | tr '\n' ' ' | sed 's/ $//')"
    is "its interface" '0 {}' "$(db Interface "$tap" ingress_policing_rate) $(db Interface "$tap" other_config)"
    expect 1 'no key' db Interface "$tap" external_ids:by-hand
    is "its bridge" br0 "$(ovs-vsctl port-to-br "$tap")"
    works "$VIFPLUG" verify "$tap"
    let_go
}

# What is left on VLAN 100 by a helper whose reaper and holder were killed, in this order: nobody gets
# its name.
hold joe --br=net100
left=$tap
end "$reaper"
end "$holder"
has_link "$left" && fail "$left did not go with its holder"
remember_first=$snapshot
remember
own_only
is "what was left is as it was" 100 "$(db Port "$left" tag)"
works "$VIFPLUG" gc --quiet
snapshot=$remember_first
nothing_left

# From here on somebody's row comes up under the name of the helper's port while that is being made.
mv /run/openvswitch/db.sock /run/openvswitch/server.sock
cat >"$work/meddle" <<'END'
#!/bin/bash
# meddle BRIDGE [KEY=VALUE...]: makes that row, with all that one may have. Has the helper's message on
# its standard input.
set -e
name=$(grep -o -m 1 'vif[0-9a-f]\{8\}' | head -n 1)
ip -o link show "$name" >"${0%/*}/link-before" 2>/dev/null || true
ovs-vsctl --db=unix:/run/openvswitch/server.sock --no-wait -- \
    add-port "$1" "$name" vlan_mode=native-tagged tag=100 trunks=100,300 protected=true \
    other_config:priority-tags=true "${@:2}" -- \
    set Interface "$name" ingress_policing_rate=1000 external_ids:by-hand=yes
echo "$name" >"${0%/*}/meddled"
END
chmod +x "$work/meddle"
# meddled TEXT BRIDGE [KEY=VALUE...]: it comes before the helper's message that has TEXT, from now on
# until meddled_off.
meddled() {
    rm -f "$work/meddled"
    "$VIFPLUG_SOURCE/tests/support/ovsdb-proxy.py" /run/openvswitch/db.sock \
        /run/openvswitch/server.sock "$1" "$work/meddle ${*:2}" &
    proxy=$!
    wait_for test -S /run/openvswitch/db.sock
}
meddled_off() {
    end $proxy
    rm /run/openvswitch/db.sock
}

# Before it looks what there is: somebody's, here and on another bridge, and one of vifplug's of which
# no record tells, as after a reboot. None has a device.
for row in br0 br1 'br0 external_ids:owner=vifplug'; do
    # shellcheck disable=SC2086 # several words
    meddled '"vif' $row
    own_only
    is "it had that name" "$tap" "$(<"$work/meddled")"
    is "there was no tap" '' "$(<"$work/link-before")"
    meddled_off
done

# After that, when there is a tap already: it gets none.
meddled '"insert"' br0
denied 1 'port name "vif[0-9a-f]*" is taken by a port on bridge "br0"' joe --br=net200
has "there was a tap, down" ': <BROADCAST,MULTICAST(,PROMISC)?>' "$(<"$work/link-before")"
meddled_off
mv /run/openvswitch/server.sock /run/openvswitch/db.sock
is "the row is as it was" 100 "$(db Port "$(<"$work/meddled")" tag)"
ovs-vsctl del-port "$(<"$work/meddled")"
nothing_left
