# shellcheck shell=bash
# Sourced by scripts/demo, its second part: two guests on macvtaps, with a card in each mode. All
# cards of a mode are on one lower device, which is cabled to a port of a Linux bridge: the adjacent
# switch. Whether that reflects (hairpin) is what decides over VEPA.

: "${vifplug=}"
modes=(vepa bridge private)
declare -A lower=([vepa]=eth0 [bridge]=eth1 [private]=eth2)
# The addresses of cyan, a network for each mode.
declare -A cyan=([vepa]=10.1.0.2 [bridge]=10.1.1.2 [private]=10.1.2.2)

# cable MODE: its lower device and the switch beyond it.
cable() {
    ip link add "sw-$1" type bridge
    ip link add "${lower[$1]}" type veth peer name "port-$1"
    ip link set "port-$1" master "sw-$1" up
    ip link set "sw-$1" up
}

# hairpin on|off: on all the ports that lead to the guests.
hairpin() {
    local mode
    for mode in "${modes[@]}"; do
        "$vifplug" hairpin "sw-$mode" "port-$mode" "$1" >/dev/null
    done
}

# probe yes|no: what vifplug finds out of the switch; returns 1 where that is not so.
probe() {
    local status=0
    "$vifplug" probe "${lower[vepa]}" | sed 's/^/          /' || status=$?
    case $1,$status in
    yes,0 | no,3) ;;
    *) return 1 ;;
    esac
}

# mode_row HAIRPIN ANSWER...: a row of the table: what amber gets from cyan in each mode, and whether
# that is as wanted.
mode_row() {
    local hairpin=$1 mode wanted pings status=0
    pings=$(try_ping amber "${cyan[@]}")
    printf '%10s%-18s' '' "$hairpin"
    for mode in "${modes[@]}"; do
        shift
        wanted=$1
        cell "$(answer "${cyan[$mode]}" <<<"$pings")" "$wanted" || status=1
    done
    echo
    return $status
}

demo_macvtap() {
    local mode before rows status=0
    say "Linux bridges as adjacent switches, cabled to eth0, eth1 and eth2"
    for mode in "${modes[@]}"; do
        cable "$mode"
    done
    before=$(traces)

    say "guests: amber cyan"
    start amber ip4=10.1.0.1/24,10.1.1.1/24,10.1.2.1/24
    start cyan ip4=10.1.0.2/24,10.1.1.2/24,10.1.2.2/24 --network examples/networks/vepanet.xml
    guest_wait amber ready >/dev/null
    guest_wait cyan ready >/dev/null
    say "vifplug list"
    "$vifplug" list | sed 's/^/          /'

    say "hairpin off: vifplug probe ${lower[vepa]}"
    probe no || status=1
    rows=$(mode_row off no yes no) || status=1
    hairpin on
    say "hairpin on: vifplug probe ${lower[vepa]}"
    probe yes || status=1
    rows+=$'\n'$(mode_row on yes yes no) || status=1

    say "whether amber can ping cyan"
    printf '%10s%-18s' '' 'hairpin \ mode'
    printf '%-12s' "${modes[@]}"
    printf '\n%s\n' "$rows"

    power_off amber cyan || status=1
    nothing_left "$before" || status=1
    verdict $status "VEPA where the switch reflects, bridge anywhere, private nowhere"
}
