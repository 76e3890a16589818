#!/bin/bash
# Guests of ordinary users: QEMU itself asks the bridge helper, in both ways that it can run one, and
# the VLANs are those of a network and of the policy.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
bridge br0
policy 'allow lan user joe,ann' 'allow br0 user ann vlan 200 mac 52:54:0a:*' \
    'allow direct user joe mode bridge'
cat >/etc/vifplug/networks/lan.xml <<'END'
<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='100'/></vlan></network>
END
# One of macvtaps, whose other end is this host's.
ip link add lbr0 address 02:00:00:00:00:01 type bridge
ip addr add 10.0.2.254/24 dev lbr0
ip link add up0 type veth peer name sw0
ip link set sw0 master lbr0
ip link set lbr0 up
ip link set sw0 up
ip link set up0 up
cat >/etc/vifplug/networks/direct.xml <<'END'
<network><name>direct</name><forward mode='bridge'><interface dev='up0'/></forward></network>
END
remember

# The image lies where ordinary users may not be.
mkdir /run/guest
cp "$guest_images/vmlinuz" "$guest_images/initrd.gz" /run/guest
chmod 644 /run/guest/*
guest_images=/run/guest

# under_helper GUEST USER "WORDS..." ARGUMENTS...: starts it as that user.
under_helper() {
    local name=$1 user=$2
    # shellcheck disable=SC2086 # several words
    guest_define "$1" $3
    shift 3
    guest_start "$name" setpriv --reuid "$user" --regid "$user" --init-groups \
        qemu-system-x86_64 "${guest_args[@]}" "$@"
}

# Their first cards are on the network's VLAN, the second ones on that and on another.
under_helper joes joe 'ip4=10.0.0.1/24,10.0.1.1/24,10.0.2.1/24' \
    -netdev bridge,id=n0,br=lan,helper=$helper \
    -device virtio-net-pci,netdev=n0,mac=52:54:00:00:0a:01 \
    -netdev tap,id=n1,br=lan,helper=$helper \
    -device virtio-net-pci,netdev=n1,mac=52:54:00:00:0a:02 \
    -netdev "tap,id=n2,br=direct,helper=$helper --mac 52:54:00:00:0a:03" \
    -device virtio-net-pci,netdev=n2,mac=52:54:00:00:0a:03
under_helper anns ann 'ip4=10.0.0.2/24,10.0.1.2/24' \
    -netdev bridge,id=n0,br=lan,helper=$helper \
    -device virtio-net-pci,netdev=n0,mac=52:54:00:00:0b:01 \
    -netdev "tap,id=n1,br=br0,helper=$helper --vlan 200 --mac 52:54:0a:00:0b:02" \
    -device virtio-net-pci,netdev=n1,mac=52:54:0a:00:0b:02
ready joes anns

works "$VIFPLUG" list --json
is "ports" '100 lan 4711
100 lan 4711
100 lan 4721
200 br0 4721
None direct 4711' "$(json '"\n".join(sorted("{} {granted_name} {granted_user}".format(p["vlan"]["tag"], **p) for p in j["interfaces"]))' <<<"$out")"
reach joes "10.0.0.2 yes, 10.0.1.2 no, 10.0.2.254 yes"
reach anns "10.0.0.1 yes, 10.0.1.1 no"
transfer joes anns 10.0.0.1 2

# QEMU says what the helper said, and does not start.
expect 1 'vifplug-bridge-helper: "br0" is denied: no line .* allows it' \
    as joe qemu-system-x86_64 -nodefaults -display none -netdev "bridge,id=n0,br=br0,helper=$helper"
expect 1 'is denied: .*about other VLANs' as ann qemu-system-x86_64 -nodefaults -display none \
    -netdev "tap,id=n0,br=br0,helper=$helper --vlan 100 --mac 52:54:0a:00:00:01"

# However they end, nothing is left soon after.
off joes
end "${guest_pid[anns]}"
unset 'guest_pid[anns]'
wait_for unchanged
echo "ok: nothing was left behind"
