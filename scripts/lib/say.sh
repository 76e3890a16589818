# shellcheck shell=bash
# Sourced by the scripts: what they are doing, line by line, with the seconds since the first of
# them began, for they call each other.

export VIFPLUG_BEGIN="${VIFPLUG_BEGIN:-${EPOCHREALTIME//[!0-9]/}}"

# say TEXT...: one line of progress: "  12.3s  TEXT".
say() {
    local us=$((${EPOCHREALTIME//[!0-9]/} - VIFPLUG_BEGIN))
    printf '%4d.%ds  %s\n' $((us / 1000000)) $((us / 100000 % 10)) "$*"
}

# die TEXT...: the end, as "script: TEXT" on stderr.
die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# quietly LOG COMMAND...: runs it with all its output in LOG, which is shown only if it fails.
quietly() {
    local log=$1 status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if [ $status -ne 0 ]; then
        cat "$log" >&2
        echo "${0##*/}: failed with status $status: $*" >&2
    fi
    return $status
}
