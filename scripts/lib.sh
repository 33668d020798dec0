# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What every script here needs: where the project is, how many jobs, how to say something. Sourced.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    [ $# -lt 2 ] || printf '  help: %s\n' "$2" >&2
    exit 2
}

need_root() {
    [ "$(id -u)" -eq 0 ] || die "needs root" "run it as root: sudo $0"
}

# ccache makes a second run short; without it everything still builds.
launcher_options() {
    if command -v ccache >/dev/null; then
        printf '%s\n' -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
    fi
}

# build PRESET [TARGET...]: configures and builds one preset in its folder under build/, with an option more if
# SYNPOL_CMAKE_OPTIONS has one.
build() {
    local preset=$1 options
    shift
    mapfile -t options < <(launcher_options)
    (cd "$root" && cmake --preset "$preset" "${options[@]}" ${SYNPOL_CMAKE_OPTIONS:+"$SYNPOL_CMAKE_OPTIONS"} >"$root/build/$preset.configure.log") ||
        { cat "$root/build/$preset.configure.log" >&2; die "configuring $preset failed"; }
    cmake --build "$root/build/$preset" --parallel "$jobs" ${1:+--target "$@"}
}
