#!/bin/bash
# Adopted guests that go from host to host, each with a libvirtd and an Open vSwitch of its own: they
# have what the host gives that they are on, and nothing stays on the other one; or they do not get
# there, and then nothing is there.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
# shellcheck source=../support/far.sh
. "$VIFPLUG_SOURCE/tests/support/far.sh"
: "${near_address=}" "${far_address=}" "${far_uri=}"

# peer BRIDGE VLAN ADDRESS: somebody to talk to.
peer() {
    ovs-vsctl add-port "$1" "peer$2" tag="$2" -- set Interface "peer$2" type=internal
    ip addr add "$3/24" dev "peer$2"
    ip link set "peer$2" up
}

# host BRIDGE DIGIT: a host, with libvirt. The addresses of whom a guest meets there end in DIGIT.
# The network "lan" is on BRIDGE.
host() {
    own_etc
    cat >/etc/vifplug/networks/lan.xml <<END
<network><name>lan</name><forward mode='bridge'/><bridge name='$1'/>
  <virtualport type='openvswitch'/><vlan><tag id='200'/></vlan></network>
END
    bridge br0
    peer br0 100 "10.0.1.$2"
    [ "$1" = br0 ] || bridge "$1"
    peer "$1" 200 "10.0.2.$2"
    # Below macvtaps, with the adjacent switch in the shape of yet another host.
    lower low0
    ip addr add "10.0.3.$2/24" dev low0p
    install_hook
    libvirtd_start
}
far_start
host br0 101
over_there host br-lan 201
remember
far_remember

uuid=11111111-1111-4111-8111-111111111111
libvirt_domain one $uuid ip4=10.0.1.1/24,10.0.2.1/24,10.0.3.1/24 "
    <interface type='bridge'><mac address='52:54:00:00:01:01'/><source bridge='br0'/>
      <virtualport type='openvswitch'/><vlan><tag id='100'/></vlan><model type='virtio'/></interface>
    <interface type='network'><mac address='52:54:00:00:01:02'/><source network='lan'/>
      <model type='virtio'/></interface>
    <interface type='direct'><mac address='52:54:00:00:01:03'/><source dev='low0' mode='bridge'/>
      <model type='virtio'/></interface>"
"$VIFPLUG" adopt "$work/one.xml" | works virsh -q define /dev/stdin
libvirt_start one
ready one
device=$(device one)
over_there new_console one

# Whom it meets here, and whom there.
here='10.0.1.101 yes, 10.0.2.101 yes, 10.0.3.101 yes, 10.0.1.201 no, 10.0.2.201 no, 10.0.3.201 no'
there='10.0.1.201 yes, 10.0.2.201 yes, 10.0.3.201 yes, 10.0.1.101 no, 10.0.2.101 no, 10.0.3.101 no'
# stays: that it runs as before, and left no trace there.
stays() {
    far_nothing_left
    works "$VIFPLUG" verify
    is "it runs" running "$(virsh domstate one)"
    reach one "$here"
}
reach one "$here"

# go OPTIONS...: from here to there.
go() {
    virsh -q migrate "$@" one "$far_uri" --migrateuri "tcp://$far_address"
}

# The other host cannot have it: virsh says our sentence.
over_there ovs-vsctl del-br br-lan
far_remember
expect 1 'vifplug-libvirt-hook: domain "one": .*no OVS bridge "br-lan" in [^;]*; bridges: br0' go --live
stays
over_there bridge br-lan
over_there peer br-lan 200 10.0.2.201
far_remember

# going: it is on its way, and takes long; the port there is as the one here.
is_there() {
    over_there "$VIFPLUG" verify "$device"
}
identity() {
    echo "$(db Port "$1" tag) $(db Interface "$1" external_ids:iface-id)"
}
going() {
    virsh -q migrate-setspeed one 1
    go --live >"$work/go" 2>&1 &
    going=$!
    wait_for is_there
    is "VLAN and interface id there" "$(identity "$device")" "$(over_there identity "$device")"
}
# fails PATTERN: and then it does not get there.
fails() {
    wait $going && fail "it did get there"
    has "it does not get there" "$1" "$(<"$work/go")"
    stays
}
kill_qemu() {
    libvirt_runs one
    end "${guest_pid[one]}"
}
going
works virsh -q domjobabort one
fails 'canceled by client'
going
over_there kill_qemu
fails 'error: '
virsh -q migrate-setspeed one 1000

# It does get there, libvirtd to libvirtd, with what was plugged into it meanwhile.
works hot attach --libvirt one --bridge br0 --vlan 300 --target one-in
added=$(identity one-in)
works go --live --p2p --persistent
unset 'guest_pid[one]'
is "it is off here" "shut off" "$(virsh domstate one)"
nothing_left
over_there works "$VIFPLUG" verify
is "what was plugged in is there, too" "$added" "$(over_there identity one-in)"
reach_there one "$there"

# And back, led by virsh.
new_console one
works virsh -q -c "$far_uri" migrate --live --persistent --undefinesource one qemu:///system \
    --migrateuri "tcp://$near_address"
libvirt_runs one
far_nothing_left
works "$VIFPLUG" verify
reach one "$here"

# What was taken there can be started there: also without having run.
libvirt_destroy one
nothing_left
works go --offline --persistent --undefinesource
far_nothing_left
over_there libvirt_start one
is "VLAN there" 100 "$(over_there db Port "$device" tag)"
over_there libvirt_destroy one
far_nothing_left
nothing_left
