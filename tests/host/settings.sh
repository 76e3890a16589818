#!/bin/bash
# Isolation, bandwidth, MTU, queues and owners on Open vSwitch; ports of Linux bridges; networks;
# and type='ethernet' with its scripts.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
ip link add lb0 address 02:00:00:00:00:10 type bridge
ip link set lb0 up
remember
plug() {
    works "$VIFPLUG" plug --quiet "$@"
}
unplug() {
    works "$VIFPLUG" unplug "$1"
    nothing_left
}

plug --interface "$(interface s.xml "<mac address='52:54:00:00:07:01'/><source bridge='br0'/>
    <target dev='s0'/><model type='virtio'/><driver queues='4'/><mtu size='1400'/>
    <port isolated='yes'/><virtualport type='openvswitch'/>
    <bandwidth><inbound average='1000' peak='2000' burst='100'/>
    <outbound average='500' burst='64'/></bandwidth>")" --user 65534 --group 4242
is "isolated" true "$(db Port s0 protected)"
is "what the guest sends" '4000 524' \
    "$(db Interface s0 ingress_policing_rate) $(db Interface s0 ingress_policing_burst)"
qos=$(db Port s0 qos)
is "what it receives" linux-htb "$(db QoS "$qos" type)"
is "QoS is marked" vifplug "$(db QoS "$qos" external_ids:owner)"
queue=$(db QoS "$qos" queues | sed 's/.*=//; s/}//')
is "Queue" '"8000000" "16000000" "819200" vifplug' "$(db Queue "$queue" other_config:min-rate) \
$(db Queue "$queue" other_config:max-rate) $(db Queue "$queue" other_config:burst) \
$(db Queue "$queue" external_ids:owner)"
is "mtu_request" 1400 "$(db Interface s0 mtu_request)"
has "the tap" 'mtu 1400 .*tun type tap .*multi_queue.*persist on.*user (nobody|65534) group 4242' "$(link s0)"
works "$VIFPLUG" verify
unplug s0

# QoS and Queue rows do not go with a port that somebody else removes: unplug finds them.
plug --interface "$(interface q.xml "<source bridge='br0'/><target dev='q0'/>
    <virtualport type='openvswitch'/><bandwidth><inbound average='1000'/></bandwidth>")"
ovs-vsctl del-port q0
has "QoS stays" '[0-9a-f]' "$(ovs-vsctl --bare --columns=_uuid find QoS external_ids:ifname=q0)"
unplug q0

# Linux bridges.
plug --bridge lb0 --target l0 --isolated
has "a port of the bridge" 'master lb0 .*bridge_slave .*isolated on' "$(link l0)"
is "not one of Open vSwitch" '' "$(ovs-vsctl --bare --columns=name find Port name=l0)"
works "$VIFPLUG" verify
unplug l0
refused 2 '<vlan> needs an Open vSwitch bridge, and "lb0" is a Linux bridge' \
    "$VIFPLUG" plug --bridge lb0 --vlan 100
refused 2 '"lb0" is a Linux bridge, not one of Open vSwitch' "$VIFPLUG" plug --interface \
    "$(interface l.xml "<source bridge='lb0'/><virtualport type='openvswitch'/>")"
ip link set lb0 mtu 9000
remember
plug --bridge lb0 --target l0
has "the bridge's MTU" 'mtu 9000 ' "$(link l0)"
has "which stays" 'mtu 9000 ' "$(link lb0)"
unplug l0

# Networks.
echo "<network><name>ovs</name><forward mode='bridge'/><bridge name='br0'/>
    <virtualport type='openvswitch'/>
    <portgroup name='blue' default='yes'><vlan><tag id='20'/></vlan></portgroup>
    <portgroup name='red'><vlan><tag id='30'/></vlan>
      <virtualport><parameters profileid='gold'/></virtualport>
      <bandwidth><outbound average='100'/></bandwidth></portgroup></network>" >"$work/ovs.xml"
echo "<network><name>linux</name><forward mode='bridge'/><bridge name='lb0'/></network>" \
    >"$work/linux.xml"
on() {
    plug --network "$work/ovs.xml" --network "$work/linux.xml" \
        --interface "$(interface n.xml "<source $1/><target dev='n0'/>$2" network)"
}
on "network='ovs'" ''
is "the default portgroup" 20 "$(db Port n0 tag)"
unplug n0
on "network='ovs' portgroup='red'" ''
is "a portgroup" '30 gold 800' "$(db Port n0 tag) $(db Interface n0 external_ids:port-profile) \
$(db Interface n0 ingress_policing_rate)"
unplug n0
on "network='ovs' portgroup='red'" "<vlan><tag id='40'/></vlan>"
is "the interface's own VLAN" 40 "$(db Port n0 tag)"
unplug n0
on "network='linux'" ''
has "a Linux bridge" 'master lb0' "$(link n0)"
unplug n0

# type='ethernet'.
eth() {
    interface e.xml "<mac address='52:54:00:00:07:02'/>$1" ethernet
}
plug --interface "$(eth "<target dev='e0'/>")"
has "a tap of its own" 'fe:54:00:00:07:02 .*alias vifplug:' "$(link e0)"
unplug e0
refused 1 "managed='no', but there is no device \"e0\"" "$VIFPLUG" plug \
    --interface "$(eth "<target dev='e0' managed='no'/>")"
refused 2 '<vlan> cannot go with type=' "$VIFPLUG" plug \
    --interface "$(eth "<target dev='e0'/><vlan><tag id='1'/></vlan>")"
refused 1 '"lb0" exists, but it is a bridge and not a tap' "$VIFPLUG" plug \
    --interface "$(eth "<target dev='lb0'/>")"
ip tuntap add e0 mode tap
ip link set e0 address 02:00:00:00:00:77 mtu 1300
state=$(link e0)
plug --interface "$(eth "<target dev='e0' managed='no'/><mtu size='1400'/>")"
is "managed='no': nothing of it touched" "$state" "$(link e0)"
works "$VIFPLUG" unplug e0
is "nor by unplug" "$state" "$(link e0)"
refused 0 '' "$VIFPLUG" run --interface "$(eth "<target dev='e0' managed='no'/>")" -- \
    sh -c "[ -e /proc/self/fd/\$1 ] && [ \$(cat /sys/class/net/e0/carrier 2>/dev/null || echo 0) = 0 ]" sh '{fd:0}'
is "nor by run, but that it was opened with offloads" "${state/vnet_hdr off/vnet_hdr on}" "$(link e0)"
plug --interface "$(eth "<target dev='e0'/>")"
has "an existing device that is managed" 'UP.*fe:54:00:00:07:02' "$(link e0)"
works "$VIFPLUG" unplug e0
has_link e0 || fail "somebody else's device was removed"
ip link del e0
remember

# Scripts: with the name, after all else, before the program.
cat >"$work/script" <<END
#!/bin/sh
echo "script \$* \$(cat /sys/class/net/\$1/flags)" >>$work/order
END
sed 's/script/down/' "$work/script" >"$work/downscript"
chmod +x "$work/script" "$work/downscript"
spec=$(eth "<target dev='e0'/><script path='$work/script'/><downscript path='$work/downscript'/>")
works "$VIFPLUG" run --interface "$spec" -- sh -c "echo 'program {ifname:0}' >>$work/order"
is "order" 'script e0 0x1003 program e0 down e0 0x1003' "$(tr '\n' ' ' <"$work/order" | sed 's/ $//')"
nothing_left
printf '#!/bin/sh\nexit 3\n' >"$work/failing"
printf '#!/bin/sh\nkill -TERM $$\n' >"$work/dying"
printf 'text' >"$work/text"
chmod +x "$work/failing" "$work/dying"
script() {
    refused 1 "$1" "$VIFPLUG" plug --interface "$(eth "<target dev='e0'/><script path='$2'/>")"
}
script 'script ".*/failing" for "e0" failed with exit status 3' "$work/failing"
script 'script ".*/dying" for "e0" was killed by signal 15' "$work/dying"
script 'cannot run script ".*/text" for "e0": Permission denied' "$work/text"
script 'cannot run script "/nosuch" for "e0": No such file' /nosuch

# target mode='ifname': left to QEMU, with the script.
spec=$(eth "<target dev='e0' mode='ifname'/><script path='/bin/true'/>")
refused 0 '' "$VIFPLUG" run --interface "$spec" -- echo -m 64
has "QEMU's arguments" 'tap,id=hostnet0,ifname=e0,script=/bin/true,downscript=no' "$out"
refused 2 'is opened by the guest.s own program; use \{ifname:\}' \
    "$VIFPLUG" run --interface "$spec" -- echo '{fd:0}'
plug --interface "$spec"
works "$VIFPLUG" gc
is "gc leaves it" '' "$out"
unplug e0
