#!/bin/bash
# vifplug compare --guests: guests find by pings what the endpoints of a path were found to do, TCP flows
# between them, and nothing of them is left, in time or when the program is killed.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
patience=60
compare=("$VIFPLUG" compare --rounds 1 --round-ms 5)
kernel=(--guests --guest-kernel "$VIFPLUG_GUEST/vmlinuz")
files=("${kernel[@]}" --guest-initrd "$VIFPLUG_GUEST/compare.gz")
guests=("${files[@]}" --guest-accel tcg)

# runs N: are there N processes of QEMU? This test has process numbers of its own.
runs() {
    local exe n=0
    for exe in /proc/[0-9]*/exe; do
        [[ $(readlink "$exe") != */qemu-system-x86_64 ]] || n=$((n + 1))
    done
    [ $n = "$1" ]
}

remember
refused 2 '--guests needs --guest-kernel and --guest-initrd: .* scripts/guest-image makes$' \
    "${compare[@]}" --guests
refused 2 '--guests needs --guest-kernel and --guest-initrd' \
    "${compare[@]}" "${kernel[@]}"
refused 2 '--guest-kernel /nowhere: No such file' \
    "${compare[@]}" --guests --guest-kernel /nowhere --guest-initrd /nowhere
refused 2 '--guest-accel "fast": kvm or tcg is wanted' "${compare[@]}" "${files[@]}" --guest-accel fast
refused 2 '--guest-initrd needs --guests' "${compare[@]}" --guest-initrd /nowhere
refused 2 'cannot run "qemu-system-x86_64": no such program' \
    env PATH=/nowhere "${compare[@]}" "${guests[@]}"

# Killed, and told to end.
"${compare[@]}" "${guests[@]}" --paths bridge >/dev/null &
wait_for runs 2
kill -KILL $!
wait_for runs 0
echo "ok: guests end when the program is killed"
"${compare[@]}" "${guests[@]}" --paths bridge --json >"$work/json" 2>/dev/null &
pid=$!
wait_for runs 2
kill -TERM $pid
status=0
wait $pid || status=$?
is 'a signal ends them, too, and the program' 1 $status
wait_for runs 0
is 'and what was measured is told' 'True None' \
    "$(json 'str(j["interrupted"]) + " " + str(j["paths"][0]["guests"]["unicast"])' <"$work/json")"

# Something that is no guest.
works "${compare[@]}" "${kernel[@]}" --guest-initrd "$0" --guest-accel tcg --paths bridge --json
has 'guests that do not boot' 'between guests: QEMU of guest [AB] ended; the guest said last: .*Kernel panic' \
    "$(json 'j["paths"][0]["notes"][-1]' <<<"$out")"

works "${compare[@]}" "${guests[@]}" --paths ovs,private,floor-tap --json
is 'unicast, broadcast, same VLAN, other VLAN, and whether TCP flows' 'ovs yyyn True
private yn-- True
floor-tap ---- False' "$(json '"\n".join(p["id"] + " " + "".join({True: "y", False: "n", None: "-"}[
    p["guests"][q]] for q in ("unicast", "broadcast", "same-vlan", "other-vlan")) + " " +
    str((p["guests"]["gbits"] or 0) > 0.001) for p in j["paths"])' <<<"$out")"
has 'it is said of the path' 'between guests: unicast yes, broadcast no, TCP [0-9.e-]+ Gb/s$' \
    "$(json 'j["paths"][1]["notes"][-1]' <<<"$out")"
has 'the version of QEMU' '^[0-9]+\.[0-9]+' "$(json 'j["machine"]["qemu"]' <<<"$out")"
wait_for runs 0
nothing_left
