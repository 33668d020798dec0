#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh TARGET SECONDS DICTIONARY SEEDS...: fuzzes from the seeds in a folder of its own, for SECONDS or
# as long as SYNPOL_FUZZ_SECONDS says. A finding is kept beside the target as crash-..., with the command that repeats it.
set -euo pipefail

target=$1 seconds=${SYNPOL_FUZZ_SECONDS:-$2} dictionary=$3
shift 3
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
findings="$target-findings/"
mkdir -p "$findings"

if "$target" -max_total_time="$seconds" -dict="$dictionary" -artifact_prefix="$findings" -max_len=8192 \
    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 "$corpus" "$@" >"$corpus.log" 2>&1; then
    grep -E '^(stat::number_of_executed_units|Done|#.*DONE)' "$corpus.log" || true
    rm "$corpus.log"
else
    grep -vE '^#|NEW_FUNC' "$corpus.log" | tail -n 60
    rm "$corpus.log"
    echo "repeat it: $target $(find "$findings" -type f -newer "$corpus" | head -n 3 | tr '\n' ' ')"
    exit 1
fi
