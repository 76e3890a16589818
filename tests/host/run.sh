#!/bin/bash
# run: descriptors, places in the arguments, exit statuses and signals, with programs that stand in
# for QEMU.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
mkfifo "$work/say"

one=(--bridge br0 --target run0 --vlan 100 --mac 52:54:00:00:03:01)
two=$(domain two.xml two 33961b1f-ef5e-5612-86cf-8132600ffe0a "
    <interface type='bridge'><mac address='52:54:00:00:03:01'/><source bridge='br0'/>
      <target dev='run0'/><alias name='ua-web'/></interface>
    <interface type='bridge'><mac address='52:54:00:00:03:02'/><source bridge='br0'/>
      <target dev='run1'/><driver queues='3'/><model type='virtio'/><mtu size='1400'/></interface>
    <interface type='bridge'><mac address='52:54:00:00:03:03'/><source bridge='br0'/>
      <target dev='run2'/><model type='e1000'/></interface>")
remember

# A program that prints its arguments, a line each.
cat >"$work/arguments" <<'END'
#!/bin/sh
printf '%s\n' "$@"
END
# One that tells what it has open, besides 0, 1 and 2.
cat >"$work/descriptors" <<'END'
#!/usr/bin/python3
import os, fcntl, struct, sys
me = f"/proc/{os.getpid()}"
for fd in sorted(int(f) for f in os.listdir(f"{me}/fd")):
    try:
        where = os.readlink(f"{me}/fd/{fd}")
    except OSError:
        continue
    if fd > 2 and where.startswith("/dev/net/tun"):
        name = fcntl.ioctl(fd, 0x800454d2, bytes(40))[:16].split(b"\0")[0].decode()
        print(fd, name, "nonblock" if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK else "block")
    elif fd > 2 and "vhost" not in where:
        print(fd, where)
print(*sys.argv[1:])
END
chmod +x "$work/arguments" "$work/descriptors"

# What QEMU is told.
works "$VIFPLUG" run --domain "$two" -- "$work/arguments" -m 64
echo "$out"
has "first" $'^-m\n64\n-netdev\ntap,id=hostua-web,fd=[0-9]+(,vhost=on,vhostfd=[0-9]+)?\n-device\nvirtio-net-pci,netdev=hostua-web,id=ua-web,mac=52:54:00:00:03:01\n' "$out"
has "three queues" $'\n-netdev\ntap,id=hostnet1,fds=[0-9]+:[0-9]+:[0-9]+(,vhost=on,vhostfds=[0-9:]+)?\n-device\nvirtio-net-pci,netdev=hostnet1,id=net1,mac=52:54:00:00:03:02,mq=on,vectors=8,host_mtu=1400\n' "$out"
has "no virtio" $'\n-netdev\ntap,id=hostnet2,fd=[0-9]+\n-device\ne1000,netdev=hostnet2,id=net2,mac=52:54:00:00:03:03$' "$out"
nothing_left

# What it inherits, besides what we did ourselves, and places in the arguments.
inherited=$("$work/descriptors" | sed '$d; s/ .*//')
works "$VIFPLUG" run --domain "$two" -- "$work/descriptors" 'a={fd:0},b={fds:1}' '{mac:2}' \
    '{ifname:1}x' '{fds:0}' '{}' '{fd:}' '{FD:0}'
echo "$out"
is "taps" $'run0\nrun1\nrun1\nrun1\nrun2' "$(sed -n 's/^[0-9]* \(run.\) .*/\1/p' <<<"$out")"
is "nothing else" "$inherited" "$(grep -v ' run\|a=' <<<"$out" | sed 's/ .*//')"
fds=$(sed -n 's/ run.*//p' <<<"$out" | tr '\n' ' ')
read -r a b c d _ <<<"$fds"
is "places" "a=$a,b=$b:$c:$d 52:54:00:00:03:03 run1x $a {} {fd:} {FD:0}" "${out##*$'\n'}"
nothing_left

# Places that cannot be filled: bad usage, seen before anything is made.
refused 2 'there are 3 interfaces' "$VIFPLUG" run --domain "$two" -- "$work/arguments" '{mac:3}'
refused 2 'there are 3 interfaces' "$VIFPLUG" run --domain "$two" -- "$work/arguments" '{fd:99999999999}'
refused 2 '"run1" has 3 queues; use \{fds:\}' "$VIFPLUG" run --domain "$two" -- "$work/arguments" '{fd:1}'
is "the program was not run" '' "$out"
refused 2 'run needs a command line after --' "$VIFPLUG" run "${one[@]}"
refused 2 'run needs a command line after --' "$VIFPLUG" run "${one[@]}" --
refused 2 'model "a,b" is no name' "$VIFPLUG" run "${one[@]}" --model a,b -- "$work/arguments"

# A program that cannot be run.
refused 1 'cannot run "qemu-system-nosuch": no such program' \
    "$VIFPLUG" run "${one[@]}" -- qemu-system-nosuch -m 64
refused 1 'cannot run "/nosuch/qemu"' "$VIFPLUG" run "${one[@]}" -- /nosuch/qemu
echo 'no program' >"$work/text"
refused 1 'it is not executable' "$VIFPLUG" run "${one[@]}" -- "$work/text"
echo '#!/nosuch/interpreter' >"$work/text"
chmod +x "$work/text"
refused 1 'cannot run ".*/text": No such file' "$VIFPLUG" run "${one[@]}" -- "$work/text"

# Its exit status is ours.
refused 0 '' "$VIFPLUG" run "${one[@]}" -- true
refused 1 '' "$VIFPLUG" run "${one[@]}" -- false
refused 42 '' "$VIFPLUG" run "${one[@]}" -- sh -c 'exit 42 # {ifname:0}'
refused 139 '' "$VIFPLUG" run "${one[@]}" -- sh -c 'kill -SEGV $$ # {ifname:0}'
refused 137 '' "$VIFPLUG" run "${one[@]}" -- sh -c 'kill -KILL $$ # {ifname:0}'

# start PROGRAM...: `vifplug run` in the background, as $run, until its program has said its
# process id, $child.
start() {
    # The shell starts it with INT and QUIT ignored, which no shell can then trap.
    env --default-signal "$VIFPLUG" run "${one[@]}" -- "$@" &
    run=$!
    read -r child <"$work/say"
}

# Signals reach it, and the end is the same.
for signal in TERM INT HUP QUIT USR1; do
    start sh -c "trap 'exit 7' $signal; echo \$\$ >$work/say; while :; do sleep 0.05; done # {ifname:0}"
    kill "-$signal" $run
    status=0
    wait $run || status=$?
    is "$signal is passed on" 7 $status
    nothing_left
done
start sh -c "echo \$\$ >$work/say; exec sleep 60 # {ifname:0}"
is "plugged while it runs" access "$(db Port run0 vlan_mode)"
has "not persistent" 'persist off' "$(link run0)"
works "$VIFPLUG" list --json
is "list" "in use True $run" "$(json \
    '"{status} {in_use} {pid}".format(**j["interfaces"][0])' <<<"$out")"

# Nobody else may have it meanwhile.
before=$(host_state)
expect 1 '"run0" is in use by process' "$VIFPLUG" run "${one[@]}" -- "$work/arguments"
expect 1 'persistent is "no" instead of "yes"' "$VIFPLUG" plug "${one[@]}"
works "$VIFPLUG" gc
is "it still stands" "$before" "$(host_state)"
kill -TERM $run
status=0
wait $run || status=$?
is "killed by TERM" 143 $status
nothing_left

# Killed hard: as long as the guest lives its interface does.
start sh -c "echo \$\$ >$work/say; exec sleep 60 # {fd:0}"
before=$(host_state)
end $run
works "$VIFPLUG" gc
is "gc leaves it" '' "$out"
is "it still stands" "$before" "$(host_state)"
expect 1 '"run0" is in use: somebody has it open' "$VIFPLUG" run "${one[@]}" -- "$work/arguments"
is "it still stands" "$before" "$(host_state)"
works "$VIFPLUG" verify
end "$child"
works "$VIFPLUG" gc --dry-run
has "gc --dry-run" 'run0.*: the process that looked after it is gone' "$out"
has_link run0 || [ "$(db Port run0 tag)" = 100 ] || fail "--dry-run did something"
works "$VIFPLUG" gc
has "gc" 'run0.*: the process that looked after it is gone' "$out"
nothing_left

# What it left is no obstacle to the next one either.
start sh -c "echo \$\$ >$work/say; exec sleep 60 # {fd:0}"
end $run
end "$child"
works "$VIFPLUG" run "${one[@]}" -- "$work/arguments" '{ifname:0}'
is "again" run0 "$out"
nothing_left

# An interface that is plugged for somebody else to open is not taken.
works "$VIFPLUG" plug "${one[@]}"
expect 1 '"run0" is plugged already, for somebody else to open' "$VIFPLUG" run "${one[@]}" -- true
works "$VIFPLUG" verify
works "$VIFPLUG" unplug run0
nothing_left

# Unplugged from elsewhere while it runs: nothing is left to do in the end.
start sh -c "echo \$\$ >$work/say; exec sleep 60 # {fd:0}"
works "$VIFPLUG" unplug run0
nothing_left
kill -TERM $run
wait $run || true
nothing_left

# What the watcher needs: a socket of its own, that goes with the program; no other is touched.
lower up0
remember
low=(--lower up0 --mode bridge --target run0)
for how in "$work/watch" "/run/vifplug/qmp/run0.sock"; do
    asked=()
    [ "$how" != "$work/watch" ] || asked=(--qmp "$how")
    # shellcheck disable=SC2016 # for that shell
    works "$VIFPLUG" run "${low[@]}" "${asked[@]}" -- sh -c '
        printf "%s\n" "$@"; find "$0" -printf "%M\n"; grep -h "qmp\|qemu" "$1/ports/run0.json"' \
        "$how" /run/vifplug
    has "the socket is the owner's alone" $'\nsrw-------\n' "$out"
    has "the record names it" "\"qmp\":[[:space:]]*\"$how\"" "$out"
    has "and the card" '"qemu_id":[[:space:]]*"net0"' "$out"
    has "QEMU listens there" 'socket,id=vifplug-watch,fd=[0-9]+,server=on,wait=off' "$out"
    [ ! -e "$how" ] || fail "it is still there"
done
nothing_left
works "$VIFPLUG" run "${low[@]}" --reconnect none -- "$work/arguments"
is "none where there is nothing to do" "" "$(grep vifplug-watch <<<"$out" || true)"
works "$VIFPLUG" run --bridge br0 -- "$work/arguments"
is "nor for a tap" "" "$(grep vifplug-watch <<<"$out" || true)"

touch "$work/file"
refused 1 "\"$work/file\" is there already" "$VIFPLUG" run "${low[@]}" --qmp "$work/file" -- true
python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(60)' "$work/other" &
other=$!
wait_for [ -S "$work/other" ]
refused 1 'is there already, and somebody listens on it' "$VIFPLUG" run "${low[@]}" --qmp "$work/other" -- true
end $other
works "$VIFPLUG" run "${low[@]}" --qmp "$work/other" -- true
[ ! -e "$work/other" ] || fail "what nobody listened on is still there"
refused 1 'is too long for the path of a socket' \
    "$VIFPLUG" run "${low[@]}" --qmp "$work/$(printf '%0100d' 0)" -- true

# Cards on buses, and at hubs.
works "$VIFPLUG" run "${low[@]}" --bus rp0 -- "$work/arguments"
has "the bus" ',id=net0,bus=rp0,mac=' "$out"
works "$VIFPLUG" run "${low[@]}" --reconnect hub -- "$work/arguments"
has "a hub" $'\nhubport,id=hostnet0-port0,hubid=1000,netdev=hostnet0-tap0\n' "$out"
refused 2 'nothing can be taken out of bus "pcie.0"' "$VIFPLUG" run "${low[@]}" --bus pcie.0 -- true
works "$VIFPLUG" run "${low[@]}" --bus pcie.0 --reconnect hub -- true
refused 2 '--bus names 2 buses, and there are 1 interfaces' "$VIFPLUG" run "${low[@]}" --bus a,b -- true
refused 2 '--bus has an empty name' "$VIFPLUG" run "${low[@]}" --bus '' -- true
refused 2 '--bus goes without \{fd:N' "$VIFPLUG" run "${low[@]}" --bus a -- true '{fd:0}'
refused 2 '--qmp goes without \{fd:N' "$VIFPLUG" run "${low[@]}" --qmp x -- true '{fd:0}'
refused 2 'strategy hub goes without \{fd:N' "$VIFPLUG" run "${low[@]}" --reconnect hub -- true '{fd:0}'
