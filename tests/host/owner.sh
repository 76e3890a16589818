#!/bin/bash
# Who may open a persistent tap: --user and --group.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0

# owned WHOM OPTION...: plugged with these options, the tap is of that user and group.
owned() {
    local wanted=$1
    shift
    works "$VIFPLUG" plug --bridge br0 --target own0 "$@"
    is "the tap is of $wanted" "$wanted" \
        "$(link own0 | grep -oE '\b(user|group) [^ \\]+' | grep -v '^group default' | paste -sd ' ')"
    # The same again finds its own record.
    works "$VIFPLUG" plug --bridge br0 --target own0 "$@"
    is 'it was plugged already' 'own0 (already plugged)' "$out"
    works "$VIFPLUG" verify own0
    works "$VIFPLUG" unplug own0
}

owned 'user root'
owned 'user nobody' --user nobody
owned 'user nobody' --user "$(id -u nobody)"
owned 'group nogroup' --group nogroup
owned 'user nobody group nogroup' --user nobody --group nogroup

refused 2 '^vifplug: no user "nosuchname"$' "$VIFPLUG" plug --bridge br0 --user nosuchname
refused 2 '^vifplug: no group "nosuchname"$' "$VIFPLUG" plug --bridge br0 --group nosuchname
