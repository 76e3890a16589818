#!/bin/bash
# list --watch: a line, or a table, for each change, also of a folder that is not there yet.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
lower up0
[ ! -e /run/vifplug ] || fail "the folder is there already"

follow() {
    "$VIFPLUG" list --watch "$@" 2>"$work/err" &
    follower=$!
}

# shown N: whether so many lines were.
shown() {
    [ "$(wc -l <"$work/lines")" -ge "$1" ]
}

# events: a line for each. On a busy machine a plug, or an unplug, is seen while it is done, which is
# no event of its own here.
events() {
    python3 -c '
import json, sys
begun, settled = set(), {}
for line in sys.stdin:
    change = json.loads(line)
    event, name, status = change["event"], change["interface"]["name"], change["interface"]["status"]
    if event == "gone":
        print(event, name, settled.pop(name), sep=":")
    elif status in ("plugging", "unplugging"):
        begun |= {name} if event == "new" else set()
    else:
        print("new" if name in begun else event, name, status, sep=":")
        begun.discard(name)
        settled[name] = status' <"$work/lines"
}

# happened N: whether so many events were shown.
happened() {
    [ "$(events | wc -l)" -ge "$1" ]
}

# stop SIGNAL: it ends quietly.
stop() {
    local status=0
    kill "-$1" $follower
    wait $follower || status=$?
    is "it ends at $1" 0 $status
    is "and says nothing" "" "$(<"$work/err")"
}

follow --json >"$work/lines"
sleep 0.5
works "$VIFPLUG" plug --lower up0 --mode bridge --target mv0
wait_for happened 1
works "$VIFPLUG" plug --lower up0 --mode bridge --target mv1
wait_for happened 2
ip link delete mv0
wait_for happened 3
works "$VIFPLUG" unplug mv0
wait_for happened 4
is "each change" \
    $'new:mv0:plugged\nnew:mv1:plugged\nchanged:mv0:device gone\ngone:mv0:device gone' "$(events)"
rm -r /run/vifplug
wait_for happened 5
has "its folder is gone" '^gone:mv1:plugged$' "$(events | tail -n 1)"
ip link delete mv1
works "$VIFPLUG" plug --lower up0 --mode bridge --target mv2
wait_for happened 6
stop TERM

follow --json >"$work/lines"
wait_for happened 1
stop INT
is "what is there" there:mv2:plugged "$(events)"

follow >"$work/lines"
wait_for shown 2
ip link delete mv2
wait_for shown 5
is "tables" 2 "$(grep -c '^NAME' "$work/lines")"
has "the last one" 'mv2 .* device gone' "$(sed -n 5p "$work/lines")"
works "$VIFPLUG" unplug mv2
stop INT

# On a terminal it starts anew on an empty screen.
works "$VIFPLUG" plug --lower up0 --mode bridge --target mv3
python3 - "$VIFPLUG" <<'END' >"$work/screen"
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if not pid:
    os.execv(sys.argv[1], [sys.argv[1], "list", "--watch"])
text = b""
while b"mv3" not in text:
    text += os.read(terminal, 4096)
os.write(terminal, b"\x03")
_, status = os.waitpid(pid, 0)
print(repr(text), status)
END
has "it clears the screen" "^b'.*x1b\[H.x1b\[2JNAME .* 0\$" "$(<"$work/screen")"
works "$VIFPLUG" unplug mv3
