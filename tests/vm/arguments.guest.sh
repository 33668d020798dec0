#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `where` conditions on the arguments of system calls: refused, killed and recorded exactly for the values that they
# name, from x86-64, i386 and odd callers; what has passed before does not let another value through; everybody else
# is untouched; every refusal is in the log.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

ln /test/attempt /test/named
ln /test/attempt32 /test/named32
ln /test/odd_calls /test/named_odd

write_config
start_agent
apply arguments <<'SYN'
syn 1
policy arguments
subject governed = exe { /test/named, /test/named32, /test/named_odd }
packet:   deny syscall socket where domain == AF_PACKET for governed with EAFNOSUPPORT
raw:      deny syscall socket where domain == AF_INET and type == 3 for governed with EACCES
uts:      deny syscall { clone, unshare } where flags has CLONE_NEWUTS for governed with EXDEV
dumpable: deny syscall prctl where option == PR_SET_DUMPABLE for governed with EBUSY
name:     deny syscall prctl where option == PR_SET_NAME and abi == i386 for governed with ENODEV
nice:     deny syscall setpriority where prio < 0 for governed with EACCES
large:    deny syscall mmap where abi == x86_64 and length > 0x100000000 for governed with ENOSPC
persona:  kill syscall personality where persona has 0x0400000 for governed
seek:     audit deny syscall lseek where whence == SEEK_END for governed
SYN

in_turn() { "$@" 2>&1 | tr '\n' ' ' | sed 's/ $//'; }
status_of() {
	"$@" >/dev/null 2>&1
	echo $?
}

# both_ways WHAT WANTED CONTROL WORDS...: by the governed executables, then by the same under another name.
both_ways() {
	what=$1 wanted=$2 control=$3
	shift 3
	for bits in "" 32; do
		expect "$what$bits" "$wanted" "$(in_turn "/test/named$bits" "$@")"
		expect "$what$bits, another executable" "$control" "$(in_turn "/test/attempt$bits" "$@")"
	done
}

both_ways "another family" "ok" "ok" syscall socket 2 1 0
both_ways "packet socket" EAFNOSUPPORT ok syscall socket 17 3 0
both_ways "raw socket" EACCES ok syscall socket 2 3 255
both_ways "another type" ok ok syscall socket 2 2 0
both_ways "flags beside the bit" ok ok syscall unshare 0x08000000
# Of unshare only the capability can be refused, and capable() has no errno.
both_ways "the bit among others" EPERM ok syscall unshare 0x0c000000
both_ways "clone with the bit" EXDEV ok syscall clone 0x04000011 0 0 0 0
both_ways "clone without it" ok ok syscall clone 17 0 0 0 0
both_ways "negative" EACCES ok syscall setpriority 0 0 -5
both_ways "not negative" ok ok syscall setpriority 0 0 5

# One process, one call: what passed is remembered only where every value passes.
both_ways "a refused value after ones that passed" "ok ok ok EBUSY ok" "ok ok ok ok ok" \
	syscall prctl 3 then syscall prctl 3 then syscall prctl 3 then syscall prctl 4 1 then syscall prctl 3
both_ways "refused first, then one that passes, then refused" "EAFNOSUPPORT ok EAFNOSUPPORT" "ok ok ok" \
	syscall socket 17 3 0 then syscall socket 1 1 0 then syscall socket 17 3 0
both_ways "other calls in between" "ok ok ok EPERM ok" "ok ok ok ok ok" \
	syscall unshare 0x08000000 then syscall getpgid 0 then syscall socket 1 1 0 then syscall unshare 0x04000000 \
	then syscall getpgid 0

expect "by ABI: x86-64" ok "$(/test/named syscall prctl 15 s:x)"
expect "by ABI: i386" ENODEV "$(/test/named32 syscall prctl 15 s:x)"
expect "above 32 bits" ENOSPC "$(/test/named syscall mmap 0 0x100001000 0 0x4022 -1 0)"
expect "up to 32 bits" ok "$(/test/named syscall mmap 0 0x100000 0 0x4022 -1 0)"
expect "above 32 bits, another executable" ok "$(/test/attempt syscall mmap 0 0x100001000 0 0x4022 -1 0)"

# What lies above the lower halves is nothing to the kernel, and nothing to the rule.
for way in high wide; do
	expect "socket, $way" EAFNOSUPPORT "$(/test/named_odd $way 41 17 3 0)"
	expect "socket of another family, $way" ok "$(/test/named_odd $way 41 1 1 0)"
	expect "socket, $way, another executable" ok "$(/test/odd_calls $way 41 17 3 0)"
done
expect "i386 socket of a 64-bit program" EAFNOSUPPORT "$(/test/named_odd int80 359 17 3 0)"
expect "i386 socket of a 64-bit program, another family" ok "$(/test/named_odd int80 359 1 1 0)"
expect "i386 socket of a 64-bit program, another executable" ok "$(/test/odd_calls int80 359 17 3 0)"
expect "i386 option of a 64-bit program" EBUSY "$(/test/named_odd int80 172 4 1)"

for bits in "" 32; do
	expect "killed$bits" 137 "$(status_of "/test/named$bits" syscall personality 0x0400000)"
	expect "not killed$bits" 0 "$(status_of "/test/named$bits" syscall personality 0)"
	expect "not killed$bits, another executable" 0 "$(status_of "/test/attempt$bits" syscall personality 0x0400000)"
	expect "recorded and not$bits" "ok ok" \
		"$(in_turn "/test/named$bits" syscall lseek fd:/test/named 0 2 then syscall lseek fd:/test/named 0 0)"
done

# Rows: by rule as many as were refused, killed or recorded above. Equal ones may be one row with a count.
count_of() { sed -n "/$1/s/.*\"count\": *\([0-9]*\).*/\1/p" /run/rows | awk '{ sum += $1 } END { print sum + 0 }'; }
rows_of() { count_of "\"rule\": *\"arguments\.$1\""; }
is_complete() {
	synpol audit --json --limit 0 >/run/rows 2>/dev/null
	[ "$(count_of '"rule": *"arguments\.')" -ge 28 ]
}
tries=0
until is_complete || [ $tries -ge 50 ]; do
	usleep 200000
	tries=$((tries + 1))
done
while read -r rule count; do expect "rows of $rule" "$count" "$(rows_of "$rule")"; done <<-ROWS
	packet 9
	raw 2
	uts 6
	dumpable 3
	name 1
	nice 2
	large 1
	persona 2
	seek 2
ROWS
# With the values that the rules ask about, in words that explain takes again.
expect "rows that say the family" 9 "$(count_of '"object": *"socket where arg0 == 0x11')"
finish
