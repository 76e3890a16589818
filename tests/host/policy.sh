#!/bin/bash
# check --policy: what the bridge helper would decide, and whom its files are believed from.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
own_etc
conf=/etc/vifplug/bridge.conf
echo "joe:x:4711:4712::/nonexistent:/bin/false" >>/etc/passwd
printf 'joe:x:4712:\nguests:x:4713:nobody,joe\n' >>/etc/group
# Only files, whatever else this host would ask.
printf 'passwd: files\ngroup: files\n' >/etc/nsswitch.conf

# policy LINE...: makes these the policy.
policy() {
    rm -rf $conf
    printf '%s\n' "$@" >$conf
}

# allowed|denied PATTERN USER NAME [OPTION...]: what is decided, and the sentence about it.
allowed() {
    local pattern=$1
    shift
    expect 0 '' "$VIFPLUG" check --policy "$@"
    has "allowed" "^ok    policy    allowed: $pattern" "$out"
}
denied() {
    local pattern=$1
    shift
    expect 4 '' "$VIFPLUG" check --policy "$@"
    has "denied" "^fail  policy    $pattern" "$out"
}

rm -f $conf
denied "all is denied, since $conf: cannot be opened: No such file" joe br0

# Lines, users and groups.
policy '# of this host' 'allow br0 user joe vlan 100,200-299 mac 52:54:00:*' 'allow br1 group guests' \
    'deny all user 4714'
allowed "$conf, line 3: allow br1 group guests\$" joe br1
allowed "$conf, line 3" 4711 br1
allowed "$conf, line 3" nobody br1
denied "denied: no line of $conf allows it\$" root br1
denied 'denied: no line of .* allows it; line 2 of .* is about some VLANs only; name one' joe br0
denied '.*name yours with --mac' joe br0 --vlan 200
denied '.*other VLANs' joe br0 --vlan 300 --mac 52:54:00:00:00:01
allowed '.*line 2' joe br0 --vlan 200 --mac 52:54:00:00:00:01
denied 'denied: no line of [^;]*$' joe br2
works "$VIFPLUG" check --policy joe br1 --json
is "JSON" 'True ok' "$(json '"{} {}".format(j["ok"], j["findings"][0]["verdict"])' <<<"$out")"
works "$VIFPLUG" check --policy joe br1 --quiet
is "quiet" '' "$out"

# A network has its VLAN.
policy 'allow lan user joe' 'allow lan vlan 7'
cat >/etc/vifplug/networks/lan.xml <<END
<network><name>lan</name><forward mode='bridge'/><bridge name='br0'/>
  <virtualport type='openvswitch'/>
  <portgroup name='usual' default='yes'><vlan><tag id='100'/></vlan></portgroup></network>
END
allowed '.*line 1' joe lan
denied 'denied: .*line 1 of .* lets the network choose the VLAN' joe lan --vlan 101
allowed '.*line 2' joe lan --vlan 7
denied 'denied: .*line 2 of .* is about other VLANs' root lan
policy 'allow all' 'deny all vlan 100'
denied 'denied: .*line 2: deny all vlan 100' joe lan
allowed ".*line 1" joe br9 --vlan 7
policy 'allow lan'
chmod g+w /etc/vifplug/networks/lan.xml
expect 1 '' "$VIFPLUG" check --policy joe lan
has "a network that others may write" 'fail  name  .*lan.xml: the file can be written by its group' "$out"
chmod g-w /etc/vifplug/networks/lan.xml
echo '<network>' >/etc/vifplug/networks/lan.xml
expect 2 '' "$VIFPLUG" check --policy joe lan
has "a network that is none" 'fail  name  .*lan.xml: line 2: malformed XML' "$out"

# What is counted.
policy 'allow br0 max 2'
mkdir -p /run/vifplug/ports
ip link add br0 type bridge
works "$VIFPLUG" plug --bridge br0 --target one0
# grant NAME USER: as if the helper had made it.
grant() {
    sed -i "s/\"granted_name\":[^,]*/\"granted_name\": \"$1\"/; s/\"granted_user\":[^,]*/\"granted_user\": $2/" \
        "/run/vifplug/ports/one0.json"
}
allowed '.*line 1' joe br0
works "$VIFPLUG" plug --bridge br0 --target two0
policy 'allow br0 max 1'
allowed '.*line 1' joe br0
grant br0 4711
denied 'denied: .*allows 1 at a time, and there are 1' joe br0
allowed '.*line 1' nobody br0
grant br1 4711
allowed '.*line 1' joe br0
policy 'allow all max 1'
denied 'denied: .*allows 1 at a time, and there are 1' joe br0
works "$VIFPLUG" unplug --all

# Whom it is believed from.
# distrusted PATTERN: it refuses all, for that reason.
distrusted() {
    denied "all is denied, since $1" joe br0
}
policy 'allow all'
allowed '.*line 1' joe br0
for mode in 0664 0646 0666 0620; do
    chmod $mode $conf
    distrusted "$conf: the file can be written by .*chmod go-w"
done
chmod 0640 $conf
allowed '.*line 1' joe br0
chown joe $conf
distrusted "$conf: the file belongs to user 4711; it must be root's"
chown root:guests $conf
allowed '.*line 1' joe br0
chmod 775 /etc/vifplug
distrusted "$conf: the folder /etc/vifplug can be written by its group"
chmod 1777 /etc/vifplug
distrusted "$conf: the folder /etc/vifplug can be written by everybody"
chmod 755 /etc/vifplug
chown joe /etc/vifplug
distrusted "$conf: the folder /etc/vifplug belongs to user 4711"
chown root /etc/vifplug

# Links are followed, and what they lead to is judged; what is no file is not read.
mv $conf /etc/elsewhere
ln -s /etc/elsewhere $conf
allowed '.*line 1' joe br0
mkdir -m 777 /etc/open
mv /etc/elsewhere /etc/open/elsewhere
ln -sf /etc/open/elsewhere $conf
distrusted "$conf: the folder /etc/open can be written by everybody"
rm $conf
mkfifo $conf
distrusted "$conf: is not a regular file"
rm $conf
mkdir $conf
distrusted "$conf: is not a regular file"
policy 'allow all'
head -c 300000 /dev/zero | tr '\0' '#' >>$conf
distrusted "$conf: is larger than 256 KiB"
printf 'allow all\n\0\n' >$conf
distrusted "$conf: holds a NUL byte"

# What is included is judged likewise.
policy 'allow all' 'include more.conf'
distrusted "$conf, line 2: /etc/vifplug/more.conf: cannot be opened"
echo 'deny br0' >/etc/vifplug/more.conf
denied 'denied: /etc/vifplug/more.conf, line 1: deny br0' joe br0
chmod o+w /etc/vifplug/more.conf
distrusted "$conf, line 2: /etc/vifplug/more.conf: the file can be written by everybody"
policy 'allow all' 'include bridge.conf'
distrusted "$conf, line 2: .*more than 8 deep"
policy 'allow all' 'deny br0 user nosuchname'
distrusted "$conf, line 2: there is no user \"nosuchname\" to be denied"

# What is no question.
policy 'allow all'
expect 2 'no user "nosuchname"' "$VIFPLUG" check --policy nosuchname br0
expect 2 '--policy USER needs the NAME' "$VIFPLUG" check --policy joe
expect 2 'does not go with --policy' "$VIFPLUG" check --policy joe br0 --bridge br0
expect 2 'does not take "br0" without --policy' "$VIFPLUG" check br0
expect 2 'begins with' "$VIFPLUG" check --policy joe ../br0
expect 2 'byte 0x2f' "$VIFPLUG" check --policy joe br/0
expect 2 'a number from 1 to 4094' "$VIFPLUG" check --policy joe br0 --vlan 4095
expect 2 '--mac' "$VIFPLUG" check --policy joe br0 --mac 01:00:00:00:00:01
