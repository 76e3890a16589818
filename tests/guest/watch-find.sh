#!/bin/bash
# The device below a guest's macvtap comes back under another name, and is known by its address; or does
# not come back, and another one of its network takes its place.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"

# pool DEVICE...: the network has these.
pool() {
    printf "<network><name>pool</name><forward mode='bridge'>%s</forward></network>" \
        "$(printf "<interface dev='%s'/>" "$@")" >"$work/pool.xml.new"
    mv "$work/pool.xml.new" "$work/pool.xml"
}

switch lbr0 10.0.0.254/24
switch lbr1 10.0.1.254/24
remember
uplink up0 lbr0 02:00:00:00:10:00
uplink up1 lbr1 02:00:00:00:10:01
uplink up2 lbr1 02:00:00:00:10:02
pool up1 up2
watch_more=(--network "$work/pool.xml")
watch_start

cards=$(domain one.xml one 11111111-1111-4111-8111-111111111111 "
    <interface type='direct'>
      <mac address='52:54:00:00:00:01'/><source dev='up0' mode='bridge'/><target dev='mv0'/>
      <model type='virtio'/>
      <vifplug:reconnect xmlns:vifplug='urn:vifplug:1' find='mac'/>
    </interface>
    <interface type='network'>
      <mac address='52:54:00:00:00:02'/><source network='pool'/><target dev='mv1'/>
      <model type='virtio'/>
    </interface>")
qemu_more=(-device "pcie-root-port,id=rp1,chassis=1" -device "pcie-root-port,id=rp2,chassis=2")
under_run one ip4=10.0.0.1/24,10.0.1.1/24 --bus rp1,rp2 --network "$work/pool.xml" --domain "$cards"
ready one
nic one eth0 'carrier=1 '
nic one eth1 'carrier=1 '

# By its address. Another one under its name is not it.
pings_start 10.0.0.1 52:54:00:00:00:01 lbr0
goes_on
line=$(watch_line)
ip link delete up0
watch_says '"mv0".*: its macvtap is gone' "$line"
uplink up0 lbr0 02:00:00:00:20:00
ip link set up0 up
watch_says 'waiting for a device with the MAC address 02:00:00:00:10:00, as "up0" had' "$line"
wait_for is_known mv0 'i["status"]' waiting
uplink other0 lbr0 02:00:00:00:10:00
reconnected mv0 1
goes_on
is_on mv0 other0 || fail "mv0 is on another device: $(link mv0)"
# Again and again, under the one name and the other.
ip link delete up0
below=other0
for round in $(seq 2 20); do
    next=up0
    [ $below = other0 ] || next=other0
    line=$(watch_line)
    ip link delete $below
    watch_says '"mv0".*: its macvtap is gone' "$line"
    uplink $next lbr0 02:00:00:00:10:00
    reconnected mv0 "$round"
    goes_on
    is_on mv0 $next || fail "mv0 is on another device: $(link mv0)"
    below=$next
done
pings_stop

# By its network: the one goes, and the other one is there.
pings_start 10.0.1.1 52:54:00:00:00:02 lbr1
goes_on
is_on mv1 up1 || fail "mv1 is on another device: $(link mv1)"
since=$(now)
ip link delete up1
reconnected mv1 1
goes_on
is_on mv1 up2 || fail "mv1 is on another device: $(link mv1)"
echo "ok: on to another device of its network, cut off for $(gap "$since") ms"
# The first comes back: that is nothing to it.
line=$(watch_line)
uplink up1 lbr1 02:00:00:00:10:01
ip link set up1 up
kill -HUP "$watcher"
watch_says 'networks are read again' "$line"
goes_on
is_on mv1 up2 || fail "mv1 did not stay: $(link mv1)"
is "it was connected again just once" 1 "$(known mv1 'i["reconnects"]')"
# But it is there for it when it is needed.
ip link delete up2
reconnected mv1 2
goes_on
is_on mv1 up1 || fail "mv1 is on another device: $(link mv1)"
# Again and again, from the one to the other.
below=1
for round in $(seq 3 20); do
    next=$((3 - below))
    uplink up$next lbr1 02:00:00:00:10:0$next
    ip link delete up$below
    reconnected mv1 "$round"
    goes_on
    is_on mv1 up$next || fail "mv1 is on another device: $(link mv1)"
    below=$next
done
# None is left, until the network gets another one.
line=$(watch_line)
ip link delete up1
watch_says 'waiting for one of the devices of the network "pool"' "$line"
uplink up3 lbr1 02:00:00:00:10:03
wait_for is_known mv1 'i["status"]' waiting
pool up1 up3
kill -HUP "$watcher"
reconnected mv1 21
goes_on
is_on mv1 up3 || fail "mv1 is on another device: $(link mv1)"
is "the other card was left alone" 20 "$(known mv0 'i["reconnects"]')"
pings_stop

off one
watch_stop
ip link delete up0
ip link delete up3
nothing_left
