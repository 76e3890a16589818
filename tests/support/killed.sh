# shellcheck shell=bash
# Sourced after cli.sh by tests that kill the program at its system calls.

: "${snapshot=}" # of cli.sh

# What strace holds cannot be looked at by the leak sanitizer.
export ASAN_OPTIONS=detect_leaks=0
command -v strace >/dev/null || { echo "no strace"; exit 77; }

# killed_at NAME CALL COMMAND...: kills the command, which plugs NAME, at the first CALL, then at the
# second, and so on until it comes through; gc each time.
killed_at() {
    local name=$1 call=$2 n=0 status=137
    shift 2
    while [ $status -eq 137 ]; do
        n=$((n + 1))
        status=0
        strace -qq -f -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" "$@" \
            >/dev/null 2>&1 || status=$?
        [ $status -eq 137 ] || break
        "$VIFPLUG" gc --quiet || fail "gc after $call $n"
        # Killed when all was done already: then all of it must be there.
        if [ -n "$("$VIFPLUG" list)" ]; then
            "$VIFPLUG" verify --quiet || fail "verify after $call $n"
            "$VIFPLUG" unplug "$name"
        fi
        [ "$(host_state)" = "$snapshot" ] ||
            fail "$call $n: $(diff <(echo "$snapshot") <(host_state))"
    done
    is "$* killed at $((n - 1)) of $call" 0 $status
    "$VIFPLUG" unplug "$name"
    nothing_left
}
