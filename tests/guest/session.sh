#!/bin/bash
# A real libvirtd of an ordinary user's session: its guests get ports of Open vSwitch on a VLAN, which
# it can do for nobody by itself, and the ports go however they end.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
for program in libvirtd virsh; do
    if ! command -v $program >/dev/null; then
        echo "$program is missing: run scripts/deps test"
        exit 77
    fi
done
bridge br0
policy 'allow lan user joe' 'allow other user joe'
# network NAME VLAN
network() {
    cat >"/etc/vifplug/networks/$1.xml" <<END
<network><name>$1</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='$2'/></vlan></network>
END
}
network lan 100
network other 200
network forbidden 300
remember

# Joe's session, with as little in its environment as it can have.
home=/run/joe
install -d -o joe -g joe -m 700 $home $home/run $home/.config $home/.config/libvirt
echo "bridge_helper = \"$helper\"" >$home/.config/libvirt/qemu.conf
session() {
    as joe env -i HOME=$home XDG_RUNTIME_DIR=$home/run PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        virsh -q -c qemu:///session "$@"
}

# QEMU is joe, who must get at the guests' consoles and images.
mkdir /run/guest
cp "$guest_images/vmlinuz" "$guest_images/initrd.gz" /run/guest
chmod 644 /run/guest/*
guest_images=/run/guest
chmod 755 "$work" "$guest_dir"

# define NAME "WORDS..." INTERFACE...: writes $work/NAME.xml, a domain with an interface on each of
# these, the way that libvirt has it for a session.
define() {
    local name=$1 append='' interfaces='' source i n=0
    # shellcheck disable=SC2086 # several words
    guest_define "$name" $2
    shift 2
    for ((i = 0; i < ${#guest_args[@]}; i++)); do
        [ "${guest_args[i]}" != -append ] || append=${guest_args[i + 1]}
    done
    for source; do
        n=$((n + 1))
        interfaces+="<interface type='bridge'><source bridge='$source'/><model type='virtio'/>
            <mac address='52:54:00:00:0$n:$(printf '%s' "$name" | md5sum | head -c 2)'/></interface>"
    done
    chmod 666 "$guest_dir/$name".{in,out}
    cat >"$work/$name.xml" <<END
<domain type='qemu'><name>$name</name><memory unit='MiB'>128</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$guest_images/vmlinuz</kernel><initrd>$guest_images/initrd.gz</initrd>
    <cmdline>$append</cmdline></os>
  <features><acpi/></features><cpu mode='maximum'/>
  <devices><controller type='usb' model='none'/><memballoon model='none'/>
    <serial type='pipe'><source path='$guest_dir/$name'/></serial>$interfaces</devices></domain>
END
    chmod 644 "$work/$name.xml"
}

# create NAME...: and tells guest_ask and the others of it.
create() {
    local name
    for name; do
        works session create "$work/$name.xml"
        guest_pid[$name]=$(<"$home/run/libvirt/qemu/run/$name.pid")
    done
}

# QEMU is nobody's child here.
guest_gone() {
    wait_for is_gone "${guest_pid[$1]}"
    unset "guest_pid[$1]"
}

define one 'ip4=10.0.0.1/24,10.0.1.1/24' lan lan
define two 'ip4=10.0.0.2/24,10.0.1.2/24' lan other
create one two
works "$VIFPLUG" list --json
is "ports" '100 lan 4711
100 lan 4711
100 lan 4711
200 other 4711' "$(json '"\n".join(sorted("{} {granted_name} {granted_user}".format(p["vlan"]["tag"], **p) for p in j["interfaces"]))' <<<"$out")"
ready one two
reach one "10.0.0.2 yes, 10.0.1.2 no"

# What the policy denies libvirt tells its user.
define three '' forbidden
expect 1 'vifplug-bridge-helper: "forbidden" is denied: no line of /etc/vifplug/bridge.conf' \
    session create "$work/three.xml"

# Ended by libvirt, killed under it, and while libvirtd itself is gone.
works session destroy one
guest_gone one
wait_for test "$(find /run/vifplug/ports -name '*.json' | wc -l)" = 2
end "${guest_pid[two]}"
guest_gone two
wait_for unchanged
echo "ok: nothing was left behind"

create one
libvirtd=$(pgrep -u joe -x libvirtd)
end "$libvirtd"
end "${guest_pid[one]}"
guest_gone one
wait_for unchanged
echo "ok: nothing was left behind"
