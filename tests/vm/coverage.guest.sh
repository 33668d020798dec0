#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every x86-64 call that the compiler's table says can be refused, acted out with a `deny syscall` rule on it: the
# lines of coverage_cases.tsv. What came of each variant goes to standard output as
#	measured<TAB>KERNEL<TAB>CALL<TAB>refused|passes|no-op|absent|OUTCOME<TAB>ARGUMENTS
# for scripts/hook-coverage, which compares it with the table. With the argument "control" nothing is refused and
# only what happens without a policy is printed.
. /test/guest_lib.sh

tab=$(printf '\t')
kernel=$(uname -r | cut -d. -f1-2)
mkdir -p /tmp/t /test/subject
device=$(stat -c %d /tmp)
grep -v '^#' /test/coverage_cases.tsv | sed "s/@dev@/$device/" >/run/cases

renew_files() {
	umount -l /tmp/t/m 2>/dev/null
	rm -rf /tmp/t
	mkdir -p /tmp/t/d /tmp/t/m
	mount -t tmpfs none /tmp/t/m
	echo text >/tmp/t/f
	ln -s f /tmp/t/l
}

# outcome_of PROGRAM: of the last call, or what else it had to say; uses $id $arguments $before.
outcome_of() {
	renew_files
	# shellcheck disable=SC2086 # words
	timeout 10 "$1" ${before:+$before then} syscall "$id" $arguments 2>&1 </dev/null | tail -n 1
}

# each_case FUNCTION CASES
each_case() {
	while IFS=$tab read -r call seen arguments before; do
		id=${call#*=} call=${call%=*} # its number, where attempt has no name for it
		"$1"
	done <"$2"
}

print_control() { say "$call: $(outcome_of /test/attempt)	($arguments)"; }
if [ "${1:-}" = control ]; then each_case print_control /run/cases; finish; fi

# The calls of some cases, and a rule for each.
calls() { cut -f1 /run/some | cut -d= -f1 | sort -u; }
make_policy() {
	printf 'syn 1\npolicy coverage\n'
	for call in $(calls); do
		ln -f /test/attempt "/test/subject/$call"
		echo "c-$call: deny syscall $call with EDOTDOT for exe /test/subject/$call"
	done
}

measure() {
	with=$(outcome_of "/test/subject/$call")
	without=$(outcome_of /test/attempt)
	wanted=$seen
	# Where a hook that another rule needs is asked first, it says no in its own words.
	[ "$seen" = - ] && case $with in EDOTDOT | EPERM | EACCES) wanted=$with ;; *) wanted=EDOTDOT ;; esac
	if [ "$without" = ENOSYS ]; then result=absent
	elif [ "$with" = "$without" ] && [ "$seen" = no-op ]; then result=no-op
	elif [ "$with" = "$without" ]; then result=passes
	elif [ "$with" = "$wanted" ]; then result=refused
	else result="$with,$without"; fi
	printf 'measured\t%s\t%s\t%s\t%s\n' "$kernel" "$call" "$result" "$arguments"
	case $seen:$result in
	*:passes | *:absent | *:no-op) ;; # what the table says to that is scripts/hook-coverage's business
	passes:*) ;;
	*:refused) expect "$call ($arguments)" "$wanted" "$with" ;;
	*) fail "$call ($arguments): refused $with, otherwise $without" ;;
	esac
}

# What was refused has a row. Calls of which nothing was refused are named at the end.
all_recorded() {
	synpol audit --json --limit 0 >/run/rows 2>/dev/null
	for call in $(calls); do
		grep -q "\"coverage.c-$call\"" /run/rows || echo "$call"
	done >/run/silent
	while read -r call; do
		! grep -q "	$call	refused	" /run/measured || return 1
	done </run/silent
}

write_config
start_agent
# In parts: a policy that needs every hook at once takes minutes to load here.
part=0 size=25
while [ $((part * size)) -lt "$(wc -l </run/cases)" ]; do
	tail -n "+$((part * size + 1))" /run/cases | head -n "$size" >/run/some
	make_policy >/run/policy.text
	apply coverage </run/policy.text
	each_case measure /run/some >/run/measured
	cat /run/measured
	wait_for "rows" all_recorded
	say "without a row: $(tr '\n' ' ' </run/silent)"
	part=$((part + 1))
done
finish
