#!/bin/bash
# The units as systemd runs them, with all that they shut off, in the virtual machine of
# scripts/kernel-vm: systemd is process 1 of a container, since the machine has one of its own.
# Interfaces that a reboot has left are removed, the watcher is ready when it says so, connects a guest
# again, and is there again after a kill.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/watch.sh
. "$VIFPLUG_SOURCE/tests/support/watch.sh"
# shellcheck disable=SC2034 # for wait_for
patience=60
# The leak checker would have to trace, which is shut off.
export ASAN_OPTIONS=detect_leaks=0
units=$VIFPLUG_BUILD/data

# What systemd finds: the units of its own that a boot goes through, and ours, where they would be
# installed.
prepare() {
    local unit program
    program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units/vifplug-watch.service")
    mount -t tmpfs -o mode=755 sbin "$(dirname "$program")"
    cp "$VIFPLUG" "$program"
    mkdir /run/units
    for unit in basic multi-user paths shutdown slices sockets sysinit timers umount; do
        cp "/lib/systemd/system/$unit.target" /run/units
    done
    cp "$units"/vifplug-*.service /run/units
    for unit in gc watch; do
        mkdir "/run/units/vifplug-$unit.service.d"
        cat >"/run/units/vifplug-$unit.service.d/test.conf" <<EOF
[Service]
Environment=ASAN_OPTIONS=$ASAN_OPTIONS
StandardOutput=append:/run/$unit.log
StandardError=append:/run/$unit.log
EOF
    done
    # With options, as the manual page has it.
    cat >>/run/units/vifplug-watch.service.d/test.conf <<EOF
ExecStart=
ExecStart=$program watch --verbose --metrics /var/tmp/vifplug.prom
EOF
    mount -t tmpfs var /var/tmp
    # For "systemctl enable", and none of this host's.
    mount -t tmpfs -o mode=755 etc /etc/systemd
    mkdir /etc/systemd/system
    works systemctl --root=/ --quiet enable vifplug-gc vifplug-watch
    # A user's folder, which is nobody else's.
    mount -t tmpfs -o mode=755 home /home
    install -d -o 1000 -m 700 /home/joe
}

# boot: systemd, as process 1 of namespaces of its own, in which this script then goes on.
boot() {
    local pid
    container=vifplug SYSTEMD_GENERATOR_PATH=/run/none unshare --pid --fork --mount --mount-proc --cgroup \
        --kill-child /lib/systemd/systemd --system --unit=multi-user.target --log-target=console \
        --show-status=no >/run/systemd.log 2>&1 &
    pid=$!
    wait_for [ -S /run/systemd/private ]
    pid=$(<"/proc/$pid/task/$pid/children")
    exec nsenter --target "${pid% }" --pid --mount --cgroup \
        env outside="$work" bash "$VIFPLUG_SOURCE/tests/guest/systemd.sh" inside
}

# property NAME [UNIT]: of the watcher's, or another unit.
property() {
    systemctl show --value --property="$1" "${2-vifplug-watch}"
}
# has_property NAME WANTED: whether it is that by now, for wait_for.
has_property() {
    [ "$(property "$1")" = "$2" ]
}
# says_status TEXT: waits for that in "systemctl status".
says_status() {
    wait_for has_property StatusText "$1"
    has "systemctl status: $1" "Active: active \(running\).*Status: \"$1\"" "$(systemctl status vifplug-watch)"
}
is_known_again() {
    is_known mv0 'i["reconnects"], i["waiting"]' "($1, False)"
}
# again N: what is below the guest's macvtap goes, and comes back.
again() {
    ip link delete up0
    says_status '1 interface, 1 waiting for the device below'
    lower up0
    wait_for is_known_again "$1"
    says_status '1 interface, 0 waiting for the device below'
    works "$VIFPLUG" verify
}

: "${outside=}" # what $work was before

export SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units
if [ "${1-}" != inside ]; then
    bridge br0
    lower up0
    # As after a reboot: rows are there, and nothing else.
    works "$VIFPLUG" plug --bridge br0 --target web0
    works ovs-vsctl add-port br0 other0 -- set Interface other0 type=internal
    ip link delete web0
    rm -r /run/vifplug
    is "ports before the boot" "other0 web0" "$(ovs-vsctl list-ports br0 | xargs)"
    prepare
    boot
fi
rm -r "$work"
work=$outside
# What it was told is of use where something failed.
trap '[ $? = 0 ] || tail -n 20 /run/systemd.log /run/gc.log /run/watch.log /run/guest.log' EXIT

running() {
    [[ $(systemctl is-system-running) =~ ^(running|degraded)$ ]]
}
wait_for running
is "all units are well" running "$(systemctl is-system-running)"
is "ports after it" other0 "$(ovs-vsctl list-ports br0)"
has "gc says what it did" web0 "$(</run/gc.log)"
is "gc was first" yes "$([ "$(property ExecMainExitTimestampMonotonic vifplug-gc)" -le \
    "$(property ExecMainStartTimestampMonotonic)" ] && echo yes)"
says_status '0 interfaces, 0 waiting for the device below'

works systemctl stop vifplug-watch
is "it ended well" "inactive success" "$(property ActiveState) $(property Result)"
is "it has nothing more to say" "" "$(property StatusText)"

# It is started when it watches, and not before.
begun=$(grep -c 'watching /run/vifplug' /run/watch.log)
works systemctl start vifplug-watch
is "it watches" $((begun + 1)) "$(grep -c 'watching /run/vifplug' /run/watch.log)"
is "it is" active "$(property ActiveState)"
pid=$(property MainPID)

# It is as shut in as it should be.
is "system calls are filtered" 2 "$(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")"
has "capabilities are bounded" '^cap_chown,cap_dac_override,' \
    "$(capsh --decode="$(sed -n 's/^CapBnd:\t//p' "/proc/$pid/status")" | sed 's/.*=//')"
: >/home/joe/here
expect 1 'Read-only' nsenter --target "$pid" --mount touch /home/joe/there

# A guest, whose monitor is in a user's folder. It need not run for its card to be connected again.
"$VIFPLUG" run --lower up0 --mode bridge --target mv0 --mac 52:54:00:00:00:01 --reconnect hub \
    --qmp /home/joe/monitor -- qemu-system-x86_64 -accel tcg -S -nodefaults -no-user-config -display none \
    -qmp unix:/run/greeting,server=on,wait=off >/run/guest.log 2>&1 &
guest=$!
# It greets when it has its card.
greets() {
    python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/greeting"); s.recv(1)'
}
wait_for greets
says_status '1 interface, 0 waiting for the device below'
again 1
has "the metrics are there" 'vifplug_reconnects_total.* 1' "$(</var/tmp/vifplug.prom)"

works systemctl reload vifplug-watch
wait_for grep -q 'networks are read again' /run/watch.log
wait_for has_property ActiveState active
is "it is the same process" "$pid" "$(property MainPID)"

kill -KILL "$pid"
wait_for has_property NRestarts 1
wait_for has_property ActiveState active
is "it is another process" yes "$([ "$(property MainPID)" != "$pid" ] && echo yes)"
again 2
pid=$(property MainPID)
works systemctl restart vifplug-watch
is "it is another one" "active yes" \
    "$(property ActiveState) $([ "$(property MainPID)" != "$pid" ] && echo yes)"
says_status '1 interface, 0 waiting for the device below'
kill $guest
wait $guest || true
says_status '0 interfaces, 0 waiting for the device below'

# A row goes, and is put back; a tap goes, and its script can do what scripts do.
cat >/run/down <<'EOF'
#!/bin/sh
exec >/run/down.log 2>&1
set -e
echo 1 >/proc/sys/net/ipv4/ip_forward
ip netns add scripted
ip netns exec scripted ip link set lo up
ip netns delete scripted
echo "$1" | grep -P 't\d' # which compiles
EOF
chmod 755 /run/down
works "$VIFPLUG" plug --interface "$(interface t0.xml "<source bridge='br0'/>
    <virtualport type='openvswitch'/><target dev='t0'/><script path='/bin/true'/><downscript path='/run/down'/>")"
works ovs-vsctl del-port br0 t0
row() {
    [ "$(ovs-vsctl list-ports br0 | xargs)" = "other0 t0" ]
}
wait_for row
no_row() {
    [ "$(ovs-vsctl list-ports br0)" = other0 ]
}
ip link delete t0
wait_for no_row
wait_for [ -s /run/down.log ]
is "its script" t0 "$(</run/down.log)"

# Another one has the lock: the service says so, and takes over when that is gone.
works systemctl stop vifplug-watch
"$VIFPLUG" watch --verbose 2>"$work/watch.log" &
other=$!
wait_for grep -q watching "$work/watch.log"
expect 1 'Job for vifplug-watch.service failed' systemctl start vifplug-watch
says_why() {
    [[ $(systemctl status vifplug-watch) =~ Status:\ \"process\ $other\ watches\ /run/vifplug\ already\".*Error:\ 16 ]]
}
wait_for says_why
end $other TERM
wait_for has_property ActiveState active
