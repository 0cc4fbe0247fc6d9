#!/bin/sh
# SPDX-License-Identifier: ISC
# ./do TARGET...: installs what is missing (make itself included), then `make TARGET...`.
# ./do demo   boots a real VM behind refnat and attacks from inside
# ./do test   builds and runs all tests
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- help
ci/setup build run
exec make SETUP=: "$@"
