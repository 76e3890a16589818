#!/bin/bash
# Lower devices that cannot take a macvtap, or vanish; two of one address; many at once; and vifplug
# killed hard at any of its system calls that change something. Each time: the sentence, and nothing
# left behind.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/killed.sh
. "$VIFPLUG_SOURCE/tests/support/killed.sh"
lower low0
mac=52:54:00:00:08:01
plug=("$VIFPLUG" plug --mac "$mac" --target f0)

# A lower device that can take none.
refused 1 'no device "nosuch" .*devices: .*low0' "${plug[@]}" --lower nosuch
ip link add lb0 type bridge
ip link set low0p master lb0
refused 1 '"low0p" is a port of the Linux bridge "lb0"' "${plug[@]}" --lower low0p
refused 2 'loopback' "${plug[@]}" --lower lo
ip link add link low0 name other type macvtap mode bridge
refused 2 '"other" is itself a macvtap on "low0"' "${plug[@]}" --lower other
refused 1 "needs \"low0\" for itself, and \"other\" is on it" "${plug[@]}" --lower low0 --mode passthrough
ip link del other
ip link add link low0 name other type macvtap mode passthru
refused 1 '"low0" is in exclusive use by the passthrough macvtap "other"' "${plug[@]}" --lower low0
ip link del other
refused 2 'mode "nosuch"|nosuch' "${plug[@]}" --lower low0 --mode nosuch
refused 2 'MTU 1501 is above that of "low0", 1500' "${plug[@]}" --lower low0 --mtu 1501
refused 1 '(8021q|802.1Q)' "${plug[@]}" --lower low0 --vlan 100
refused 2 '[Tt]runk' "${plug[@]}" --lower low0 --trunk 1,2

# One MAC address twice: in a plan, on the lower device, and beside somebody else's macvtap.
same="<mac address='$mac'/><source dev='low0'/>"
refused 1 "interface 1 .*\"f0\", of the same plan, on \"low0\" too, has the MAC address $mac" \
    "$VIFPLUG" plug --domain "$(domain one.xml one 81961b1f-ef5e-5612-86cf-8132600ffe0a \
        "<interface type='direct'>$same<target dev='f0'/></interface>")" \
    --domain "$(domain two.xml two 82961b1f-ef5e-5612-86cf-8132600ffe0a \
        "<interface type='direct'>$same<target dev='f1'/></interface>")"
refused 1 "\"low0\" itself has the MAC address" "$VIFPLUG" plug --lower low0 --target f0 \
    --mac "$(mac low0)"
ip link add link low0 name other address $mac type macvtap mode bridge
ip link set other up
refused 1 "\"other\".* has the MAC address $mac" "${plug[@]}" --lower low0
ip link del other

# stopped_at CALL N COMMAND...: runs it in the background until its Nth CALL, which then takes 1 s.
stopped_at() {
    local call=$1 n=$2
    shift 2
    rm -f "$work/trace"
    strace -qq -o "$work/trace" -e trace="$call" -e inject="$call:delay_enter=1000000:when=$n" \
        "$@" >"$work/out" 2>"$work/err" &
    pid=$!
}
# ended STATUS PATTERN: how the command in the background ends.
ended() {
    local status=0
    wait $pid || status=$?
    is "status" "$1" "$status"
    has "what it says" "$2" "$(<"$work/err")"
}

# Somebody takes the address after the plan was made: the kernel refuses to bring it up.
remember
stopped_at mknodat 1 "$VIFPLUG" run --lower low0 --mac $mac --target f0 -- true
wait_for has_link f0
ip link add link low0 name other address $mac type macvtap mode bridge
ip link set other up
ended 1 "the MAC address $mac is in use on \"low0\", by \"other\""
ip link del other
nothing_left

# Or somebody has it whom nobody here sees.
ip netns add elsewhere
ip link add link low0 name other address $mac netns elsewhere type macvtap mode bridge
ip -n elsewhere link set other up
refused 1 "the MAC address $mac is in use on \"low0\", by a link of another network namespace" \
    "${plug[@]}" --lower low0
ip -n elsewhere link del other
ip netns del elsewhere

# The lower device vanishes between plan and plug, and between making the macvtap and opening it.
lower low1
stopped_at flock 1 "${plug[@]}" --lower low1
wait_for test -e /run/vifplug/lock
sleep 0.2
ip link del low1
ended 1 'there is no device "low1"'
nothing_left
lower low1
stopped_at mknodat 1 "$VIFPLUG" run --lower low1 --mac $mac --target f0 -- true
wait_for has_link f0
ip link del low1
ended 1 'f0'
nothing_left
# It is enslaved between the two.
lower low1
remember
stopped_at flock 1 "${plug[@]}" --lower low1
sleep 0.5
ip link set low1 master lb0
ended 1 '"low1" is a port of the Linux bridge "lb0"'
ip link set low1 nomaster
nothing_left

# It vanishes while a guest runs, and takes the macvtap with it: list and verify tell, gc waits for the
# guest to end, and then nothing is left.
lower low2
mkfifo "$work/end"
"$VIFPLUG" run --lower low2 --mac $mac --target f0 --mode passthrough -- sh -c "cat $work/end" &
pid=$!
wait_for grep -q '"plugged"' /run/vifplug/ports/f0.json
ip link del low2
works "$VIFPLUG" list
has "list" 'f0 .* device gone$' "$out"
expect 3 '' "$VIFPLUG" verify
is "verify" 'f0: there is no link "f0"' "$out"
works "$VIFPLUG" gc
is "gc leaves it to the process that looks after it" "" "$out"
# One of that name which comes back is another one.
lower low2
expect 1 '"f0" is in use by process' "$VIFPLUG" run --lower low2 --mac $mac --target f0 -- true
own=$(mac low2)
: >"$work/end"
wait $pid || fail "run ended with $?"
is "the new device's address" "$own" "$(mac low2)"
is "the list is empty" "" "$("$VIFPLUG" list)"
# Of what was plugged for others gc takes the record.
works "${plug[@]}" --lower low2 --mode passthrough
ip link del low2
works "$VIFPLUG" gc
is "gc" 'removed interface "f0": its device is gone' "$out"
nothing_left

# A plug that fails sets what it brought up down again, unless somebody else uses it by then: the
# second macvtap is refused its address when the first is up already.
ip link set low1 down
remember
failing=$(domain failing.xml failing 81961b1f-ef5e-5612-86cf-8132600ffe0a "
    <interface type='direct'><source dev='low1' mode='bridge'/><target dev='f0'/></interface>
    <interface type='direct'><mac address='$mac'/><source dev='low0'/><target dev='f1'/></interface>")
# fails_late COMMAND...: with the command run just before.
fails_late() {
    stopped_at mknodat 2 "$VIFPLUG" run --domain "$failing" --verbose -- true
    wait_for has_link f1
    ip link add link low0 name other address $mac type macvtap mode bridge
    ip link set other up
    "$@"
    ended 1 "the MAC address $mac is in use on \"low0\", by \"other\""
    has "it was brought up" 'setting "low1" up' "$(<"$work/err")"
    ip link del other
}
fails_late true
nothing_left
fails_late ip link add link low1 name another type macvtap mode bridge
is_up low1 || fail "the lower device is down, though somebody else uses it"
ip link del another

# 64 at once on one lower device, and 64 after one name.
ip link set low1 up
remember
at_once 64 "$VIFPLUG" plug --quiet --lower low0 --mode bridge --target "c{}"
is "all 64 came through" "64, " "$good, $(<"$work/refusals")"
works "$VIFPLUG" verify --quiet
is "all are there" 64 "$("$VIFPLUG" list | grep -c '^c[0-9]')"
works "$VIFPLUG" unplug --all
nothing_left
at_once 16 "$VIFPLUG" plug --quiet --lower low0 --mode passthrough --target "c{}"
is "of many passthrough ones the first wins" 1 $good
is "the others say why" 15 "$(grep -c 'exclusive use\|for itself' "$work/refusals")"
works "$VIFPLUG" unplug --all
nothing_left

for mode in bridge passthrough; do
    for call in linkat unlinkat renameat sendmsg fchownat; do
        killed_at f0 $call "${plug[@]}" --lower low0 --mode $mode
    done
done
ip link set low0 down
remember
for call in renameat sendmsg; do
    killed_at f0 $call "${plug[@]}" --lower low0 --mode passthrough
done
ip link set low0 up
remember
killed_at f0 mknodat "$VIFPLUG" run --lower low0 --mac $mac --target f0 -- true
# unplug, killed; then gc.
for call in renameat sendmsg unlinkat; do
    for n in 1 2 3; do
        "${plug[@]}" --quiet --lower low0 --mode passthrough
        strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n \
            "$VIFPLUG" unplug f0 >/dev/null 2>&1 || true
        "$VIFPLUG" gc --quiet
        "$VIFPLUG" unplug f0
        [ "$(host_state)" = "$snapshot" ] || fail "unplug, $call $n: $(host_state)"
    done
done
echo "ok: unplug killed at each step"
# The address is given back by vifplug itself, should the kernel not do it.
works "${plug[@]}" --lower low0 --mode passthrough
own=$(json 'j["lower_mac"]' </run/vifplug/ports/f0.json)
ip link del f0
ip link set low0 address $mac
works "$VIFPLUG" gc
is "the lower device's address" "$own" "$(mac low0)"
nothing_left
# run, killed: gc when its program has ended.
mkfifo "$work/say"
"$VIFPLUG" run --lower low0 --mac $mac --target f0 -- sh -c "cat $work/say" &
pid=$!
in_use() {
    grep -q 'in use$' <<<"$("$VIFPLUG" list)"
}
wait_for in_use
end $pid
works "$VIFPLUG" gc
has_link f0 || fail "gc took a live guest's macvtap"
: >"$work/say"
not_in_use() {
    ! in_use
}
wait_for not_in_use
works "$VIFPLUG" gc
is "what gc says" 'removed interface "f0": the process that looked after it is gone' "$out"
nothing_left
