# shellcheck shell=bash
# Sourced after cli.sh by the scripts that test the bridge helper: two ordinary users, the helper
# setuid root, and asking it as QEMU does (ask-helper.py).

: "${work=}" "${out=}" "${snapshot=}" # of cli.sh, and said here for shellcheck

# The folder of the build is not for ordinary users; that of the sandbox is, and lets a file be setuid.
own_etc
helper=/run/bin/vifplug-bridge-helper
mkdir /run/bin
cp "$VIFPLUG_BUILD/plugin/helper/vifplug-bridge-helper" "$VIFPLUG_SOURCE/tests/support/ask-helper.py" \
    /run/bin
chmod 4755 $helper
ask_by=(/run/bin/ask-helper.py) # what runs it
cat >>/etc/passwd <<'END'
joe:x:4711:4711::/nonexistent:/bin/false
ann:x:4721:4721::/nonexistent:/bin/false
END
printf 'joe:x:4711:\nann:x:4721:\nguests:x:4712:joe\n' >>/etc/group
# Only files, whatever else this host would ask.
printf 'passwd: files\ngroup: files\n' >/etc/nsswitch.conf

# policy LINE...: makes these the policy.
policy() {
    printf '%s\n' "$@" >/etc/vifplug/bridge.conf
}

# as USER COMMAND...
as() {
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$user" --init-groups "$@"
}

# answer PATTERN ERRORS USER WORD...: asks, gives the tap back, and compares what came of it
# with the two patterns; '' for ERRORS is silence.
answer() {
    local pattern=$1 errors=$2 user=$3
    shift 3
    expect 0 "$errors" as "$user" "${ask_by[@]}" $helper "$@" </dev/null
    has "answer to: $*" "^$pattern\$" "$out"
}

# denied STATUS ERRORS USER WORD...: there is no tap. The caller looks at what is left.
denied() {
    local status=$1 errors=$2 user=$3
    shift 3
    answer "status $status" "^vifplug-bridge-helper: .*($errors)" "$user" "$@"
}

holder='' tap='' reaper=''

# hold USER WORD...: asks, and keeps the tap, $tap, in a process $holder; $reaper looks after it.
hold() {
    local user=$1
    shift
    : >"$work/held"
    [ -p "$work/hold" ] || mkfifo "$work/hold"
    # Not "as": of a function in the background $! is but a shell.
    setpriv --reuid "$user" --regid "$user" --init-groups \
        "${ask_by[@]}" $helper "$@" 0<>"$work/hold" >"$work/held" &
    holder=$!
    wait_for grep -q . "$work/held"
    read -r _ _ _ tap _ <"$work/held"
    [ -n "$tap" ] || fail "no tap: $(<"$work/held")"
    reaper=$(works_on "$tap")
    echo "ok: $user holds $tap: $*"
}

# let_go: the holder ends, hard, and nothing must be left soon after.
let_go() {
    end "$holder"
    wait_for is_gone "$reaper"
    nothing_left
}

# unchanged: as nothing_left, for wait_for.
unchanged() {
    [ "$(host_state)" = "$snapshot" ]
}
