# shellcheck shell=sh
# Sourced by sandbox, and in it: changes to folders of this host that only a mount namespace sees.

# writable_folder DIR: DIR becomes a folder in memory, with all its entries bound in.
writable_folder() {
    mkdir /run/folder
    mount --rbind "$1" /run/folder
    mount -t tmpfs -o "mode=$(stat -c %a "$1")" vifplug-folder "$1"
    for entry in /run/folder/* /run/folder/.[!.]*; do
        copy=$1/${entry##*/}
        if [ -L "$entry" ]; then
            cp -P "$entry" "$copy"
        elif [ -d "$entry" ]; then
            mkdir "$copy"
            mount --rbind "$entry" "$copy"
        elif [ -e "$entry" ]; then
            : >"$copy"
            mount --bind "$entry" "$copy"
        fi
    done
    umount -l /run/folder
    rmdir /run/folder
}
