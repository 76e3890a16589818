#!/bin/bash
# Bad input: each is refused with a sentence that names it, and leaves nothing behind.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
ip link add dum0 type bridge
plug=("$VIFPLUG" plug)

# bad PATTERN BODY [TYPE]: an <interface> that is refused as bad input.
bad() {
    refused 2 "$1" "${plug[@]}" --interface "$(interface bad.xml "$2" "${3:-bridge}")"
}

# Names.
br="<source bridge='br0'/>"
bad 'is 16 bytes long; the kernel takes 15' "$br<target dev='abcdefghijklmnop'/>"
bad "interface name with '/' in it" "$br<target dev='a/b'/>"
bad 'target' "$br<target dev=''/>"
bad 'cannot be the name of an interface' "$br<target dev='..'/>"
bad 'interface name with' "$br<target dev='a b'/>"
refused 2 'is 16 bytes long; the kernel takes 15' "${plug[@]}" --bridge br0 --target abcdefghijklmnop
refused 2 "with '/' in it" "${plug[@]}" --bridge br0 --target ../x
refused 2 'must not be empty' "${plug[@]}" --bridge br0 --target ''
refused 1 '"dum0" exists already, and is not vifplug.s' "${plug[@]}" --bridge br0 --target dum0

# MAC addresses.
bad 'multicast' "<mac address='01:00:5e:00:00:01'/>$br"
bad 'malformed MAC address "52:54:00:00:01"' "<mac address='52:54:00:00:01'/>$br"
bad 'malformed MAC address "nonsense"' "<mac address='nonsense'/>$br"
bad 'all zeros' "<mac address='00:00:00:00:00:00'/>$br"
refused 2 'multicast' "${plug[@]}" --bridge br0 --mac ff:ff:ff:ff:ff:ff
refused 2 'malformed MAC' "${plug[@]}" --bridge br0 --mac 52:54

# Queues and MTU.
bad 'queues' "$br<model type='virtio'/><driver queues='0'/>"
bad '300 queues are too many; a tap has at most 256' "$br<model type='virtio'/><driver queues='300'/>"
bad 'queues' "$br<model type='virtio'/><driver queues='-1'/>"
bad 'MTU 67 is out of range' "$br<mtu size='67'/>"
bad 'size' "$br<mtu size='70000'/>"
refused 2 '"0": a number from 1 to 256' "${plug[@]}" --bridge br0 --queues 0
refused 2 '"300": a number from 1 to 256' "${plug[@]}" --bridge br0 --queues 300

# XML.
for text in '' '<' '<interface' "<interface type='bridge'>" 'text' '<interface/><interface/>'; do
    printf '%s' "$text" >"$work/bad.xml"
    refused 2 'bad.xml: ' "${plug[@]}" --interface "$work/bad.xml"
done
cat >"$work/bomb.xml" <<'END'
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>
<interface type='bridge'><source bridge='&c;'/></interface>
END
cat >"$work/external.xml" <<'END'
<!DOCTYPE interface [<!ENTITY secret SYSTEM "file:///etc/passwd">]>
<interface type='bridge'><source bridge='br0'/><target dev='&secret;'/></interface>
END
for file in bomb external; do
    for command in plug plan; do
        refused 2 'line 1: a <!DOCTYPE> is not accepted' "$VIFPLUG" $command --interface "$work/$file.xml"
    done
    refused 2 'a <!DOCTYPE> is not accepted' "$VIFPLUG" xml "$work/$file.xml"
done
truncate -s 50M "$work/big.xml"
refused 2 'big.xml: is larger than' "${plug[@]}" --interface "$work/big.xml"
refused 2 'standard input: is larger than' bash -c "'$VIFPLUG' plug --domain - <'$work/big.xml'"
refused 2 'nosuch.xml: cannot be opened' "${plug[@]}" --interface "$work/nosuch.xml"
refused 2 'unknown <interface type=.nonsense' "${plug[@]}" --interface "$(interface a.xml '' nonsense)"
bad 'lacks <source bridge=' ''

# Domains.
refused 2 'the domain has no interface' "${plug[@]}" --domain "$(domain d.xml d "$(uuidgen)" '')"
refused 2 'is not a UUID' "${plug[@]}" --domain "$(domain d.xml d nonsense '')"
refused 2 'no interface that vifplug could plug' \
    "${plug[@]}" --domain "$(domain d.xml d "$(uuidgen)" "<interface type='user'/>")"
one="<interface type='bridge'>$br<target dev='same0'/></interface>"
refused 2 'interface 2 \(target "same0"\): interface 1 has that target already' \
    "${plug[@]}" --domain "$(domain d.xml d "$(uuidgen)" "$one$one")"
refused 2 'same target, "same0"' "${plug[@]}" --domain "$(domain d.xml d "$(uuidgen)" "$one")" \
    --domain "$(domain e.xml e "$(uuidgen)" "$one")"
refused 2 'no <domain> in it' "${plug[@]}" --domain "$(interface a.xml "$br")"
refused 2 'trunk' "${plug[@]}" --interface "$(interface a.xml "<source dev='dum0'/>
    <vlan trunk='yes'><tag id='1'/><tag id='2'/></vlan>" direct)"
refused 2 'mode' "${plug[@]}" --interface "$(interface a.xml "<source dev='dum0' mode='no'/>" direct)"

# Networks.
echo "<network><name>ovs</name><forward mode='bridge'/><bridge name='br0'/>
    <virtualport type='openvswitch'/><portgroup name='blue'/><portgroup name='red'/></network>" \
    >"$work/ovs.xml"
refused 1 'no network "nosuch".*networks: ' "${plug[@]}" --network "$work/ovs.xml" \
    --interface "$(interface n.xml "<source network='nosuch'/>" network)"
refused 1 'network "ovs" has no portgroup "green"; portgroups: blue, red' "${plug[@]}" \
    --network "$work/ovs.xml" \
    --interface "$(interface n.xml "<source network='ovs' portgroup='green'/>" network)"
refused 2 'cannot be a network.s name' "${plug[@]}" \
    --interface "$(interface n.xml "<source network='../../passwd'/>" network)"

# Usage.
refused 2 'no command "plugg"' "$VIFPLUG" plugg
refused 2 'which interface\?' "${plug[@]}"
refused 2 'does not take the option "--nosuch"' "${plug[@]}" --nosuch
refused 2 '--timeout "0"' "${plug[@]}" --bridge br0 --timeout 0
refused 2 'no user "nobody-here"' "${plug[@]}" --bridge br0 --user nobody-here
refused 2 'takes nothing after --' "${plug[@]}" --bridge br0 -- qemu
