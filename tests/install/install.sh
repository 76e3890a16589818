#!/bin/bash
# Builds as packagers do, installs below a folder, and looks at what is there: these files and no
# others, a program that runs, and a library that programs can be built with.
set -euo pipefail
build=$VIFPLUG_BUILD/install-test
root=$build/root
prefix=/opt/vifplug # one that no compiler looks into by itself
there=$root$prefix
cd "$VIFPLUG_SOURCE"

libopenvswitch=$(sed -n 's/^VIFPLUG_LIBOVS_DIR:PATH=//p' "$VIFPLUG_BUILD/CMakeCache.txt")
if ! {
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DVIFPLUG_TESTS=OFF \
        -DVIFPLUG_WERROR=ON -DVIFPLUG_LIBOVS_DIR="$libopenvswitch" \
        -DCMAKE_INSTALL_PREFIX=$prefix -DCMAKE_INSTALL_LIBDIR=lib \
        -DVIFPLUG_LIBVIRT_HOOKS=$prefix/etc/libvirt/hooks &&
        cmake --build "$build" -j 2 &&
        rm -rf "$root" &&
        DESTDIR=$root cmake --install "$build"
} >"$build.log" 2>&1; then
    cat "$build.log"
    exit 1
fi
status=0

# same WHAT WANTED FOUND
same() {
    if [ "$2" != "$3" ]; then
        printf '%s:\n' "$1"
        diff <(echo "$2") <(echo "$3") || status=1
    fi
}

version=$("$there/sbin/vifplug" --version)
version=${version#vifplug }

same 'installed files (< wanted, > found)' "etc/libvirt/hooks/network.d/vifplug
etc/libvirt/hooks/qemu.d/vifplug
include/vifplug.h
lib/libvifplug.so
lib/libvifplug.so.0
lib/libvifplug.so.$version
lib/pkgconfig/vifplug.pc
lib/systemd/system/vifplug-gc.service
lib/systemd/system/vifplug-watch.service
sbin/vifplug
sbin/vifplug-bridge-helper
sbin/vifplug-libvirt-hook
share/bash-completion/completions/vifplug
share/doc/vifplug/CONTRIBUTING.md
share/doc/vifplug/LICENSE
share/doc/vifplug/NEWS.md
share/doc/vifplug/README.md
share/doc/vifplug/SECURITY.md
share/doc/vifplug/apparmor/vifplug-bridge-helper
share/doc/vifplug/apparmor/vifplug-libvirt-hook
share/doc/vifplug/docs/architecture.md
share/doc/vifplug/docs/comparison.md
share/doc/vifplug/examples/amber.xml
share/doc/vifplug/examples/blue.xml
share/doc/vifplug/examples/cyan.xml
share/doc/vifplug/examples/green.xml
share/doc/vifplug/examples/networks/vepanet.xml
share/doc/vifplug/examples/red.xml
share/man/man5/vifplug-bridge.conf.5
share/man/man5/vifplug-xml.5
share/man/man7/vifplug-compare.7
share/man/man8/vifplug-bridge-helper.8
share/man/man8/vifplug-libvirt-hook.8
share/man/man8/vifplug.8
share/zsh/site-functions/_vifplug" "$(cd "$there" && find . ! -type d -printf '%P\n' | LC_ALL=C sort)"
same 'files outside of the prefix' '' "$(find "$root" ! -type d ! -path "$there/*")"

# What is installed does not look for libraries where it was built.
for file in "$there/sbin/vifplug" "$there/etc/libvirt/hooks/qemu.d/vifplug" \
    "$there/sbin/vifplug-bridge-helper" "$there/lib/libvifplug.so"; do
    same "library paths in $file" '' "$(readelf -d "$file" | grep -E 'RPATH|RUNPATH' || true)"
done

same 'vifplug xml' "$("$VIFPLUG" xml examples/red.xml)" \
    "$("$there/sbin/vifplug" xml "$there/share/doc/vifplug/examples/red.xml")"

export PKG_CONFIG_LIBDIR=$there/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
read -ra flags < <(pkg-config --cflags --libs vifplug)
same 'pkg-config --modversion' "$version" "$(pkg-config --modversion vifplug)"
cat >"$build/client.c" <<'END'
#include <stdio.h>
#include <vifplug.h>

int main(void)
{
    struct vifplug *plug;

    if (vifplug_open(&plug, NULL)) {
        return 1;
    }
    vifplug_close(plug);
    return puts(vifplug_version()) < 0;
}
END
for compiler in cc c++; do
    ln -sf client.c "$build/client.cc"
    source=$build/client.c
    [ $compiler = cc ] || source=$build/client.cc
    $compiler -Wall -Wextra -Werror "$source" "${flags[@]}" -o "$build/client"
    same "a program made with $compiler" "$version" "$(LD_LIBRARY_PATH=$there/lib "$build/client")"
done
# Where libvirtd's AppArmor profile lets a program run, the hook is a link to it, else the program
# itself; and the profiles are such.
for folder in qemu.d network.d; do
    hook=$there/etc/libvirt/hooks/$folder/vifplug
    same "a hook in $folder that runs" 'a program' "$([ ! -L "$hook" ] && [ -x "$hook" ] && echo a program)"
done

# What systemd thinks of the units, which name the program by where it will be.
if command -v systemd-analyze >/dev/null; then
    rm -rf "$build/units"
    mkdir "$build/units"
    for unit in gc watch; do
        sed "s|=$prefix/|=$there/|" "$there/lib/systemd/system/vifplug-$unit.service" \
            >"$build/units/vifplug-$unit.service"
    done
    same 'systemd-analyze verify' '' \
        "$(systemd-analyze verify --man=no "$build"/units/*.service 2>&1 || echo "status $?")"
fi

distribution=$build/distribution
rm -rf "$distribution"
if ! { cmake "$build" -DCMAKE_INSTALL_PREFIX=/usr -UVIFPLUG_LIBVIRT_HOOKS &&
    DESTDIR=$distribution cmake --build "$build" -t install; } >"$build.log" 2>&1; then
    cat "$build.log"
    exit 1
fi
for folder in qemu.d network.d; do
    same "the hook of a distribution in $folder" /usr/sbin/vifplug-libvirt-hook \
        "$(readlink "$distribution/etc/libvirt/hooks/$folder/vifplug")"
done
same 'its program' yes "$([ -x "$distribution/usr/sbin/vifplug-libvirt-hook" ] && echo yes)"
for program in vifplug-bridge-helper vifplug-libvirt-hook; do
    profile=$distribution/usr/share/doc/vifplug/apparmor/$program
    same "the profile of $program" 1 "$(grep -c "^profile $program /usr/sbin/$program flags" "$profile")"
    if command -v apparmor_parser >/dev/null; then
        apparmor_parser --skip-kernel-load --skip-cache "$profile" || status=1
    fi
done
exit $status
