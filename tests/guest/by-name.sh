#!/bin/bash
# Taps that are made, attached or opened by somebody else: made with ip(8) and attached to Open
# vSwitch by hand; attached to a bridge by a script, which vifplug runs, or QEMU; and made by vifplug
# and opened by a QEMU that may not do anything but that.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0
ip addr add 10.0.0.254/24 dev br0
ip link set br0 up
ip link add lbr0 address 02:00:00:00:00:01 type bridge
ip addr add 10.0.1.254/24 dev lbr0
ip link set lbr0 up

cat >"$work/up" <<END
#!/bin/sh
echo "up \$*" >>$work/scripts
ip link set "\$1" master lbr0 up
END
cat >"$work/down" <<END
#!/bin/sh
echo "down \$*" >>$work/scripts
ip link set "\$1" nomaster
END
chmod 755 "$work/up" "$work/down"

ip tuntap add byhand mode tap vnet_hdr
ip link set byhand address fe:00:00:00:00:01 mtu 1400 up
ovs-vsctl add-port br0 byhand
remember

one=$(domain one.xml one 11111111-1111-4111-8111-111111111111 "
    <interface type='ethernet'>
      <mac address='52:54:00:00:01:01'/><target dev='byhand' managed='no'/>
    </interface>
    <interface type='ethernet'>
      <mac address='52:54:00:00:01:02'/><target dev='scripted'/>
      <script path='$work/up'/><downscript path='$work/down'/>
    </interface>
    <interface type='ethernet'>
      <mac address='52:54:00:00:01:03'/><target dev='byqemu' mode='ifname'/>
      <script path='$work/up'/><downscript path='$work/down'/>
    </interface>")
under_run one "ip4=10.0.0.1/24,10.0.1.1/24,10.0.2.1/24" --domain "$one"

# The other one's interface outlives whoever uses it, and is for "nobody", who needs /dev/net/tun as
# it is on most hosts: for all. A node in this mount namespace will do.
cat >"$work/two.xml" <<'END'
<interface type='bridge'>
  <mac address='52:54:00:00:02:01'/><source bridge='br0'/><target dev='two'/>
</interface>
END
works "$VIFPLUG" plug --interface "$work/two.xml" --user nobody
mknod -m 666 "$work/tun" c 10 200
mount --bind "$work/tun" /dev/net/tun
mkdir -m 755 "$work/images"
cp -L "$guest_images/vmlinuz" "$guest_images/initrd.gz" "$work/images"
chmod -R a+rX "$work"
guest_images=$work/images
expect 1 'could not configure /dev/net/tun \(two\): Operation not permitted' \
    setpriv --reuid=daemon --regid=daemon --clear-groups \
    qemu-system-x86_64 -M none -nodefaults -display none \
    -netdev tap,id=net0,ifname=two,script=no,downscript=no
guest_define two ip4=10.0.0.2/24
guest_start two setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs \
    qemu-system-x86_64 "${guest_args[@]}" \
    -netdev tap,id=net0,ifname=two,script=no,downscript=no,vnet_hdr=off \
    -device virtio-net-pci,netdev=net0,mac=52:54:00:00:02:01

ready one two
reach one "10.0.0.254 yes, 10.0.0.2 yes, 10.0.1.254 yes"
guest_ask one 'ip addr del 10.0.1.1/24 dev eth1; ip addr add 10.0.1.1/24 dev eth2'
reach one "10.0.1.254 yes"
reach two "10.0.0.254 yes, 10.0.0.1 yes"
works "$VIFPLUG" gc
is "nothing to collect" "" "$out"

off two
has "the tap outlives its user" 'persist on' "$(link two)"
works "$VIFPLUG" gc
is "gc leaves it alone" "" "$out"
works "$VIFPLUG" unplug two
off one
is "the scripts were run" $'up scripted\nup byqemu\ndown byqemu\ndown scripted' "$(<"$work/scripts")"
has "byhand is as it was" 'mtu 1400 .*link/ether fe:00:00:00:00:01 ' "$(link byhand)"
nothing_left
