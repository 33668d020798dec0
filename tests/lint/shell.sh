#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every script passes shellcheck. SC1091: a file that is sourced by a computed path is not found; SC2154: nor its variables.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v shellcheck >/dev/null || { echo "skip: shellcheck is not installed"; exit 77; }

scripts() { grep -rlIE '^#!.*(bash|sh)$|^# shellcheck shell=' .ci scripts tests; }

mapfile -t files < <(scripts)
shellcheck --external-sources --exclude=SC1091,SC2154 "${files[@]}"
