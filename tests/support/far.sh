# shellcheck shell=bash
# Sourced after libvirt.sh: another host, "far", in a sandbox within the test's, with an Open vSwitch
# and a libvirtd of its own, and a cable between them.
: "${work=}" "${guest_dir=}" "${guest_images=}" # of what was sourced before

far=''          # a process there
far_uri=''      # libvirt's there
far_snapshot='' # what far_remember saw
far_address=10.255.0.2
near_address=10.255.0.1

far_is_up() {
    [ -e "/proc/$(child "$1")/root/run/is-far" ]
}

# far_start: makes it. The consoles and images of guests are in the same places there.
far_start() {
    mkfifo "$work/far"
    "$VIFPLUG_SOURCE/scripts/sandbox" --ovs --libvirt sh -c 'touch /run/is-far; exec cat' \
        0<>"$work/far" >"$work/far.out" 2>&1 &
    wait_for far_is_up $!
    far=$(child $!)
    # shellcheck disable=SC2034 # for the caller
    far_uri="qemu+unix:///system?socket=/proc/$far/root/run/libvirt/libvirt-sock"
    mkdir -m 755 "/proc/$far/root$work" "/proc/$far/root$guest_dir"
    cp -a "$guest_images" "/proc/$far/root$work"
    hostname near
    over_there hostname far
    ip link add cable type veth peer name cable netns "$far"
    cable $near_address
    over_there cable $far_address
}

# cable ADDRESS: lets a host use its end.
cable() {
    ip addr add "$1/24" dev cable
    ip link set cable up
}

# over_there COMMAND...: on the other host; also a function of the script, with what is known here of
# places and there of guests.
over_there() {
    # shellcheck disable=SC2154 # patience is of cli.sh
    nsenter -t "$far" -m -n -u -p -- bash -c "set -euo pipefail
        $(declare -p work guest_dir patience)
        declare -A guest_pid=()
        $(declare -f)
        snapshot=\$1
        shift
        \"\$@\"" there "$far_snapshot" "$@"
}

# far_remember, far_nothing_left: as without "far_", of that host.
far_remember() {
    far_snapshot=$(over_there host_state)
}

far_nothing_left() {
    over_there nothing_left
}

# new_console NAME: an empty console for the guest that is about to come to a host.
new_console() {
    [ -p "$guest_dir/$1.in" ] || mkfifo "$guest_dir/$1.in"
    : >"$guest_dir/$1.out"
    chmod 666 "$guest_dir/$1".{in,out}
}

# reach_there NAME WANTED: as reach, for a guest of the other host.
reach_there() {
    over_there libvirt_reach "$@"
}
libvirt_reach() {
    libvirt_runs "$1"
    reach "$@"
}
