#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# coverage.sh KERNEL OPTION...: acts out on that kernel every call that the compiler says can be refused
# (coverage.guest.sh), and compares what came of it with the compiler's table (scripts/hook-coverage). The options are those of
# tests/harness/vm/run. What was measured stays in build/vm/coverage-KERNEL.tsv.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
kernel=$1
shift
output=$(mktemp)
trap 'rm -f "$output"' EXIT

"$root/tests/harness/vm/run" --kernel "$kernel" --timeout 1200 "$@" --with "$here/guest_lib.sh" \
	--with "$here/coverage_cases.tsv" -- "$here/coverage.guest.sh" | tee "$output"
status=${PIPESTATUS[0]}
[ "$status" -eq 77 ] && exit 77
measured=$root/build/vm/coverage-$kernel.tsv
mkdir -p "${measured%/*}"
grep '^measured	' "$output" >"$measured"
"$root/scripts/hook-coverage" "$measured" || exit 1
exit "$status"
