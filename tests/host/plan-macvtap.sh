#!/bin/bash
# What plan decides about macvtaps on a real host: which device, which mode, which of two paths; and
# the devices that it refuses, with their reasons. Nothing of it touches the host.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"

# pair NAME: a veth NAME, up, whose other end is p-NAME.
pair() {
    ip link add "$1" type veth peer name "p-$1"
    ip link set "$1" up
    ip link set "p-$1" up
}

# on BODY: writes a network "n" with that body, and prints the options for an interface on it.
on() {
    echo "<network><name>n</name>$1</network>" >"$work/n.xml"
    interface i.xml "<source network='n'/>" network >/dev/null
    echo "--network $work/n.xml --interface $work/i.xml"
}

# planned OPTION...: plans, and puts what the JSON says of the first interface into the fields.
declare -A field=()
planned() {
    local name value
    works "$VIFPLUG" plan --json "$@"
    while IFS='=' read -r name value; do
        field[$name]=$value
    done < <(json '"\n".join(f"{k}={v}" for k, v in j["interfaces"][0].items())' <<<"$out")
}

# no STATUS PATTERN OPTION...: a plan that is refused.
no() {
    local status=$1 pattern=$2
    shift 2
    expect "$status" "$pattern" "$VIFPLUG" plan "$@"
}

for name in e0 e1 e2; do
    pair $name
done
ip link add br0 type bridge
ip link set p-e0 master br0
ip link set br0 up
remember

# One device.
planned --lower e0
is 'a macvtap' 'macvtap lower e0 vepa False' \
    "${field[device]} ${field[attachment]} ${field[lower]} ${field[mode]} ${field[mode_auto]}"
is 'it has the address of the guest' "${field[mac]}" "${field[host_mac]}"
is 'nothing is to be said' '[]' "${field[notes]}"
works "$VIFPLUG" plan --lower e0 --mode private --vlan 100 --target web0
has 'plan in words' 'new macvtap "web0".*on       "e0", mode private, VLAN 100 \(on a new VLAN link\)' "$out"
has 'how it is connected again' 'again    replug, known by its name' "$out"
works "$VIFPLUG" plan --lower e0 --reconnect hub --reconnect-by mac
has 'otherwise' 'again    hub, known by its address' "$out"
planned --lower e0 --reconnect hub --reconnect-by mac
is 'as JSON' 'hub mac False None' "${field[strategy]} ${field[find]} ${field[follows_mac]} ${field[network]}"
no 2 '<reconnect strategy=.hub.> does not go with 2 queues' --lower e0 --reconnect hub --queues 2
no 2 '<reconnect find=.pool.> chooses among the devices of a network' --lower e0 --reconnect-by pool
works "$VIFPLUG" plan --bridge br0 --reconnect hub
has 'for macvtaps' 'note     <reconnect> is for macvtaps, and this is none; ignored' "$out"
ip link set e2 down
planned --lower e2
has 'a device that is down' '"e2" is down, and will be brought up' "${field[notes]}"
ip link set e2 up

# What cannot be put anywhere.
no 1 'no device "e9" to put a macvtap on; devices: .*e0' --lower e9
no 1 '"p-e0" is a port of the Linux bridge "br0".*<source bridge=.br0.' --lower p-e0
no 2 '"lo" is the loopback device' --lower lo
no 2 'MTU 9000 is above that of "e0", 1500; .*ip link set e0 mtu 9000' --lower e0 --mtu 9000
no 2 '--mode "x": must be one of vepa, bridge' --lower e0 --mode x
no 2 'cannot be a trunk port' --lower e0 --trunk 1-3
no 2 'VLAN 0 is no VLAN' --lower e0 --vlan 0
no 2 "mode='private' keeps guests" --lower e0 --isolated
no 1 '"e0" itself has the MAC address' --lower e0 --mac "$(cat /sys/class/net/e0/address)"
nothing_left
ip link add on-e1 link e1 type macvtap mode vepa
no 1 '"on-e1", on "e1" too, has the MAC address' --lower e1 --mac "$(cat /sys/class/net/on-e1/address)"
no 2 '"on-e1" is itself a macvtap on "e1"' --lower on-e1
no 1 "mode='passthrough' needs \"e1\" for itself, and \"on-e1\" is on it" --lower e1 --mode passthrough
ip link add on-e2 link e2 type macvlan mode source
no 1 'needs "e2" for itself, and "on-e2" is on it' --lower e2 --mode passthrough
ip link del on-e2
planned --lower e2 --mode passthrough
is 'passthrough on a free device' e2 "${field[lower]}"
ip link add all-e2 link e2 type macvtap mode passthru
no 1 '"e2" is in exclusive use by the passthrough macvtap "all-e2"' --lower e2
same="<mac address='52:54:00:00:00:01'/><source dev='e0'/>"
no 1 '"one", of the same plan, on "e0" too, has the MAC address 52:54:00:00:00:01' \
    --interface "$(interface one.xml "$same<target dev='one'/>" direct)" \
    --domain "$(domain two.xml two "$(uuidgen)" "<interface type='direct'>$same</interface>")"

# What another process is about to make counts as made.
works "$VIFPLUG" plug --lower e0 --target real
record=$(find /run/vifplug -type f -name 'real*')
python3 - "$record" "${record/real/ghost}" $$ "$(cut -d' ' -f22 /proc/$$/stat)" <<'END'
import json, sys
record = json.load(open(sys.argv[1]))
record.update(name="ghost", state="plugging", mode="passthrough", pid=int(sys.argv[3]),
              pid_start=int(sys.argv[4]))
json.dump(record, open(sys.argv[2], "w"))
END
no 1 'in exclusive use by the passthrough macvtap "ghost", which is being plugged' --lower e0
rm "${record/real/ghost}"
planned --lower e0
is 'no longer' e0 "${field[lower]}"

# What is plugged stays as it is, and costs no question.
works "$VIFPLUG" unplug real
works "$VIFPLUG" plug --lower e0 --mode auto --target real
planned --lower e0 --mode auto --target real
is 'the mode that it was plugged with' bridge "${field[mode]}"
is 'nobody was asked' '[]' "${field[notes]}"
works "$VIFPLUG" unplug real

# Macvtaps of others, opened as they are.
theirs="<target dev='on-e1' managed='no'/>"
planned --interface "$(interface i.xml \
    "<mac address='$(cat /sys/class/net/on-e1/address)'/>$theirs" ethernet)"
is 'an existing macvtap' existing "${field[device]}"
no 2 '"on-e1" passes on what is for .*, and the guest has .*add <mac address=' \
    --interface "$(interface i.xml "$theirs" ethernet)"
planned --interface "$(interface i.xml "${theirs//on-e1/all-e2}" ethernet)"
is 'a passthrough one passes on all' existing "${field[device]}"
no 1 'add managed=.no.' --interface "$(interface i.xml "<target dev='on-e1'/>" ethernet)"
ip link del on-e1
ip link del all-e2

# A pool: the least used, in its order; each macvtap of a plan counts.
pool="<forward mode='bridge'><interface dev='e0'/><interface dev='e1'/><interface dev='e2'/></forward>"
# shellcheck disable=SC2046
planned $(on "$pool")
is 'the first of equals' e0 "${field[lower]}"
has 'it says why' 'the least used of 3 devices: 0 on it' "${field[notes]}"
ip link add on-e0 link e0 type macvtap mode vepa
ip link add on-e1 link e1 type macvtap mode passthru
# shellcheck disable=SC2046
planned $(on "$pool")
is 'the least used' e2 "${field[lower]}"
one="<interface type='network'><source network='n'/></interface>"
works "$VIFPLUG" plan --json --network "$work/n.xml" \
    --domain "$(domain d.xml d "$(uuidgen)" "$one$one$one")"
is 'each counts, and one in exclusive use is passed over' 'e2 e0 e2' \
    "$(json '" ".join(i["lower"] for i in j["interfaces"])' <<<"$out")"
# shellcheck disable=SC2046
no 1 'none of the 2 devices can take it: mode=.passthrough. needs "e0" .*; "e1" is in exclusive use' \
    $(on "<forward mode='passthrough'><interface dev='e0'/><interface dev='e1'/></forward>")
# shellcheck disable=SC2046
no 2 'takes the virtual functions of "e0"' $(on "<forward mode='passthrough'><pf dev='e0'/></forward>")
# shellcheck disable=SC2046
no 2 'neither a bridge nor a device to forward to' $(on "<forward mode='vepa'/>")
ip link del on-e0
ip link del on-e1

# The first proposal's network: all else that connects it is ignored.
# shellcheck disable=SC2046
planned $(on "<forward mode='nat'/><bridge name='virbr9'/><ip address='192.0.2.1'/>
    <extbridge mode='vepa' dev='e1'/>")
is '<extbridge> is what counts' 'e1 vepa' "${field[lower]} ${field[mode]}"
has 'what is ignored is said' 'ignored: <forward>, <bridge>, <ip>' "${field[notes]}"

# The switch decides.
hairpin() {
    ip link set p-e0 type bridge_slave hairpin "$1"
}
hairpin off
planned --lower e0 --mode auto
is 'no reflection' 'bridge True' "${field[mode]} ${field[mode_auto]}"
has 'the reason' 'mode bridge: the switch behind "e0" does not reflect \([0-9]+ ms\)' "${field[notes]}"
hairpin on
planned --lower e0 --mode auto
is 'reflection' 'vepa True' "${field[mode]} ${field[mode_auto]}"
has 'the reason' 'mode vepa: the switch behind "e0" reflects \([0-9.]+ ms\)' "${field[notes]}"
ip link set p-e0 down
planned --lower e0 --mode auto
is 'no carrier' bridge "${field[mode]}"
has 'the reason' 'mode bridge: whether the switch behind "e0" reflects is unknown: ' "${field[notes]}"
ip link set p-e0 up
wait_for grep -q 1 /sys/class/net/e0/carrier

# Two paths: ALTERNATIVE BRIDGE [MORE] [INTERFACE].
either() {
    on "<metadata><v:alternative xmlns:v='urn:vifplug:1' $1/></metadata>
        <forward mode='bridge'/><bridge name='$2'/>${3:-}"
}
ovs="<vlan><tag id='100'/></vlan><virtualport type='openvswitch'/>"
vlan="{'mode': 'access', 'tag': 100, 'trunks': []}"
bridge ovs0
hairpin off
remember
# shellcheck disable=SC2046
planned $(either "dev='e0'" ovs0 "$ovs")
is 'the bridge, and its VLAN' "tap ovs ovs0 $vlan" \
    "${field[device]} ${field[attachment]} ${field[bridge]} ${field[vlan]}"
# shellcheck disable=SC2046
planned $(either "dev='e0' prefer='yes'" ovs0 "$ovs")
is 'a switch that does not reflect' 'tap ovs0' "${field[device]} ${field[bridge]}"
has 'says why' 'bridge "ovs0" instead of a macvtap on "e0": .*does not reflect' "${field[notes]}"
# shellcheck disable=SC2046
no 1 'neither path .*: bridge "ovs9": no OVS bridge "ovs9".*; a macvtap on "e0": .*does not reflect' \
    $(either "dev='e0'" ovs9 "$ovs")
# shellcheck disable=SC2046
planned $(either "dev='e0' mode='auto'" ovs9 "$ovs")
is 'bridge mode will do' "macvtap e0 bridge $vlan" \
    "${field[device]} ${field[lower]} ${field[mode]} ${field[vlan]}"
hairpin on
# shellcheck disable=SC2046
planned $(either "dev='e0'" ovs9 "$ovs")
is 'a bridge that is not there' 'macvtap e0 vepa' "${field[device]} ${field[lower]} ${field[mode]}"
has 'says why' 'a macvtap on "e0" instead of bridge "ovs9": no OVS bridge' "${field[notes]}"
# shellcheck disable=SC2046
planned $(either "dev='e0' prefer='yes'" ovs0 "$ovs")
is 'the macvtap where it is preferred' 'macvtap e0' "${field[device]} ${field[lower]}"
has 'says what was found' 'mode vepa: the switch behind "e0" reflects' "${field[notes]}"
# shellcheck disable=SC2046
planned $(either "dev='e9' prefer='yes'" ovs0 "$ovs")
is 'a device that is not there' 'tap ovs0' "${field[device]} ${field[bridge]}"
# shellcheck disable=SC2046
planned $(either "dev='e0' prefer='yes'" ovs0 \
    "<vlan trunk='yes'><tag id='1'/></vlan><virtualport type='openvswitch'/>")
is 'a trunk' 'tap ovs0' "${field[device]} ${field[bridge]}"
# shellcheck disable=SC2046
no 2 "has no attribute 'colour'" $(either "dev='e0' colour='red'" ovs0)

hairpin off
nothing_left

# What check says of macvtaps, with no word of Open vSwitch.
works "$VIFPLUG" check --lower e0
has 'what a macvtap needs' 'macvtap   /dev is a devtmpfs' "$out"
[[ $out != *ovsdb* ]] || fail "check looks at Open vSwitch: $out"
if [ ! -e /proc/net/vlan ]; then
    expect 3 '' "$VIFPLUG" check --lower e0 --vlan 100
    has 'no 802.1Q' 'fail  vlan .*this kernel has no 802.1Q' "$out"
fi
expect 3 '' "$VIFPLUG" check --lower e9
