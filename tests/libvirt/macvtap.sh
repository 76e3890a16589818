#!/bin/bash
# Adopted guests on macvtaps: libvirt opens those by their node in /dev.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
# The lower device, and the adjacent switch in the shape of another host.
ip link add low0 type veth peer name far0
ip addr add 10.0.0.254/24 dev far0
ip link set low0 up
ip link set far0 up
remember
install_hook
libvirtd_start

# card DIGIT [MORE]
card() {
    echo "<interface type='direct'>
      <mac address='52:54:00:00:0$1:01'/><source dev='low0' mode='bridge'/><model type='virtio'/>
      ${2-}
    </interface>"
}
libvirt_vcpus=2
libvirt_domain one 11111111-1111-4111-8111-111111111111 ip4=10.0.0.1/24,10.0.0.3/24 \
    "$(card 1 "<driver queues='2'/>")"
libvirt_vcpus=1
libvirt_domain two 22222222-2222-4222-8222-222222222222 ip4=10.0.0.2/24 "$(card 2)"
for name in one two; do
    "$VIFPLUG" adopt "$work/$name.xml" | works virsh -q define /dev/stdin
done

libvirt_start one two
ready one two
nic one eth0 'mac=52:54:00:00:01:01 mtu=1500 carrier=1 rxq=2 txq=2$'
reach one "10.0.0.254 yes, 10.0.0.2 yes"
has "it is a macvtap" 'macvtap mode bridge' "$(link "$(device one)")"

# Others may be saved, and restored.
works virsh -q save two "$work/two.saved"
reach one "10.0.0.254 yes, 10.0.0.2 no"
libvirt_restore two
reach one "10.0.0.254 yes, 10.0.0.2 yes"

# While it runs, likewise.
works hot attach --libvirt one --lower low0 --mode bridge --mac 52:54:00:00:01:02 --target hot0 \
    --reconnect hub --reconnect-by mac
guest_wait one 'nic eth1 mac=52:54:00:00:01:02' >/dev/null
guest_ask one 'ip addr del 10.0.0.1/24 dev eth0'
reach one "10.0.0.254 yes, 10.0.0.2 yes"
is "libvirt makes no hub" 'replug mac' \
    "$(json 'j["strategy"] + " " + j["find"]' </run/vifplug/ports/hot0.json)"
# What is said of it stays in libvirt's metadata when those are written again.
works hot attach --libvirt one --lower low0 --mode bridge --mac 52:54:00:00:01:03 --target hot1
has "it stays" "<([a-z]+:)?reconnect[^>]* strategy=['\"]hub['\"] find=['\"]mac['\"]" \
    "$(virsh metadata one urn:vifplug:1)"
works hot detach --libvirt one hot1
works hot detach --libvirt one hot0

# QEMU is killed; a start is refused.
end "${guest_pid[two]}"
wait_for libvirt_is_off two
libvirt_destroy one
nothing_left
ip link set low0 name low1
expect 1 'vifplug-libvirt-hook: domain "one": .*"low0"' virsh -q start one
ip link set low1 name low0
nothing_left
