# shellcheck shell=bash
# Sourced by the scripts in tests/guest, after "set -euo pipefail": guests (scripts/lib/guest.sh says
# how to use them), and what support/cli.sh has.
guest_images=$VIFPLUG_GUEST
# shellcheck source=../../scripts/lib/guest.sh
. "$VIFPLUG_SOURCE/scripts/lib/guest.sh"
# Set by it, and said here for shellcheck, which sees only what a script itself sources.
work='' out=''
# shellcheck source=cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
# shellcheck disable=SC2034 # for wait_for: an emulated guest may have to wait for a CPU itself
patience=30
trap guest_cleanup EXIT

# says WHAT WANTED ACTUAL: ends the test where ACTUAL does not match the extended regular expression
# WANTED as a whole.
says() {
    has "$1" "^($2)\$" "$3"
}

# More arguments for the QEMUs that are started from here on.
qemu_more=()

# under_run GUEST "WORDS..." SPEC...: starts it under vifplug run, with these words for
# scripts/guest/init.
under_run() {
    local name=$1
    # shellcheck disable=SC2086 # several words
    guest_define "$1" $2
    shift 2
    guest_start "$name" "$VIFPLUG" run "$@" -- qemu-system-x86_64 "${guest_args[@]}" \
        "${qemu_more[@]}"
}

# ready GUEST...: waits until they are up.
ready() {
    local name
    for name; do
        guest_wait "$name" ready >/dev/null
    done
}

# reach GUEST "ADDRESS yes|no, ...": what it must find when it pings all these at the same time.
reach() {
    local wanted addresses
    wanted=$(tr , '\n' <<<"$2" | sed 's/^ */ping /' | sort)
    addresses=$(sed -E 's/ (yes|no),?//g' <<<"$2")
    # shellcheck disable=SC2086 # several addresses
    is "$1 reaches: $2" "$wanted" "$({ guest_ask "$1" ping $addresses || true; } | sort)"
}

# nic GUEST IF WANTED: what it says of a network card: "mtu=1500 carrier=1 ...".
nic() {
    has "$1's $2: $3" " $3" "$(guest_ask "$1" nic "$2")"
}

# transfer FROM TO ADDRESS MBYTE: FROM serves random bytes at that address of its own, TO fetches
# them, and they must be the same.
transfer() {
    local served fetched
    served=$(guest_ask "$1" serve 80 $(($4 * 1000000)))
    fetched=$(guest_ask "$2" fetch "http://$3/blob") || true # and then it says so
    is "$4 MB from $1 to $2 are whole" "${served#* bytes=}" "${fetched#* bytes=}"
}

# off GUEST...: powers them off, and each must end well.
off() {
    local name
    for name; do
        guest_tell "$name" off
    done
    for name; do
        guest_end "$name"
    done
    echo "ok: powered off: $*"
}

# child PID: the process that it started.
child() {
    local pids
    pids=$(<"/proc/$1/task/$1/children")
    echo "${pids%% *}"
}

# orphan GUEST: kills `vifplug run` hard; from now on the guest's process is QEMU itself.
orphan() {
    local run=${guest_pid[$1]}
    guest_pid[$1]=$(child "$run")
    kill -KILL "$run"
    wait_for is_gone "$run"
}

# qmp SOCKET COMMAND [ARGUMENTS]: executes it and prints what QEMU returns, as JSON.
qmp() {
    python3 - "$@" <<'END'
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
lines = connection.makefile("rw")
answer = json.loads(lines.readline())
for command, arguments in ("qmp_capabilities", "{}"), (sys.argv[2], (sys.argv[3:] or ["{}"])[0]):
    print(json.dumps({"execute": command, "arguments": json.loads(arguments)}), file=lines, flush=True)
    while not {"return", "error"} & (answer := json.loads(lines.readline())).keys():
        pass
print(json.dumps(answer["return"]))
END
}

# echoes ADDRESS: asks it for an echo every 10 ms; echoes_all WHAT: no more, and ends the test unless each
# of them comes, and once.
echoing=''
echoes() {
    : >"$work/echoes"
    python3 "$VIFPLUG_SOURCE/tests/support/pings.py" "$1" 0.01 >>"$work/echoes" &
    echoing=$!
    wait_for [ -s "$work/echoes" ]
    sleep 0.3
}
echoes_all() {
    sleep 0.5
    end "$echoing" USR1
    has "$1: each echo came, and once: $(tail -n 1 "$work/echoes")" ' sent, 0 lost, 0 twice$' \
        "$(tail -n 1 "$work/echoes")"
}

# busy N: so many processes want the processor, until busy 0.
busy_pids=()
busy() {
    local pid n
    for pid in "${busy_pids[@]}"; do
        end "$pid"
    done
    busy_pids=()
    for ((n = 0; n < $1; n++)); do
        while :; do :; done &
        busy_pids+=($!)
    done
}
