#!/bin/bash
# A network loses the device that a guest is on, while that works: the guest is moved to another one of
# the network. At a hub it does not hear of it; replugged it does, for a moment. The watcher is killed in
# the midst of it.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# network NAME STRATEGY DEVICE...: it has these, from the next SIGHUP on.
network() {
    local name=$1 strategy=$2
    shift 2
    printf "<network><name>$name</name>
        <metadata><vifplug:reconnect xmlns:vifplug='urn:vifplug:1' strategy='$strategy' find='pool'/></metadata>
        <forward mode='bridge'>%s</forward></network>" \
        "$(printf "<interface dev='%s'/>" "$@")" >"$work/$name.xml.new"
    mv "$work/$name.xml.new" "$work/$name.xml"
}
# reload: the watcher reads networks again.
reload() {
    line=$(watch_line)
    kill -HUP "$watcher"
    watch_says 'networks are read again' "$line"
}
# is_moved NAME LOWER: all of it is over, for wait_for.
is_moved() {
    is_on "$1" "$2" && is_known "$1" 'i["before"]' None && ! has_old
}
# has_old: for wait_for.
has_old() {
    [[ $(ip -o link) == *vifold* ]]
}

switch lbr0 10.0.0.254/24
switch lbr1 10.0.1.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
uplink up1 lbr0 02:00:00:00:10:01
uplink up2 lbr1 02:00:00:00:10:02
uplink up3 lbr1 02:00:00:00:10:03
network hubs hub up0 up1
network plugs replug up2 up3
watch_more=(--network "$work/hubs.xml" --network "$work/plugs.xml")
watch_start
cards=$(domain one.xml one 11111111-1111-4111-8111-111111111111 "
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='hubs'/>
      <target dev='mv0'/><model type='virtio'/></interface>
    <interface type='network'><mac address='52:54:00:00:00:02'/><source network='plugs'/>
      <target dev='mv1'/><model type='virtio'/></interface>")
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1" -device "pcie-root-port,id=rp2,chassis=2")
under_run one ip4=10.0.0.1/24,10.0.1.1/24 --bus rp1,rp2 "${watch_more[@]}" --domain "$cards"
ready one
nic one eth0 'carrier=1 '
is_on mv0 up0 || fail "mv0 is on another device: $(link mv0)"
is_on mv1 up2 || fail "mv1 is on another device: $(link mv1)"

# At a hub no ping is lost, and however busy the machine is.
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
goes_on
pings_stop
changes=$(guest_ask one 'sed "s/^/GUEST /" /sys/class/net/eth0/carrier_changes')
busy 3
for to in up1 up0 up1; do
    network hubs hub $to
    echoes 10.0.0.1
    reload
    wait_for is_moved mv0 $to
    echoes_all "moved to $to"
done
busy 0
is "its carrier was there all the while" "$changes" \
    "$(guest_ask one 'sed "s/^/GUEST /" /sys/class/net/eth0/carrier_changes')"
is "connected again, and never cut off" '(3, 0)' "$(known mv0 'i["reconnects"], i["outage_ms"]')"

# Replugged.
pings_start 10.0.1.1 52:54:00:00:00:02 lbr1
goes_on
since=$(now)
network plugs replug up3
reload
wait_for is_moved mv1 up3
goes_on
echo "ok: replugged, cut off for $(gap "$since") ms"
nic one eth1 'carrier=1 '
ip link delete up2
goes_on

# No other one is there: it stays, until there is.
network plugs replug up4
reload
watch_says 'it stays on "up3": waiting for one of the devices of the network "plugs"' "$line"
goes_on
is "nothing happened to it" 1 "$(known mv1 'i["reconnects"]')"
uplink up4 lbr1 02:00:00:00:10:04
wait_for is_moved mv1 up4
goes_on
pings_stop

# The watcher is killed before QEMU has taken the new macvtap. The guest keeps the old one, whatever is
# tidied up, and is moved by the next watcher.
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
qemu=$(child "${guest_pid[one]}")
interrupt() {
    kill -STOP "$qemu"
    wait_for grep -q '^State:[[:space:]]*T' "/proc/$qemu/status"
    network hubs hub "$1"
    kill -HUP "$watcher"
    wait_for has_old
    watch_says "it is being moved from .* to \"$1\"" "$line"
    watch_kill
    has_old || fail "the watcher has given up before it was killed: $(tail -n 20 "$work/watch.log")"
    kill -CONT "$qemu"
}
line=$(watch_line)
interrupt up0
goes_on
expect 0 '' "$VIFPLUG" gc
is "gc leaves both to the next watcher" '' "$out"
goes_on
has_old || fail "gc has taken the macvtap that the guest has open: $(ip -o link)"
watch_start
wait_for is_moved mv0 up0
goes_on

# Nor is anything left when there is none, and its run was killed as well.
orphan one
line=$(watch_line)
interrupt up1
expect 0 '' "$VIFPLUG" gc
is "gc takes nothing from a guest that runs" '' "$out"
goes_on
pings_stop
guest_off one || [ $? = 127 ] # it is no child of ours
expect 0 '' "$VIFPLUG" gc
has "but when it has ended" 'removed interface "mv0"' "$out"
for device in up0 up1 up3 up4; do
    ip link delete $device
done
nothing_left
