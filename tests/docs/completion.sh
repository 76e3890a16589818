#!/bin/bash
# Completion for bash and zsh, as those call it, with an interface that is plugged.
#
# Runs in the sandbox with an Open vSwitch.
set -euo pipefail
here=$VIFPLUG_SOURCE/completion
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/files/folder"
ln -s "$VIFPLUG" "$work/bin/vifplug"
PATH=$work/bin:$PATH
cd "$work/files"
touch 'fi le.xml' other.txt
status=0

if ! command -v zsh >/dev/null; then
    echo "zsh is missing: run scripts/deps test"
    exit 77
fi

# in_bash WORD...: the candidates for the last word, sorted. Words are given as bash splits them.
in_bash() {
    bash --norc -c '
        . "$1"
        shift
        COMP_WORDS=(vifplug "$@")
        COMP_CWORD=$#
        function=$(complete -p vifplug)
        [[ $function =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" vifplug
        printf "%s\n" "${COMPREPLY[@]}"' bash "$here/vifplug.bash" "$@" | sed '/^$/d' | sort
}

# in_zsh WORD...: likewise, with zsh's own functions for files and commands in the place of these.
in_zsh() {
    zsh -f -c '
        compadd() { shift; print -rl -- "$@" }
        compset() { : }
        _files() { print @file }
        _command_names() { print @command }
        file=$1
        shift
        words=(vifplug "$@")
        CURRENT=$#words
        completer() { . $file }
        completer' zsh "$here/_vifplug" "$@" | sort
}

expect() {
    local what=$1 wanted=$2 found=$3
    if [ "$wanted" != "$found" ]; then
        printf '%s:\n  wanted: %s\n  found:  %s\n' "$what" "${wanted//$'\n'/ }" "${found//$'\n'/ }"
        status=1
    fi
}

# both WHAT CANDIDATES WORD...: CANDIDATES are separated by blanks.
both() {
    local what=$1 wanted
    wanted=$(tr ' ' '\n' <<<"$2" | sed '/^$/d')
    shift 2
    expect "bash, $what" "$wanted" "$(in_bash "$@")"
    expect "zsh, $what" "$wanted" "$(in_zsh "$@")"
}

ovs-vsctl add-br br0 -- set bridge br0 datapath_type=netdev
vifplug plug --bridge br0 --target web0 --quiet
vifplug plug --bridge br0 --target web1 --quiet
ip link add br1 type bridge
ip link add p1 type veth peer p2
ip link set p1 master br1

both 'commands by their first letters' 'plan plug' pl
both 'an option by its first letters' '--native --native-mode' plug --nat
both 'interfaces' 'web0 web1' unplug w
both 'interfaces after another' 'web0 web1' verify web0 ''
both 'bridges' br1 hairpin ''
both 'the ports of a bridge' p1 hairpin br1 ''
both 'the ports of a bridge, after options' p1 hairpin --timeout 5 br1 --json ''
both 'on and off' 'off on' hairpin br1 p1 o
both 'nothing after them' '' hairpin br1 p1 on ''
both 'devices' 'p1 p2' probe p
both 'one device' '' probe p1 ''
both 'a path' 'private private-no-hairpin' compare --paths pri
both 'a path after another' 'ovs,private ovs,private-no-hairpin' compare --paths ovs,pri
both 'an argument that nobody can guess' '' plug --vlan ''
both 'a command that does not exist' '' nonsense ''
expect 'all commands' "$(vifplug --help | sed -n 's/^  \([a-z]\+\) .*/\1/p' | sort)" \
    "$(in_bash '' | grep -v '^--')"

expect 'bash, files' "$(printf '%s\n' 'fi le.xml' folder)" "$(in_bash plug --domain f)"
expect 'bash, files of xml' "$(printf '%s\n' 'fi le.xml' folder other.txt)" "$(in_bash xml '')"
expect 'bash, --option=value' "$(printf '%s\n' 'fi le.xml' folder)" "$(in_bash plug --domain = f)"
expect 'bash, --option=' "$(printf '%s\n' 'fi le.xml' folder other.txt)" "$(in_bash plug --domain =)"
expect 'bash, a program' vifplug "$(in_bash run --bridge br0 -- vifplu)"
expect 'bash, its arguments' other.txt "$(in_bash run --bridge br0 -- vifplug o)"

expect 'zsh, files' @file "$(in_zsh plug --domain f)"
expect 'zsh, --option=value' @file "$(in_zsh plug --domain=f)"
expect 'zsh, a program' @command "$(in_zsh run --bridge br0 -- q)"
expect 'zsh, its arguments' @file "$(in_zsh run --bridge br0 -- qemu o)"

vifplug unplug --all
exit $status
