# shellcheck shell=bash
# Completion of vifplug for bash. The program itself knows its commands, options and interfaces:
# "vifplug __complete WORDS..." prints what the last word may become; "@file" stands for the names of
# files and "@command" for those of programs.

_vifplug() {
    local words=() word answer current=${COMP_WORDS[COMP_CWORD]}

    # "--option=value" comes in three words, and means the same as "--option value".
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [ "$word" = = ] || words+=("$word")
    done
    [ "$current" != = ] || current=

    COMPREPLY=()
    while IFS= read -r answer; do
        case $answer in
        @file)
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
            ;;
        @command) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -c -- "$current") ;;
        *) COMPREPLY+=("$answer") ;;
        esac
    done < <("${COMP_WORDS[0]}" __complete "${words[@]}" "$current" 2>/dev/null)
}

complete -F _vifplug vifplug
