# shellcheck shell=bash
# Sourced by the scripts in tests/guest, after "set -euo pipefail": guests (scripts/lib/guest.sh says
# how to use them), and what a test says.
guest_images=$VIFPLUG_GUEST
# shellcheck source=../../scripts/lib/guest.sh
. "$VIFPLUG_SOURCE/scripts/lib/guest.sh"
trap guest_cleanup EXIT

# expect WHAT WANTED ACTUAL: ends the test where ACTUAL does not match the extended regular
# expression WANTED as a whole.
expect() {
    if [[ ! $3 =~ ^($2)$ ]]; then
        printf 'not ok: %s\n  wanted: %s\n  actual: %s\n' "$@" >&2
        exit 1
    fi
    echo "ok: $1"
}
