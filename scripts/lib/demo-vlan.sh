# shellcheck shell=bash
# Sourced by scripts/demo, its first part: three guests on one Open vSwitch bridge, red and blue on
# VLAN 100, green on VLAN 200, all in one IP network, so that nothing but the VLANs is between them.

: "${vifplug=}"
guests=(red blue green)
declare -A ip=([red]=10.0.0.1 [blue]=10.0.0.2 [green]=10.0.0.3)
declare -A vlan=([red]=100 [blue]=100 [green]=200)

# ping_all GUEST: lets it try the other ones; what it says goes to a file.
ping_all() {
    local other targets=()
    for other in "${guests[@]}"; do
        [ "$other" = "$1" ] || targets+=("${ip[$other]}")
    done
    try_ping "$1" "${targets[@]}" >"$TMPDIR/pings.$1"
}

# vlan_table: who can ping whom; returns 1 where that is not what the VLANs should make of it.
vlan_table() {
    local from to expected status=0
    printf '%10s%-18s' '' 'from \ to'
    printf '%-12s' "${guests[@]}"
    echo
    for from in "${guests[@]}"; do
        printf '%10s%-18s' '' "$from (VLAN ${vlan[$from]})"
        for to in "${guests[@]}"; do
            if [ "$from" = "$to" ]; then
                printf '%-12s' -
                continue
            fi
            expected=no
            [ "${vlan[$from]}" != "${vlan[$to]}" ] || expected=yes
            cell "$(answer "${ip[$to]}" <"$TMPDIR/pings.$from")" $expected || status=1
        done
        echo
    done
    return $status
}

demo_vlan() {
    local guest before status=0 pids=()
    say "Open vSwitch $(ovs-vswitchd --version | sed -n '1s/.* //p'), bridge br-demo"
    ovs-vsctl add-br br-demo -- set bridge br-demo datapath_type=netdev
    before=$(traces)

    say "guests: ${guests[*]}"
    for guest in "${guests[@]}"; do
        start "$guest" "ip4=${ip[$guest]}/24"
    done
    for guest in "${guests[@]}"; do
        guest_wait "$guest" ready >/dev/null
        say "$guest is up: ${ip[$guest]}, VLAN ${vlan[$guest]}"
    done

    say "ovs-vsctl show"
    ovs-vsctl show | sed '1d; s/^/      /'
    say "vifplug list"
    "$vifplug" list | sed 's/^/          /'

    say "who can ping whom"
    for guest in "${guests[@]}"; do
        ping_all "$guest" &
        pids+=($!)
    done
    wait "${pids[@]}"
    vlan_table || status=1

    power_off "${guests[@]}" || status=1
    nothing_left "$before" || status=1
    verdict $status "same VLAN yes, other VLAN no"
}
