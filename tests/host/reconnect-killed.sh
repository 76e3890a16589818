#!/bin/bash
# A macvtap is made again, and that is killed hard at any of the system calls that change something.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/killed.sh
. "$VIFPLUG_SOURCE/tests/support/killed.sh"
# shellcheck source=../support/reconnect.sh
. "$VIFPLUG_SOURCE/tests/support/reconnect.sh"

# killed_at_again CALL MODE ACTION [LOWER]: kills it at the first CALL, then at the second, and so on until
# it comes through. Then gc leaves r0 alone, the next attempt succeeds, and unplug leaves nothing.
killed_at_again() {
    local call=$1 mode=$2 n=0 status=137
    shift 2
    while [ $status -eq 137 ]; do
        n=$((n + 1)) status=0
        back
        remember
        "${plug[@]}" --lower low0 --mode "$mode"
        gone low0
        back
        "${again[@]}" lost r0
        [ "$1" = again ] || "${again[@]}" again r0 low0 >/dev/null
        strace -qq -f -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
            "${again[@]}" "$1" r0 "${@:2}" >/dev/null 2>&1 || status=$?
        "$VIFPLUG" gc --quiet || fail "gc after $call $n"
        if [ $((n % 2)) = 0 ]; then
            "${again[@]}" again r0 low0 >/dev/null || fail "the next attempt after $call $n"
            is_right low0 "${mode/passthrough/passthru}" >/dev/null
        fi
        "$VIFPLUG" unplug r0
        ip link set low0 down
        [ "$(host_state)" = "$snapshot" ] ||
            fail "$call $n: $(diff <(echo "$snapshot") <(host_state))"
        ip link del low0
    done
    is "$1, mode $mode, killed at $((n - 1)) of $call" 0 $status
    [ $n -gt 1 ] || fail "it was never killed"
}
for mode in bridge passthrough; do
    for call in renameat sendmsg fchownat; do
        killed_at_again $call $mode again low0
    done
done
for call in renameat sendmsg; do
    killed_at_again $call passthrough undo
done
