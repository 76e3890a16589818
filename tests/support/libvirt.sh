# shellcheck shell=bash
# Sourced by the scripts in tests/libvirt, after "set -euo pipefail", in a sandbox with --libvirt:
# libvirtd, and guests that it runs, with what support/guest.sh has to look at them.
# shellcheck source=guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
# Set by what it sources, and said here for shellcheck.
: "${work:=}" "${guest_dir:=}" "${guest_append:=}"

# QEMU is another user under libvirt, who must get at the guests' consoles and images.
mkdir -m 755 "$work/images"
cp -L "$guest_images/vmlinuz" "$guest_images/initrd.gz" "$work/images"
guest_images=$work/images
chmod 755 "$work" "$guest_dir"

# hot COMMAND...: vifplug attach, detach or watch. The address sanitizer wraps the XDR functions that
# it finds when the program starts, and would call nothing for those that come with libvirt's library
# later. And the leak sanitizer itself crashes now and then, on a busy machine, where that library was
# loaded; what our part of it allocates is looked at in tests/unit.
hot=(env)
if [[ $(ldd "$VIFPLUG") =~ '=> '([^ ]*libasan[^ ]*) ]]; then
    hot+=("LD_PRELOAD=${BASH_REMATCH[1]} libtirpc.so.3"
        "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0")
fi
hot+=("$VIFPLUG")
hot() {
    "${hot[@]}" "$@"
}

# install_hook: makes vifplug's hook libvirt's, for guests and networks. Copies, for a session's
# libvirtd runs them too, as a user who may not look where it was built.
install_hook() {
    local folder
    for folder in qemu.d network.d; do
        cp "$VIFPLUG_BUILD/plugin/libvirt/vifplug-libvirt-hook" /etc/libvirt/hooks/$folder/vifplug
    done
}

# session_user USER: lets USER have a session, and, as on most hosts, open /dev/net/tun.
session_user() {
    mkdir -p "/run/user/$1" "/run/home/$1/.config/libvirt"
    chown -R "$1:" "/run/user/$1" "/run/home/$1"
    chmod 700 "/run/user/$1"
    if [ ! -e /run/tun ]; then
        mknod -m 666 /run/tun c 10 200
        mount --bind /run/tun /dev/net/tun
    fi
}

# session USER COMMAND...: runs it as that user, where virsh starts a libvirtd of the user's own.
session() {
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$user" --init-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        HOME="/run/home/$user" USER="$user" XDG_RUNTIME_DIR="/run/user/$user" "$@"
}

# session_create USER NAME: runs the domain of $work/NAME.xml there.
session_create() {
    local end=$((SECONDS + patience))
    # One that has gone from libvirt's list may be in its way for a moment longer.
    until session "$1" virsh -q -c qemu:///session create "$work/$2.xml" 2>"$work/err"; do
        if [ $SECONDS -ge $end ] || ! grep -q 'is already being removed' "$work/err"; then
            fail "$2 is not created: $(<"$work/err")"
        fi
        sleep 0.02
    done
    echo "ok: $2 is created"
    guest_pid[$2]=$(<"/run/user/$1/libvirt/qemu/run/$2.pid")
}

# libvirtd_start: starts the system's libvirtd with as little in its environment as a service has,
# which its hooks inherit, and waits until it answers. It looks for hooks now.
libvirtd_start() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
        libvirtd -d -f /etc/libvirt/sandbox.conf -p /run/libvirtd.pid
    virsh version >/dev/null || fail "libvirtd: $(tail -n 5 /var/log/libvirt/libvirtd.log)"
}

# libvirtd_kill: takes it away from under its guests.
libvirtd_kill() {
    end "$(</run/libvirtd.pid)"
}

# session_lacks USER NAME: whether it knows of no such domain.
session_lacks() {
    ! grep -qx "$2" <<<"$(session "$1" virsh -c qemu:///session list --name)"
}

# libvirt_domain NAME UUID "WORDS..." DEVICES: writes $work/NAME.xml, a domain whose guest gets these
# words for scripts/guest/init, with its console where guest_ask and the others look for it.
libvirt_domain() {
    # shellcheck disable=SC2086 # several words
    guest_define "$1" $3
    chmod 666 "$guest_dir/$1".{in,out}
    # Spare ports, since nothing can be plugged into a q35's own bus while it runs.
    cat >"$work/$1.xml" <<END
<domain type='qemu'>
  <name>$1</name>
  <uuid>$2</uuid>
  <memory unit='MiB'>128</memory>
  <vcpu>${libvirt_vcpus-1}</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>$guest_images/vmlinuz</kernel>
    <initrd>$guest_images/initrd.gz</initrd>
    <cmdline>$guest_append</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <devices>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <controller type='pci' index='2' model='pcie-root-port'/>
    <controller type='pci' index='3' model='pcie-root-port'/>
    <controller type='pci' index='4' model='pcie-root-port'/>
    <controller type='usb' model='none'/>
    <serial type='pipe'><source path='$guest_dir/$1'/></serial>
    <memballoon model='none'/>
    $4
  </devices>
</domain>
END
}

# libvirt_runs NAME: tells guest_ask and the others of a guest that virsh started.
libvirt_runs() {
    guest_pid[$1]=$(<"/run/libvirt/qemu/$1.pid")
}

# libvirt_create NAME...: runs the domains of $work/NAME.xml.
libvirt_create() {
    local name
    for name; do
        works virsh -q create "$work/$name.xml"
        libvirt_runs "$name"
    done
}

# libvirt_start NAME...: runs domains that are defined.
libvirt_start() {
    local name
    for name; do
        works virsh -q start "$name"
        libvirt_runs "$name"
    done
}

# libvirt_restore NAME: goes on with a guest of $work/NAME.saved, whose console is a new one.
libvirt_restore() {
    : >"$guest_dir/$1.out"
    works virsh -q restore "$work/$1.saved"
    libvirt_runs "$1"
}

# libvirt_is_off NAME: whether libvirt knows that it has ended.
libvirt_is_off() {
    [ "$(virsh domstate "$1")" = "shut off" ]
}

# libvirt_lacks NAME DEVICE: whether the guest has no such device.
libvirt_lacks() {
    ! grep -q "<target dev='$2'" <<<"$(virsh dumpxml "$1")"
}

# device NAME: the device of a domain's first adopted interface.
device() {
    virsh dumpxml "$1" | sed -n "/<devices>/,\$ s/.*<target dev='\([^']*\)' managed='no'.*/\1/p" |
        head -n 1
}

# libvirt_destroy NAME...: ends them by virsh.
libvirt_destroy() {
    local name
    for name; do
        works virsh -q destroy "$name"
        unset "guest_pid[$name]"
    done
}
