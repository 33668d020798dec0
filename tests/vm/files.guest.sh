#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exec, read and write of files by path: each member, each outcome, the same from a process that no rule is about,
# and a row for each refusal. What cannot be closed is here, too, as what happens.
# `then` is a word of the attempt program here.
# shellcheck disable=SC1010
. /test/guest_lib.sh

room=/tmp/room
mkdir -p $room/p/sub $room/free $room/other
mount -t tmpfs other $room/other
ln /test/attempt /test/named
cp /test/attempt $room/p/tool
cp /test/attempt $room/free/tool
printf '#!%s\n' "$room/p/tool nothing" >$room/free/script
printf '#!%s\n' "$room/free/tool nothing" >$room/p/script
chmod +x $room/free/script $room/p/script

renew() {
	rm -rf $room/p/new $room/p/moved $room/free/[a-z] $room/free/gained
	for name in secret victim sub/deep; do echo text >$room/p/$name; done
	for name in a b c; do echo text >$room/free/$name; done
	[ -L $room/p/link ] || ln -s nowhere $room/p/link
}

# refused WHAT ERRNO VERB...: the named program is refused, the other one is not.
refused() {
	what=$1 errno=$2
	shift 2
	renew
	expect "refused: $what" "$errno" "$(/test/named "$@" 2>&1 | tail -n 1)"
	renew
	expect "another's: $what" ok "$(/test/attempt "$@" 2>&1 | tail -n 1)"
}
passes() {
	what=$1
	shift
	renew
	expect "passes: $what" ok "$(/test/named "$@" 2>&1 | tail -n 1)"
}
happens() {
	what=$1 wanted=$2
	shift 2
	renew
	expect "not closed: $what" "$wanted" "$("$@" 2>&1 | tail -n 1)"
}
at() { echo "syscall $1 -100 s:$room/$2"; }

write_config
start_agent

# ---- exec ----
apply exec <<SYN
syn 1
policy exec
subject named = exe /test/named
tools: deny exec $room/p/** for named with EACCES
SYN
# $run and what `at` prints are several words.
# shellcheck disable=SC2046,SC2086
{
	run="v:x,nothing 0"
	refused "exec" EACCES $(at execveat p/tool) $run 0
	refused "exec of a script" EACCES $(at execveat p/script) $run 0
	refused "exec of an interpreter" EACCES $(at execveat free/script) $run 0
	passes "exec beside it" $(at execveat free/tool) $run 0
	refused "exec by descriptor" EACCES syscall execveat fd:$room/p/tool s: $run 0x1000
	refused "a hard link to it" EACCES $(at linkat p/tool) -100 s:$room/free/gained 0
	refused "moving it away" EACCES $(at renameat p/tool) -100 s:$room/free/gained
	mv $room/free/gained $room/p/tool 2>/dev/null
}
cp $room/free/tool $room/p/tool

# ---- read ----
apply read <<SYN
syn 1
policy read
subject named = exe /test/named
secrets: deny read $room/p/** for named with ENOTDIR
SYN
# shellcheck disable=SC2046
{
	refused "open" ENOTDIR $(at openat p/secret) 0
	refused "open for both" ENOTDIR $(at openat p/secret) 2
	refused "open below" ENOTDIR $(at openat p/sub/deep) 0
	refused "open of a folder" ENOTDIR $(at openat p) 0
	refused "open through .." ENOTDIR $(at openat free/../p/sub/../secret) 0
	refused "openat2" ENOTDIR $(at openat2 p/secret) z:24 24
	refused "a link's text" ENOTDIR $(at readlinkat p/link) z:64 64
	passes "open for writing" $(at openat p/secret) 1
	passes "open as a place" $(at openat p/secret) 0x200000
	passes "open beside it" $(at openat free/a) 0
	passes "open of a longer name" $(at openat other) 0
	refused "a hard link" ENOTDIR $(at linkat p/secret) -100 s:$room/free/gained 0
	refused "moving it away" ENOTDIR $(at renameat2 p/secret) -100 s:$room/free/gained 0
	refused "exchanging it" ENOTDIR $(at renameat2 p/secret) -100 s:$room/free/a 2
	refused "exchanging the other way" ENOTDIR $(at renameat2 free/a) -100 s:$room/p/secret 2
	passes "moving it inside" $(at renameat2 p/secret) -100 s:$room/p/moved 0
	refused "a bind mount" ENOTDIR syscall mount s:$room/p s:$room/other s: 0x1000 0
	umount $room/other
	umount $room/other && mount -t tmpfs other $room/other
	passes "a file in memory" syscall memfd_create s:x 0
	happens "a folder above is renamed" ok /test/named syscall rename s:$room s:/tmp/away \
		then syscall openat -100 s:/tmp/away/p/secret 0
	mv /tmp/away $room
}

# ---- write: each member alone ----
member_rule() {
	apply "$1" <<SYN
syn 1
policy write
subject named = exe /test/named
$1: deny $1 $room/p/** for named with EXDEV
SYN
}
# shellcheck disable=SC2046
{
	member_rule write
	refused "open for writing" EXDEV $(at openat p/secret) 1
	refused "open for appending" EXDEV $(at openat p/secret) 0x401
	passes "open for reading" $(at openat p/secret) 0
	refused "all: making" EXDEV $(at openat p/new) 0x41 0x180
	refused "all: removing" EXDEV $(at unlinkat p/victim) 0
	refused "all: a mount over it" EXDEV syscall mount s:none s:$room/p/sub s:tmpfs 0 0
	umount $room/p/sub

	member_rule create
	refused "O_CREAT" EXDEV $(at openat p/new) 0x41 0x180
	refused "mkdir" EXDEV $(at mkdirat p/new) 0x1c0
	refused "mknod" EXDEV $(at mknodat p/new) 0x1180 0
	refused "symlink" EXDEV syscall symlinkat s:x -100 s:$room/p/new
	passes "O_CREAT of what is there" $(at openat p/secret) 0x41 0x180
	passes "O_CREAT beside it" $(at openat free/x) 0x41 0x180

	member_rule delete
	refused "unlink" EXDEV $(at unlinkat p/victim) 0
	passes "writing" $(at openat p/secret) 1

	member_rule rename
	refused "from it" EXDEV $(at renameat2 p/victim) -100 s:$room/free/gained 0
	refused "to it" EXDEV $(at renameat2 free/a) -100 s:$room/p/new 0
	refused "over it" EXDEV $(at renameat2 free/a) -100 s:$room/p/victim 0
	passes "unlink, of a rule about rename" $(at unlinkat p/victim) 0

	member_rule link
	refused "a link from it" EXDEV $(at linkat p/secret) -100 s:$room/free/gained 0
	refused "a link to it" EXDEV $(at linkat free/a) -100 s:$room/p/new 0

	member_rule truncate
	refused "truncate" EXDEV syscall truncate s:$room/p/secret 0
	refused "ftruncate" EXDEV syscall ftruncate new:$room/p/secret 0
	refused "O_TRUNC" EXDEV $(at openat p/secret) 0x201
	refused "O_TRUNC for reading" EXDEV $(at openat p/secret) 0x200

	member_rule chmod
	refused "chmod" EXDEV $(at fchmodat p/secret) 0x180
	refused "fchmod" EXDEV syscall fchmod fd:$room/p/secret 0x180

	member_rule chown
	refused "chown" EXDEV $(at fchownat p/secret) 0 0 0
	refused "fchown" EXDEV syscall fchown fd:$room/p/secret 0 0

	member_rule xattr
	refused "setxattr" EXDEV syscall setxattr s:$room/p/secret s:trusted.x s:1 1 0
	refused "fsetxattr" EXDEV syscall fsetxattr fd:$room/p/secret s:trusted.x s:1 1 0
	happens "time stamps" ok /test/named $(at utimensat p/secret) 0 0
}

# ---- outcomes ----
apply outcomes <<SYN
syn 1
policy outcomes
subject named = exe /test/named
note:  audit deny read $room/p/** for named
fatal: kill write $room/p/** for named
fence: only read $room/** + /test/** for named with EBUSY
SYN
code() { status=0; "$@" >/dev/null 2>&1 || status=$?; echo "$status"; }
# shellcheck disable=SC2046
{
	passes "a recorded read" $(at openat p/secret) 0
	renew
	expect "a killed write" 137 "$(code /test/named $(at unlinkat p/victim) 0)"
	expect "nothing of it" text "$(cat $room/p/victim)"
	refused "outside the fence" EBUSY syscall openat -100 s:/etc 0
}

for rule in exec.tools read.secrets write.write write.create write.delete write.rename write.link write.truncate \
	write.chmod write.chown write.xattr outcomes.note outcomes.fatal outcomes.fence; do
	wait_for "a row of $rule" has_rows 1 --rule "$rule"
done
path_of() { synpol audit --json --limit 0 --rule "$1" | sed -n 's/.*"object": *"\([^"]*\)".*/\1/p' | sort -u | tr '\n' ' '; }
expect "paths told" "truncate $room/p/secret " "$(path_of write.truncate)"
expect "paths told of xattr" "xattr $room/p/secret " "$(path_of write.xattr)"
expect "rows of others" 0 "$(rows --exe /test/attempt)"
finish
