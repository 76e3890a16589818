#!/bin/bash
# What passes between two guests on bridges of the userspace datapath: TCP, which arrives whole
# because vifplug leaves offloads away there; frames of 9000 bytes; and that over two queues.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0 br1
remember

# two_cards NAME UUID DIGIT: a domain with one card as usual, and one with all that can be bigger.
two_cards() {
    domain "$1.xml" "$1" "$2" "
    <interface type='bridge'>
      <mac address='52:54:00:00:0$3:01'/><source bridge='br0'/><target dev='$1-usual'/>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:0$3:02'/><source bridge='br1'/><virtualport type='openvswitch'/>
      <target dev='$1-big'/><model type='virtio'/><driver queues='2'/><mtu size='9000'/>
    </interface>"
}
one=$(two_cards one 11111111-1111-4111-8111-111111111111 1)
two=$(two_cards two 22222222-2222-4222-8222-222222222222 2)

works "$VIFPLUG" plan --domain "$one"
has "plan says why there are no offloads" 'without offloads: "br0" has the userspace datapath' "$out"

qemu_more=(-smp 2)
under_run one "ip4=10.0.0.1/24,10.0.1.1/24" --domain "$one"
qemu_more=()
under_run two "ip4=10.0.0.2/24,10.0.1.2/24" --domain "$two"
ready one two

nic one eth0 'mtu=1500 carrier=1 rxq=1 txq=1$'
nic one eth1 'mtu=9000 carrier=1 rxq=2 txq=2$'
nic two eth1 'mtu=9000 carrier=1 rxq=1 txq=1$' # of which it has no use for the second
has "the tap has its queues" 'multi_queue numqueues 2 ' "$(link one-big)"
is "mtu of the port" 9000 "$(db Interface one-big mtu)"
has "no vnet_hdr" 'vnet_hdr off' "$(link one-usual)"

reach one "10.0.0.2 yes, 10.0.1.2 yes"
guest_ask two busybox ping -c 3 -W 1 -s 8000 10.0.1.1
echo "ok: pings of 8000 bytes pass"
# shellcheck disable=SC2016 # it is the guest that is to expand this
has "each in a frame of its own" '^1$' "$(guest_ask two \
    'a=$(cat /sys/class/net/eth1/statistics/tx_packets); busybox ping -c 1 -s 8000 10.0.1.1 >/dev/null;' \
    'echo GUEST $(($(cat /sys/class/net/eth1/statistics/tx_packets) - a))' | tail -n 1)"
transfer one two 10.0.0.1 8
transfer two one 10.0.1.2 8

off one two
nothing_left
