#!/bin/bash
# The guest itself, on a tap that QEMU opens: what it reports is what was asked for, and TCP with
# offloads arrives as it was sent.
set -euo pipefail
. "$VIFPLUG_SOURCE/tests/support/guest.sh"

mac=52:54:00:00:00:01
ip tuntap add tap0 mode tap vnet_hdr
ip link set tap0 up
ip addr add 10.0.0.254/24 dev tap0
ip addr add fd00::fe/64 dev tap0 nodad

guest_define one ip4=10.0.0.1/24 ip6=fd00::1/64 gw4=10.0.0.254
guest_start one qemu-system-x86_64 "${guest_args[@]}" \
    -netdev tap,id=net0,ifname=tap0,script=no,downscript=no \
    -device virtio-net-pci,id=nic0,netdev=net0,mac=$mac,host_mtu=1400
says "the NIC is as QEMU was told" "nic eth0 mac=$mac mtu=1400 carrier=1 rxq=1 txq=1" \
    "$(guest_wait one 'nic eth0')"
says "it gets ready" 'ready uptime=[0-9.]+' "$(guest_wait one ready)"

# Sorted, since the addresses are tried at the same time.
says "who answers, and who does not" \
    $'ping 10.0.0.254 yes\nping 10.0.0.7 no\nping fd00::fe yes' \
    "$({ guest_ask one ping 10.0.0.254 fd00::fe 10.0.0.7 || true; } | sort)"

says "a status comes back" 'no' "$(guest_ask one false && echo yes || echo no)"

served=$(guest_ask one serve 80 1000000)
says "it serves" 'serve port=80 bytes=1000000 sha256=[0-9a-f]{64}' "$served"
fetched=$(timeout 20 busybox wget -q -O - http://10.0.0.1/blob | sha256sum)
says "TCP from the guest is whole" "${served##*sha256=}" "${fetched%% *}"

mkdir "$TMPDIR/www"
head -c 3000000 /dev/urandom >"$TMPDIR/www/blob"
wanted=$(sha256sum <"$TMPDIR/www/blob")
busybox httpd -p 10.0.0.254:80 -h "$TMPDIR/www"
says "TCP to the guest is whole" \
    "fetch http://10.0.0.254/blob bytes=3000000 sha256=${wanted%% *}" \
    "$(guest_ask one fetch http://10.0.0.254/blob)"
says "what is not there cannot be fetched" 'fetch http://10.0.0.254:81/blob failed' \
    "$(guest_ask one fetch http://10.0.0.254:81/blob || true)"

says "it can have VLANs inside" 'vlan eth0.7' "$(guest_ask one vlan eth0 7 10.7.0.1/24)"

guest_off one
says "it powers off" 0 $?
