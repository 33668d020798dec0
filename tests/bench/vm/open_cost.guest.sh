#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest, one processor, -icount: instructions to open and close a file that passes, by the length of its
# path and the number of globs, as TSV on standard output: policy, rules, process, call, instructions. The files
# are on a mount of their own, but for the one whose path has 11 bytes. Lines that start with # are remarks.
. /test/guest_lib.sh

say() { echo "# $*"; }

# Globs that the measured paths do not match; half of them are about whole trees, so that the automaton has to
# read each path to its start.
reads_rules() {
	if [ $(($1 % 2)) -eq 0 ]; then glob="/bench/tree-$1/**"; else glob="/bench/part-$1*"; fi
	echo "r$1: deny read $glob for exe { /test/governed, /bench/e$1 }"
}

write_policy() {
	printf 'syn 1\npolicy bench\n'
	rule=1
	while [ "$rule" -le "$1" ]; do
		reads_rules "$rule"
		rule=$((rule + 1))
	done
}

# deep LENGTH: a file with a path of that many bytes, ten of them to a folder.
deep() {
	path=/t/dirs
	while [ $((${#path} + 10)) -lt "$1" ]; do path=$path/component; done
	mkdir -p "$path"
	path=$path/
	while [ ${#path} -lt "$1" ]; do path=${path}f; done
	: >"$path"
	echo "$path"
}

# As long as names may be, and longer than a dentry has room for.
long() {
	folder=/t/$(printf '%200s' '' | tr ' ' n)
	mkdir -p "$folder"
	: >"$folder/$(printf '%100s' '' | tr ' ' m)"
	echo "$folder/"*
}

measure() { "/test/$2" "$1	$2" /t/file-01 /u/file-001 "$deep100" "$deep1000" "$names"; }

mkdir /t /u
: >/u/file-001
mount -t tmpfs bench /t
: >/t/file-01
deep100=$(deep 100) deep1000=$(deep 1000) names=$(long)
ln /test/opens /test/governed
ln /test/opens /test/ungoverned
printf 'policy\trules\tprocess\tcall\tinstructions\n'
measure 'none	0' ungoverned

write_config
start_agent
for rules in 10 1000; do
	write_policy "$rules" >/run/bench.text
	apply bench </run/bench.text
	measure "reads	$rules" governed
	measure "reads	$rules" ungoverned
done
synpol stop >/dev/null 2>&1
[ "$failures" -eq 0 ] || { tail -n 20 /run/agent.log; exit 1; }
