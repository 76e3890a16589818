#!/bin/bash
# A running guest whose card is plugged out and in again for a new backend, while it is pinged: after a
# loss, when QEMU or the guest is stopped, and when the one who does it is killed.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/relink.sh
. "$VIFPLUG_SOURCE/tests/support/relink.sh"

uplink up0
# Where two virtual CPUs have a thread each, QEMU 7.2 may die as one of them ejects the card that the
# other one has to do with: memory_region_dispatch_write() of none.
# shellcheck disable=SC2034 # for guest_define
guest_accel=tcg,thread=single
qemu_more=(-smp 2 -device "pcie-root-port,id=rp0,chassis=1" -device "pcie-root-port,id=rp1,chassis=2"
    "${qmp_user[@]}")
under_run one ip4=10.0.0.1/24,10.0.0.2/24 --lower up0 --mode bridge --target mv \
    --mac 52:54:00:00:00:01 --queues 2 --bus rp1
ready one
qemu=$(child "${guest_pid[one]}")
nic one eth0 'mtu=1500 carrier=1 rxq=2 txq=2$'
is "the watcher's socket is root's" "srw------- root" \
    "$(find /run/vifplug/qmp/mv.sock -printf '%M %u')"
start_driver mv
hears ready
tell follow
hears 'mac 52:54:00:00:00:01'
tell obstacle
hears 'obstacle: none'
for _ in 1 2 3; do
    lose_and_find one replug
    nic one eth0 'mac=52:54:00:00:00:01 mtu=1500 carrier=1 rxq=2 txq=2$'
done
is "QEMU has one netdev of it, for each queue" "net0: hostnet0-again: net0: hostnet0-again:" \
    "$(netdevs "$user")"
guest_ask one 'ip link set eth0 down; ip link set eth0 address 52:54:00:00:00:99; ip link set eth0 up' \
    >/dev/null
hears 'mac 52:54:00:00:00:99'

# QEMU stands still while the device returns.
ip link del up0
tell down
nic one eth0 'carrier=0 .*'
kill -STOP "$qemu"
uplink up0
replace up0
says_nothing 1
kill -CONT "$qemu"
hears 'connected .*'
hears 'mac 52:54:00:00:00:01' # a new card, and its address
plugged one
answers one

# The guest resets its card while there is nothing behind it, of which QEMU could die.
ip link del up0
tell gone
nic one eth0 'carrier=0 .*'
# shellcheck disable=SC2016 # for the guest
guest_ask one 'cd /sys/bus/virtio/drivers/virtio_net && for d in virtio*; do echo $d >unbind; done' \
    >/dev/null
uplink up0
replace up0
hears 'connected .*'
plugged one
answers one

# The guest does, and does not let go.
qmp "$user" stop >/dev/null
replace up0
sleep 9
hears 'stuck: the guest does not let go of its card.*'
qmp "$user" cont >/dev/null
hears 'connected .*'
plugged one
answers one

# let_go SOCKET: says so when it listens, and ends when the guest has let go of a card.
let_go() {
    python3 - "$1" <<'END'
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.settimeout(60)
lines = connection.makefile("rw")
print(json.dumps({"execute": "qmp_capabilities"}), file=lines, flush=True)
while "return" not in json.loads(lines.readline()):
    pass
print("listening", flush=True)
while "device" not in json.loads(lines.readline()).get("data", {}):
    pass
END
}
reaches_bridge() {
    guest_ask one ping 10.0.0.254 >/dev/null
}
# Who does it is killed in the middle, at several points; the next one finds what is left. The last is
# while the guest sets its new card up, of which QEMU would die if the macvtap went. What the guest says
# of a card may be of the one before; what it has in the end reaches the bridge.
for at in "begin 0" "begin 0.03" "let_go 0" "let_go 0.06"; do
    : >"$work/listening"
    let_go "$user" >"$work/listening" &
    listener=$!
    wait_for [ -s "$work/listening" ]
    tell replace up0
    [ "${at% *}" = begin ] || wait $listener
    sleep "${at#* }"
    stop_driver
    start_driver mv
    replace up0
    hears ready
    hears 'connected .*'
    wait $listener
    wait_for reaches_bridge
    has "QEMU has one netdev" '^net0: hostnet0(-again)?: net0: hostnet0(-again)?:$' \
        "$(netdevs "$user")"
done
stop_driver

# What was attached is connected again, too, and can be detached then.
works "$VIFPLUG" attach --qmp "$user" --lower up0 --mode bridge --target more
start_driver more
hears ready
tell replace up0
hears 'connected .*'
sleep 1.5 # QEMU serves others again
# Somebody else has it open, too.
IFS=: read -r major minor <"/sys/class/macvtap/tap$(<"/sys/class/net/more/ifindex")/dev"
mknod "$work/tap" c "$major" "$minor"
sleep 1000 3<>"$work/tap" &
holder=$!
expect 1 "\"more\" is open in another process than this QEMU: it is process $holder\$" \
    "$VIFPLUG" detach --qmp "$user" more
end $holder
works "$VIFPLUG" detach --qmp "$user" more
has "QEMU has nothing of it" '^net0: hostnet0(-again)?: net0: hostnet0(-again)?:$' \
    "$(netdevs "$user")"
stop_driver
off one
ip link del up0
works "$VIFPLUG" gc # one that was killed as it wrote leaves a file
nothing_left
[ ! -e /run/vifplug/qmp/mv.sock ] || fail "the watcher's socket is still there"

# Where the card cannot leave.
uplink up0
"$VIFPLUG" run --lower up0 --mode bridge --target mv -- qemu-system-x86_64 -S -M q35 -m 16 \
    -nodefaults -display none </dev/null &
guest_pid[paused]=$!
wait_for [ -S /run/vifplug/qmp/mv.sock ]
start_driver mv
tell up
hears ready
sleep 0.3
tell obstacle
hears 'obstacle: its card is on bus "pcie.0", .*'
stop_driver
# The socket goes with gc where run was killed.
orphan paused
works "$VIFPLUG" gc
[ -S /run/vifplug/qmp/mv.sock ] || fail "gc took a live guest's socket"
end "${guest_pid[paused]}"
unset 'guest_pid[paused]'
works "$VIFPLUG" gc
[ ! -e /run/vifplug/qmp/mv.sock ] || fail "the socket of a guest that is gone is still there"
ip link del up0
nothing_left
