#!/bin/bash
# vifplug-libvirt-hook, called as libvirt calls it: what it does at each operation, in a guest's life
# and when that goes wrong. libvirt itself calls it in tests/libvirt.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
hook=$VIFPLUG_BUILD/plugin/libvirt/vifplug-libvirt-hook
uuid=7b1e4a52-39c7-4c58-9b0e-2f5d0a61c3e4
bridge br0
lower low0
ip link add lin0 address 02:00:00:00:00:07 type bridge
ip link set lin0 up

# call OPERATION FILE: as libvirt does at that operation, with the environment that it leaves.
call() {
    local sub=begin
    case $1 in stopped | release) sub=end ;; esac
    env -i PATH="$PATH" HOME=/ LC_ALL=C ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
        "$hook" web "$1" $sub - <"$2"
}

# quietly OPERATION...: calls of $xml that succeed and say nothing, on stdout least of all.
quietly() {
    local operation
    for operation; do
        works call "$operation" "$xml"
        is "$operation prints nothing" '' "$out"
    done
}

# hold NAME QUEUES: opens the tap as libvirt does, and holds it open like a guest; sets $guest.
hold() {
    python3 - "$1" "$2" "$work/held" <<'END' &
import fcntl, os, signal, struct, sys
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE, TUNSETIFF = 2, 0x1000, 0x4000, 0x100, 0x400454ca
name, queues, mark = sys.argv[1], int(sys.argv[2]), sys.argv[3]
flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (IFF_MULTI_QUEUE if queues > 1 else 0)
for _ in range(queues):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    os.set_inheritable(fd, True)
open(mark, "w").close()
signal.pause()
END
    guest=$!
    wait_for test -e "$work/held"
    rm "$work/held"
}

domain plain.xml web $uuid "
    <interface type='bridge'>
      <mac address='52:54:00:00:03:01'/><source bridge='br0'/><vlan><tag id='100'/></vlan>
      <virtualport type='openvswitch'/><target dev='web0'/><model type='virtio'/>
      <driver queues='2'/><mtu size='1400'/>
    </interface>
    <interface type='user'/>
    <interface type='bridge'>
      <mac address='52:54:00:00:03:02'/><source bridge='lin0'/><port isolated='yes'/><target dev='web1'/>
      <mtu size='1400'/>
    </interface>" >/dev/null
xml=$work/web.xml
"$VIFPLUG" adopt "$work/plain.xml" >"$xml"
remember

# A guest's life.
quietly prepare
is "VLAN" 100 "$(db Port web0 tag)"
is "whose it is" $uuid "$(db Interface web0 external_ids:vm-uuid | tr -d '"')"
is "the guest's address" '"52:54:00:00:03:01"' "$(db Interface web0 external_ids:attached-mac)"
has "two queues: multi_queue" ' multi_queue ' "$(link web0)"
has "persistent, and root's" 'persist on user root' "$(link web0)"
has "MAC, MTU, up" '[<,]UP[,>].* mtu 1400 .*link/ether fe:54:00:00:03:01 ' "$(link web0)"
is "one queue: no multi_queue" 0 "$(link web1 | grep -c ' multi_queue ')"
has "on the Linux bridge" 'UP.* master lin0 ' "$(link web1)"
hold web0 2
quietly start started
end "$guest"
quietly stopped
nothing_left
quietly release
nothing_left

# One queue, as libvirt opens it.
quietly prepare
hold web1 1
end "$guest"

# The same twice; and what was plugged by hand for the domain goes, too. Another's stays.
quietly prepare
domain more.xml web $uuid "<interface type='bridge'><mac address='52:54:00:00:03:04'/>
    <source bridge='br0'/><target dev='more0'/></interface>" >/dev/null
works "$VIFPLUG" plug --domain "$work/more.xml"
works "$VIFPLUG" plug --bridge br0 --target other0
quietly release
has_link more0 && fail "more0 is still there"
has_link other0 || fail "other0 is gone"
works "$VIFPLUG" unplug other0
quietly release
nothing_left

# The domain's interfaces by hand are the same ones, so what was plugged before is taken over.
works "$VIFPLUG" plug --domain "$xml"
is "their names" $'web0\nweb1' "$out"
before=$(host_state)
quietly prepare
is "and nothing changes" "$before" "$(host_state)"
quietly release
nothing_left

# A macvtap, for libvirt to open by its node. The node is in the host's /dev, as on any host.
domain direct.xml web $uuid "<interface type='direct'><mac address='52:54:00:00:03:05'/>
    <source dev='low0' mode='bridge'/><target dev='mac0'/></interface>" >/dev/null
"$VIFPLUG" adopt "$work/direct.xml" >"$work/adopted.xml"
works call prepare "$work/adopted.xml"
has "a macvtap" 'mac0@low0: .*[<,]UP[,>].*link/ether 52:54:00:00:03:05 .*macvtap +mode bridge' "$(link mac0)"
node=/dev/tap$(cat /sys/class/net/mac0/ifindex)
is "its node" 'character special file root' "$(stat -c '%F %U' "$node")"
ip link set mac0 down
works call reconnect "$work/adopted.xml"
works "$VIFPLUG" verify
works call release "$work/adopted.xml"
nothing_left

# Two domains at once, on the same bridges.
sed "s/$uuid/8$(echo $uuid | cut -c2-)/; s/web\([01]\)/db\1/; s/03:0/04:0/" "$xml" >"$work/db.xml"
call prepare "$xml" &
first=$!
"$hook" db prepare begin - <"$work/db.xml" &
second=$!
wait $first || fail "the first domain was refused"
wait $second || fail "the second domain was refused"
is "both are there" 'db0 db1 web0 web1' "$("$VIFPLUG" list --json | json '" ".join(i["name"] for i in j["interfaces"])')"
works "$VIFPLUG" verify
quietly release
is "the other one stays" 'db0 db1' "$("$VIFPLUG" list --json | json '" ".join(i["name"] for i in j["interfaces"])')"
works call release "$work/db.xml"
nothing_left

# Scripts are libvirt's to run, and none in the metadata is.
cat >"$work/up" <<END
#!/bin/sh
touch $work/ran
END
chmod +x "$work/up"
sed "s|<mtu size=\"1400\"/>|<script path=\"$work/up\"/>&|" "$xml" >"$work/script.xml"
works call prepare "$work/script.xml"
works call release "$work/script.xml"
[ ! -e "$work/ran" ] || fail "the hook ran a script"
sed "s|<source bridge=\"br0\"/>|&<script path=\"$work/up\"/>|" "$xml" >"$work/bad.xml"
refused 1 '<script> is unknown to vifplug there' call prepare "$work/bad.xml"

# An aborted start.
quietly prepare stopped release
nothing_left

# Nothing to do: the other operations, domains without our metadata, and who is not root.
for operation in restore migrate start started attach; do
    quietly $operation
done
works call prepare "$work/plain.xml"
works call stopped "$work/plain.xml"
# For a domain that is not ours not even the library that reads XML is loaded.
loads_libxml2() {
    LD_DEBUG=files "$hook" web "$1" begin - <"$2" 2>&1 | grep -c libxml2 || true
}
is "a domain that is not ours is not parsed" 0 "$(loads_libxml2 prepare "$work/plain.xml")"
has "one that is ours is" '^[1-9]' "$(loads_libxml2 prepare "$xml")"
quietly release
chmod o+x "$work"
works setpriv --reuid=65534 --regid=65534 --clear-groups "$hook" web prepare begin - <"$xml"
nothing_left

# A guest that was saved after an interface was detached, and is restored: it has the others.
sed '0,/<target dev="web1"/s//<target dev="web9"/' "$xml" >"$work/saved.xml"
works call restore "$work/saved.xml"
works call prepare "$work/saved.xml"
has_link web9 && fail "web9 is nobody's"
has_link web0 || fail "web0 is missing"
works call release "$work/saved.xml"
nothing_left

# Refused: one sentence, and nothing is left.
sed 's/br0/br7/' "$xml" >"$work/bad.xml"
refused 1 '^vifplug-libvirt-hook: domain "web": interface "web0": no OVS bridge "br7" in [^;]*; bridges: br0$' \
    call prepare "$work/bad.xml"
is "stdout" '' "$out"
works call stopped "$work/bad.xml"
works call release "$work/bad.xml"
sed 's/lin0/lin7/' "$xml" >"$work/bad.xml"
refused 1 'interface "web1": no Linux bridge' call prepare "$work/bad.xml"
sed 's/<source bridge="br0"/<vifplug:wish\/>&/' "$xml" >"$work/bad.xml"
refused 1 '<wish> is unknown' call prepare "$work/bad.xml"
ip tuntap add web0 mode tap
refused 1 'a device "web0" exists already, and is not vifplug.s' call prepare "$xml"
ip link delete web0
refused 1 'with GUEST OPERATION' "$hook" web prepare
nothing_left

# Input that is none.
echo '<domain>urn:vifplug:1' >"$work/bad.xml"
refused 1 '^vifplug-libvirt-hook: domain "web": line 2: malformed XML: ' call prepare "$work/bad.xml"
refused 1 'malformed XML' call stopped "$work/bad.xml"
expect 0 'malformed XML' call reconnect "$work/bad.xml"
echo '<interface xmlns:v="urn:vifplug:1" type="user"/>' >"$work/bad.xml"
refused 1 'no <domain> in it' call prepare "$work/bad.xml"
refused 1 'no <uuid> of a domain' call release "$work/bad.xml"
expect 0 '' call prepare /dev/null
head -c 11M /dev/zero | tr '\0' ' ' >"$work/bad.xml"
cat "$xml" >>"$work/bad.xml"
refused 1 'is larger than 10 MiB' call prepare "$work/bad.xml"
nothing_left

# A restarted libvirt finds the guest alive: what it needs is put back, and it goes on.
quietly prepare
hold web0 2
before=$(host_state)
quietly reconnect
is "all is well, nothing changes" "$before" "$(host_state)"
ovs-vsctl del-port web0
ip link set web0 down
ip link set web1 nomaster mtu 1500 address 02:00:00:00:00:08
quietly reconnect
works "$VIFPLUG" verify
is "its VLAN" 100 "$(db Port web0 tag)"
has "its isolation" 'isolated on' "$(link web1)"
kill -0 "$guest" || fail "the guest is gone"

# One that cannot be helped keeps nobody from helping the others.
ip link delete lin0
ovs-vsctl del-port web0
expect 0 'lin0' call reconnect "$xml"
is "the other one is back" 100 "$(db Port web0 tag)"
ip link add lin0 address 02:00:00:00:00:07 type bridge
ip link set lin0 up
quietly reconnect

# What somebody else changed is told, not changed back.
ovs-vsctl set Port web0 tag=101
expect 0 'domain "web": "web0": its port in Open vSwitch differs: tag is 101' call reconnect "$xml"
is "as somebody wished" 101 "$(db Port web0 tag)"
ovs-vsctl set Port web0 tag=100

# Likewise what is beyond repair.
ovs-vsctl del-port web0
stop_daemon ovsdb-server
start=$SECONDS
expect 0 $'^vifplug-libvirt-hook: [^\n]* did not answer in time$' call reconnect "$xml"
[ $((SECONDS - start)) -le 10 ] || fail "reconnect took $((SECONDS - start)) s"
kill -CONT "$(daemon ovsdb-server)"
quietly reconnect
works "$VIFPLUG" verify

# The tap of a guest is gone: made again, so that the interface can be detached and attached.
end "$guest"
ip link delete web0
quietly reconnect
works "$VIFPLUG" verify
has "the new one" ' multi_queue ' "$(link web0)"

# Detached from the running guest, with the metadata still there: not plugged again.
works "$VIFPLUG" unplug web1
python3 - "$xml" "$work/live.xml" <<'END'
import sys, xml.etree.ElementTree as ET
tree = ET.parse(sys.argv[1])
devices = tree.find("devices")
devices.remove(devices.findall("interface")[2])
tree.write(sys.argv[2])
END
works call reconnect "$work/live.xml"
has_link web1 && fail "web1 was plugged again"

# A macvtap that went with the device below it is the watcher's, which gives the guest another one.
quietly release
domain direct.xml web $uuid "<interface type='direct'><mac address='52:54:00:00:03:05'/>
    <source dev='low1' mode='bridge'/><target dev='web5'/></interface>" >/dev/null
lower low1
"$VIFPLUG" adopt "$work/direct.xml" >"$work/adopted.xml"
works call prepare "$work/adopted.xml"
before=$(</run/vifplug/ports/web5.json)
ip link del low1
expect 0 'web5' call reconnect "$work/adopted.xml"
lower low1
expect 0 'web5' call reconnect "$work/adopted.xml"
has_link web5 && fail "web5 was made again, and nobody has it"
is "its record" "$before" "$(</run/vifplug/ports/web5.json)"
works call release "$work/adopted.xml"
ip link del low1

# Killed while it waits for ovs-vswitchd, with the row committed.
stop_daemon ovs-vswitchd
"$hook" web prepare begin - <"$xml" &
prepare=$!
wait_for ovs-vsctl --no-wait get Port web0 name
end $prepare
kill -CONT "$(daemon ovs-vswitchd)"
quietly stopped
nothing_left

# Without an answer from OVSDB: in bounded time, and what could not be undone is undone later.
quietly prepare
stop_daemon ovsdb-server
start=$SECONDS
expect 1 $'^vifplug-libvirt-hook: domain "web": [^\n]* did not answer in time; what is left will be removed by "vifplug gc"$' call stopped "$xml"
expect 1 $'^vifplug-libvirt-hook: [^\n]* did not answer in time$' call prepare "$xml"
[ $((SECONDS - start)) -le 20 ] || fail "stopped and prepare took $((SECONDS - start)) s"
kill -CONT "$(daemon ovsdb-server)"
quietly release
nothing_left
