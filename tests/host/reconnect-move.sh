#!/bin/bash
# A macvtap is moved to another device, back, and for good; and each of these is killed hard at any of the
# system calls that change something. What is open stays.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/killed.sh
. "$VIFPLUG_SOURCE/tests/support/killed.sh"
# shellcheck source=../support/reconnect.sh
. "$VIFPLUG_SOURCE/tests/support/reconnect.sh"

# has_old: whether the macvtap is there that it had before.
has_old() {
    [[ $(ip -o link) == *vifold* ]]
}
# open_it: as a guest has it, with descriptor 9.
open_it() {
    exec 9<>"$("$VIFPLUG" list --json | json 'j["interfaces"][0]["node"]')"
}
# settled LOWER MODE: r0 is there, and all is over.
settled() {
    is_right "$1" "$2" >/dev/null
    ! has_old || fail "two are there: $(ip -o link)"
    is "nothing is before it" None "$(field before)" >/dev/null
}

lower low0 low1
remember
"${plug[@]}" --lower low0 --mode bridge
open_it
before=$(field ifindex)

# There, and back.
works "${again[@]}" move r0 low1
is_right low1 bridge
has "the old one is there" "vifold$before@low0: " "$(link "vifold$before")"
is "which is noted" "low0 $before" "$(json 'j["before"]["lower"], j["before"]["ifindex"]' \
    </run/vifplug/ports/r0.json | tr -d "(',)")"
works "$VIFPLUG" gc
is "gc leaves both alone" '' "$out"
expect 1 '"r0": it is being moved already' "${again[@]}" move r0 low1
works "${again[@]}" back r0
settled low0 bridge
is "the same as before" "$before" "$(field ifindex)"

# What is open decides.
works "${again[@]}" move r0 low1
works "${again[@]}" settle r0
settled low0 bridge
is "the one that was open" "$before" "$(field ifindex)"
works "${again[@]}" move r0 low1
exec 9<&-
works "${again[@]}" settle r0
settled low1 bridge
works "${again[@]}" move r0 low0
works "${again[@]}" moved r0
settled low0 bridge
open_it
works "${again[@]}" move r0 low1
exec 8<>"$("$VIFPLUG" list --json | json 'j["interfaces"][0]["node"]')"
works "${again[@]}" settle r0
! has_link r0 || fail "one of two that were both open was kept"
! has_old || fail "the other of two was kept"
exec 8<&- 9<&-
works "${again[@]}" again r0 low1
settled low1 bridge

# The devices below go in the midst of it: the old one, and the new one.
works "${again[@]}" move r0 low0
ip link del low1
works "${again[@]}" moved r0
settled low0 bridge
lower low1
works "${again[@]}" move r0 low1
ip link del low1
works "${again[@]}" back r0
settled low0 bridge

# A name that is in use, and a device that cannot take it: nothing happens.
lower low1
ip link add "vifold$(field ifindex)" type dummy 2>/dev/null || ip link add "vifold$(field ifindex)" type bridge
expect 1 '"r0": cannot rename' "${again[@]}" move r0 low1
ip link del "vifold$(field ifindex)"
settled low0 bridge
ip link add lb0 type bridge
ip link set low1 master lb0
expect 1 '"low1" is a port of the Linux bridge "lb0"' "${again[@]}" move r0 low1
settled low0 bridge
ip link del lb0

# Unplugged in the midst of it.
works "${again[@]}" move r0 low1
works "$VIFPLUG" unplug r0
! has_link r0 || fail "r0 is still there"
! has_old || fail "the one before is still there"
is "no record" '' "$("$VIFPLUG" list)"
ip link del low0
ip link del low1

# killed_at_move CALL MODE STEP: kills it at the first CALL, then at the second, and so on until it comes
# through, while the old one is open, or not.
killed_at_move() {
    local call=$1 mode=$2 step=$3 n=0 status=137 before where
    while [ $status -eq 137 ]; do
        n=$((n + 1)) status=0
        lower low0 low1
        "${plug[@]}" --lower low0 --mode "$mode"
        before=$(field ifindex)
        [ $((n % 2)) = 0 ] || open_it
        [ "$step" = move ] || "${again[@]}" move r0 low1
        strace -qq -f -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
            "${again[@]}" "$step" r0 low1 >/dev/null 2>&1 || status=$?
        "$VIFPLUG" gc --quiet || fail "gc after $call $n"
        if [ $((n % 3)) != 0 ]; then
            "${again[@]}" settle r0 || fail "settle after $call $n"
            where=$(field lower)
            settled "$where" "${mode/passthrough/passthru}"
            # What is open is never taken away, but where it was said that it is no more needed.
            [ $((n % 2)) = 0 ] || [ "$step" = moved ] || [ "$(field ifindex)" = "$before" ] ||
                fail "$call $n: the one that is open is gone"
        fi
        exec 9<&-
        "$VIFPLUG" unplug r0
        ! has_link r0 || fail "r0 is still there after $call $n"
        ! has_old || fail "the one before is still there after $call $n"
        is "no record" '' "$("$VIFPLUG" list)" >/dev/null
        ip link del low0
        ip link del low1
    done
    is "$step, mode $mode, killed at $((n - 1)) of $call" 0 $status
    [ $n -gt 1 ] || fail "it was never killed"
}
for step in move moved back; do
    for call in renameat sendmsg; do
        killed_at_move $call bridge $step
    done
done
killed_at_move sendmsg passthrough move
