#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Refused system calls by LSM, from syscall_cases.tsv: the governed executable gets the policy's errno, from
# x86-64 and from i386; the same program under another name gets what it got before; every refusal is in the log;
# a call that no hook is meant for is an error of the policy.
# With the argument "control" only what happens without a policy is compared with the table.
. /test/guest_lib.sh

cases() { grep -v '^#' /test/syscall_cases.tsv | sed 's/\tboth\t/\t64\t/;p;s/\t64\t/\t32\t/' | sort -u; }

# sed above makes 64 and 32 of every line; the second half of those that are not "both" goes here.
wanted_cases() {
	tab=$(printf '\t')
	cases | while IFS=$tab read -r call callers rest; do
		if grep -q "^$call${tab}both$tab" /test/syscall_cases.tsv ||
			grep -qF "$call$tab$callers$tab$rest" /test/syscall_cases.tsv; then
			printf '%s\t%s\t%s\n' "$call" "$callers" "$rest"
		fi
	done
}

renew_files() {
	rm -rf /tmp/t
	mkdir -p /tmp/t/d
	echo text >/tmp/t/f
	ln -s f /tmp/t/l
}

# attempt_as PROGRAM CALL ARGUMENTS
attempt_as() {
	renew_files
	# shellcheck disable=SC2086 # arguments are words
	timeout 10 "$1" syscall "$2" $3 2>&1
}

program_of() { if [ "$1" = 64 ]; then echo attempt; else echo attempt32; fi; }

# each_case FUNCTION [FILE]
each_case() {
	tab=$(printf '\t')
	while IFS=$tab read -r call callers errno control arguments; do
		"$1"
	done <"${2:-/run/cases}"
}

check_control() {
	expect "$2$call, $callers bit" "$control" \
		"$(attempt_as "/test/$(program_of "$callers")" "$call" "$arguments")"
}
before() { check_control "" "without a policy: "; }
others() { check_control "" "another executable: "; }

make_subject() {
	mkdir -p "/test/subject/$callers"
	ln -f "/test/$(program_of "$callers")" "/test/subject/$callers/$call"
	echo "c-$call-$callers: deny syscall $call with $errno for exe /test/subject/$callers/$call"
}
make_bad_rule() { echo "deny syscall $call for exe /test/subject/$callers/$call"; }

refused() {
	expect "refused: $call, $callers bit" "$errno" \
		"$(attempt_as "/test/subject/$callers/$call" "$call" "$arguments")"
}

recorded() {
	case $rules in
	*" calls.c-$call-$callers "*) pass "a row for $call, $callers bit" ;;
	*) fail "no row for $call, $callers bit" ;;
	esac
}

wanted_cases >/run/all
each_case before /run/all
if [ "${1:-}" = control ]; then finish; fi
grep -v "	-	" /run/all >/run/cases
grep "	-	" /run/all >/run/impossible

write_config
start_agent
{ printf 'syn 1\npolicy calls\n'; each_case make_bad_rule /run/impossible; } >/run/impossible.syn
if synpol apply /run/impossible.syn >/run/apply.log 2>&1; then fail "a policy that cannot be enforced is applied"
else pass "a policy that cannot be enforced is refused"; fi
expect "errors of that policy" "$(wc -l </run/impossible)" \
	"$(grep -c '^error.* the system call .* cannot be refused' /run/apply.log)"
{ printf 'syn 1\npolicy calls\n'; each_case make_subject; } >/run/policy.text
apply calls </run/policy.text
each_case refused
each_case others
all_recorded() {
	synpol audit --json --limit 0 >/run/rows 2>/dev/null
	[ "$(grep -c calls.c- /run/rows)" -ge "$(wc -l </run/cases)" ]
}
wait_for "all rows" all_recorded
rules=" $(sed -n 's/.*"rule": *"\([^"]*\)".*/\1/p' /run/rows | tr '\n' ' ') "
each_case recorded

# 83 is mkdir for x86-64 and symlink for i386; the policy's x86-64 number must not catch the other call.
ln -f /test/attempt32 /test/subject/32/number
apply number <<'SYN'
syn 1
policy number
one:  deny syscall mkdir for exe /test/subject/32/number
hook: deny syscall symlink for exe /test/subject/64/symlink
SYN
expect "i386 mkdir" EPERM "$(attempt_as /test/subject/32/number mkdir 's:/tmp/t/new 0700')"
expect "i386 call with the number of x86-64 mkdir" ok "$(attempt_as /test/subject/32/number 83 's:f s:/tmp/t/new')"
finish
