#!/bin/bash
# Hot plug and unplug through libvirt: what the guest then has, and what is left when libvirt or the
# guest will not.
set -euo pipefail
# shellcheck source=../support/libvirt.sh
. "$VIFPLUG_SOURCE/tests/support/libvirt.sh"
: "${out=}" "${snapshot=}"
bridge br0
# Somebody to talk to, on VLAN 100 and on VLAN 200.
for vlan in 100 200; do
    ovs-vsctl add-port br0 host$vlan tag=$vlan -- set Interface host$vlan type=internal
    ip addr add 10.0.$((vlan / 100)).254/24 dev host$vlan
    ip link set host$vlan up
done
remember
libvirtd_start
uuid=11111111-1111-4111-8111-111111111111
libvirt_domain one $uuid ip4=10.0.1.1/24,10.0.2.1/24 ''

expect 1 'libvirt: Domain not found' hot attach --libvirt one --bridge br0
nothing_left
expect 2 'attach needs --libvirt DOMAIN' hot attach --bridge br0

libvirt_create one
ready one

# A failure of each kind leaves the host and the guest as they were.
# What libvirt leaves of metadata that were removed is nothing.
guest_state() {
    virsh dumpxml one | grep -v '<metadata/>'
}
before=$(guest_state)
unchanged() {
    nothing_left
    is "the guest, too, is as it was" "$before" "$(guest_state)"
}
expect 1 'no OVS bridge "br9"|no bridge' hot attach --libvirt one --bridge br9
unchanged
expect 1 'libvirt: .*nosuch' hot attach --libvirt one --bridge br0 --model nosuch
unchanged
expect 2 "type='ethernet' has no place" hot attach --libvirt one \
    --interface "$(interface tap.xml "<target dev='x' managed='no'/>" ethernet)"
unchanged

works hot attach --libvirt one --bridge br0 --vlan 100 --mac 52:54:00:00:01:01 \
    --target one-a --queues 2
is "the name is printed" one-a "$out"
guest_wait one 'nic eth0 mac=52:54:00:00:01:01' >/dev/null
reach one "10.0.1.254 yes"
is "its port" 100 "$(db Port one-a tag)"
is "its domain" "\"$uuid\"" "$(db Interface one-a external_ids:vm-uuid)"
has "several queues" 'multi_queue' "$(link one-a)"
has "the metadata have the host's side" 'tag id="100"/>.*target dev="one-a" managed="no"/>' \
    "$(virsh metadata one urn:vifplug:1 | tr -d '\n')"

# Again: nothing changes. As a different one: refused.
has_now=$(guest_state)
works hot attach --libvirt $uuid --bridge br0 --vlan 100 --target one-a --queues 2
is "it is known" "one-a (already plugged)" "$out"
works hot attach --libvirt one --bridge br0 --vlan 100 --target one-a --queues 2 --json
is "likewise" True "$(json 'j["interfaces"][0]["already"]' <<<"$out")"
is "the guest has it once" "$has_now" "$(guest_state)"
expect 1 'one-a' hot attach --libvirt one --bridge br0 --vlan 200 --target one-a --queues 2
reach one "10.0.1.254 yes"

# Two at once, without names and addresses.
hot attach --libvirt one --bridge br0 --vlan 200 >"$work/second" &
second=$!
works hot attach --libvirt one --bridge br0 --vlan 300
third=$out
wait $second
second=$(<"$work/second")
for name in one-a "$second" "$third"; do
    is "$name is in the metadata" 1 "$(virsh metadata one urn:vifplug:1 | grep -c "dev=\"$name\"")"
    is "$name belongs to the domain" one \
        "$("$VIFPLUG" list --json | json "[i['domain'] for i in j['interfaces'] if i['name'] == '$name'][0]")"
done

# There is room for one more, and none for two: then it is none.
two=$(interface two.xml "<source bridge='br0'/>")
before=$(guest_state)
remember_first=$snapshot
remember
expect 1 'No more available PCI slots' hot attach --libvirt one \
    --interface "$two" --interface "$two"
unchanged
snapshot=$remember_first

works hot detach --libvirt one --json "$second" "$third"
is "they are named" "$second $third" "$(json '" ".join(j["detached"])' <<<"$out")"
has_link "$second" && fail "$second is still there"
works hot detach --libvirt one "$second"
is "the metadata has the one that is left" 1 "$(virsh metadata one urn:vifplug:1 | grep -c '<target')"
reach one "10.0.1.254 yes"

# A script is run once, by libvirt.
cat >"$work/up" <<END
#!/bin/sh
echo "\$1" >>$work/ups
END
chmod 755 "$work/up"
works hot attach --libvirt one --interface \
    "$(interface up.xml "<source bridge='br0'/><target dev='scripted'/><script path='$work/up'/>")"
is "the script was run" scripted "$(<"$work/ups")"
works hot detach --libvirt one scripted

# What is not the guest's is not taken.
works "$VIFPLUG" plug --bridge br0 --target other
expect 1 'belongs to no domain, and not to domain "one"' hot detach --libvirt one other
works "$VIFPLUG" unplug other

# A guest that does not answer keeps what it has. Once it does, it lets go by itself.
works virsh -q suspend one
expect 1 '"one-a": the guest does not let go of it' hot detach --libvirt one one-a
has_link one-a || fail "the guest's tap is gone"
works virsh -q resume one
works hot detach --libvirt one one-a
is "nothing is in the metadata" "" "$(virsh metadata one urn:vifplug:1 2>/dev/null || true)"
libvirt_destroy one
nothing_left
