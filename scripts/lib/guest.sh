# shellcheck shell=bash
# Sourced by the demo and the tests: boots the tiny guests of scripts/guest-image and talks to them
# over their serial consoles. What a guest understands and answers is told in scripts/guest/init.
#
#     guest_images=DIR                      as given to guest-image; set before the rest
#     guest_accel=tcg                       which accelerator of QEMU's
#     guest_define red ip4=10.0.0.1/24
#     guest_start red vifplug run --domain red.xml -- qemu-system-x86_64 "${guest_args[@]}"
#     guest_wait red ready
#     guest_ask red ping 10.0.0.2 10.0.0.3
#     guest_off red

: "${guest_images=}"
guest_dir=$(mktemp -d)
declare -A guest_pid=()

# guest_define NAME [WORD...]: makes NAME's console and sets guest_args to QEMU's arguments for this
# guest, all but its NICs, and guest_append to its kernel's command line, to which WORDs are added.
guest_define() {
    local name=$1 console=$guest_dir/$1
    shift
    [ -p "$console.in" ] || mkfifo "$console.in"
    : >"$console.out"
    guest_append="console=ttyS0 quiet panic=-1 mitigations=off nokaslr cryptomgr.notests no_timer_check $*"
    # TCG everywhere, so that every machine runs the same thing. On q35 this kernel needs 3 seconds,
    # which is what leaving out the self-tests of its ciphers helps with; on microvm it does not boot.
    # It counts ticks for a moment to see whether the timer works, and panics where a QEMU that had to
    # wait for a CPU gave it none: hence no_timer_check.
    # shellcheck disable=SC2034 # for the caller
    guest_args=(
        -name "$name" -accel "${guest_accel:-tcg}" -M q35 -cpu max -m 128
        -nodefaults -no-user-config -display none -no-reboot
        -kernel "$guest_images/vmlinuz" -initrd "$guest_images/initrd.gz"
        -append "$guest_append"
        -chardev "stdio,id=console,signal=off" -serial chardev:console
    )
}

# guest_start NAME COMMAND...: runs COMMAND, which ends up as QEMU with "${guest_args[@]}" and keeps
# its standard input and output for it, in the background; its pid is in ${guest_pid[NAME]}.
guest_start() {
    local name=$1 console=$guest_dir/$1
    shift
    # Opened for reading and writing, the pipe never comes to its end.
    "$@" 0<>"$console.in" >>"$console.out" 2>"$console.err" &
    guest_pid[$name]=$!
}

# guest_running NAME: is its process there?
guest_running() {
    kill -0 "${guest_pid[$1]}" 2>/dev/null
}

# guest_trouble NAME TEXT: says on stderr what went wrong, with the end of what the guest said.
guest_trouble() {
    echo "guest $1: $2; its last words:" >&2
    tail -n 5 "$guest_dir/$1.out" "$guest_dir/$1.err" 2>/dev/null | tr -d '\r' >&2
}

# guest_wait NAME REGEX [SECONDS [LINE]]: waits (60 s) for a line of the guest that is "GUEST " and
# then matches REGEX, looking from console line LINE on, and prints it without "GUEST ".
guest_wait() {
    local name=$1 regex=$2 limit=$((SECONDS + ${3-60})) line=${4-1} found
    while :; do
        if found=$(tail -n "+$line" "$guest_dir/$name.out" | grep -a -m 1 -E "^GUEST ($regex)"); then
            echo "${found#GUEST }"
            return 0
        fi
        if ! guest_running "$name"; then
            guest_trouble "$name" "ended while waiting for '$regex'"
            return 1
        fi
        if [ $SECONDS -ge $limit ]; then
            guest_trouble "$name" "no '$regex' within ${3-60} seconds"
            return 1
        fi
        sleep 0.05
    done
}

# guest_tell NAME COMMAND...: sends a line of commands without waiting for anything.
guest_tell() {
    # Not just ">": that would hang for ever if the guest is gone. Nor "1<>", which "declare -f" of
    # bash 5.2 prints without the 1.
    echo "${*:2}" 3<>"$guest_dir/$1.in" >&3
}

# guest_ask NAME COMMAND...: the same, waits (60 s) until they are done and prints what the guest had
# to say, without "GUEST ". Returns 0 if the last one's status was 0. One question at a time.
guest_ask() {
    local name=$1 line status
    line=$(($(wc -l <"$guest_dir/$name.out") + 1))
    guest_tell "$@"
    status=$(guest_wait "$name" 'done [0-9]+$' 60 "$line") || return
    tail -n "+$line" "$guest_dir/$name.out" | sed -n '/^GUEST done/q; s/^GUEST //p'
    [ "$status" = "done 0" ]
}

# guest_end NAME [SECONDS]: waits (20 s) for its process to end; returns its exit status, or 127
# where somebody else started it.
guest_end() {
    local limit=$((SECONDS + ${2-20})) status=0
    while guest_running "$1"; do
        if [ $SECONDS -ge $limit ]; then
            guest_trouble "$1" "still there after ${2-20} seconds"
            kill -KILL "${guest_pid[$1]}"
            break
        fi
        sleep 0.05
    done
    wait "${guest_pid[$1]}" 2>/dev/null || status=$?
    unset "guest_pid[$1]"
    return $status
}

# guest_off NAME: powers it off; returns the exit status of its process.
guest_off() {
    guest_tell "$1" off
    guest_end "$1"
}

# guest_cleanup: ends what still runs and removes the consoles. For a trap on EXIT.
guest_cleanup() {
    local name
    for name in "${!guest_pid[@]}"; do
        kill -TERM "${guest_pid[$name]}" 2>/dev/null || true
    done
    for name in "${!guest_pid[@]}"; do
        guest_end "$name" 5 || true
    done
    rm -rf "$guest_dir"
}
