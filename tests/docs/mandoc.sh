#!/bin/sh
# The manual pages are well-formed mdoc(7): no warning of mandoc's.
set -eu

if ! command -v mandoc >/dev/null; then
    echo "mandoc is missing"
    exit 77
fi
mandoc -T lint -W warning "$VIFPLUG_SOURCE"/docs/*.[1-9]
