#!/bin/bash
# What libvirt does without vifplug, so that the other tests here can be believed: guests on its own
# Open vSwitch ports run, and meet on their VLAN only.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
bridge br0
remember
libvirtd_start

# card DIGIT VLAN
card() {
    echo "<interface type='bridge'>
      <mac address='52:54:00:00:0$1:01'/><source bridge='br0'/>
      <virtualport type='openvswitch'/><vlan><tag id='$2'/></vlan><model type='virtio'/>
    </interface>"
}
libvirt_domain one 11111111-1111-4111-8111-111111111111 ip4=10.0.0.1/24 "$(card 1 100)"
libvirt_domain two 22222222-2222-4222-8222-222222222222 ip4=10.0.0.2/24 "$(card 2 100)$(card 3 200)"
libvirt_create one two
ready one two
reach one "10.0.0.2 yes"
guest_ask two 'ip addr del 10.0.0.2/24 dev eth0; ip addr add 10.0.0.2/24 dev eth1'
reach one "10.0.0.2 no"

is "QEMU's user" libvirt-qemu "$(stat -c %U "/proc/${guest_pid[one]}")"
libvirt_destroy one two
nothing_left
