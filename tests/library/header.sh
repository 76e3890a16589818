#!/bin/bash
# The installed header needs nothing else, in C and in C++; and the library has the functions that
# it declares, all of them and no other.
set -euo pipefail
header=$VIFPLUG_SOURCE/plugin/vifplug.h
library=$VIFPLUG_BUILD/plugin/libvifplug.so
status=0

# compiles COMPILER OPTION...: the header as the only thing in a file.
compiles() {
    if ! "$@" -Wall -Wextra -pedantic -Werror -fsyntax-only -include "$header" /dev/null; then
        echo "$*: the header does not compile"
        status=1
    fi
}

for standard in c99 c17; do
    compiles cc -x c -std=$standard
done
for standard in c++11 c++17; do
    compiles c++ -x c++ -std=$standard
done

declared=$(cc -E -P "$header" | grep -oE '\bvifplug_[a-z_]+ *\(' | tr -d ' (' | sort)
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
listed=$(grep -oE '\bvifplug_[a-z_]+' "$VIFPLUG_SOURCE/plugin/vifplug.syms" | sort)
if [ "$declared" != "$exported" ] || [ "$declared" != "$listed" ]; then
    echo "functions in header, library and vifplug.syms:"
    paste <(echo "$declared") <(echo "$exported") <(echo "$listed")
    status=1
fi

dynamic=$(readelf -d "$library")
for entry in 'SONAME.*\[libvifplug\.so\.0\]' 'FLAGS_1.*NODELETE'; do
    if ! grep -q "$entry" <<<"$dynamic"; then
        echo "the library has no $entry"
        status=1
    fi
done
exit $status
