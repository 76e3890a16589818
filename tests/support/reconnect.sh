# shellcheck shell=bash
# Sourced after cli.sh by tests of macvtaps that are made again: "$VIFPLUG plug" makes r0, "${again[@]}"
# (tests/host/reconnect.c) does what the watcher would.

# shellcheck disable=SC2034 # for the caller
again=("$VIFPLUG_BUILD/tests/host/host-reconnect")
mac=52:54:00:00:09:01
# shellcheck disable=SC2034 # likewise
plug=("$VIFPLUG" plug --quiet --mac "$mac" --target r0)

# field NAME: a member of r0's record.
field() {
    json "j['$1']" </run/vifplug/ports/r0.json
}
# back: low0 appears, down, always with the same addresses.
back() {
    ip link add low0 address 02:00:00:00:09:02 type veth peer name low0p address 02:00:00:00:09:03
    ip link set low0p up
}
# gone NAME: the device below, and with it the macvtap.
gone() {
    ip link del "$1"
    ! has_link r0 || fail "r0 is still there"
}
# is_right LOWER MODE: r0 is as it was plugged.
is_right() {
    local now
    now=$(link r0)
    has "on $1, up, marked" "r0@$1: .*[<,]UP[,>].*alias vifplug:" "$now"
    has "address and mode" "link/ether $mac .* macvtap +mode $2 " "$now"
    is "all multicast" 1 "$(($(</sys/class/net/r0/flags) >> 9 & 1))"
    is "the record" "$1 $(</sys/class/net/r0/ifindex)" "$(field lower) $(field ifindex)"
    is_up "$1" || fail "$1 is down"
    works "$VIFPLUG" verify r0
}
