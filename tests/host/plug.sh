#!/bin/bash
# plug, the same again, another wish under that name, and unplug in all its forms.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0 br1
uuid=11961b1f-ef5e-5612-86cf-8132600ffe0a
red=$(domain red.xml red $uuid "
    <interface type='bridge'>
      <mac address='52:54:00:00:01:01'/><source bridge='br0'/><vlan><tag id='100'/></vlan>
      <virtualport type='openvswitch'><parameters interfaceid='bb9fe61c-d236-5255-8aa5-42bdcb647e1e'
        profileid='gold'/></virtualport>
      <target dev='red0'/>
    </interface>
    <interface type='bridge'>
      <mac address='fe:54:00:00:01:02'/><source bridge='br1'/><target dev='red1'/>
    </interface>")
blue=$(domain blue.xml blue 22961b1f-ef5e-5612-86cf-8132600ffe0a "
    <interface type='bridge'>
      <mac address='52:54:00:00:01:03'/><source bridge='br0'/><vlan><tag id='200'/></vlan>
    </interface>")
remember

works "$VIFPLUG" plug --domain "$red" --domain "$blue"
has "what was made is printed" $'^red0\nred1\nvif[0-9a-f]{8}$' "$out"
generated=${out##*$'\n'}

# What other tools look for.
is "tag" 100 "$(db Port red0 tag)"
is "vlan_mode" access "$(db Port red0 vlan_mode)"
is "no VLAN is a trunk of all" 'trunk [] []' \
    "$(db Port red1 vlan_mode) $(db Port red1 tag) $(db Port red1 trunks)"
is "owner" vifplug "$(db Port red0 external_ids:owner)"
is "attached-mac" '"52:54:00:00:01:01"' "$(db Interface red0 external_ids:attached-mac)"
is "iface-id" bb9fe61c-d236-5255-8aa5-42bdcb647e1e "$(db Interface red0 external_ids:iface-id | tr -d '"')"
is "iface-status" active "$(db Interface red0 external_ids:iface-status)"
is "vm-uuid" $uuid "$(db Interface red0 external_ids:vm-uuid | tr -d '"')"
is "vm-id" $uuid "$(db Interface red0 external_ids:vm-id | tr -d '"')"
is "ifname" red0 "$(db Interface red0 external_ids:ifname)"
is "port-profile" gold "$(db Interface red0 external_ids:port-profile)"
is "not transient" '{}' "$(db Port red0 other_config)"
[ "$(db Interface red0 ofport)" -gt 0 ] || fail "red0 has no ofport"
is "bridges" 'br0 br1 br0' "$(ovs-vsctl port-to-br red0) $(ovs-vsctl port-to-br red1) \
$(ovs-vsctl port-to-br "$generated")"

# The devices.
has "host MAC begins with fe" 'link/ether fe:54:00:00:01:01 ' "$(link red0)"
has "and with fa where the guest's begins with fe" 'link/ether fa:54:00:00:01:02 ' "$(link red1)"
has "alias" "alias vifplug:$uuid" "$(link red0)"
has "up" '[<,]UP[,>]' "$(link red0)"
has "persistent tap with one queue" 'tun type tap .*persist on' "$(link red0)"

# One transaction for all, which says who made it.
log=$(ovsdb-tool -mm show-log /run/openvswitch/conf.db)
record=$(awk '/^record/ { keep = $0 ~ /vifplug plug/ } keep' <<<"$log")
is "one transaction" 1 "$(grep -c '^record.*vifplug plug' <<<"$log")"
has "its comment names the caller" "vifplug plug \(invoked by [^:]+: pid [0-9]+\)" "$record"
for name in red0 red1 "$generated"; do
    has "$name is in it" "\"?$name\"?" "$record"
done

# Again: nothing changes.
before=$(host_state)
works "$VIFPLUG" plug --domain "$red" --domain "$blue"
has "again" 'red0 \(already plugged\)' "$out"
works "$VIFPLUG" plug --domain "$blue" --json
is "again in JSON" "True $generated plugged" "$(json \
    'str(j["interfaces"][0]["already"]) + " " + j["interfaces"][0]["name"] + " " + j["interfaces"][0]["state"]' <<<"$out")"
is "nothing changed" "$before" "$(host_state)"

# Another wish under that name.
for change in 's/100/101/|VLAN is "100" instead of "101"' 's/br0/br1/|bridge is "br0" instead of "br1"' \
    's/gold/silver/|profile id is "gold" instead of "silver"' \
    "s|<target dev='red0'/>|&<mtu size='1400'/>|;|MTU is .0. instead of .1400." \
    "s|<target dev='red0'/>|&<driver queues='2'/>|;|number of queues is .1. instead of .2." \
    's/52:54:00:00:01:01/52:54:00:00:01:09/|MAC address is "52:54:00:00:01:01" instead of' \
    's/bb9fe61c/cc9fe61c/|"red0" is plugged already, as interface bb9fe61c.* of domain red'; do
    sed "${change%|*}" "$red" >"$work/other.xml"
    expect 1 "interface 1 \(target \"red0\"\).*${change##*|}" "$VIFPLUG" plug --domain "$work/other.xml"
done
is "nothing changed" "$before" "$(host_state)"

# Unplug: by name, by the domain's name or UUID, all, and what is gone.
works "$VIFPLUG" unplug red1
has_link red1 && fail "red1 is still there"
is "its row is gone" '' "$(ovs-vsctl --no-wait --bare --columns=name find Port name=red1)"
works "$VIFPLUG" unplug red1 nosuch
works "$VIFPLUG" plug --domain "$red" --quiet
is "--quiet" '' "$out"
works "$VIFPLUG" unplug --domain blue
has_link "$generated" && fail "$generated is still there"
works "$VIFPLUG" unplug --domain "${uuid^^}" --json
is "unplugged" "['red0', 'red1']" "$(json 'j["unplugged"]' <<<"$out")"
nothing_left
works "$VIFPLUG" plug --domain "$red" --domain "$blue"
works "$VIFPLUG" unplug --all
nothing_left
works "$VIFPLUG" unplug --all
works "$VIFPLUG" unplug --domain red
expect 2 'needs either NAME' "$VIFPLUG" unplug
expect 2 'interface name with .*"?/' "$VIFPLUG" unplug ../../etc/passwd

# By hand, with neither MAC address nor id: the same again is still the same.
works "$VIFPLUG" plug --bridge br0 --target hand0 --vlan 7
before=$(host_state)
works "$VIFPLUG" plug --bridge br0 --target hand0 --vlan 7
is "by hand, again" 'hand0 (already plugged)' "$out"
expect 1 'VLAN is "7" instead of "8"' "$VIFPLUG" plug --bridge br0 --target hand0 --vlan 8
is "nothing changed" "$before" "$(host_state)"
works "$VIFPLUG" unplug hand0

# Output that cannot be written is a failure, and then nothing is left.
# shellcheck disable=SC2016 # the inner shell expands it
expect 1 'cannot write to standard output, so nothing was kept' \
    bash -c '"$VIFPLUG" plug --bridge br0 --target full0 >/dev/full'
nothing_left
# Likewise a pipe that nobody reads: opened for reading and writing first, so that it opens at all.
mkfifo "$work/pipe"
# shellcheck disable=SC2094 # that is the point
exec 8<>"$work/pipe" 9>"$work/pipe" 8<&-
# shellcheck disable=SC2016
expect 1 'cannot write to standard output, so nothing was kept' \
    bash -c '"$VIFPLUG" plug --bridge br0 --target pipe0 >&9'
exec 9>&-
nothing_left

# --no-wait: the row is there, realised or not; --transient.
works "$VIFPLUG" plug --bridge br0 --target late0 --no-wait --transient
is "transient" true "$(db Port late0 other_config:transient | tr -d '"')"
works "$VIFPLUG" unplug late0
nothing_left
