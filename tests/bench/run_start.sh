#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `synpol run` adds to the start of a command, and bwrap beside it where it is installed. Run by
# hand: SYNPOL_BINARY=build/release/synpol tests/bench/run_start.sh [STARTS]
set -euo pipefail

binary=${SYNPOL_BINARY:?the synpol binary}
starts=${1:-100}
work=$(mktemp -d /tmp/synpol-bench.XXXXXX)
trap 'rm -rf "$work"' EXIT

readable='"@runtime", /usr/**'
cat >"$work/rules.yaml" <<YAML
sandbox: rules
read_file: [$readable]
YAML
cat >"$work/limits.yaml" <<YAML
sandbox: limits
extends: ./rules.yaml
network_namespace: private
limits: { memory: 64MiB, processes: 10 }
YAML
{
    echo "sandbox: thousand"
    echo "read_file:"
    printf '  - "%s"\n' @runtime '/usr/**'
    mkdir "$work/files"
    for i in $(seq 1000); do
        : >"$work/files/file-$i"
        echo "  - $work/files/file-$i"
    done
} >"$work/thousand.yaml"

# each WHAT COMMAND...: milliseconds a start, with as many starts as were asked for.
each() {
    local what=$1 begin end
    shift
    "$@" >/dev/null 2>&1 || { printf '%-44s does not start here\n' "$what"; return 0; }
    begin=$(date +%s%N)
    for _ in $(seq "$starts"); do "$@" >/dev/null 2>&1; done
    end=$(date +%s%N)
    awk -v what="$what" -v ns=$((end - begin)) -v n="$starts" \
        'BEGIN { printf "%-44s %8.2f ms\n", what, ns / n / 1e6 }'
}

each "the command alone" /bin/true
each "synpol --version" "$binary" --version
each "synpol run, rules" "$binary" run --sandbox "$work/rules.yaml" -- /bin/true
each "synpol run, rules, limits and a network" "$binary" run --sandbox "$work/limits.yaml" -- /bin/true
each "synpol run, 1,000 paths" "$binary" run --sandbox "$work/thousand.yaml" -- /bin/true
if command -v bwrap >/dev/null; then
    each "bwrap, read-only and a network" bwrap --ro-bind / / --unshare-net --unshare-pid --die-with-parent /bin/true
fi
