#!/bin/bash
# The bridge helper, setuid root, asked by ordinary users.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
bridge br0
ip link add lin0 address 02:00:00:00:00:01 type bridge
ip link set lin0 up
ip link property add dev lin0 altname brother
cat >/etc/vifplug/networks/lan.xml <<'END'
<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='77'/></vlan></network>
END
# Neither is for ordinary users to read.
chmod 600 /etc/vifplug/networks/lan.xml
policy 'allow br0' 'allow lin0' 'allow lan' 'deny all user ann'
chmod 600 /etc/vifplug/bridge.conf
remember

# What is granted, on each kind of name.
hold joe --use-vnet --br=br0
record=/run/vifplug/ports/$tap.json
is "no VLAN" 'trunk []' "$(db Port "$tap" vlan_mode) $(db Port "$tap" tag)"
is "granted to" 'br0 4711' "$(json '"{granted_name} {granted_user}".format(**j)' <"$record")"
has "the tap is joe's, and goes with him" 'persist off user joe' "$(link "$tap")"
has "it is up" ',UP' "$(link "$tap")"
is "the record is root's" '0 0 644' "$(stat -c '%u %g %a' "$record")"
is "the folder is root's" '0 0 755' "$(stat -c '%u %g %a' /run/vifplug/ports)"
works "$VIFPLUG" verify
works "$VIFPLUG" gc
is "gc leaves it" '' "$out"
let_go

for words in "--vlan 100 --mac 52:54:00:00:00:01 --use-vnet --br=br0" \
    "--br br0 --mac=52:54:00:00:00:01 --vlan=100"; do
    # shellcheck disable=SC2086 # several words
    hold joe $words
    is "VLAN" 'access 100' "$(db Port "$tap" vlan_mode) $(db Port "$tap" tag)"
    is "address" '"52:54:00:00:00:01"' "$(db Interface "$tap" external_ids:attached-mac)"
    let_go
done
hold joe --use-vnet --br=lan
is "VLAN of the network" 'access 77' "$(db Port "$tap" vlan_mode) $(db Port "$tap" tag)"
let_go
answer 'status 0 tap vif[0-9a-f]{8} vnet_hdr yes bytes 1' '' joe --use-vnet --br=lin0
answer 'status 0 tap vif[0-9a-f]{8} vnet_hdr no bytes 1' '' joe --br=lin0
hold joe --use-vnet --br=lin0
has "on the Linux bridge" ' master lin0 ' "$(link "$tap")"
let_go

# A macvtap, which outlives its descriptors, is taken away all the same.
ip link add up0 type veth peer name sw0
ip link set sw0 up
ip link set up0 up
cat >/etc/vifplug/networks/vepa.xml <<'END'
<network><name>vepa</name><forward mode='vepa'><interface dev='up0'/></forward></network>
END
policy 'allow br0' 'allow lin0' 'allow lan' 'deny all user ann' 'allow vepa mode vepa,bridge'
remember
hold joe --use-vnet --br=vepa --mac 52:54:00:00:00:07
has "macvtap" 'link/ether 52:54:00:00:00:07 .* macvtap mode vepa ' "$(link "$tap")"
has "it is up" ',UP' "$(link "$tap")"
is "the reaper's capabilities" 0000000000001002 "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$reaper/status")"
is "its files" '3 /dev/null 2 socket 1 anon_inode' \
    "$(readlink "/proc/$reaper/fd/"* | sed 's/:.*//' | sort | uniq -c | sort -rn | xargs)"
works "$VIFPLUG" verify
let_go
hold joe --use-vnet --br=vepa --mac 52:54:00:00:00:07
works "$VIFPLUG" unplug "$tap"
end "$holder"
wait_for is_gone "$reaper"
nothing_left
denied 2 'passes the frames of one address: name the guest.s with --mac' joe --br=vepa
sed -i s/vepa\'\>/private\'\>/ /etc/vifplug/networks/vepa.xml
denied 4 'line 5 .* is about other modes' joe --br=vepa --mac 52:54:00:00:00:07
cat >/etc/vifplug/networks/vepa.xml <<'END'
<network><name>vepa</name><extbridge mode='auto' dev='up0'/></network>
END
denied 1 'leaves it to the switch how to connect' joe --br=vepa --mac 52:54:00:00:00:07
rm /etc/vifplug/networks/vepa.xml
nothing_left
policy 'allow br0' 'allow lin0' 'allow lan' 'deny all user ann'

# Two of one user have nothing to do with each other, whatever address they name.
hold joe --br=br0 --mac 52:54:00:00:00:01
first=$holder
hold joe --br=br0 --mac 52:54:00:00:00:01
end "$first"
wait_for test "$(find /run/vifplug/ports -name '*.json' | wc -l)" = 1
let_go

# The reaper is confined, root's, has one capability, and nothing of the caller's.
hold joe --use-vnet --br=br0
status=$(<"/proc/$reaper/status")
for line in 'Uid:.0.0.0.0' 'Gid:.0.0.0.0' 'Groups:[[:space:]]*$' 'CapPrm:.0+2$' 'CapEff:.0+2$' \
    'CapInh:.0+$' 'CapAmb:.0+$' 'NoNewPrivs:.1' 'Seccomp:.2'; do
    grep -qE "^$line" <<<"$status" || fail "the reaper: no $line in: $status"
done
is "its files" '3 /dev/null 2 socket' \
    "$(readlink "/proc/$reaper/fd/"* | sed 's/:.*//' | sort | uniq -c | xargs)"
is "it ran with AT_SECURE" 1 "$(/usr/bin/python3 -c '
import struct, sys
data = open(f"/proc/{sys.argv[1]}/auxv", "rb").read()
print(dict(struct.iter_unpack("LL", data))[23])' "$reaper")"
expect 1 'not permitted|Operation' as joe kill -KILL "$reaper"
# It goes where somebody else unplugs the port, too, and is in nobody's way where it is killed.
works "$VIFPLUG" unplug "$tap"
wait_for is_gone "$reaper"
end "$holder"
nothing_left
hold joe --use-vnet --br=br0
kill -TERM "$reaper"
is "it does not end with the session" yes "$(is_gone "$reaper" || echo yes)"
kill -KILL "$reaper"
works "$VIFPLUG" gc
is "gc leaves a guest without a reaper" '' "$out"
end "$holder"
works "$VIFPLUG" gc
has "gc does what it cannot do any more" "$tap.*the process that looked after it is gone" "$out"
nothing_left

# Nothing that the caller hands on makes a difference.
mkdir -m 777 /run/evil
export OVS_RUNDIR=/run/evil VIFPLUG_RUNDIR=/run/evil PATH_LOCALE=/run/evil TZ=:/run/evil/tz
answer 'status 0 tap .*' '' joe --br=br0
is "nothing is in the caller's folder" '' "$(ls /run/evil)"
unset OVS_RUNDIR VIFPLUG_RUNDIR PATH_LOCALE TZ
for limits in '-S -f 0' '-S -n 8' '-S -c unlimited'; do
    # shellcheck disable=SC2086 # several words
    out=$(ulimit $limits && umask 0 && as joe /run/bin/ask-helper.py $helper --br=br0 </dev/null 2>&1)
    has "ulimit $limits" '^status 0 tap ' "$out"
done
wait_for unchanged
(trap '' HUP INT QUIT TERM ALRM XCPU && as joe env --block-signal /run/bin/ask-helper.py \
    $helper --br=br0 </dev/null >/run/evil/out)
has "signals ignored and blocked" '^status 0 tap ' "$(</run/evil/out)"
as joe /run/bin/ask-helper.py /bin/sh -c "exec $helper \"\$@\" 0<&- 1>&- 2>&-" sh --br=br0 \
    </dev/null >/run/evil/out
has "standard descriptors closed" '^status 0 tap ' "$(</run/evil/out)"
wait_for unchanged

# Who is not allowed; and names, by their bytes and after.
denied 4 'line 4: deny all user ann' ann --br=br0
denied 4 'no line of /etc/vifplug/bridge.conf allows it$' joe --br=br1
denied 4 'line 3 .* lets the network choose the VLAN' joe --br=lan --vlan 78
nothing_left
for name in .. ../lan ./lan -x .hidden a/b 'a b' 'a;id' 'a"b' "a'b" 'a%d' $'a\nb' $'a\x1b[31m' ''; do
    denied 2 'name' joe "--br=$name"
done
nothing_left
policy 'allow all'
denied 1 'no Linux bridge and no OVS bridge "nosuch"' joe --br=nosuch
denied 1 'no network .*, and no bridge can be: .*15 at most' joe --br=longer-than-15-bytes
denied 4 'it is another name of "lin0"' joe --br=brother
denied 1 'no Linux bridge and no OVS bridge "lo"' joe --br=lo
denied 1 'needs an Open vSwitch bridge' joe --br=lin0 --vlan 5
echo '<network><name>other</name></network>' >/etc/vifplug/networks/bad.xml
denied 2 'holds network "other"' joe --br=bad
chmod g+w /etc/vifplug/networks/lan.xml
denied 1 'lan.xml: the file can be written by its group' joe --br=lan
chmod g-w /etc/vifplug/networks/lan.xml
chmod o+w /etc/vifplug/bridge.conf
denied 4 'all is denied: /etc/vifplug/bridge.conf: the file can be written by everybody' joe --br=br0
rm /etc/vifplug/bridge.conf
denied 4 'all is denied: /etc/vifplug/bridge.conf: cannot be opened' joe --br=br0

nothing_left

# What is no way to ask.
policy 'allow all'
denied 2 'br=NAME and --fd=N are needed' joe --use-vnet
denied 2 'is not known' joe --br=br0 --queues=2
denied 2 'is not known' joe --br=br0 br0
denied 2 'is not known' joe --br=br0 --
denied 2 'br is given twice' joe --br=br0 --br=br0
denied 2 'fd=[^ ]* is no ' joe --br=br0 --fd=
denied 2 'fd=0 is no Unix stream socket' joe --br=br0 --fd=0
denied 2 'fd=2 is no Unix stream socket' joe --br=br0 --fd=2
denied 2 'fd=999 is no Unix stream socket' joe --br=br0 --fd=999
denied 2 'fd=-1 is no number' joe --br=br0 --fd=-1
denied 2 'fd=99999999999 is no number' joe --br=br0 --fd=99999999999
denied 2 'number from 1 to 4094' joe --br=br0 --vlan 0
denied 2 'number from 1 to 4094' joe --br=br0 --vlan 1e3
denied 2 '--mac' joe --br=br0 --mac 01:00:5e:00:00:01
denied 2 '--mac' joe --br=br0 --mac 52:54:00
denied 2 'is not known' joe --help --fd=0
# Not even these end with 0, which would mean a descriptor to QEMU.
expect 2 '' as joe $helper --help
has "usage" '^Usage: vifplug-bridge-helper ' "$out"
expect 2 '' as joe $helper --version
nothing_left
/usr/bin/python3 "$VIFPLUG_SOURCE/tests/support/malformed.py" 200 as joe $helper || fail "malformed"
nothing_left

# How many at a time, also when they ask at the same time.
policy 'allow br0 max 1'
hold joe --br=br0
answer 'status 4' 'allows 1 at a time, and there are 1' joe --br=br0
policy 'allow br0 max 3'
for i in 1 2 3 4 5; do
    setpriv --reuid joe --regid joe --init-groups \
        /run/bin/ask-helper.py $helper --br=br0 0<>"$work/hold" >"/run/evil/race$i" 2>&1 &
    racers[i]=$!
done
for i in 1 2 3 4 5; do
    wait_for grep -q '^status' "/run/evil/race$i"
done
is "two more of five" 2 "$(cat /run/evil/race* | grep -c '^status 0 tap')"
is "the others are denied" 3 "$(cat /run/evil/race* | grep -c '^status 4')"
for i in 1 2 3 4 5; do
    end "${racers[i]}"
done
end "$holder"
wait_for unchanged

# The helper ends before its work is done, or QEMU does: nothing is left either way. While it waits
# for ovs-vswitchd it is confined, and the caller has no power over it.
policy 'allow br0'
# start: asks while ovs-vswitchd stands still; $asker is who asked, $asked the helper.
start() {
    stop_daemon ovs-vswitchd
    setpriv --reuid joe --regid joe --init-groups \
        /run/bin/ask-helper.py $helper --br=br0 0<>"$work/hold" >"$work/held" 2>&1 77</etc/passwd &
    asker=$!
    wait_for grep -q '"plugging"' -r /run/vifplug/ports
    asked=$(<"/proc/$asker/task/$asker/children")
    asked=${asked// /}
}
start
is "confined" 2 "$(awk '$1 == "Seccomp:" { print $2 }' "/proc/$asked/status")"
is "CAP_DAC_OVERRIDE and CAP_NET_ADMIN" 0000000000001002 \
    "$(awk '$1 == "CapPrm:" { print $2 }' "/proc/$asked/status")"
is "the caller's file is closed" '' "$(readlink "/proc/$asked/fd/"* | grep passwd || true)"
for signal in TERM STOP KILL; do
    expect 1 'not permitted|Operation' as joe kill "-$signal" "$asked"
done
end "$asked"
kill -CONT "$(daemon ovs-vswitchd)"
wait_for unchanged
is "who asked is told" 'status -9' "$(<"$work/held")"
end "$asker"

start
end "$asker"
kill -CONT "$(daemon ovs-vswitchd)"
wait_for is_gone "$asked"
wait_for unchanged

# OVSDB cannot be reached when the guest ends: the reaper comes back to it.
hold joe --br=br0
mv /run/openvswitch/db.sock /run/openvswitch/away
end "$holder"
wait_for grep -q '"unplugging"' "/run/vifplug/ports/$tap.json"
mv /run/openvswitch/away /run/openvswitch/db.sock
wait_for is_gone "$reaper"
nothing_left

# Without privileges it says so; with file capabilities it needs no setuid bit.
chmod 755 $helper
denied 1 'without the capability cap_.*setuid root' joe --br=br0
nothing_left
policy 'allow lan'
setcap cap_net_admin,cap_dac_override,cap_dac_read_search,cap_setuid,cap_setgid=p $helper
hold joe --br=lan
is "VLAN of the network" 77 "$(db Port "$tap" tag)"
is "the record is root's" '0 0' "$(stat -c '%u %g' "/run/vifplug/ports/$tap.json")"
let_go

# A macvtap needs two more, and says so.
cat >/etc/vifplug/networks/vepa.xml <<'END'
<network><name>vepa</name><forward mode='vepa'><interface dev='up0'/></forward></network>
END
policy 'allow vepa'
denied 1 'a macvtap needs the capabilities cap_sys_admin and cap_mknod' \
    joe --br=vepa --mac 52:54:00:00:00:07
nothing_left
setcap cap_net_admin,cap_dac_override,cap_dac_read_search,cap_setuid,cap_setgid,cap_sys_admin,cap_mknod=p \
    $helper
hold joe --br=vepa --mac 52:54:00:00:00:07
let_go
