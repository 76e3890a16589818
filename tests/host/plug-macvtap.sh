#!/bin/bash
# Macvtaps: every mode, names, owners, queues; domains and networks with them; verify, list, unplug.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
lower low0
plug=("$VIFPLUG" plug --lower low0 --mac 52:54:00:00:07:01)
uuid=71961b1f-ef5e-5612-86cf-8132600ffe0a
other=72961b1f-ef5e-5612-86cf-8132600ffe0a

# Every mode.
remember
for mode in vepa bridge private passthrough; do
    own=$(mac low0)
    works "${plug[@]}" --mode $mode --target m0
    is "$mode: its name" m0 "$out"
    has "$mode: the device" \
        "ALLMULTI,UP,.* 52:54:00:00:07:01 .*macvtap mode ${mode/through/thru} .*alias vifplug:" \
        "$(link m0)"
    works "$VIFPLUG" verify
    works "$VIFPLUG" list
    is "$mode: list" "m0 macvtap low0 $mode - 52:54:00:00:07:01 - plugged" \
        "$(sed 1d <<<"$out" | tr -s ' ')"
    remembered=$snapshot
    refused 1 "\"m0\" is plugged already, but mode is \"$mode\"" "${plug[@]}" --target m0 \
        --mode "$([ $mode = vepa ] && echo bridge || echo vepa)"
    remember
    works "${plug[@]}" --mode $mode --target m0
    is "$mode: the same again" 'm0 (already plugged)' "$out"
    nothing_left
    snapshot=$remembered
    works "$VIFPLUG" unplug m0
    nothing_left
    is "$mode: the lower device has its address" "$own" "$(mac low0)"
done

# Names, and the default mode.
works "${plug[@]}"
has "a generated name" '^vif[0-9a-f]{8}$' "$out"
has "the default mode" 'macvtap mode vepa' "$(link "$out")"
works "$VIFPLUG" unplug "$out"
works "$VIFPLUG" plug --interface "$(interface a.xml "<mac address='52:54:00:00:07:01'/>
    <source dev='low0' mode='private'/><target dev='macvtap0'/>" direct)"
has "libvirt's name is not meant" '^vif[0-9a-f]{8}$' "$out"
has "the XML's mode" 'macvtap mode private' "$(link "$out")"
works "$VIFPLUG" unplug --all
nothing_left
# A generated name that somebody takes between plan and plug: another one.
command -v strace >/dev/null || { echo "no strace"; exit 77; }
taken=$("${plug[@]}") && "$VIFPLUG" unplug "$taken"
ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$work/trace" -e trace=linkat \
    -e inject=linkat:delay_enter=1000000:when=1 "${plug[@]}" >"$work/name" &
pid=$!
wait_for sh -c "ls /run/vifplug/ports | grep '^$taken:'"
ip link add "$taken" type bridge
wait $pid
has "another name" '^vif[0-9a-f]{8}$' "$(<"$work/name")"
[ "$(<"$work/name")" != "$taken" ] || fail "it has the name that was taken"
works "$VIFPLUG" unplug --all
ip link del "$taken"
nothing_left

# The lower device is brought up and stays so; one that was a passthrough macvtap's alone does not.
ip link set low0 down
works "${plug[@]}" --target m0
is_up low0 || fail "the lower device is still down"
works "$VIFPLUG" unplug m0
is_up low0 || fail "the lower device is down again"
ip link set low0 down
remember
works "${plug[@]}" --target m0 --mode passthrough
is_up low0 || fail "the lower device is still down"
is "the guest's address" 52:54:00:00:07:01 "$(mac low0)"
works "$VIFPLUG" unplug m0
nothing_left
ip link set low0 up
remember

# owned WHOM MODE OPTION...: who may open the node.
owned() {
    works "${plug[@]}" --target m0 --json "${@:3}"
    node=$(json 'j["interfaces"][0]["node"]' <<<"$out")
    is "the node is of $1" "$1 $2" "$(stat -c '%U %G %a' "$node")"
    is "what the device below was is known" "$(cat /sys/class/net/low0/address) True" \
        "$(json '(lambda i: "%s %s" % (i["home_mac"], 0 < i["plug_us"] < 5e6))(j["interfaces"][0])' <<<"$out")"
    is "it is this macvtap's" "$(cat /sys/class/net/m0/macvtap/tap*/dev)" \
        "$(stat -c '%Hr:%Lr' "$node")"
    works "$VIFPLUG" verify m0
    works "$VIFPLUG" unplug m0
}
owned 'root root' 600
owned 'nobody root' 600 --user nobody
owned 'nobody root' 600 --user "$(id -u nobody)"
owned 'root nogroup' 660 --group nogroup
owned 'nobody nogroup' 660 --user nobody --group "$(getent group nogroup | cut -d: -f3)"
nothing_left

# Queues, offloads, and a second opener. The program tells of each descriptor whose it is.
cat >"$work/queues" <<'END'
#!/usr/bin/python3
import fcntl, struct, sys
for fd in sys.argv[1].split(":"):
    name, flags = struct.unpack("16sH22x", fcntl.ioctl(int(fd), 0x800454d2, bytes(40)))
    print(name.rstrip(b"\0").decode(), hex(flags))
END
chmod +x "$work/queues"
run=("$VIFPLUG" run --lower low0 --mac 52:54:00:00:07:01 --target m0)
works "${run[@]}" -- "$work/queues" '{fd:0}'
is "one queue" 'm0 0x5002' "$out"
works "${run[@]}" --model e1000 -- "$work/queues" '{fds:0}'
is "without offloads" 'm0 0x1002' "$out"
works "${run[@]}" --queues 3 -- "$work/queues" '{fds:0}'
is "three queues" $'m0 0x5102\nm0 0x5102\nm0 0x5102' "$out"
nothing_left
works "${run[@]}" -- sh -c "$VIFPLUG list --json"
is "in use, and not for others" 'True in use None' \
    "$(json '" ".join(str(j["interfaces"][0][k]) for k in ("in_use", "status", "node"))' <<<"$out")"
expect 1 '"m0" is in use by process' "${run[@]}" -- \
    sh -c "$VIFPLUG run --lower low0 --mac 52:54:00:00:07:01 --target m0 -- true"
nothing_left
works "${plug[@]}" --target m0 --json
node=$(json 'j["interfaces"][0]["node"]' <<<"$out")
expect 1 '"m0" is plugged already, for somebody else to open' "${run[@]}" -- true
exec 9<>"$node"
expect 1 '"m0" is in use: somebody has it open' "${run[@]}" -- true
works "$VIFPLUG" list
has "in use" ' in use$' "$out"
works "$VIFPLUG" gc
has_link m0 || fail "gc took what is in use"
exec 9>&-
works "$VIFPLUG" unplug m0
nothing_left

# A macvtap that somebody else made: opened, and nothing of it touched.
ip link add link low0 name theirs address 52:54:00:00:07:09 type macvtap mode bridge
before=$(link theirs)
theirs=$(interface t.xml "<mac address='52:54:00:00:07:09'/><target dev='theirs' managed='no'/>" ethernet)
remember
works "$VIFPLUG" run --interface "$theirs" -- "$work/queues" '{fd:0}'
is "it is opened" 'theirs 0x5002' "$out"
is "nothing of it is touched" "$before" "$(link theirs)"
exec 9<>"/dev/tap$(cat /sys/class/net/theirs/ifindex)"
refused 1 '"theirs" is in use' "$VIFPLUG" run --interface "$theirs" -- true
exec 9>&-
works "$VIFPLUG" plug --interface "$theirs"
works "$VIFPLUG" unplug theirs
nothing_left
ip link del theirs
remember

# A guest with a tap and two macvtaps: all or nothing.
lower low1
remember
# guest BRIDGE UUID: its XML.
guest() {
    domain guest.xml guest "$2" "
        <interface type='bridge'><mac address='52:54:00:00:07:11'/><source bridge='$1'/>
          <target dev='g0'/></interface>
        <interface type='direct'><mac address='52:54:00:00:07:12'/><source dev='low0' mode='bridge'/>
          <target dev='g1'/><driver queues='2'/></interface>
        <interface type='direct'><mac address='52:54:00:00:07:13'/>
          <source dev='low1' mode='passthrough'/><target dev='g2'/></interface>"
}
works "$VIFPLUG" plug --domain "$(guest br0 $uuid)"
is "all three" $'g0\ng1\ng2' "$out"
is "a tap" br0 "$(ovs-vsctl --no-wait port-to-br g0)"
has "a macvtap" "alias vifplug:$uuid" "$(link g1)"
works "$VIFPLUG" verify
works "$VIFPLUG" unplug --domain guest
nothing_left
works "$VIFPLUG" run --domain "$(guest br0 $uuid)" -- "$work/queues" '{fds:1}'
is "queues of the second" $'g1 0x5102\ng1 0x5102' "$out"
nothing_left
refused 1 'no .*bridge "nosuch"' "$VIFPLUG" plug --domain "$(guest nosuch $uuid)"
ip link add link low0 name taken address 52:54:00:00:07:13 type macvtap
ip link add link low1 name blocks type macvtap mode passthru
refused 1 'low1' "$VIFPLUG" plug --domain "$(guest br0 $uuid)"
ip link del blocks
ip link del taken
remember

# The extbridge network of the first proposal: all but its name and uuid is ignored.
cat >"$work/vepanet.xml" <<'END'
<network> <name>vepanet</name> <uuid>4ebd5168-6321-4757-8397-f6e83484f402</uuid>
  <extbridge mode='vepa' dev='low0'/> <bridge name='br0'/> <ip address='10.0.0.1'/> </network>
END
works "$VIFPLUG" plug --network "$work/vepanet.xml" --interface "$(interface n.xml \
    "<source network='vepanet'/><target dev='n0'/><model type='virtio'/>" network)"
has "the extbridge" 'n0@low0: .*macvtap mode vepa' "$(link n0)"
works "$VIFPLUG" unplug n0
nothing_left

# A pool: the least used lower device, counted over all processes. One in exclusive use is skipped.
lower pool0 pool1 pool2 pool3
remember
# pool MODE DEV...: the network's file.
pool() {
    local dev
    {
        echo "<network><name>pool</name><forward mode='$1'>"
        for dev in "${@:2}"; do echo "<interface dev='$dev'/>"; done
        echo "</forward></network>"
    } >"$work/pool.xml"
    echo "$work/pool.xml"
}
network=$(pool bridge pool0 pool1 pool2 pool3)
plug_from_pool() {
    "$VIFPLUG" plug --quiet --network "$network" --interface "$(interface "p$1.xml" \
        "<source network='pool'/><target dev='p$1'/>" network)"
}
at_once 64 plug_from_pool "{}"
is "all 64 came through" "64, " "$good, $(<"$work/refusals")"
is "sixteen each" $'16 pool0\n16 pool1\n16 pool2\n16 pool3' \
    "$("$VIFPLUG" list --json | json '"\n".join(i["lower"] for i in j["interfaces"])' |
        sort | uniq -c | sed 's/^ *//')"
works "$VIFPLUG" verify --quiet
works "$VIFPLUG" unplug --all
nothing_left
network=$(pool passthrough pool0 pool1)
for i in 0 1; do
    works "$VIFPLUG" plug --network "$network" --interface "$(interface p.xml \
        "<source network='pool'/><target dev='p$i'/>" network)"
    is "one each" "p$i pool$i" "$("$VIFPLUG" list --json |
        json "' '.join((j['interfaces'][$i]['name'], j['interfaces'][$i]['lower']))")"
done
expect 1 'pool0.*pool1' "$VIFPLUG" plug --network "$network" --interface "$(interface p.xml \
    "<source network='pool'/><target dev='p2'/>" network)"
network=$(pool bridge pool0 pool1 pool2)
works "$VIFPLUG" plug --network "$network" --interface "$(interface p.xml \
    "<source network='pool'/><target dev='p2'/>" network)"
has "exclusive ones are skipped" 'p2@pool2' "$(link p2)"
works "$VIFPLUG" unplug --all
nothing_left

# Mode auto: the switch decides, and plugged again, the interface stays as it is.
ip link add lb0 type bridge
ip link set lb0 up
ip link set low0p master lb0
for case in off:bridge on:vepa; do
    ip link set low0p type bridge_slave hairpin "${case%:*}"
    remember
    works "${plug[@]}" --target m0 --mode auto
    has "hairpin ${case%:*}" "macvtap mode ${case#*:}" "$(link m0)"
    works "${plug[@]}" --target m0 --mode auto
    is "the same again" 'm0 (already plugged)' "$out"
    works "$VIFPLUG" verify
    expect 0 'm0: ' "$VIFPLUG" list --verbose
    has "list" "m0 macvtap low0 auto: ${case#*:} " "$(tr -s ' ' <<<"$out")"
    works "$VIFPLUG" unplug m0
    nothing_left
done
ip link del lb0
remember

# finds PATTERN COMMAND...: verify finds what the command does to a macvtap.
finds() {
    works "${plug[@]}" --target m0 --user nobody --mode "${in_mode:-bridge}"
    "${@:2}"
    expect 3 '' "$VIFPLUG" verify
    has "verify" "$1" "$out"
    works "$VIFPLUG" unplug m0
    # Another link of that name is not ours to remove.
    ip link del m0 2>/dev/null || true
    ip link set low0 up address "$own" mtu 1500
    nothing_left
}
own=$(mac low0)
# another TYPE...: another link under that name.
another() {
    ip link del m0
    ip link add link "$1" name m0 type "${@:2}"
    [ "${2:-}" != macvtap ] || ip link set m0 address 52:54:00:00:07:01
}
another_one() {
    another "$@"
    ip link set m0 alias "vifplug:$(json 'j["interface_id"]' </run/vifplug/ports/m0.json)" up
}
finds "mode is vepa instead of bridge" ip link set m0 type macvtap mode vepa
finds "the device is down" ip link set m0 down
finds "MAC address is 02:.* instead of 52:54" ip link set m0 address 02:00:00:00:00:01
finds "does not receive all multicast" ip link set m0 allmulticast off
finds '"low0", which the device is on, is down' ip link set low0 down
take_node() {
    chown 0 "/dev/tap$(cat /sys/class/net/m0/ifindex)"
}
finds 'its node /dev/tap.* is of user' take_node
finds 'there is no link "m0"' ip link del m0
in_mode=passthrough finds 'the MAC address of "low0" is 02:' \
    ip link set low0 address 02:00:00:00:00:01
finds 'alias is "stolen"' ip link set m0 alias stolen
finds 'is on "low1" instead of "low0"' another_one low1 macvtap mode bridge
finds 'not a macvtap, but a macvlan' another_one low0 macvlan mode bridge
works "${plug[@]}" --target m0 --mtu 1400
ip link set m0 mtu 1300
expect 3 '' "$VIFPLUG" verify
has "verify" "MTU is 1300 instead of 1400" "$out"
works "$VIFPLUG" unplug m0
nothing_left

# unplug --domain: what bears its mark, with a record or without; never another guest's.
# stray NAME MAC [ALIAS]: a macvtap without a record.
stray() {
    ip link add link low0 name "$1" address "$2" type macvtap mode bridge
    [ -z "${3:-}" ] || ip link set "$1" alias "$3"
}
strays() {
    works "$VIFPLUG" plug --quiet --domain "$(guest br0 $uuid)"
    stray marked 52:54:00:00:07:21 vifplug:$uuid
    stray unmarked 52:54:00:00:07:12
    stray foreign 52:54:00:00:07:13 vifplug:$other
    stray nobodys 52:54:00:00:07:22
}
left() {
    local name
    for name in g0 g1 g2 marked unmarked foreign nobodys; do
        ! has_link $name || echo $name
    done | paste -sd ' '
}
for domain in guest $uuid; do
    strays
    works "$VIFPLUG" unplug --domain "$domain"
    is "left by unplug --domain $domain" 'unmarked foreign nobodys' "$(left)"
    for name in unmarked foreign nobodys; do ip link del $name; done
    nothing_left
done
strays
exec 9<>"/dev/tap$(cat /sys/class/net/unmarked/ifindex)"
works "$VIFPLUG" unplug --domain "$work/guest.xml"
is "left of a file's, while one is in use" 'unmarked foreign nobodys' "$(left)"
exec 9>&-
works "$VIFPLUG" unplug --domain "$work/guest.xml" --json
is "what was unplugged" unmarked "$(json 'j["unplugged"][0]' <<<"$out")"
is "left of a file's" 'foreign nobodys' "$(left)"
works "$VIFPLUG" unplug --domain - <"$work/guest.xml"
works "$VIFPLUG" gc
is "gc takes what bears a mark" 'removed link "foreign": it has no record and nobody has it open' "$out"
ip link del nobodys
nothing_left
expect 2 'nosuch.xml' "$VIFPLUG" unplug --domain nosuch.xml
expect 2 'no <domain> in it' "$VIFPLUG" unplug --domain "$work/a.xml"
