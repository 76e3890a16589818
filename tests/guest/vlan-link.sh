#!/bin/bash
# VLANs of macvtaps, in the virtual machine of scripts/kernel-vm, whose kernel has 8021q: the VLAN link
# that those of one lower device and VLAN share, what passes over it, and that it goes with the last.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"

ip link add up0 type veth peer name far0
ip link set far0 up
ip link set up0 up
remember

# on_vlan NAME DIGIT TAG [LOWER]: a domain with one macvtap.
card() {
    echo "<interface type='direct'>
      <mac address='52:54:00:00:00:0$2'/><source dev='${4:-up0}' mode='bridge'/>
      <vlan><tag id='$3'/></vlan><target dev='$1'/>
    </interface>"
}
on_vlan() {
    domain "$1.xml" "$1" "$2$2$2$2$2$2$2$2-1111-4111-8111-111111111111" "$(card "$@")"
}
one=$(on_vlan one 1 100)
two=$(on_vlan two 2 100)
three=$(on_vlan three 3 200)

# index LINK
index() {
    cat "/sys/class/net/$1/ifindex"
}

# Made by the first, shared by the second, and left to it.
works "$VIFPLUG" plug --domain "$one"
has "the VLAN link" 'up0.100@up0: .*vlan protocol 802.1Q id 100 ' "$(link up0.100)"
has "is marked" 'alias vifplug' "$(link up0.100)"
has "has the macvtap" 'one@up0.100: .*macvtap mode bridge' "$(link one)"
first=$(index up0.100)
works "$VIFPLUG" plug --domain "$two"
works "$VIFPLUG" plug --domain "$three"
has "has the second, too" 'two@up0.100: ' "$(link two)"
has "and another VLAN its own" 'three@up0.200: ' "$(link three)"
works "$VIFPLUG" verify
works "$VIFPLUG" unplug one
is "it stays for the other" "$first" "$(index up0.100)"
works "$VIFPLUG" gc
is "for gc, too" "$first" "$(index up0.100)"
works "$VIFPLUG" unplug two
has_link up0.100 && fail "up0.100 is still there"
works "$VIFPLUG" unplug three
nothing_left

# Frames.
both=$(domain both.xml both 44444444-1111-4111-8111-111111111111 \
    "$(card one 1 100)$(card two 2 100)$(card three 3 200)")
works "$VIFPLUG" run --domain "$both" -- \
    /usr/bin/python3 "$VIFPLUG_SOURCE/tests/support/tagged.py" far0 100 200
is "each sends and gets what is of its VLAN" "far0 tag 100 -> hostnet0
far0 tag 100 -> hostnet1
far0 tag 200 -> hostnet2
hostnet0 -> far0 tag 100
hostnet0 -> hostnet1
hostnet1 -> far0 tag 100
hostnet1 -> hostnet0
hostnet2 -> far0 tag 200" "$out"
nothing_left

# One that somebody else made is used, whatever its name, and stays.
for name in up0.100 theirs; do
    ip link add link up0 name $name type vlan id 100
    ip link set $name up
    remember
    works "$VIFPLUG" plug --domain "$one"
    has "theirs is used" "one@$name: " "$(link one)"
    works "$VIFPLUG" unplug one
    nothing_left
    ip link del $name
done
remember

# But not one of a service VLAN (802.1ad), which has numbers of its own.
ip link add link up0 name theirs type vlan protocol 802.1ad id 100
ip link set theirs up
remember
works "$VIFPLUG" plug --domain "$one"
has "a link of its own is made" 'one@up0.100: ' "$(link one)"
works "$VIFPLUG" verify
works "$VIFPLUG" unplug one
nothing_left
ip link del theirs
remember

# Nor a link that only has the name.
ip link add up0.100 type veth peer name other
refused 1 '"up0.100"' "$VIFPLUG" plug --domain "$one"
ip link del up0.100

# Where LOWER.VLAN is too long for a name.
ip link add enp175s0f0np0v1 type veth peer name far1
ip link set enp175s0f0np0v1 up
remember
long=$(on_vlan long 5 1234 enp175s0f0np0v1)
works "$VIFPLUG" plug --domain "$long"
has "the name ends as LOWER.VLAN does" 'long@5s0f0np0v1.1234: ' "$(link long)"
works "$VIFPLUG" unplug long
nothing_left
ip link del enp175s0f0np0v1
remember

# Killed hard.
"$VIFPLUG" run --domain "$one" -- bash -c 'sleep 100' &
run=$!
wait_for grep -q '"plugged"' /run/vifplug/ports/one.json
child=$(<"/proc/$run/task/$run/children")
kill -KILL $run "${child%% *}"
wait_for is_gone "${child%% *}"
has_link up0.100 || fail "up0.100 is gone too early"
expect 0 '' "$VIFPLUG" gc
nothing_left
