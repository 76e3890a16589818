#!/bin/bash
# The metrics that the watcher keeps: their format, what they count, when they are written.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
trap '[ -z "$watcher" ] || kill -KILL "$watcher"' EXIT
bridge br0
lower up0

# metrics NAME{LABELS}=VALUE...: whether they are right, and hold that.
metrics() {
    python3 "$VIFPLUG_SOURCE/tests/support/prometheus.py" "$@" <"$work/vifplug.prom"
}

# A folder that is not there is no reason not to watch.
# shellcheck disable=SC2034 # for watch_start
watch_more=(--metrics "$work/none/vifplug.prom")
watch_start
watch_says "cannot write $work/none/vifplug.prom"
watch_stop

# shellcheck disable=SC2034
watch_more=(--metrics "$work/vifplug.prom")
watch_start
wait_for metrics vifplug_ports=0 vifplug_plug_duration_seconds_count=0
is "everybody may read it" 644 "$(stat -c %a "$work/vifplug.prom")"

# A guest of a name that would end a label.
name='a &quot;b&quot; \c'
works "$VIFPLUG" plug --domain "$(domain one.xml "$name" 11111111-1111-4111-8111-111111111111 "
    <interface type='bridge'><source bridge='br0'/><target dev='tap0'/></interface>
    <interface type='direct'><source dev='up0' mode='bridge'/><target dev='mv0'/></interface>")"
labels() {
    printf '{guest="a \\"b\\" \\\\c",interface="%s"}' "$1"
}
mv0=$(labels mv0) tap0=$(labels tap0)
wait_for metrics vifplug_ports=2 "vifplug_port_connected$mv0=1" "vifplug_port_connected$tap0=1" \
    "vifplug_reconnects_total$mv0=0" vifplug_plug_duration_seconds_count=2
echo "ok: what is plugged"

ip link delete up0
wait_for metrics "vifplug_port_connected$mv0=0" "vifplug_port_connected$tap0=1"
lower up0
wait_for metrics "vifplug_port_connected$mv0=1" "vifplug_reconnects_total$mv0=1" \
    vifplug_plug_duration_seconds_count=2
is "the outage is as list has it" "$(known mv0 'i["outage_ms"] / 1000')" \
    "$(sed -n 's/^vifplug_last_outage_seconds{.*"mv0"} //p' "$work/vifplug.prom")"

ovs-vsctl --no-wait del-port tap0
wait_for metrics "vifplug_put_back_total$tap0=1"
works "$VIFPLUG" unplug tap0
wait_for metrics vifplug_ports=1
grep -q tap0 "$work/vifplug.prom" && fail "of tap0 is still told"
works "$VIFPLUG" plug --bridge br0 --target tap0
wait_for metrics 'vifplug_put_back_total{guest="",interface="tap0"}=0' \
    vifplug_plug_duration_seconds_count=3

# Not more than once a second, and not at all when nothing happens; each time as a new file.
inode() {
    stat -c %i "$work/vifplug.prom"
}
sleep 1.2
before=$(inode)
sleep 1.5
is "nothing happened, and nothing was written" "$before" "$(inode)"
end=$((SECONDS + 3)) written=0 last=$(inode)
while [ $SECONDS -lt $end ]; do
    ip link set up0p down
    ip link set up0p up
    "$VIFPLUG" plug --bridge br0 --target tap1 --quiet
    "$VIFPLUG" unplug tap1 --quiet
    metrics "vifplug_reconnects_total$mv0=1" || fail "it is not whole"
    [ "$(inode)" = "$last" ] || written=$((written + 1)) last=$(inode)
done
if [ $written -lt 1 ] || [ $written -gt 4 ]; then
    fail "written $written times in 3 seconds"
fi
echo "ok: written $written times in 3 seconds"

watch_stop
[ ! -e "$work/vifplug.prom" ] || fail "it tells of what nobody looks at any more"
works "$VIFPLUG" unplug --all
