# shellcheck shell=bash
# Sourced by the scripts that build; needs say.sh.

# build_preset PRESET LOG: configures and builds in build/PRESET, quietly.
build_preset() {
    say "building build/$1"
    quietly "$2" cmake --preset "$1" || return
    quietly "$2" cmake --build --preset "$1" -j "$(nproc)" || return
    say "built"
}

# give_back: under sudo, leaves what was built to the user who called it.
give_back() {
    if [ -n "${SUDO_UID:-}" ] && [ -d build ]; then
        chown -hR "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" build
    fi
}
