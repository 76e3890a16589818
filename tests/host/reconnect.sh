#!/bin/bash
# Macvtaps that went with the device below them are made again when that is back: by its name, by its
# address, on another device of the network; in each mode. What a guest makes of it is tested with
# guests.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/reconnect.sh
. "$VIFPLUG_SOURCE/tests/support/reconnect.sh"
# What strace holds cannot be looked at by the leak sanitizer.
command -v strace >/dev/null || { echo "no strace"; exit 77; }

# The same name, in each mode; the device is down when it comes back.
lower low0
for mode in vepa bridge private passthrough; do
    "${plug[@]}" --lower low0 --mode $mode --user nobody --mtu 1400
    is "it is there" low0 "$("${again[@]}" find r0)"
    gone low0
    expect 3 'waiting for the device "low0"$' "${again[@]}" find r0
    expect 3 '"r0": there is no device "low0"' "${again[@]}" again r0 low0
    lower low0
    ip link set low0 down
    own=$(mac low0)
    works "${again[@]}" find r0
    is "found" low0 "$out"
    works "${again[@]}" again r0 low0
    is "others open it" 0 "$out"
    is_right low0 "${mode/passthrough/passthru}"
    is "MTU" 1400 "$(</sys/class/net/r0/mtu)"
    is "the node's owner" nobody "$(stat -c %U "$("$VIFPLUG" list --json | json 'j["interfaces"][0]["node"]')")"
    is "address of the device as it was plugged" "$own" "$(field home_mac)"
    works "$VIFPLUG" unplug r0
    is "the device's own address" "$own" "$(mac low0)"
    [ $mode = passthrough ] || ip link set low0 down
    ! is_up low0 || fail "low0 was left up"
    ip link set low0 up
    is "no record is left" '' "$("$VIFPLUG" list)"
    ! has_link r0 || fail "r0 is still there"
done

# What cannot take it is waited for until it can.
"${plug[@]}" --lower low0
gone low0
lower low0
ip link add lb0 type bridge
ip link set low0 master lb0
expect 3 'waiting for the device "low0": "low0" is a port of the Linux bridge "lb0"' "${again[@]}" find r0
expect 1 '"r0": "low0" is a port of the Linux bridge "lb0"' "${again[@]}" again r0 low0
ip link set low0 nomaster
ip link add link low0 name other address $mac type macvtap mode bridge
expect 3 "waiting for the device \"low0\": \"other\", on \"low0\" too, has the MAC address $mac" "${again[@]}" find r0
ip link del other
ip link add link low0 name other type macvtap mode passthru
expect 3 'exclusive use by the passthrough macvtap "other"' "${again[@]}" find r0
ip link del other
works "${again[@]}" again r0 low0
is_right low0 vepa
works "$VIFPLUG" unplug r0
expect 1 'No such file' "${again[@]}" again r0 low0

# A device of another kind under the same name: a bridge, and one of Open vSwitch's.
gone_and_back() {
    gone low0
    "$@"
    works "${again[@]}" again r0 low0
    is_right low0 vepa
}
"${plug[@]}" --lower low0
gone_and_back ip link add low0 type bridge
gone_and_back ip link add low0 type bridge
ip link del low0
bridge ovs0
ovs-vsctl add-port ovs0 low0 -- set interface low0 type=internal
works "${again[@]}" again r0 low0
ovs-vsctl del-port ovs0 low0
! has_link r0 || fail "r0 is still there"
gone_and_back_in_ovs() {
    ovs-vsctl add-port ovs0 low0 -- set interface low0 type=internal
}
gone_and_back_in_ovs
works "${again[@]}" again r0 low0
is_right low0 vepa
works "$VIFPLUG" unplug r0
ovs-vsctl del-br ovs0

# Moved away, and back: what was on it is made anew, as somebody has it open or not.
lower low0
"${plug[@]}" --lower low0
ip netns add away
ip link set low0 netns away
expect 3 'waiting for the device "low0"$' "${again[@]}" find r0
ip -n away link set low0 netns $$
ip link set low0p up
works "${again[@]}" again r0 low0
is_right low0 vepa
ip netns del away

# One that is there and as it should be is taken as it is; one that somebody has open is not.
before=$(field ifindex)
works "${again[@]}" again r0 low0
is "taken" "$before" "$(field ifindex)"
exec 9<>"$("$VIFPLUG" list --json | json 'j["interfaces"][0]["node"]')"
works "${again[@]}" again r0 low0
[ "$(field ifindex)" != "$before" ] || fail "what somebody has open was taken"
exec 9<&-
is_right low0 vepa
ip link set r0 type macvtap mode bridge
works "${again[@]}" again r0 low0
is_right low0 vepa
# Another one under its name is left alone.
gone low0
lower low0
ip link add link low0 name r0 type macvtap
expect 1 'cannot make macvtap "r0"' "${again[@]}" again r0 low0
has_link r0 || fail "somebody's macvtap was taken away"
ip link del r0
is "nothing is known of a device" 0 "$(field ifindex)"

# What fails on the way leaves all as it was: somebody out of sight has the address.
ip link set low0 down
ip netns add away
ip link add link low0 name other address $mac netns away type macvtap mode bridge
ip -n away link set other up
expect 1 "\"r0\": the MAC address $mac is in use on \"low0\", by a link of another network namespace" \
    "${again[@]}" again r0 low0
! has_link r0 || fail "r0 is still there"
! is_up low0 || fail "low0 was left up"
is "nothing is known of a device" 0 "$(field ifindex)"
ip -n away link del other
ip netns del away
# Unplugged just before: then there is nothing to connect.
ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$work/trace" -e trace=openat,flock -e inject=flock:delay_enter=3000000:when=1 \
    "${again[@]}" again r0 low0 2>"$work/refusal" &
pid=$!
wait_for grep -q 'r0\.json' "$work/trace"
works "$VIFPLUG" unplug r0
status=0
wait $pid || status=$?
is "it fails" 1 $status
is "since there is no such interface" '"r0" was unplugged meanwhile' "$(<"$work/refusal")"
! has_link r0 || fail "r0 is there again"
ip link set low0 up
"${plug[@]}" --lower low0
gone low0
lower low0

# Taken away again.
ip link set low0 down
works "${again[@]}" again r0 low0
works "${again[@]}" undo r0
! has_link r0 || fail "r0 is still there"
is "nothing is known of a device" 0 "$(field ifindex)"
works "${again[@]}" undo r0
works "$VIFPLUG" unplug r0

# For a guest: queues, open, for this process.
cat >"$work/queues" <<'END'
#!/usr/bin/python3
import fcntl, struct, sys
for fd in range(3, 3 + int(sys.argv[1])):
    name, flags = struct.unpack("16sH22x", fcntl.ioctl(fd, 0x800454d2, bytes(40)))
    print(name.rstrip(b"\0").decode(), hex(flags))
END
chmod +x "$work/queues"
mkfifo "$work/end"
ip link del low0
back
ip link set low0 up
remember
"$VIFPLUG" run --lower low0 --mac $mac --target r0 --queues 2 -- sh -c "cat $work/end" &
pid=$!
exec 8>"$work/end"
in_use() {
    grep -q 'in use$' <<<"$("$VIFPLUG" list)"
}
wait_for in_use
is "the queues are the guest's alone" "" "$(find "/proc/$pid/fd" -lname '*macvtap*')"
# That the guest it is for has it open does not matter where it has several queues.
before=$(field ifindex)
works "${again[@]}" again r0 low0 "$work/queues" 2
is "two more queues" $'2\nr0 0x5102\nr0 0x5102' "$out"
is "of the same one" "$before" "$(field ifindex)"
gone low0
back
works "${again[@]}" again r0 low0 "$work/queues" 2
is "two queues" $'2\nr0 0x5102\nr0 0x5102' "$out"
is_right low0 vepa
is "still of vifplug run" $pid "$(field pid)"
exec 8>&-
wait $pid
nothing_left

# By its address, whatever the name; not what has borrowed it, nor parts of a bridge.
"${plug[@]}" --lower low0 --reconnect-by mac
home=$(mac low0)
gone low0
expect 3 "waiting for a device with the MAC address $home, as \"low0\" had$" "${again[@]}" find r0
lower low0
expect 3 "waiting for a device with the MAC address $home" "${again[@]}" find r0
ip link add elsewhere type veth peer name elsewherep
ip link set elsewhere address "$home"
works "${again[@]}" find r0
is "found" elsewhere "$out"
works "${again[@]}" again r0 elsewhere
is_right elsewhere vepa
is "its address" "$home" "$(field home_mac)"
gone elsewhere
ip link add elsewhere type veth peer name elsewherep
ip link set elsewhere address "$home" master lb0
expect 3 '"elsewhere" is a port of the Linux bridge "lb0"' "${again[@]}" find r0
ip link set elsewhere nomaster
ip link set low0 address "$home"
works "${again[@]}" find r0
is "of two that have it, one has another name" elsewhere "$out"
ip link del elsewhere
works "$VIFPLUG" unplug r0
# A passthrough macvtap gives the device the guest's address.
"${plug[@]}" --lower low0 --mode passthrough --reconnect-by mac
gone low0
lower low0
ip link set low0 address "$home"
works "${again[@]}" again r0 "$("${again[@]}" find r0)"
ip link set low0 name low1
is "found under the guest's address" low1 "$("${again[@]}" find r0)"
ip link set low1 name low0
works "$VIFPLUG" unplug r0
is "the device's own address" "$home" "$(mac low0)"
ip link del low0

# Another device of the network, the least used.
lower pool0 pool1 pool2
network() {
    echo "<network><name>net</name>$1</network>" >"$work/net.xml"
}
network "<forward mode='bridge'><interface dev='pool0'/><interface dev='pool1'/><interface dev='pool2'/></forward>"
works "$VIFPLUG" plug --quiet --network "$work/net.xml" \
    --interface "$(interface i.xml "<source network='net'/><mac address='$mac'/><target dev='r0'/>" network)"
is "its network" 'net pool pool0' "$(field network) $(field find) $(field lower)"
gone pool0
ip link add link pool1 name other type macvtap mode bridge
is "the least used" pool2 "$("${again[@]}" find r0 "$work/net.xml")"
ip link del other
is "the first of equals" pool1 "$("${again[@]}" find r0 "$work/net.xml")"
works "${again[@]}" again r0 pool1
is_right pool1 bridge
is "of this one" "$(mac pool1)" "$(field home_mac)"
gone pool1
ip link del pool2
expect 3 'waiting for one of the devices of the network "net"$' "${again[@]}" find r0 "$work/net.xml"
expect 1 'no network "net"' "${again[@]}" find r0
lower late
network "<forward mode='bridge'><interface dev='pool2'/><interface dev='late'/></forward>"
is "networks are read anew" late "$("${again[@]}" find r0 "$work/net.xml")"
network "<forward mode='bridge'/><bridge name='lb0'/>"
expect 3 'has no device for a macvtap any more' "${again[@]}" find r0 "$work/net.xml"
network "<forward mode='bridge'/><bridge name='lb0'/><metadata><a:alternative xmlns:a='urn:vifplug:1' dev='late'/></metadata>"
is "the alternative" late "$("${again[@]}" find r0 "$work/net.xml")"
works "$VIFPLUG" unplug r0

# Two on one device.
"$VIFPLUG" plug --quiet --lower late --target r0 --mac $mac
"$VIFPLUG" plug --quiet --lower late --target r1
gone late
lower late
works "${again[@]}" again r1 late
works "${again[@]}" again r0 late
is_right late vepa
works "$VIFPLUG" verify
# What waits is no leftover, but unplug takes it.
gone late
works "${again[@]}" lost r0
works "$VIFPLUG" gc
is "what waits is left to the watcher" 'removed interface "r1": its device is gone' "$out"
works "$VIFPLUG" unplug r0
ip link del lb0
