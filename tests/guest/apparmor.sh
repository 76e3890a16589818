#!/bin/bash
# What AppArmor makes of hook and helper, in the virtual machine of scripts/kernel-vm, whose kernel
# enforces it: under a profile like that of Debian's libvirtd both are run and do their work, and with
# the profiles that are shipped they do nothing else.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck source=../support/helper.sh
. "$VIFPLUG_SOURCE/tests/support/helper.sh"
# shellcheck disable=SC2034 # for wait_for
patience=60
[ -e /sys/kernel/security/apparmor ] || mount -t securityfs securityfs /sys/kernel/security
# A program in a profile may not be traced, not even by itself, as the leak checker would have to.
export ASAN_OPTIONS=detect_leaks=0

# Profiles go by where a program is, so these are where they would be installed.
mkdir /run/sbin
mount --bind /usr/sbin /run/sbin
mount -t tmpfs -o mode=755 sbin /usr/sbin
ln -s /run/sbin/* /usr/sbin
cp "$VIFPLUG_BUILD/plugin/helper/vifplug-bridge-helper" \
    "$VIFPLUG_BUILD/plugin/libvirt/vifplug-libvirt-hook" /usr/sbin
helper=/usr/sbin/vifplug-bridge-helper
chmod 4755 $helper
mkdir -p /etc/libvirt/hooks/qemu.d
ln -s /usr/sbin/vifplug-libvirt-hook /etc/libvirt/hooks/qemu.d/linked
cp /usr/sbin/vifplug-libvirt-hook /etc/libvirt/hooks/qemu.d/copied
cp /usr/sbin/vifplug-libvirt-hook /run/bin
ln -s /run/bin/vifplug-libvirt-hook /etc/libvirt/hooks/qemu.d/elsewhere

# load FILE: makes the kernel enforce it.
load() {
    works apparmor_parser --replace --skip-cache "$1"
}

# shipped NAME: the profile that is installed, for /usr/sbin. The address sanitizer reads what was
# set for it.
shipped() {
    echo '@{PROC}/@{pid}/{environ,cmdline} r,' >"/etc/apparmor.d/local/$1"
    sed 's|@CMAKE_INSTALL_FULL_SBINDIR@|/usr/sbin|' "$VIFPLUG_SOURCE/data/apparmor/$1.in" \
        >"/etc/apparmor.d/$1"
    load "/etc/apparmor.d/$1"
}

# What matters here of that of Debian's libvirtd (usr.sbin.libvirtd): it may do nearly everything but
# run programs.
cat >"$work/libvirtd" <<'END'
abi <abi/3.0>,
include <tunables/global>
profile libvirtd flags=(attach_disconnected) {
  include <abstractions/base>
  capability,
  network,
  ptrace,
  signal,
  unix,
  /etc/libvirt/hooks/** rmix,
  /bin/* PUx,
  /sbin/* PUx,
  /usr/bin/* PUx,
  /usr/sbin/* PUx,
  /** rwmkl,
}
END

# by_libvirtd COMMAND...: runs it as a process in libvirtd's profile does.
by_libvirtd() {
    # shellcheck disable=SC2016 # for the shell over there
    aa-exec -p libvirtd -- sh -c '"$@"' sh "$@"
}

denied=0 # how often something was
# nothing_denied: not since the last time.
nothing_denied() {
    [ "$(denials)" = "$denied" ] || fail "$(dmesg | grep 'apparmor="DENIED"')"
    echo "ok: nothing was denied"
}
denials() {
    dmesg | grep -c 'apparmor="DENIED"' || true
}

# tries PROFILE WHAT: whether a process in that profile can do it, which is for its shell itself.
tries() {
    # shellcheck disable=SC2016 # for the shell over there
    bash -c 'if [ "$0" != unconfined ]; then echo "changeprofile $0" >/proc/self/attr/current; fi &&
        eval "$1"' "$@" 2>/dev/null
}

# only PROFILE: that it lets nobody do anything else.
only() {
    local what
    for what in 'read -r line </etc/vifplug/networks/lan.xml' ': >/run/vifplug/scratch'; do
        tries "$1" "$what" || fail "$1 may not: $what"
    done
    rm /run/vifplug/scratch
    # shellcheck disable=SC2016 # for the shell over there
    for what in 'read -r line </etc/shadow' ': >>/etc/passwd' ': >>/etc/vifplug/networks/lan.xml' \
        ': >/run/scratch' 'exec 3</dev/kmsg' /bin/true 'kill -CONT $PPID'; do
        tries unconfined "$what" || fail "nobody may: $what"
        ! tries "$1" "$what" || fail "$1 may: $what"
    done
    echo "ok: $1 lets nobody do anything else"
}

bridge br0
lower low0
cat >/etc/vifplug/networks/lan.xml <<'END'
<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/><vlan><tag id='77'/></vlan></network>
END
cat >/etc/vifplug/networks/direct.xml <<'END'
<network><name>direct</name><forward mode='bridge'><interface dev='low0'/></forward></network>
END
"$VIFPLUG" adopt "$(domain web.xml web 11111111-1111-4111-8111-111111111111 "
    <interface type='bridge'><mac address='52:54:00:00:01:01'/><source bridge='br0'/>
      <virtualport type='openvswitch'/><vlan><tag id='100'/></vlan><target dev='web0'/></interface>
    <interface type='network'><mac address='52:54:00:00:01:02'/><source network='lan'/>
      <target dev='web1'/></interface>
    <interface type='direct'><mac address='52:54:00:00:01:03'/>
      <source dev='low0' mode='auto'/><target dev='web2'/></interface>")" >"$work/adopted.xml"
cat >"$work/port.xml" <<'END'
<hookData>
  <network><name>lan</name><uuid>5d9f2c34-8a7d-44f5-9c1b-0e2d5a6b7c8d</uuid><bridge name='br0'/></network>
  <networkport><owner><name>web</name><uuid>11111111-1111-4111-8111-111111111111</uuid></owner>
    <mac address='52:54:00:00:05:01'/><plug type='bridge' bridge='br0'/></networkport>
</hookData>
END
remember

# hook NAME OPERATION SUBOPERATION: as libvirtd calls it. ask_hook NAME: likewise, about a network.
hook() {
    by_libvirtd "/etc/libvirt/hooks/qemu.d/$1" web "$2" "$3" - <"$work/adopted.xml"
}
ask_hook() {
    by_libvirtd "/etc/libvirt/hooks/qemu.d/$1" lan port-created begin - <"$work/port.xml"
}

# hook_works NAME PROFILE: plugs and unplugs, in that profile.
hook_works() {
    local caller
    stop_daemon ovs-vswitchd
    hook "$1" prepare begin 2>"$work/said" &
    caller=$!
    wait_for grep -q '"plugging"' /run/vifplug/ports/web0.json
    is "profile of the $1 hook" "$2" "$(<"/proc/$(works_on web0)/attr/current")"
    kill -CONT "$(daemon ovs-vswitchd)"
    wait $caller || fail "$(<"$work/said")"
    works "$VIFPLUG" verify web0 web1 web2
    works hook "$1" stopped end
    works ask_hook "$1"
    nothing_denied
}

# As libvirtd's rules say: what is in the folder runs, in libvirtd's profile, and what a link leads to
# only in /usr/sbin, without any, or in its own.
policy 'allow lan user root max 5'
load "$work/libvirtd"
hook_works copied 'libvirtd (enforce)'
hook_works linked unconfined
shipped vifplug-libvirt-hook
hook_works linked 'vifplug-libvirt-hook (enforce)'
nothing_left
only vifplug-libvirt-hook
expect 126 'Permission denied' hook elsewhere prepare begin
denied=$(denials)

# The helper likewise, run by a session's libvirtd.
shipped vifplug-bridge-helper
ask_by=(aa-exec -p libvirtd -- python3 "${ask_by[@]}")
policy 'allow lan' 'allow direct'
hold joe --use-vnet --br=lan
is "profile of the reaper" 'vifplug-bridge-helper (enforce)' "$(<"/proc/$reaper/attr/current")"
is "VLAN" 77 "$(db Port "$tap" tag)"
let_go
hold joe --use-vnet --br=direct --mac 52:54:00:00:00:07
let_go
nothing_denied
only vifplug-bridge-helper
# Not even root's eyes see what no rule names.
echo 'allow lan' >/run/more.conf
policy 'include /run/more.conf'
denied 4 '/run/more.conf: cannot be opened: Permission denied' joe --br=lan
