#!/bin/bash
# vifplug killed hard at any of its system calls that change something: gc clears it up. And many at
# once.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/killed.sh
. "$VIFPLUG_SOURCE/tests/support/killed.sh"
bridge br0
works "$VIFPLUG" plug --bridge br0 --target k0 --quiet
works "$VIFPLUG" unplug k0
remember

spec=$(interface k.xml "<mac address='52:54:00:00:05:01'/><source bridge='br0'/><target dev='k0'/>
    <bandwidth><inbound average='1000'/><outbound average='1000'/></bandwidth>")

for call in linkat unlinkat sendmsg ioctl renameat sendto; do
    killed_at k0 $call "$VIFPLUG" plug --interface "$spec"
done
plugged() {
    "$VIFPLUG" plug --quiet --interface "$spec"
}
# gc after an unplug that was killed before it began has nothing to do.
for call in renameat unlinkat; do
    plugged
    strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=1 \
        "$VIFPLUG" unplug k0 >/dev/null 2>&1 || true
    "$VIFPLUG" gc --quiet
    "$VIFPLUG" unplug k0
    nothing_left
done

# Sixteen at once, each with a name of its own; then all after one name.
at_once 16 "$VIFPLUG" plug --quiet --bridge br0 --target "c{}" --vlan "{}" --timeout 20
is "all sixteen came through" "16, " "$good, $(<"$work/refusals")"
works "$VIFPLUG" verify --quiet
is "all are there" 16 "$("$VIFPLUG" list | grep -c '^c[0-9]')"
works "$VIFPLUG" unplug --all
nothing_left
at_once 16 "$VIFPLUG" plug --quiet --bridge br0 --target same0 --mac 52:54:00:00:06:01 --vlan 5 \
    --timeout 20
[ $good -ge 1 ] || fail "none of sixteen came through: $(cat "$work/refusals")"
echo "ok: $good of sixteen came through"
works "$VIFPLUG" verify
is "it is there once" 1 "$(ovs-vsctl list-ports br0 | grep -c same0)"
works "$VIFPLUG" unplug same0
nothing_left
