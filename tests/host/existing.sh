#!/bin/bash
# A tap that somebody else made: a plug that fails leaves it as it was, and unplug does not remove it.
set -euo pipefail
# shellcheck source=../support/cli.sh
. "$VIFPLUG_SOURCE/tests/support/cli.sh"
uuid=11961b1f-ef5e-5612-86cf-8132600ffe0a
ip tuntap add mine mode tap
ip tuntap add second mode tap
ip link set second up

# two SCRIPT: both taps, one of them twice as small, and a third of ours that this script makes or
# breaks.
two() {
    domain two.xml two $uuid "
    <interface type='ethernet'>
      <mac address='52:54:00:00:00:01'/><target dev='mine'/><mtu size='700'/>
    </interface>
    <interface type='ethernet'>
      <mac address='52:54:00:00:00:02'/><target dev='second'/>
    </interface>
    <interface type='ethernet'><target dev='ours'/><script path='$1'/></interface>"
}

flags() {
    link "$1" | sed 's/.*<\(.*\)>.*/\1/'
}

was=$(flags mine)
refused 1 'script "/bin/false" for "ours" failed' "$VIFPLUG" plug --domain "$(two /bin/false)"
is "and it is not up" "$was" "$(flags mine)"
has "but what was up is" '[,<]UP' "<$(flags second)"

works "$VIFPLUG" plug --domain "$(two /bin/true)"
has "its MTU and address are set" 'mtu 700 .*link/ether fe:54:00:00:00:01 ' "$(link mine)"
has "it is up" '[,<]UP' "<$(flags mine)"
works "$VIFPLUG" unplug --all
has_link mine || fail "it was removed"
has_link ours && fail "ours was not removed"
echo "ok: only what is ours is removed"
