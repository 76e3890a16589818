#!/bin/bash
# Every form of a VLAN wish, as it stands in Open vSwitch, and those that are refused.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
bridge br0
remember

# vlan WHAT MODE TAG TRUNKS BODY: plugs an interface with that <vlan>.
vlan() {
    works "$VIFPLUG" plug --quiet --interface "$(interface vlan.xml "
        <mac address='52:54:00:00:02:01'/><source bridge='br0'/><target dev='v0'/>$5")"
    is "$1" "$2 $3 $4" "$(db Port v0 vlan_mode) $(db Port v0 tag) $(db Port v0 trunks)"
    works "$VIFPLUG" list
    echo "$out"
    works "$VIFPLUG" verify
    works "$VIFPLUG" unplug v0
}
vlan "none" trunk '[]' '[]' ''
vlan "access" access 100 '[]' "<vlan><tag id='100'/></vlan>"
vlan "access 0" access 0 '[]' "<vlan><tag id='0'/></vlan>"
vlan "trunk of one" trunk '[]' '[100]' "<vlan trunk='yes'><tag id='100'/></vlan>"
vlan "trunk of several" trunk '[]' '[10, 20, 4094]' \
    "<vlan><tag id='20'/><tag id='4094'/><tag id='10'/></vlan>"
vlan "native tagged" native-tagged 10 '[10, 20]' \
    "<vlan trunk='yes'><tag id='10' nativeMode='tagged'/><tag id='20'/></vlan>"
vlan "native untagged" native-untagged 20 '[10, 20]' \
    "<vlan><tag id='10'/><tag id='20' nativeMode='untagged'/></vlan>"

# hand WHAT MODE TAG TRUNKS OPTIONS...: the same by hand.
hand() {
    works "$VIFPLUG" plug --quiet --bridge br0 --target v0 "${@:5}"
    is "$1 by hand" "$2 $3 $4" "$(db Port v0 vlan_mode) $(db Port v0 tag) $(db Port v0 trunks)"
    works "$VIFPLUG" unplug v0
}
hand "access" access 100 '[]' --vlan 100
hand "trunk" trunk '[]' '[10, 20, 21, 22]' --trunk 10,20-22
hand "native" native-untagged 10 '[10, 20]' --trunk 20 --native 10
hand "native tagged" native-tagged 10 '[10, 20]' --trunk 10,20 --native 10 --native-mode tagged
nothing_left

# bad STATUS PATTERN VLAN
bad() {
    refused "$1" "$2" "$VIFPLUG" plug --interface "$(interface bad.xml "
        <source bridge='br0'/><target dev='v0'/>$3")"
}
bad 2 'VLAN 4095 is reserved' "<vlan><tag id='4095'/></vlan>"
bad 2 'VLAN 4095 is reserved' "<vlan trunk='yes'><tag id='1'/><tag id='4095'/></vlan>"
bad 2 '4096' "<vlan><tag id='4096'/></vlan>"
bad 2 'id=.-1' "<vlan><tag id='-1'/></vlan>"
bad 2 'id=.abc' "<vlan><tag id='abc'/></vlan>"
bad 2 'id' "<vlan><tag/></vlan>"
bad 2 'VLAN 10 is listed twice' "<vlan><tag id='10'/><tag id='10'/></vlan>"
bad 2 'trunk' "<vlan trunk='no'><tag id='10'/><tag id='20'/></vlan>"
bad 2 'native' "<vlan><tag id='10' nativeMode='tagged'/><tag id='20' nativeMode='untagged'/></vlan>"
bad 2 'nativeMode' "<vlan><tag id='10' nativeMode='both'/><tag id='20'/></vlan>"
refused 2 'VLAN 4095 is reserved' "$VIFPLUG" plug --bridge br0 --vlan 4095
refused 2 '--vlan "-1"' "$VIFPLUG" plug --bridge br0 --vlan -1
refused 2 '--vlan "abc"' "$VIFPLUG" plug --bridge br0 --vlan abc
refused 2 '--vlan ""' "$VIFPLUG" plug --bridge br0 --vlan ''
refused 2 'VLAN 10 is listed twice' "$VIFPLUG" plug --bridge br0 --trunk 10,9-11
refused 2 '--trunk "10,"' "$VIFPLUG" plug --bridge br0 --trunk 10,
refused 2 'access port' "$VIFPLUG" plug --bridge br0 --vlan 10 --trunk 20
refused 2 '--native needs --trunk' "$VIFPLUG" plug --bridge br0 --native 10
