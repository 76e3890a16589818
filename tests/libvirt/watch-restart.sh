#!/bin/bash
# A guest of libvirt's is asked for echoes all the while: the device below its macvtap goes and comes
# back, three times in a row, while the watcher is killed, and while libvirtd is started again, whose
# hook and the watcher then look after the same interface; and it is ended while it waits.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
: "${out=}" "${watcher=}"
# shellcheck disable=SC2034,SC2154 # of what is sourced, and for it
watch_command=("${hot[@]}")

# nothing_left knows not of what is written down of guests' cards.
notes() {
    compgen -G '/run/vifplug/libvirt/*' || true
}

switch lbr0 10.0.0.254/24
remember
uplink up0 lbr0
install_hook
libvirtd_start
libvirt_domain one 11111111-1111-4111-8111-111111111111 ip4=10.0.0.1/24 "
    <interface type='direct'>
      <mac address='52:54:00:00:00:01'/><source dev='up0' mode='bridge'/>
      <target dev='mv0'/><model type='virtio'/><alias name='ua-first'/>
    </interface>"
works "$VIFPLUG" adopt "$work/one.xml"
cp "$work/out" "$work/one.xml"
libvirt_create one
ready one
watch_start
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0

# What libvirt has of its card, and of us; of other devices a libvirtd that is started again keeps less.
card() {
    virsh dumpxml one | sed -n '/<metadata>/,/<\/metadata>/p; /<interface /,/<\/interface>/p'
}
before=$(card)
has "it has our metadata" '<vifplug:interface' "$before"
rounds=0 extra=()

lose() {
    local line
    line=$(watch_line)
    cut=$(now)
    ip link delete up0
    watch_says '"mv0".*: its macvtap is gone' "$line"
    wait_for is_known mv0 'i["status"]' waiting
    wait_for card_has eth0 carrier=0
}

# found: waits until the guest has its card again, which is as it was.
found() {
    rounds=$((rounds + 1))
    reconnected mv0 $rounds
    goes_on
    extra+=($(($(gap "$cut") - (back - cut) / 1000)))
    is "the card is as it was" "$before" "$(card)"
    is "nothing is kept of it" "" "$(notes)"
    works "$VIFPLUG" verify mv0
}

comes_back() {
    uplink up0 lbr0
    back=$(now)
}

for _ in 1 2 3; do
    lose
    has "libvirt knows of its link" "<link state='down'/>" "$(card)"
    comes_back
    found
done

# The watcher is killed while it waits.
lose
watch_kill
comes_back
watch_start
found

# libvirtd ends and is there again while it waits: its hook leaves it to the watcher.
lose
libvirtd_kill
libvirtd_start
is "it waits" waiting "$(known mv0 'i["status"]')"
is "libvirt knows the guest" running "$(virsh domstate one 2>&1)"
comes_back
found

# It comes back while neither is there. Then libvirtd, whose hook may make the macvtap, comes first.
lose
watch_kill
libvirtd_kill
comes_back
libvirtd_start
watch_start
found

# Both at the same time.
for _ in 1 2 3; do
    lose
    libvirtd_kill
    libvirtd_start &
    starting=$!
    comes_back
    wait $starting
    found
done
summary "ms cut off beyond the time that the device was away" "${extra[@]}"

# It is ended while it waits, and nothing of it comes back.
lose
pings_stop
libvirt_destroy one
wait_for is_known mv0 'i["status"]' None
comes_back
sleep 0.5
has_link mv0 && fail "the macvtap of a guest that was ended is made again"
is "nothing is kept of it" "" "$(notes)"
watch_stop
libvirtd_kill
ip link delete up0
nothing_left
