#!/bin/bash
# What happens on the host while an interface leaves a guest of libvirt's, and when: with a libvirt
# that tells of everything, and with older ones that do not.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
: "${out=}"
bridge br0
remember
libvirtd_start
libvirt_domain one 11111111-1111-4111-8111-111111111111 '' ''
libvirt_create one
ready one

# Older libvirts clear the bandwidth of a tap when a guest gets it, and when it has let go of it and
# QEMU is yet to close it, whether it has one or not: by tc. Here tc writes down what there is of "a"
# then, after waiting for a while until that is nothing.
cat >"$work/tc" <<END
#!/bin/bash
there() {
    [ ! -e /sys/class/net/a ] || echo device
    [ ! -e /run/vifplug/ports/a.json ] || echo record
    [ -z "\$(ovs-vsctl --no-wait --if-exists get Port a name)" ] || echo port
}
for ((i = \$(<$work/tries); i; i--)); do
    [ -n "\$(there)" ] || break
    sleep 0.1
done
echo "saw" \$(there) >>$work/seen
END
chmod 755 "$work/tc"
mount --bind "$work/tc" "$(realpath "$(command -v tc)")"

# leaves TRIES: from here on tc waits for so many tenths of a second, and writes down what it sees.
leaves() {
    echo "$1" >"$work/tries"
    : >"$work/seen"
}
leaves 0

# attach: gives the guest "a", and waits until it has taken it.
n=0
attach() {
    local mac
    n=$((n + 1))
    mac=$(printf '52:54:00:00:01:%02x' $n)
    works hot attach --libvirt one --bridge br0 --target a --mac "$mac"
    guest_wait one "nic eth0 mac=$mac" >/dev/null
}

# gone WHAT THERE: nothing of "a" is left, on the host and in the guest; and tc saw just THERE, if
# libvirt called it.
gone() {
    nothing_left
    libvirt_lacks one a || fail "the guest still has it"
    is "nothing is in the metadata" "" "$(virsh metadata one urn:vifplug:1 2>/dev/null || true)"
    [ ! -s "$work/seen" ] || is "$1" "saw${2:+ $2}" "$(sort -u "$work/seen")"
    leaves 0
}

attach
leaves 100
works hot detach --libvirt one a
gone "it is unplugged while libvirt clears up" ''

# A guest that takes its time is waited for, and one that takes too much keeps what it has.
attach
leaves 100
works virsh -q suspend one
hot detach --libvirt one a &
detach=$!
sleep 1
has_link a || fail "it is unplugged before the guest has let go"
works virsh -q resume one
wait $detach || fail "detach failed"
gone "it is unplugged when the guest is done" ''

attach
leaves 0
works virsh -q suspend one
expect 1 '"a": the guest does not let go of it, so it stays plugged' hot detach --libvirt one a
is "its port stays" a "$(db Port a name)"
is "its record stays" plugged "$("$VIFPLUG" list --json | json 'j["interfaces"][0]["state"]')"
works virsh -q resume one
wait_for libvirt_lacks one a
has_link a || fail "it is unplugged by nobody"
works hot detach --libvirt one a
gone "nobody unplugs it meanwhile" 'device record port'

# A downscript is libvirt's, and finds the device.
cat >"$work/down" <<END
#!/bin/sh
[ -e "/sys/class/net/\$1" ] && echo "\$1" >>$work/downs
END
chmod 755 "$work/down"
works hot attach --libvirt one --interface "$(interface down.xml \
    "<mac address='52:54:00:00:02:01'/><source bridge='br0'/><target dev='a'/><downscript path='$work/down'/>")"
guest_wait one 'nic eth0 mac=52:54:00:00:02:01' >/dev/null
leaves 0
works hot detach --libvirt one a
is "the downscript found the device" a "$(<"$work/downs")"
gone "it stays until the downscript was run" 'device record port'

# old PATTERN: a copy of libvirt's library in $work/old that lacks these functions.
libvirt=$(realpath "$(ldconfig -p | sed -n 's/.*libvirt\.so\.0.* => //p' | head -n 1)")
mkdir "$work/old"
old() {
    sed -E "s/vir($1)/xir\1/g" "$libvirt" >"$work/old/libvirt.so.0"
}
hot_old() {
    env LD_LIBRARY_PATH="$work/old" "${hot[@]}" "$@"
}

# It cannot ask the guest without waiting for it.
old DomainDetachDeviceAlias
attach
leaves 0
works hot_old detach --libvirt one a
gone "it is unplugged after libvirt is done" 'device record port'
attach
leaves 0
works virsh -q suspend one
expect 1 '"a": the guest does not let go of it, so it stays plugged' hot_old detach --libvirt one a
works virsh -q resume one
wait_for libvirt_lacks one a
works hot_old detach --libvirt one a
gone "it is unplugged afterwards" 'device record port'

# It tells of nothing that happens.
old ConnectDomainEventRegisterAny
attach
leaves 0
works hot_old detach --libvirt one a
gone "it is unplugged when the guest's XML says so" 'device record port'
old 'ConnectDomainEventRegisterAny|DomainDetachDeviceAlias'
attach
leaves 0
works hot_old detach --libvirt one a
gone "likewise" 'device record port'

# It does not pass on what QEMU tells.
attach
leaves 0
mount --bind /dev/null "$(dirname "$libvirt")/libvirt-qemu.so.0"
works hot detach --libvirt one a
umount "$(dirname "$libvirt")/libvirt-qemu.so.0"
gone "it is unplugged when libvirt tells that it is gone" 'device record port'

libvirt_destroy one
nothing_left
