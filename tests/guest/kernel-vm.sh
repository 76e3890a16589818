#!/bin/bash
# scripts/kernel-vm itself: what goes in and what comes out, that its kernel has what this machine's
# may lack, and that nothing is left of it, in time or when it is killed.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
vm=$VIFPLUG_SOURCE/scripts/kernel-vm

# shellcheck disable=SC2016 # for the shell over there
expect 7 '' env "WORDS=two 'words'" "$vm" "$VIFPLUG_GUEST" bash -c '
    set -e
    echo "$WORDS, $1, $PWD, $TMPDIR"
    [ "$(uname -r)" != '"$(uname -r)"' ] && echo "another kernel"
    ! touch "$0" 2>/dev/null && echo "read-only"
    ip link add lower type veth peer name far
    ip link add link lower name lower.100 type vlan id 100
    ip link add link lower.100 name mv0 type macvtap mode vepa
    ip link add br0 type bridge
    ip tuntap add tap0 mode tap
    ip -o link | grep -c -E "(lower|far|lower.100|mv0|br0|tap0)(@[a-z0-9.]*)?:"
    echo "and stderr" >&2
    exit 7' "$0" 'a  b'
is "output" "two 'words', a  b, $PWD, /run/tmp
another kernel
read-only
6
and stderr" "$out"

expect 124 'not done after 1 seconds: sleep 100$' "$vm" -t 1 "$VIFPLUG_GUEST" sleep 100
expect 125 'usage: ' "$vm" "$VIFPLUG_GUEST"
expect 125 'no /nonexistent/host.gz: run scripts/guest-image' "$vm" /nonexistent true

# running PROGRAM: is there a process of it? This test has process numbers of its own.
running() {
    local exe
    for exe in /proc/[0-9]*/exe; do
        [[ $(readlink "$exe") != */$1 ]] || return 0
    done
    return 1
}
not_running() {
    ! running "$1"
}
"$vm" "$VIFPLUG_GUEST" sleep 100 &
wait_for running qemu-system-x86_64
wait_for running virtiofsd
kill -KILL $!
wait_for not_running qemu-system-x86_64
wait_for not_running virtiofsd
is "nothing is left in $TMPDIR" "$work" "$(find "$TMPDIR" -mindepth 1 -maxdepth 1)"
