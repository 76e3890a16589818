# shellcheck shell=bash
# Sourced after cli.sh by tests of vifplug compare.

: "${out=}" # of cli.sh

# rows: of JSON on stdin a line for each path: a letter for each question (yes, no, or - where it was
# not asked), and what became of checksum and segmentation. The questions are: unicast, broadcast,
# multicast, unknown unicast, another source address; whether A's own broadcast comes back; B on the
# same VLAN, C on another.
rows() {
    json '"\n".join(" ".join((p["id"], "".join({True: "y", False: "n", None: "-"}[a]
        for a in p["reach"].values()), p["checksum"], p["segmentation"])) for p in j["paths"])'
}

# row ID: of the last output.
row() {
    rows <<<"$out" | sed -n "s/^$1 //p"
}
