#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In the guest, one processor, -icount: instructions per system call, as TSV on standard output, one line for
# each policy, number of rules, process and call. Lines that start with # are remarks.
. /test/guest_lib.sh

say() { echo "# $*"; }
measure() { "/test/$2" "$1	$2"; }

# Rules that a governed process passes: other calls that need the same hooks, other addresses. Each measured call
# passes the hooks of one kind.
files_rules() {
	echo "r$1: deny syscall open for exe { /test/governed, /bench/e$1 }"
}
calls_rules() {
	echo "r$1: deny syscall { pread64, socketpair } for exe { /test/governed, /bench/e$1 }"
}
flows_rules() {
	echo "r$1: deny connect tcp to 10.$(($1 / 250)).$(($1 % 250)).1 port 443 for exe { /test/governed, /bench/e$1 }"
}

write_policy() {
	printf 'syn 1\npolicy bench\n'
	rule=1
	while [ "$rule" -le "$2" ]; do
		"$1_rules" "$rule"
		rule=$((rule + 1))
	done
}

ln /test/cost /test/governed
ln /test/cost /test/ungoverned
printf 'policy\trules\tprocess\tcall\tinstructions\n'
measure 'none	0' ungoverned

with_programs /test/empty.bpf.o /test/ungoverned 'empty	0	ungoverned' || fail "the empty program"

write_config
start_agent
for kind in files calls flows; do
	for rules in 1 100 1000; do
		write_policy "$kind" "$rules" >/run/bench.text
		apply bench </run/bench.text
		measure "$kind	$rules" governed
		measure "$kind	$rules" ungoverned
	done
done
synpol stop >/dev/null 2>&1
[ "$failures" -eq 0 ] || { tail -n 20 /run/agent.log; exit 1; }
