#!/bin/bash
# Hot plug into a QEMU without libvirt, over QMP: what its guest then has, and what is left when QEMU
# or the guest will not, or ends.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0
# Somebody to talk to: on VLAN 100, and behind the device that macvtaps are put on.
ovs-vsctl add-port br0 host100 tag=100 -- set Interface host100 type=internal
ip addr add 10.0.1.254/24 dev host100
ip link set host100 up
lower up0
ip addr add 10.0.2.254/24 dev up0p
remember

# paused SOCKET ARGS...: a guest that does nothing, as far as QEMU itself decides; sets $qemu.
paused() {
    qemu-system-x86_64 -S -M q35 -m 16 -nodefaults -display none \
        -qmp "unix:$1,server=on,wait=off" "${@:2}" </dev/null &
    qemu=$!
    guest_pid[paused]=$qemu
    wait_for [ -S "$1" ]
}

# kill_paused: and of what it had nobody hears.
kill_paused() {
    end "$qemu"
    unset 'guest_pid[paused]'
    rm -f "$socket"
}

# holds_tap: QEMU has a tap open.
holds_tap() {
    [ -n "$(find "/proc/$qemu/fd" -lname /dev/net/tun)" ]
}

# lacks ID: QEMU has no device of that id.
lacks() {
    [[ $(qmp "$socket" qom-list '{"path": "/machine/peripheral"}') != *"\"$1\""* ]]
}

# has_nothing SOCKET [HUB]: QEMU has neither netdev nor descriptor left.
has_nothing() {
    is "QEMU has no netdev" "\"${2-}\"" \
        "$(qmp "$1" human-monitor-command '{"command-line": "info network"}')"
    is "QEMU has no tap open" "" "$(find "/proc/$qemu/fd" -lname '/dev/*tap*' -o -lname '/dev/net/tun')"
}

socket=$work/qmp
attach=("$VIFPLUG" attach --qmp "$socket")
detach=("$VIFPLUG" detach --qmp "$socket")

# What is no QEMU.
expect 2 'attach needs --libvirt DOMAIN or --qmp SOCKET: into which guest' \
    "$VIFPLUG" attach --bridge br0
expect 2 'attach needs either --libvirt DOMAIN or --qmp SOCKET' "${attach[@]}" --libvirt one --bridge br0
expect 2 '--bus goes with --qmp' "$VIFPLUG" attach --libvirt one --bus rp0 --bridge br0
expect 1 "no socket \"$socket\"; QEMU makes it with -qmp" "${attach[@]}" --bridge br0
touch "$socket"
expect 1 "\"$socket\" is not a socket" "${attach[@]}" --bridge br0
rm "$socket"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$socket"
expect 1 'nobody listens on .*: has that QEMU ended' "${detach[@]}" one
rm "$socket"
nothing_left

# One with no place for a card.
paused "$socket"
expect 1 'has 0 free slots .*, and 1 is needed: start it with one "-device pcie-root-port,id=' \
    "${attach[@]}" --bridge br0
expect 1 "Bus 'pcie.0' does not support hotplugging: a card needs the bus of a pcie-root-port" "${attach[@]}" --bridge br0 --bus pcie.0
nothing_left
has_nothing "$socket"
expect 1 "Bus 'nosuch' not found" "${attach[@]}" --bridge br0 --bus nosuch
works "${detach[@]}" nosuch
nothing_left
# It serves somebody else already, or nobody at all.
python3 - "$socket" "$work/served" <<'END' &
import socket, sys, time
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.recv(1)
open(sys.argv[2], "w").close()
time.sleep(60)
END
other=$!
wait_for [ -e "$work/served" ]
expect 1 'did not answer within 300 ms: it is stopped, or serves another client' \
    "${attach[@]}" --bridge br0 --timeout 0.3
end $other
works "${detach[@]}" nosuch
nothing_left
kill_paused

# One that refuses: all is as it was, in QEMU too.
ports=(-device "pcie-root-port,id=rp10,chassis=1" -device "pcie-root-port,id=rp9,chassis=2"
    -device "pcie-root-port,id=rp1,chassis=3,hotplug=off")
paused "$socket" "${ports[@]}"
expect 1 "'nosuch' is not a valid device model name" "${attach[@]}" --bridge br0 --model nosuch --queues 2
nothing_left
has_nothing "$socket"
expect 1 "'nosuch' is not a valid device model name" \
    "${attach[@]}" --lower up0 --mode bridge --model nosuch
nothing_left
has_nothing "$socket"
expect 1 'bus "rp1" takes no device while QEMU runs' "${attach[@]}" --bridge br0 --bus rp1
expect 2 "<target mode='ifname'> is for QEMU's command line" "${attach[@]}" \
    --interface "$(interface ifname.xml "<target dev='x' mode='ifname'/>" ethernet)"
nothing_left

# Of two cards the second is refused, and the guest, which stands still, keeps the first. So that
# stays as it is until the guest complies, or ends.
good=$(interface good.xml "<source bridge='br0'/><target dev='good'/>")
bad=$(interface bad.xml "<source bridge='br0'/><target dev='bad'/><model type='nosuch'/>")
expect 1 "\"good\" stays plugged, since QEMU may have it: .*\"vifplug detach good --qmp $socket\"" "${attach[@]}" --timeout 1 \
    --interface "$good" --interface "$bad"
of_qemu='[" ".join(str(i[key]) for key in ("name", "qemu_id", "qemu_bus", "pid")) for i in j["interfaces"]]'
is "it stays plugged" "['good vif-good rp9 $qemu']" "$("$VIFPLUG" list --json | json "$of_qemu")"
works "$VIFPLUG" gc
has_link good || fail "gc took the guest's tap"
# The next one goes to the port that is free.
works "${attach[@]}" --lower up0 --mode bridge --target mv
is "the other port" "['good vif-good rp9 $qemu', 'mv vif-mv rp10 $qemu']" \
    "$("$VIFPLUG" list --json | json "$of_qemu")"
expect 1 'has 0 free slots' "${attach[@]}" --lower up0 --mode bridge
expect 1 'bus "rp9" has a device already' "${attach[@]}" --lower up0 --bus rp9

# QEMU is killed, and gc takes what it leaves.
kill_paused
works "$VIFPLUG" gc
has "the macvtap's QEMU is gone" 'interface "mv": the process .* is gone' "$out"
nothing_left

# Likewise without gc: what is plugged again is made again.
paused "$socket" "${ports[@]}"
works "${attach[@]}" --lower up0 --mode bridge --target mv --mac 52:54:00:00:00:01
kill_paused
paused "$socket" "${ports[@]}"
works "${attach[@]}" --lower up0 --mode bridge --target mv --mac 52:54:00:00:00:01
is "it is new" mv "$out"
works "${attach[@]}" --lower up0 --mode bridge --target mv --mac 52:54:00:00:00:01
is "it is known" "mv (already plugged)" "$out"
works "$VIFPLUG" plug --bridge br0 --target other
expect 1 '"other" was not plugged by "vifplug attach --qmp"' "${detach[@]}" other
works "$VIFPLUG" unplug other
kill_paused
works "$VIFPLUG" gc
nothing_left

# vifplug is killed while it waits for the guest to give back the first of two. What QEMU has open
# stays, and can be detached; what it gave back goes.
paused "$socket" "${ports[@]}"
"${attach[@]}" --interface "$good" --interface "$bad" 2>/dev/null &
vifplug=$!
wait_for holds_tap
sleep 0.5
end $vifplug
works "$VIFPLUG" gc
is "gc takes what nobody has" 'removed interface "bad": the process that looked after it is gone' "$out"
is "and not what QEMU has" "['good vif-good rp9 $vifplug']" "$("$VIFPLUG" list --json | json "$of_qemu")"
first=$qemu
paused "$work/other"
expect 1 '"good" is open in another process than this QEMU' \
    "$VIFPLUG" detach --qmp "$work/other" good
has_link good || fail "the other QEMU's tap is gone"
end "$qemu"
qemu=$first
expect 1 'good: the guest did not let go' "${detach[@]}" --timeout 0.5 good
kill_paused
works "$VIFPLUG" gc
nothing_left

# The machine "pc" takes cards on its root bus.
paused "$socket" -M pc
works "${attach[@]}" --bridge br0 --target one-a
works "${attach[@]}" --bridge br0 --target one-b
is "on that" "['one-a vif-one-a pci.0 $qemu', 'one-b vif-one-b pci.0 $qemu']" \
    "$("$VIFPLUG" list --json | json "$of_qemu")"
kill_paused
works "$VIFPLUG" gc
nothing_left

# A guest that runs.
qemu_more=(-smp 2 -qmp "unix:$socket,server=on,wait=off" "${ports[@]}")
# shellcheck disable=SC2086 # several words
guest_define one ip4=10.0.1.1/24,10.0.2.1/24
guest_start one qemu-system-x86_64 "${guest_args[@]}" "${qemu_more[@]}"
ready one
qemu=${guest_pid[one]}

on_vlan=(--bridge br0 --vlan 100 --mac 52:54:00:00:01:01 --target one-a --queues 2)
on_lower=(--lower up0 --mode vepa --mac 52:54:00:00:01:02 --target one-b --queues 2)
for round in 1 2; do
    line=$(($(wc -l <"$guest_dir/one.out") + 1))
    works "${attach[@]}" "${on_vlan[@]}"
    is "the name is printed" one-a "$out"
    guest_wait one 'nic eth0 mac=52:54:00:00:01:01' 20 "$line" >/dev/null
    works "${attach[@]}" "${on_lower[@]}" --json
    is "its place is known" "['one-b vif-one-b rp10 $qemu']" "$(json "$of_qemu" <<<"$out")"
    guest_wait one 'nic eth1 mac=52:54:00:00:01:02' 20 "$line" >/dev/null
    nic one eth0 'carrier=1 rxq=2 txq=2$'
    nic one eth1 'carrier=1 rxq=2 txq=2$'
    reach one "10.0.1.254 yes, 10.0.2.254 yes"
    is "its port" 100 "$(db Port one-a tag)"
    has "its tap" 'multi_queue numqueues 2 .* persist off' "$(link one-a)"
    works "$VIFPLUG" verify
    works "$VIFPLUG" gc
    is "gc has nothing to do" "" "$out"
    works "${attach[@]}" "${on_vlan[@]}"
    is "it is known" "one-a (already plugged)" "$out"
    [ $round = 1 ] || break
    begin=$SECONDS
    works "${detach[@]}" one-a one-b --json
    [ $((SECONDS - begin)) -lt 8 ] || fail "it was waited for in vain"
    is "they are named" "one-a one-b" "$(json '" ".join(j["detached"])' <<<"$out")"
    nothing_left
    has_nothing "$socket"
    works "${detach[@]}" one-a

    # With a hub between card and macvtap.
    line=$(($(wc -l <"$guest_dir/one.out") + 1))
    works "${attach[@]}" --lower up0 --mode vepa --mac 52:54:00:00:01:01 --target one-b --reconnect hub
    guest_wait one 'nic eth0 mac=52:54:00:00:01:01' 20 "$line" >/dev/null
    has "its hub" 'hub 0.*hostvif-one-b: vif-one-b: .*hostvif-one-b-port0: hostvif-one-b-tap0: ' \
        "$(qmp "$socket" human-monitor-command '{"command-line": "info network"}')"
    is "the record names QEMU's socket" "['$socket hostvif-one-b hub']" "$("$VIFPLUG" list --json |
        json '[" ".join(i[key] for key in ("qmp", "qemu_netdev", "strategy")) for i in j["interfaces"]]')"
    works "${detach[@]}" one-b
    nothing_left
    has_nothing "$socket" 'hub 0\r\n' # which QEMU keeps
done

# A guest that does not answer keeps what it has. Once it does, it lets go by itself, whether somebody
# waits for it then or not.
qmp "$socket" stop >/dev/null
expect 1 'one-a: the guest did not let go of it within 0.5 seconds.*: it stays plugged till then' \
    "${detach[@]}" --timeout 0.5 one-a
has_link one-a || fail "the guest's tap is gone"
expect 1 'one-a: the guest did not let go' "${detach[@]}" --timeout 0.5 one-a
qmp "$socket" cont >/dev/null
wait_for lacks vif-one-a
works "${detach[@]}" one-a
has_link one-a && fail "the tap is still there"
reach one "10.0.2.254 yes"

# One whose link is down.
line=$(($(wc -l <"$guest_dir/one.out") + 1))
works "${attach[@]}" --interface "$(interface down.xml \
    "<source bridge='br0'/><target dev='one-a'/><link state='down'/>")"
guest_wait one 'nic eth0 .*carrier=0' 20 "$line" >/dev/null

# Unplugged from under the guest, which still has the card.
works "$VIFPLUG" unplug one-a
lacks vif-one-a && fail "the card went with the tap"
works "${detach[@]}" one-a
lacks vif-one-a || fail "it still has"

kill -KILL "$qemu"
guest_end one || true
works "$VIFPLUG" gc
nothing_left
