# shellcheck shell=sh
# Sourced by sandbox, after folder.sh: what a system libvirtd meets there. It finds empty folders of its own where it
# expects its configuration, state, logs and cache, and none of this host's domains and networks.
# Whoever wants the daemon starts it by "libvirtd -f /etc/libvirt/sandbox.conf".

# own_folder DIR: an empty DIR, in memory. This host may have none, and gets none: then DIR's parent
# becomes a folder in memory, too, with all its other entries bound in.
own_folder() {
    if [ ! -d "$1" ]; then
        writable_folder "${1%/*}"
        mkdir "$1"
    fi
    mount -t tmpfs -o mode=755 vifplug-libvirt "$1"
}

# add_user NAME ID: a user with a group, where this host has none of that name.
add_user() {
    grep -q "^$1:" /etc/group || echo "$1:x:$2:" >>/etc/group
    grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::/nonexistent:/bin/sh" >>/etc/passwd
}

libvirt_places() {
    # The user that QEMU is to be, as libvirtd was built.
    for file in passwd group; do
        cp /etc/$file /run/$file
        mount --bind /run/$file /etc/$file
    done
    add_user libvirt-qemu 64055

    for dir in /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
        own_folder $dir
    done

    # Emulation everywhere, so that every machine runs the same thing. Also, a /dev/kvm that only
    # root may open makes libvirtd probe all emulators again and again: for a minute at every start
    # of a guest.
    if [ -e /dev/kvm ]; then
        : >/run/no-kvm
        chmod 0 /run/no-kvm
        mount --bind /run/no-kvm /dev/kvm
    fi

    # What a /dev and control groups for each guest need is not there in a sandbox, nor is virtlogd.
    cat >/etc/libvirt/qemu.conf <<'END'
security_driver = "none"
remember_owner = 0
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
END
    cat >/etc/libvirt/sandbox.conf <<'END'
auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
    # As a host of its own, or there would be no migration from one sandbox to another.
    echo "host_uuid = \"$(cat /proc/sys/kernel/random/uuid)\"" >>/etc/libvirt/sandbox.conf
    mkdir -p /etc/libvirt/hooks/qemu.d /etc/libvirt/hooks/network.d
    LIBVIRT_DEFAULT_URI=qemu:///system
    export LIBVIRT_DEFAULT_URI
}
