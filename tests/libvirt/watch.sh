#!/bin/bash
# The watcher and guests of libvirt's: the device below a macvtap goes and comes back, for one that the
# hook has plugged and for one that was attached; and what is left when a process or libvirtd is killed
# in the midst.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
: "${out=}" "${watcher=}"
# shellcheck disable=SC2034,SC2154 # of what is sourced, and for it
watch_command=("${hot[@]}")

for n in 0 1; do
    switch lbr$n 10.0.$n.254/24
    ip link set lbr$n address 02:00:00:00:0$n:fe
done
remember
uplink up0 lbr0
uplink up1 lbr1
install_hook
libvirtd_start
libvirt_domain one 11111111-1111-4111-8111-111111111111 ip4=10.0.0.1/24,10.0.1.1/24 "
    <interface type='direct'>
      <mac address='52:54:00:00:00:01'/><source dev='up0' mode='bridge'/>
      <target dev='mv0'/><model type='virtio'/><alias name='ua-first'/>
    </interface>"
works "$VIFPLUG" adopt "$work/one.xml"
cp "$work/out" "$work/one.xml"
libvirt_create one
ready one
works hot attach --libvirt one --lower up1 --mode bridge --mac 52:54:00:00:01:01 --target mv1
guest_wait one 'nic eth1 mac=52:54:00:00:01:01' >/dev/null
watch_start

# What libvirt has of the guest, but for what it cannot keep.
cards() {
    virsh dumpxml one | sed -n '/<interface/,/<\/interface>/p'
}
before=$(cards)
for round in 1 2; do
    for n in 0 1; do
        line=$(watch_line)
        ip link delete up$n
        watch_says "\"mv$n\".*: its macvtap is gone" "$line"
        wait_for is_known mv$n 'i["status"]' waiting
        wait_for card_has eth$n carrier=0
        works "$VIFPLUG" gc
        is "gc leaves it to the watcher" "" "$out"
        line=$(console one)
        uplink up$n lbr$n
        reconnected mv$n $round
        guest_wait one "nic eth$n " 20 "$line" >/dev/null
        reach one "10.0.$n.254 yes"
    done
done
is "its cards are as they were" "$before" "$(cards)"

# No carrier below, and carrier again.
ip link set up0p down
wait_for card_has eth0 carrier=0
ip link set up0p up
wait_for card_has eth0 carrier=1

# The watcher is killed while the guest, which stands still, is asked for its card: when it goes on,
# it lets go of that, and the next watcher gives it back.
works virsh -q suspend one
line=$(watch_line)
ip link delete up0
watch_says '"mv0".*: its macvtap is gone' "$line"
uplink up0 lbr0
watch_says '"mv0".*: its macvtap is made again' "$line"
note() {
    compgen -G '/run/vifplug/libvirt/mv0-*.xml'
}
wait_for note
sleep 1
watch_kill
works virsh -q resume one
wait_for libvirt_lacks one mv0
line=$(console one)
watch_start
reconnected mv0 3
guest_wait one 'nic eth0 ' 20 "$line" >/dev/null
reach one "10.0.0.254 yes"
note && fail "what was written down is left"
is "its cards are as they were" "$(sort <<<"$before")" "$(cards | sort)"

# libvirtd is not there: it is tried again when it is.
libvirtd_kill
line=$(watch_line)
ip link delete up0
uplink up0 lbr0
watch_says 'it was not connected again: ' "$line"
line=$(console one)
libvirtd_start
reconnected mv0 4
guest_wait one 'nic eth0 ' 20 "$line" >/dev/null
reach one "10.0.0.254 yes"

libvirt_destroy one
watch_stop
libvirtd_kill
ip link delete up0
ip link delete up1
nothing_left
