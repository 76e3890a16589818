#!/bin/bash
# The life of adopted guests under a real libvirtd, and what is left of them when that ends in each
# way there is: nothing.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
bridge br0
remember
install_hook
libvirtd_start

# card DIGIT VLAN [MORE]
card() {
    echo "<interface type='bridge'>
      <mac address='52:54:00:00:0$1:01'/><source bridge='br0'/>
      <virtualport type='openvswitch'/><vlan><tag id='$2'/></vlan><model type='virtio'/>${3-}
    </interface>"
}
libvirt_vcpus=4
libvirt_domain one 11111111-1111-4111-8111-111111111111 ip4=10.0.0.1/24 \
    "$(card 1 100 "<driver queues='4'/>")"
libvirt_vcpus=1
libvirt_domain two 22222222-2222-4222-8222-222222222222 ip4=10.0.0.2/24,10.0.0.3/24 \
    "$(card 2 100)$(card 3 200)"
for name in one two; do
    "$VIFPLUG" adopt "$work/$name.xml" | works virsh -q define /dev/stdin
done
nothing_left

# Both at once, across one VLAN and not across two.
libvirt_start one two
ready one two
nic one eth0 'rxq=4 txq=4$'
nic two eth0 'rxq=1 txq=1$'
reach one "10.0.0.2 yes"
guest_ask two 'ip addr del 10.0.0.2/24 dev eth0'
reach one "10.0.0.3 no"
guest_ask two 'ip addr add 10.0.0.2/24 dev eth0; ip addr del 10.0.0.3/24 dev eth1'
works "$VIFPLUG" verify

# A libvirtd that comes back finds them well, and puts right what is not.
one=$(device one)
two=$(device two)
is "VLAN of one's" 100 "$(db Port "$one" tag)"
libvirtd_kill
ovs-vsctl del-port "$one"
libvirtd_start
wait_for "$VIFPLUG" verify
is "VLAN of one's" 100 "$(db Port "$one" tag)"
reach one "10.0.0.2 yes"

# Saved and restored, with what was plugged in while it ran, and without what was plugged out again
# by virsh alone.
works hot attach --libvirt one --bridge br0 --vlan 200 --target one-in
works hot attach --libvirt one --bridge br0 --vlan 200 --target one-out --mac 52:54:00:00:01:0f
works virsh -q detach-interface one ethernet --mac 52:54:00:00:01:0f
wait_for libvirt_lacks one one-out
works virsh -q save one "$work/one.saved"
is "what is left is two's" "two two" "$("$VIFPLUG" list --json |
    json '" ".join(i["domain"] for i in j["interfaces"])')"
libvirt_restore one
is "what it has again" "$(printf '%s\n' "$one" one-in | sort)" "$("$VIFPLUG" list --json |
    json '"\n".join(i["name"] for i in j["interfaces"] if i["domain"] == "one")')"
reach one "10.0.0.2 yes"

# QEMU is killed. Then libvirtd first, and QEMU when nobody looks.
end "${guest_pid[one]}"
wait_for libvirt_is_off one
libvirtd_kill
end "${guest_pid[two]}"
has_link "$two" || fail "who took the tap?"
libvirtd_start
wait_for libvirt_is_off two
nothing_left

# Destroyed.
libvirt_start two
libvirt_destroy two
nothing_left

# Refused: virsh says our sentence.
virsh dumpxml --inactive one | sed 's/bridge="br0"/bridge="br9"/' >"$work/refused.xml"
works virsh -q define "$work/refused.xml"
expect 1 'vifplug-libvirt-hook: domain "one": interface "vif[0-9a-f]*": no OVS bridge "br9" in [^;]*; bridges: br0' \
    virsh -q start one
nothing_left
