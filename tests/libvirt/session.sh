#!/bin/bash
# Guests of an ordinary user's own libvirtd: on a tap that root plugged for that user, and on ports
# that the bridge helper gives according to its policy.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
: "${helper=}"
bridge br0
# Somebody to talk to, on two VLANs, and known on each by the address there only.
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
for vlan in 100 200; do
    ovs-vsctl add-port br0 host$vlan tag=$vlan -- set Interface host$vlan type=internal
    ip addr add 10.0.$((vlan / 100)).254/24 dev host$vlan
    ip link set host$vlan up
done
# network NAME VLAN
network() {
    cat >"/etc/vifplug/networks/$1.xml" <<END
<network><name>$1</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='$2'/></vlan></network>
END
}
network lan 100
network other 200
policy 'allow lan user joe max 1' 'allow other user joe'
# A hook that is root's has nothing to do here, and does not get in the way.
install_hook
session_user joe
echo "bridge_helper = \"$helper\"" >/run/home/joe/.config/libvirt/qemu.conf
remember
words=ip4=10.0.1.1/24,10.0.2.1/24

# card SOURCE [DIGIT]: what libvirt does not tell the helper of is the network's to say.
card() {
    echo "<interface type='bridge'>
      <mac address='52:54:00:00:01:0${2-1}'/><source bridge='$1'/><model type='virtio'/>
    </interface>"
}

# A card on each of the two VLANs.
libvirt_domain one 11111111-1111-4111-8111-111111111111 $words "$(card lan)$(card other 2)"
session_create joe one
ready one
reach one "10.0.1.254 yes, 10.0.2.254 yes"
guest_ask one 'ip addr del 10.0.2.1/24 dev eth1; ip addr add 10.0.2.1/24 dev eth0'
reach one "10.0.1.254 yes, 10.0.2.254 no"
is "QEMU's user" joe "$(stat -c %U "/proc/${guest_pid[one]}")"

# No more than the policy allows, and nothing else; virsh says so.
libvirt_domain two 22222222-2222-4222-8222-222222222222 $words "$(card lan)"
expect 1 'vifplug-bridge-helper: "lan" is denied: ' \
    session joe virsh -q -c qemu:///session create "$work/two.xml"
libvirt_domain two 22222222-2222-4222-8222-222222222222 $words "$(card br0)"
expect 1 'vifplug-bridge-helper: "br0" is denied: no line .* allows it' \
    session joe virsh -q -c qemu:///session create "$work/two.xml"

# Destroyed; QEMU killed; and killed while its libvirtd is gone, too.
works session joe virsh -q -c qemu:///session destroy one
wait_for unchanged
session_create joe one
end "${guest_pid[one]}"
wait_for unchanged
wait_for session_lacks joe one
session_create joe one
end "$(<"/run/user/joe/libvirt/libvirtd.pid")"
end "${guest_pid[one]}"
wait_for unchanged
wait_for session_lacks joe one
echo "ok: nothing was left behind"

# A tap that is there already needs no helper.
works "$VIFPLUG" plug --bridge br0 --vlan 200 --user joe --target joes
libvirt_domain one 11111111-1111-4111-8111-111111111111 $words "<interface type='ethernet'>
      <mac address='52:54:00:00:01:01'/><target dev='joes' managed='no'/><model type='virtio'/>
    </interface>"
session_create joe one
ready one
guest_ask one 'ip addr del 10.0.1.1/24 dev eth0; ip addr add 10.0.2.1/24 dev eth0'
reach one "10.0.2.254 yes"
works session joe virsh -q -c qemu:///session destroy one
works "$VIFPLUG" unplug joes
nothing_left
