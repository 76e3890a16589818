#!/bin/bash
# Somebody deletes the taps of a guest under vifplug run, again and again: run attaches them again, so
# that the guest, which pings all the while, is cut off for a moment only, and QEMU does not spin.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0
# This host has a port on the guest's VLAN, and the Linux bridge.
ovs-vsctl add-port br0 host0 tag=100 -- set Interface host0 type=internal
ip addr add 10.0.0.254/24 dev host0
ip link set host0 up
ip link add lbr0 address 02:00:00:00:00:01 type bridge
ip addr add 10.0.1.254/24 dev lbr0
ip link set lbr0 up
remember

times=${VIFPLUG_TIMES:-5}
guest=$(domain guest.xml guest 11111111-1111-4111-8111-111111111111 "
    <interface type='bridge'>
      <mac address='52:54:00:00:01:01'/><source bridge='br0'/><vlan><tag id='100'/></vlan>
      <virtualport type='openvswitch'/><target dev='on-ovs'/><mtu size='1400'/>
      <bandwidth><inbound average='1000000'/></bandwidth>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:01:02'/><source bridge='lbr0'/><target dev='on-linux'/>
      <model type='virtio'/><driver queues='3'/>
    </interface>")

# So it uses two of its second card's three queues, and QEMU disables the third.
qemu_more=(-smp 2)
under_run guest "ip4=10.0.0.1/24,10.0.1.1/24" --domain "$guest"
ready guest
run=${guest_pid[guest]}
qemu=$(child "$run")
reach guest "10.0.0.254 yes, 10.0.1.254 yes"

# What there is of a tap, but for its index, and what the switch keeps of it, but for its rows' uuids.
tap_state() {
    ip -d -o link show "$1" | sed -E 's/^[0-9]*: //; s/[a-z_]+_timer +[0-9.]+//g'
    cat "/sys/class/net/$1/ifalias"
    [ "$1" != on-ovs ] || {
        ovs-vsctl -f csv --no-headings --columns=name,tag,trunks,vlan_mode,external_ids list Port "$1"
        ovs-vsctl -f csv --no-headings --columns=name,mtu_request,external_ids list Interface "$1"
        ovs-vsctl -f csv --no-headings --columns=type,other_config,external_ids find QoS \
            external_ids:ifname="$1"
        ovs-vsctl port-to-br "$1"
    }
}

# What QEMU has set of the queues of a tap: TUNGETIFF, TUNGETVNETHDRSZ; and the features that its
# offloads come to: ETHTOOL_GFEATURES.
settings() {
    python3 - "$qemu" "$1" <<'END'
import ctypes, fcntl, os, socket, struct, sys
pid, name = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
process = os.pidfd_open(pid)
for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
    if os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/net/tun":
        mine = libc.syscall(438, process, fd, 0) # pidfd_getfd
        request = fcntl.ioctl(mine, 0x800454d2, bytes(40))
        if request[:16].split(b"\0")[0].decode() == name:
            print(fd, request[16:18].hex(), struct.unpack("i", fcntl.ioctl(mine, 0x800454d7, bytes(4)))[0])
link = socket.socket()
data = ctypes.create_string_buffer(struct.pack("II", 0x3a, 4) + bytes(64))
fcntl.ioctl(link, 0x8946, struct.pack("16sP", name.encode(), ctypes.addressof(data)) + bytes(16))
print(*(word[2] for word in struct.iter_unpack("IIII", data.raw[8:72])))
END
}

# How much of a processor QEMU takes, in percent, over a second.
load() {
    local before after
    before=$(cut -d' ' -f14,15 "/proc/$qemu/stat")
    sleep 1
    after=$(cut -d' ' -f14,15 "/proc/$qemu/stat")
    echo $((${after% *} + ${after#* } - ${before% *} - ${before#* }))
}

index() {
    cat "/sys/class/net/$1/ifindex"
}

# attached_again NAME OLD-INDEX: another tap of that name, and run has done what it does then.
attached_again() {
    [ "$(index "$1")" != "$2" ] && [ "$("$VIFPLUG" list --json | json \
        "[p['ifindex'] for p in j['interfaces'] if p['name'] == '$1'][0]")" = "$(index "$1")" ] &&
        "$VIFPLUG" verify "$1"
}

# shellcheck disable=SC2016 # it is the guest that is to expand this
guest_ask guest 'busybox ping -i 0.1 10.0.0.254 >/tmp/ovs & echo $! >/tmp/ovs.pid;' \
    'busybox ping -i 0.1 10.0.1.254 >/tmp/linux & echo $! >/tmp/linux.pid'
idle=$(load)
echo "QEMU takes $idle % of a processor"

# on-linux comes later: its driver has had time to say how many queues it uses.
for tap in on-ovs on-linux; do
    before=$(tap_state "$tap")
    was=$(settings "$tap")
    echo "$was"
    for _ in $(seq "$times"); do
        old=$(index "$tap")
        ip link del "$tap"
        wait_for attached_again "$tap" "$old"
        is "$tap is as it was" "$before" "$(tap_state "$tap")"
        is "and so are its settings" "$was" "$(settings "$tap")"
        reach guest "10.0.0.254 yes, 10.0.1.254 yes"
    done
done
now=$(load)
echo "QEMU takes $now % of a processor"
[ "$now" -lt $((idle + 40)) ] || fail "QEMU is busy with nothing: $idle % before, $now % now"
transferred=$(guest_ask guest serve 80 4000000)
for address in 10.0.0.1 10.0.1.1; do
    is "4 MB from $address are whole" "${transferred#*sha256=}" \
        "$(python3 -c "import hashlib, urllib.request
print(hashlib.sha256(urllib.request.urlopen('http://$address/blob').read()).hexdigest())")"
done

# A name that somebody else has taken meanwhile is his; when he is gone it is ours again.
old=$(index on-linux)
kill -STOP "$run"
ip link del on-linux
ip tuntap add on-linux mode tap
ip link set on-linux alias theirs
kill -CONT "$run"
wait_for grep -q 'cannot be attached again yet: .*the name is in use' "$guest_dir/guest.err"
is "theirs is theirs" theirs "$(cat /sys/class/net/on-linux/ifalias)"
ip link del on-linux
wait_for attached_again on-linux "$old"
reach guest "10.0.1.254 yes"

cat "$guest_dir/guest.err"
gaps=$(sed -n 's/.*attached again, after \([0-9]*\) ms/\1/p' "$guest_dir/guest.err" | sort -n)
is "each was told" $((2 * times + 1)) "$(wc -l <<<"$gaps")"
for of in ovs linux; do
    echo "pings to $of: $(guest_ask guest "p=\$(cat /tmp/$of.pid); kill -INT \$p; wait \$p;" \
        "sed -n 's/^.*transmitted/GUEST &/p' /tmp/$of")"
done

off guest
nothing_left
