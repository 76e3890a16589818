#!/bin/bash
# VLANs: who can reach whom, over IPv4 and IPv6. "red" is on VLAN 100 by way of a network's
# portgroup. "green" is on VLAN 200, with a second card on VLAN 300 and a third whose link is down.
# "trunk" gets VLANs 100 and 200, with 100 as its native one, and not 300.
set -euo pipefail
# shellcheck source=../support/guest.sh
. "$VIFPLUG_SOURCE/tests/support/guest.sh"
bridge br0
remember

ovs="<source bridge='br0'/><virtualport type='openvswitch'/>"
cat >"$work/network.xml" <<'END'
<network>
  <name>company</name>
  <forward mode='bridge'/>
  <bridge name='br0'/>
  <virtualport type='openvswitch'/>
  <vlan><tag id='999'/></vlan>
  <portgroup name='all' default='yes'><vlan trunk='yes'><tag id='998'/></vlan></portgroup>
  <portgroup name='red'><vlan><tag id='100'/></vlan></portgroup>
</network>
END
red=$(domain red.xml red 11111111-1111-4111-8111-111111111111 "
    <interface type='network'>
      <mac address='52:54:00:00:01:01'/><source network='company' portgroup='red'/>
    </interface>")
green=$(domain green.xml green 22222222-2222-4222-8222-222222222222 "
    <interface type='bridge'>
      <mac address='52:54:00:00:02:01'/>$ovs<vlan><tag id='200'/></vlan>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:02:02'/>$ovs<vlan><tag id='300'/></vlan>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:00:02:03'/>$ovs<vlan><tag id='100'/></vlan><link state='down'/>
    </interface>")
trunk=$(domain trunk.xml trunk 33333333-3333-4333-8333-333333333333 "
    <interface type='bridge'>
      <mac address='52:54:00:00:03:01'/>$ovs
      <vlan trunk='yes'><tag id='100' nativeMode='untagged'/><tag id='200'/></vlan>
    </interface>")

# All are in one IP network on each of their cards, so that nothing but VLANs is between them.
under_run red "ip4=10.0.0.1/24 ip6=fd00::1/64" --network "$work/network.xml" --domain "$red"
under_run green "ip4=10.0.0.2/24,10.0.3.2/24,10.0.0.12/24 ip6=fd00::2/64,fd03::2/64,fd00::12/64" \
    --domain "$green"
under_run trunk "ip4=10.0.0.3/24 ip6=fd00::3/64" --domain "$trunk"
ready red green trunk

nic green eth0 'mtu=1500 carrier=1 '
nic green eth2 'mtu=1500 carrier=0 '
guest_ask trunk vlan eth0 200 10.0.2.3/24 >/dev/null
guest_ask trunk vlan eth0 300 10.0.3.3/24 >/dev/null
guest_ask trunk ip -6 addr add fd02::3/64 dev eth0.200
guest_ask trunk ip -6 addr add fd03::3/64 dev eth0.300
guest_ask green ip addr add 10.0.2.2/24 dev eth0
guest_ask green ip -6 addr add fd02::2/64 dev eth0

reach red "10.0.0.2 no, 10.0.0.3 yes, 10.0.0.12 no, fd00::2 no, fd00::3 yes"
reach green "10.0.0.1 no, 10.0.0.3 no, 10.0.2.3 yes, 10.0.3.3 no, fd00::1 no, fd02::3 yes, fd03::3 no"

works "$VIFPLUG" verify
off red green trunk
nothing_left
