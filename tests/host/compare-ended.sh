#!/bin/bash
# vifplug compare that is interrupted or killed at any moment: nothing is left, and where it can still
# speak, it says what it has.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# So that commands in the background do not ignore SIGINT.
set -m

bridge br0
lower l0
ip link add br1 type bridge
ip link set br1 up
ip link set l0p master br1
# Once through, so that what stays on purpose, such as the folder of the records, is there.
works "$VIFPLUG" compare --bridge br0 --lower l0 --rounds 1 --round-ms 5 --quiet

# state: what a comparison could leave, besides what host_state knows: processes, network namespaces
# of processes, mounts, files.
state() {
    host_state
    cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(ovs|vifplug)' | sort
    find /proc/[0-9]*/ns/net -printf '%l\n' 2>/dev/null | sort -u | wc -l
    sed 's/^[0-9]* [0-9]* [^ ]* //' /proc/self/mountinfo
    find /run -xdev ! -path "$work*" ! -path '*.log' 2>/dev/null | sort
}
same_state() {
    [ "$(state)" = "$before" ]
}
before=$(state)

# catches_signals PID: whether it has got as far as to catch SIGTERM.
catches_signals() {
    grep -qE '^SigCgt:.*[4-7c-f][0-9a-f]{3}$' "/proc/$1/status"
}

# ended SIGNAL SECONDS STATUS OPTIONS...: ends a comparison with these options by the signal after so
# long; nothing may be left.
ended() {
    local signal=$1 after=$2 wanted=$3 status=0 pid
    shift 3
    "$VIFPLUG" compare --rounds 1000 --json "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    [ "$signal" = KILL ] || wait_for catches_signals $pid
    sleep "$after"
    kill "-$signal" $pid
    wait $pid || status=$?
    is "ended by $signal after $after s" "$wanted" "$status"
    wait_for same_state
    echo "ok: nothing was left behind"
    [ "$signal" != KILL ] || return 0
    is 'it says that it was interrupted' \
        'vifplug: interrupted; what was measured until then is told' "$(<"$work/err")"
    is 'and what it has' True \
        "$(json 'j["interrupted"] and all(p["rounds"] < 1000 for p in j["paths"])' <"$work/out")"
}
for after in 0.1 0.4 0.8 1.5 3; do
    ended KILL $after 137
done
for after in 0.1 0.5 1.2; do
    ended INT $after 1
    ended TERM $after 1
done
ended TERM 3 1 --paths bridge,vepa
is 'rounds of each' True \
    "$(json 'all(p["rounds"] == len(p["trips"]["rounds"]) > 0 for p in j["paths"])' <"$work/out")"
real=(--bridge br0 --lower l0)
for after in 0.05 0.2 0.4 0.8; do
    ended KILL $after 137 "${real[@]}"
    ended TERM $after 1 "${real[@]}"
done

# The moments at which there is most to be undone: while it is plugged.
command -v strace >/dev/null || exit 0
export ASAN_OPTIONS=detect_leaks=0 # which cannot look at what strace holds
for n in 2 6 10 14 18 22 26; do
    status=0
    strace -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:signal=KILL:when=$n \
        "$VIFPLUG" compare "${real[@]}" --rounds 1 --round-ms 5 --paths bridge-host,vepa-host \
        >/dev/null 2>&1 || status=$?
    is "killed at sendmsg $n" 137 $status
    wait_for same_state
done
