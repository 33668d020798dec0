#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every source file is as clang-format leaves it. `tests/lint/format.sh fix` makes it so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v clang-format >/dev/null || { echo "skip: clang-format is not installed"; exit 77; }

sources() {
    find agent bpf compiler policy tests -path tests/lint/samples -prune -o \
        \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0
}

case "${1:-check}" in
    check) sources | xargs -0 clang-format --dry-run -Werror ;;
    fix) sources | xargs -0 clang-format -i ;;
    *) echo "usage: $0 [check|fix]" >&2; exit 2 ;;
esac
