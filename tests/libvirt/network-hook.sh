#!/bin/bash
# Interfaces on libvirt's networks under a real libvirtd, and the policy that keeps some of them out:
# when a guest starts, and as they are attached.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
: "${out=}"
conf=/etc/vifplug/bridge.conf
own_etc
bridge br0
install_hook
libvirtd_start
cat >"$work/lan.xml" <<'END_OF_XML'
<network>
  <name>lan</name>
  <forward mode='bridge'/>
  <bridge name='br0'/>
  <virtualport type='openvswitch'/>
  <portgroup name='usual' default='yes'><vlan><tag id='100'/></vlan></portgroup>
</network>
END_OF_XML
works virsh -q net-define "$work/lan.xml"
works virsh -q net-start lan
remember

# card DIGIT [MORE]: an interface on it, also as a file of its own, $work/DIGIT.xml.
card() {
    echo "<interface type='network'><mac address='52:54:00:00:0$1:01'/><source network='lan'/>
        <model type='virtio'/>${2-}</interface>" | tee "$work/$1.xml"
}
libvirt_domain one 11111111-1111-4111-8111-111111111111 '' "$(card 1)"
for digit in 2 3 4; do
    card $digit >/dev/null
done
card 5 "<vlan><tag id='200'/></vlan>" >/dev/null

# ports: how many there are on the bridge.
ports() {
    ovs-vsctl list-ports br0 | wc -l
}

# attach DIGIT and detach DIGIT: as an administrator does.
attach() {
    virsh -q attach-device one "$work/$1.xml"
}
detach() {
    works virsh -q detach-device one "$work/$1.xml"
    wait_for gone "$1"
}

# gone DIGIT: whether the guest has no such interface.
gone() {
    ! grep -q "52:54:00:00:0$1:01" <<<"$(virsh dumpxml one)"
}

# sentence PATTERN: what virsh shows of one.
sentence() {
    echo "vifplug-libvirt-hook: network \"lan\": interface 52:54:00:00:0$1:01 of domain \"one\" is denied: $2"
}


# Without a policy, and with one that is about other networks only.
rm -f $conf
libvirt_create one
ready one
works attach 2
printf 'deny all\ndeny other\n' >$conf
works attach 3
is "all are there" 3 "$(ports)"
detach 2
detach 3

# Refused as it is attached: virsh says why, and neither guest nor switch has it.
echo 'allow lan mac 52:54:00:00:02:*,52:54:00:00:05:* max 2' >$conf
expect 1 "$(sentence 3 "no line of $conf allows it; line 1 of $conf is about other MAC addresses")" attach 3
gone 3 || fail "the guest has it"
expect 1 "$(sentence 5 "no line of $conf allows it; line 1 of $conf lets the network choose the VLAN")" attach 5
is "there is one port" 1 "$(ports)"

# Allowed, with the VLAN that the network gives it. libvirt has two on the network then.
works attach 2
is "its VLAN" 100 "$(db Port "$(ovs-vsctl list-ports br0 | tail -n 1)" tag)"
echo 'allow lan max 2' >$conf
expect 1 "$(sentence 3 "no line of $conf allows it; line 1 of $conf allows 2 at a time, and there are 2")" attach 3
expect 4 '' "$VIFPLUG" check --policy root lan
has "check says so, too" 'allows 2 at a time, and there are 2' "$out"
detach 2
works attach 3
detach 3
echo 'allow lan vlan 200' >$conf
works attach 5
is "its own VLAN" 200 "$(db Port "$(ovs-vsctl list-ports br0 | tail -n 1)" tag)"

# What a policy that is broken keeps out.
chmod g+w $conf
expect 1 'network "lan": every port is denied, since the policy cannot be believed' attach 2
chmod g-w $conf

# Those that are there already are left alone, also by a libvirtd that starts anew.
echo 'deny lan' >$conf
libvirtd_kill
libvirtd_start
is "they are there" 2 "$(ports)"
libvirt_is_off one && fail "the guest has ended"
libvirt_destroy one
nothing_left

# Refused at the start of a guest.
expect 1 "$(sentence 1 "$conf, line 1: deny lan")" virsh -q create "$work/one.xml"
nothing_left
