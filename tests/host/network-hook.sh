#!/bin/bash
# vifplug-libvirt-hook, called as libvirt calls it for its networks: which interfaces it keeps from
# them. libvirt itself calls it in tests/libvirt.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
own_etc
hook=$VIFPLUG_BUILD/plugin/libvirt/vifplug-libvirt-hook
conf=/etc/vifplug/bridge.conf

# network NAME: its XML, as libvirt hands it over.
network() {
    cat <<'XML' | sed "s/@/$1/"
  <network>
    <name>@</name>
    <uuid>5d9f2c34-8a7d-44f5-9c1b-0e2d5a6b7c8d</uuid>
    <forward mode='bridge'/>
    <bridge name='br0'/>
    <virtualport type='openvswitch'/>
    <portgroup name='usual' default='yes'>
      <vlan>
        <tag id='100'/>
      </vlan>
    </portgroup>
    <portgroup name='all'>
    </portgroup>
  </network>
XML
}

# port NAME GROUP VLAN [PLUG]: writes $work/port.xml, what libvirt says of an interface that is about
# to be on that network: the VLAN is the one it has in the end.
port() {
    {
        echo '<hookData>'
        network "$1"
        cat <<XML
  <networkport>
    <uuid>9e7a4d1c-2f60-4c0a-8a5e-1b3c5d7e9f02</uuid>
    <owner>
      <name>web</name>
      <uuid>7b1e4a52-39c7-4c58-9b0e-2f5d0a61c3e4</uuid>
    </owner>
    $2
    <mac address='52:54:00:00:05:01'/>
    <virtualport type='openvswitch'>
      <parameters interfaceid='3c1a7e0d-5b2f-4d4e-9a6c-8e0f1a2b3c4d'/>
    </virtualport>
    $3
    ${4-<plug type='bridge' bridge='br0'/>}
  </networkport>
</hookData>
XML
    } >"$work/port.xml"
}

# call NETWORK OPERATION: as libvirt does, with $work/port.xml.
call() {
    env -i PATH="$PATH" HOME=/ LC_ALL=C ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
        "$hook" "$1" "$2" begin - <"$work/port.xml"
}

# policy LINE...: makes these the policy.
policy() {
    rm -rf $conf
    printf '%s\n' "$@" >$conf
}

# allowed LINE...: by this policy. denied PATTERN LINE...: not, with that at the end of the sentence.
allowed() {
    policy "$@"
    works call lan port-created
    is "nothing on stdout" '' "$out"
}
denied() {
    local pattern=$1
    shift
    policy "$@"
    expect 1 "^vifplug-libvirt-hook: network \"lan\": interface 52:54:00:00:05:01 of domain \"web\" is denied: $pattern\$" \
        call lan port-created
    is "nothing on stdout" '' "$out"
}

vlan100="<vlan><tag id='100'/></vlan>"
port lan '' "$vlan100"

# Not to be asked: without a policy, and where no line names the network, whatever it says of all.
rm -f $conf
works call lan port-created
rm -r /etc/vifplug
works call lan port-created
mkdir -p /etc/vifplug/networks
network lan >/etc/vifplug/networks/lan.xml
allowed 'deny all' 'deny other' 'allow la'
denied "$conf, line 1: deny lan" 'deny lan' 'allow lan'
denied "no line of $conf allows it; line 1 of $conf is about other MAC addresses" 'allow lan mac 52:54:01:*'
policy 'deny lan'
works call other port-created

# check --policy says the same.
policy 'deny all' 'deny other'
expect 4 '' "$VIFPLUG" check --policy root lan
has "libvirt's hook does not ask" 'note  libvirt   no line names "lan"' "$out"
expect 4 '' "$VIFPLUG" check --policy root other
has "it would" '^fail  policy    denied: [^,]*, line 1: deny all$' "$out"
policy 'allow lan user root mac 52:54:00:*'
expect 0 '' "$VIFPLUG" check --policy root lan --mac 52:54:00:00:05:01
works call lan port-created

# Who asks is root.
allowed 'allow lan user root' 'deny lan user nobody'
denied "no line of $conf allows it" 'allow lan user nobody'
allowed 'allow lan group root'
denied "$conf, line 2: deny all" 'allow lan' 'deny all'

# By MAC address.
allowed 'allow lan mac 52:54:00:*' 'deny lan mac 52:54:00:00:05:02'
denied "$conf, line 2: deny lan mac 52:54:00:00:05:01" 'allow lan' 'deny lan mac 52:54:00:00:05:01'

# By VLAN: that of the default portgroup, one of the interface's own, several, and none.
allowed 'allow lan'
allowed 'allow lan vlan 100'
denied ".* is about other VLANs" 'allow lan vlan 101'
denied "$conf, line 2: deny lan vlan 50-150" 'allow lan' 'deny lan vlan 50-150'
port lan '' "<vlan><tag id='101'/></vlan>"
denied ".* lets the network choose the VLAN" 'allow lan'
allowed 'allow lan vlan 100-101'
port lan '' "<vlan trunk='yes'><tag id='100'/><tag id='101' nativeMode='untagged'/></vlan>"
denied ".* is about other VLANs" 'allow lan vlan 100'
denied "$conf, line 2: deny lan vlan 101" 'allow lan vlan 100-101' 'deny lan vlan 101'
allowed 'allow lan vlan 100-101'
port lan '<group>all</group>' ''
allowed 'allow lan'
denied ".* is about other VLANs" 'allow lan vlan 100'
denied "$conf, line 2: deny lan vlan 7" 'allow lan' 'deny lan vlan 7'

# By mode.
port lan '' "$vlan100" "<plug type='direct' dev='low0' mode='vepa'/>"
allowed 'allow lan mode vepa'
denied "$conf, line 2: deny lan mode vepa" 'allow lan' 'deny lan mode vepa'
port lan '' "$vlan100"
denied ".* is about macvtaps only" 'allow lan mode vepa'

# By number: what libvirt has of the network, which it keeps so, and what the bridge helper gave root.
mkdir -p /run/libvirt/network/lan/ports /run/libvirt/network/other/ports
touch /run/libvirt/network/lan/ports/9e7a4d1c-2f60-4c0a-8a5e-1b3c5d7e9f0{3,4}.xml \
    /run/libvirt/network/other/ports/9e7a4d1c-2f60-4c0a-8a5e-1b3c5d7e9f05.xml
allowed 'allow lan max 3'
denied "no line of $conf allows it; line 1 of $conf allows 2 at a time, and there are 2" 'allow lan max 2'
expect 4 '' "$VIFPLUG" check --policy root lan
has "check agrees" 'allows 2 at a time, and there are 2' "$out"
ip link add br0 type bridge
works "$VIFPLUG" plug --bridge br0 --target one0
sed -i 's/"granted_name":[^,]*/"granted_name": "lan"/; s/"granted_user":[^,]*/"granted_user": 0/' \
    /run/vifplug/ports/one0.json
denied ".* allows 3 at a time, and there are 3" 'allow lan max 3'
sed -i 's/"granted_user": 0/"granted_user": 65534/' /run/vifplug/ports/one0.json
allowed 'allow lan max 3'
works "$VIFPLUG" unplug one0
rm -r /run/libvirt

# A policy that cannot be believed keeps all interfaces from all networks.
# doubted PATTERN: that one does, with this in the sentence.
doubted() {
    expect 1 "^vifplug-libvirt-hook: network \"lan\": every port is denied, since the policy cannot be believed: $1" \
        call lan port-created
    expect 1 'network "other": every port is denied' call other port-created
}
policy 'allow all'
chmod o+w $conf
doubted "$conf: the file can be written by everybody"
policy 'allow all' 'permit lan'
doubted "$conf, line 2: \"permit\" is not known"
policy 'include more.conf'
doubted "$conf, line 1: /etc/vifplug/more.conf: cannot be opened"
rm $conf
ln -s nowhere $conf
doubted "$conf: cannot be opened: No such file"
rm $conf

# Operations that nothing is decided at, and who is not root.
policy 'deny lan'
for operation in start started updated port-deleted stopped; do
    works call lan $operation
    is "nothing on stdout" '' "$out"
done
sed -i "s|<name>lan</name>|&<metadata><vifplug:x xmlns:vifplug='urn:vifplug:1'/></metadata>|" "$work/port.xml"
works call lan stopped
denied "$conf, line 1: deny lan" 'deny lan'
chmod o+x "$work"
works setpriv --reuid=65534 --regid=65534 --clear-groups "$hook" lan port-created begin - <"$work/port.xml"

# Input that is none, which matters only where there is something to decide.
for text in 'no XML' '<hookData>' '<hookData/>' '<domain><network/><networkport/></domain>' \
    '<hookData><network/></hookData>' \
    "<hookData><network/><networkport><mac address='x'/></networkport></hookData>" \
    "<hookData><network/><networkport><vlan><tag id='4095'/></vlan></networkport></hookData>"; do
    policy 'allow lan'
    echo "$text" >"$work/port.xml"
    expect 1 '^vifplug-libvirt-hook: network "lan": standard input: .' call lan port-created
    works call other port-created
done
echo '<hookData><network/><networkport/></hookData>' >"$work/port.xml"
works call lan port-created
policy 'allow lan mac 52:*'
expect 1 'interface without an address of domain "" is denied: .*some MAC addresses only' call lan port-created
head -c 11M /dev/zero | tr '\0' ' ' >"$work/port.xml"
expect 1 'is larger than 10 MiB' call lan port-created
