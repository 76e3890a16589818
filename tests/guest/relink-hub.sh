#!/bin/bash
# A running guest whose card is at a hub, and what is behind that is exchanged, while it is pinged:
# after a loss, and as a planned move, of which it does not hear. $VIFPLUG_MOVES is another number than 6
# of moves.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/relink.sh
. "$VIFPLUG_SOURCE/tests/support/relink.sh"

uplink up0
qemu_more=("${qmp_user[@]}")
under_run one ip4=10.0.0.1/24 --lower up0 --mode bridge --target mv --mac 52:54:00:00:00:01 \
    --reconnect hub --qmp "$work/watch"
ready one
[ -S "$work/watch" ] || fail "there is no socket where it was asked for"
index=$(guest_ask one "say \$(cat /sys/class/net/eth0/ifindex)")
start_driver mv
hears ready
for _ in 1 2 3; do
    lose_and_find one hub
done

# Planned, nothing is lost, and however busy the machine is.
moves=${VIFPLUG_MOVES-6}
busy 3
for n in $(seq "$moves"); do
    uplink "to$n"
    ip link add "mv$n" link "to$n" address 52:54:00:00:00:01 type macvtap mode bridge
    # Or the host itself would speak with the guest's address, and be pinged.
    echo 1 >"/proc/sys/net/ipv6/conf/mv$n/disable_ipv6"
    ip link set "mv$n" allmulticast on up
    echoes 10.0.0.1
    tell move "mv$n"
    hears 'connected .*'
    echoes_all "planned move $n"
    if [ "$n" = 1 ]; then
        ip link del mv
    else
        ip link del "to$((n - 1))"
    fi
done
busy 0
is "nothing is left of what it took" '' "$(qmp "$user" qom-list '{"path": "/objects"}' |
    json '" ".join(o["name"] for o in j if o["type"].startswith("child<filter"))')"
is "nor of what that needed" '' "$(qmp "$user" query-chardev |
    json '" ".join(c["label"] for c in j if "gate" in c["label"])')"
answers one
is "it is the same card" "$index" "$(guest_ask one "say \$(cat /sys/class/net/eth0/ifindex)")"
turn=$(((3 + moves) % 2))
is "QEMU has one tap of it" "hostnet0-port$turn: hostnet0-tap$turn: hostnet0: net0:" "$(netdevs "$user")"
stop_driver
off one
[ ! -e "$work/watch" ] || fail "the watcher's socket is still there"
ip link del "to$moves"
ip link del up0
nothing_left
