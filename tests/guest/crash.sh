#!/bin/bash
# What dies at a bad moment: QEMU, vifplug run; and interfaces that are unplugged from under a
# running guest.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0
remember

# on_vlan NAME UUID DIGIT
on_vlan() {
    domain "$1.xml" "$1" "$2" "
    <interface type='bridge'>
      <mac address='52:54:00:00:0$3:01'/><source bridge='br0'/><vlan><tag id='100'/></vlan>
      <virtualport type='openvswitch'/><target dev='$1'/>
    </interface>"
}
one=$(on_vlan one 11111111-1111-4111-8111-111111111111 1)
two=$(on_vlan two 22222222-2222-4222-8222-222222222222 2)

# A guest that does nothing will do to be killed.
paused=(qemu-system-x86_64 -S -M q35 -m 16 -nodefaults -display none)

# start_paused: starts it under vifplug run; sets $run and $qemu.
start_paused() {
    "$VIFPLUG" run --domain "$one" -- "${paused[@]}" </dev/null &
    run=$!
    wait_for grep -q '"plugged"' /run/vifplug/ports/one.json
    wait_for find_qemu
}

find_qemu() {
    qemu=$(child "$run")
    [[ $(readlink "/proc/$qemu/exe") = */qemu-system-x86_64 ]]
}

start_paused
kill -KILL "$qemu"
status=0
wait $run || status=$?
is "QEMU was killed" 137 $status
nothing_left

start_paused
kill -TERM $run
status=0
wait $run || status=$?
# QEMU ends well, or if it did not come so far yet, by the signal.
has "vifplug run passes a signal on, and returns what QEMU makes of it" '^(0|143)$' $status
nothing_left

under_run one "ip4=10.0.0.1/24" --domain "$one"
under_run two "ip4=10.0.0.2/24" --domain "$two"
ready one two
reach one "10.0.0.2 yes"

# Twice the same guest: the second one must not touch what is the first one's.
expect 1 '"one" is in use' "$VIFPLUG" run --domain "$one" -- /bin/true
reach one "10.0.0.2 yes"

# vifplug run is gone, and the guest does not notice.
orphan one
qemu=${guest_pid[one]}
works "$VIFPLUG" gc
is "gc leaves a live guest alone" "" "$out"
reach one "10.0.0.2 yes"
expect 1 '"one" is in use' "$VIFPLUG" run --domain "$one" -- /bin/true
reach one "10.0.0.2 yes"

guest_tell one off
wait_for is_gone "$qemu"
unset 'guest_pid[one]'
works "$VIFPLUG" gc
has "gc clears what is left of a dead one" 'interface "one": the process .* is gone$' "$out"
has_link one && fail "the tap is still there"
is "only the other one is left" two "$("$VIFPLUG" list --json | json '",".join(i["name"] for i in j["interfaces"])')"

# Its port was taken away by somebody. To plug it again would be to take the tap from the guest.
ovs-vsctl del-port two
expect 1 '"two" is in use, but no longer as it was plugged' "$VIFPLUG" plug --domain "$two"
has_link two || fail "the guest's tap is gone"

# Unplugged from under the guest, and plugged anew for another.
works "$VIFPLUG" unplug two
nothing_left
works "$VIFPLUG" plug --domain "$two"
plugged=$(host_state)
status=0
kill -KILL "$(child "${guest_pid[two]}")"
guest_end two || status=$?
is "its QEMU was killed" 137 $status
is "what is plugged anew stays" "$plugged" "$(host_state)"
works "$VIFPLUG" verify
works "$VIFPLUG" unplug --all
nothing_left
