// SPDX-License-Identifier: Apache-2.0
#include "compiler/carriers.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <fmt/format.h>

#include "compiler/tsv.h"

namespace synpol {

namespace {

constexpr std::string_view sys_enter = "raw_tp/sys_enter";
constexpr std::string_view dial = "cgroup/connect4 cgroup/connect6 cgroup/sendmsg4 cgroup/sendmsg6";
constexpr std::string_view take_address = "cgroup/bind4 cgroup/bind6";

constexpr std::string_view use_kill =
    "`kill` ends the process by a signal at entry and needs no BPF LSM";
constexpr std::string_view use_deny = "`deny` refuses with an error and needs no BPF LSM";
constexpr std::string_view completes = "the call may have its effect before the process is gone";
constexpr std::string_view only_refused =
    "sendto without connect and TCP Fast Open are refused, but do not end the process";

constexpr std::string_view tracer_lives =
    "PTRACE_TRACEME is refused, but does not end the process that would trace";
constexpr std::string_view silent_fsuid =
    "setfsuid is refused, but tells nobody: the call has no errno";
// The owner of a file gets signals for it: making somebody the owner is a way to send them.
constexpr std::string_view attach_signal =
    "lsm/task_kill lsm/file_fcntl lsm/file_ioctl lsm/file_ioctl_compat?";
constexpr std::string_view attach_inject = "lsm/ptrace_access_check lsm/ptrace_traceme";
constexpr std::string_view attach_setuid =
    "lsm/task_fix_setuid lsm/task_fix_setgid lsm/task_fix_setgroups lsm/capset "
    "lsm/bprm_creds_from_file";

constexpr std::string_view mounted_elsewhere =
    "the calls that pass no hook of their own (fsopen, fsconfig, fsmount, fspick, open_tree, "
    "mount_setattr) fail with EPERM, whatever the rule says";
constexpr std::string_view autoloaded =
    "what asks the kernel for a module fails with an error of its own";
constexpr std::string_view attached_elsewhere =
    "a program that was loaded by others can be attached by setsockopt, perf or netlink";
constexpr std::string_view other_writable =
    "files that are written, closed and then mapped, segments that an executable itself asks for, "
    "and brk under READ_IMPLIES_EXEC are not seen";

constexpr std::string_view attach_mount =
    "lsm/sb_mount lsm/sb_umount lsm/sb_pivotroot lsm/move_mount lsm/capable";
constexpr std::string_view attach_module =
    "lsm/kernel_read_file lsm/kernel_load_data lsm/kernel_module_request";
constexpr std::string_view attach_wx = "lsm/mmap_file lsm/file_mprotect";

constexpr std::string_view opened_before =
    "what was opened or mapped before stays so, and a folder above that is renamed takes its files "
    "along";
constexpr std::string_view times_too =
    "what was opened before stays so, a folder above that is renamed takes its files along, and "
    "changes of time stamps are not seen";

// Whoever renames, links or mounts a file must not gain by it: the hooks of moves decide that.
#define SYNPOL_OPEN "lsm/file_open lsm/file_receive"
#define SYNPOL_MOVES "lsm/path_rename lsm/path_link lsm/sb_mount lsm/move_mount"
#define SYNPOL_CREATE "lsm/path_mknod lsm/path_mkdir lsm/path_symlink"
#define SYNPOL_DELETE "lsm/path_unlink lsm/path_rmdir"
// From 6.2 on file_truncate sees ftruncate and O_TRUNC instead of path_truncate, and access control
// lists have hooks of their own.
#define SYNPOL_TRUNCATE "lsm/path_truncate lsm/file_truncate?"
#define SYNPOL_XATTR                                                                               \
    "lsm/inode_setxattr lsm/inode_removexattr lsm/inode_set_acl? lsm/inode_remove_acl?"
constexpr std::string_view attach_exec = "lsm/bprm_check_security " SYNPOL_MOVES;
constexpr std::string_view attach_read = SYNPOL_OPEN " lsm/inode_readlink " SYNPOL_MOVES;
constexpr std::string_view attach_write =
    SYNPOL_OPEN " " SYNPOL_MOVES " " SYNPOL_CREATE " " SYNPOL_DELETE " " SYNPOL_TRUNCATE
                " lsm/path_chmod lsm/path_chown " SYNPOL_XATTR;

struct MemberRow {
    WriteMember member;
    std::string_view attach; ///< the part of attach_write that it needs
};
constexpr MemberRow member_rows[] = {
    {WriteMember::contents, SYNPOL_OPEN " " SYNPOL_MOVES},
    {WriteMember::create, SYNPOL_CREATE},
    {WriteMember::delete_, SYNPOL_DELETE},
    {WriteMember::rename, "lsm/path_rename lsm/sb_mount lsm/move_mount"},
    {WriteMember::link, "lsm/path_link"},
    {WriteMember::truncate, SYNPOL_TRUNCATE},
    {WriteMember::chmod, "lsm/path_chmod"},
    {WriteMember::chown, "lsm/path_chown"},
    {WriteMember::xattr, SYNPOL_XATTR},
};
#undef SYNPOL_OPEN
#undef SYNPOL_MOVES
#undef SYNPOL_CREATE
#undef SYNPOL_DELETE
#undef SYNPOL_TRUNCATE
#undef SYNPOL_XATTR

/// What stays open with each outcome.
struct Open {
    std::string_view audit = {};
    std::string_view deny = {};
    std::string_view kill = {};
};
constexpr Open always(std::string_view remark) {
    return {remark, remark, remark};
}

/// An action that the same hooks of BPF LSM record, refuse and end.
constexpr std::array<CarrierRow, 3> by_lsm(Action action, std::string_view attach, Open open = {},
                                           std::string_view help = {}) {
    constexpr auto lsm = SP_CARRIER_LSM;
    return {{{action, Outcome::audit, lsm, Strength::record, attach, true, open.audit, ""},
             {action, Outcome::deny, lsm, Strength::refuse, attach, true, open.deny, help},
             {action, Outcome::kill, lsm, Strength::kill, attach, true, open.kill, ""}}};
}

/// An action that is exactly some system calls, in every ABI (bpf/entry.h): seen at their entry.
constexpr std::array<CarrierRow, 2> at_entry(Action action, std::string_view open = {}) {
    constexpr auto entry = SP_CARRIER_SYS_ENTER;
    return {{{action, Outcome::audit, entry, Strength::record, sys_enter, true, open, ""},
             {action, Outcome::kill, entry, Strength::kill, sys_enter, true, open, ""}}};
}

template <std::size_t... N>
constexpr auto join(const std::array<CarrierRow, N>&... parts) {
    std::array<CarrierRow, (N + ...)> all{};
    auto end = all.begin();
    ((end = std::copy(parts.begin(), parts.end(), end)), ...);
    return all;
}

constexpr CarrierRow with_other_carriers[] = {
    // A tracepoint refuses nothing: `deny` by number is for BPF LSM alone.
    {Action::syscall, Outcome::audit, SP_CARRIER_SYS_ENTER, Strength::record, sys_enter, true, "",
     ""},
    {Action::syscall, Outcome::deny, SP_CARRIER_LSM, Strength::refuse, attach_by_call, true, "",
     use_kill},
    {Action::syscall, Outcome::kill, SP_CARRIER_SYS_ENTER, Strength::kill, sys_enter, true, "", ""},
    {Action::syscall, Outcome::kill, SP_CARRIER_LSM, Strength::refuse, attach_by_call, false,
     completes, ""},

    // The cgroup programs also see sendto and TCP Fast Open, which pass no socket_connect; the hook
    // also sees processes that sit outside the governed cgroup.
    {Action::connect, Outcome::audit, SP_CARRIER_CGROUP, Strength::record, dial, true, "", ""},
    {Action::connect, Outcome::audit, SP_CARRIER_LSM, Strength::record, "lsm/socket_connect", false,
     "", ""},
    {Action::connect, Outcome::deny, SP_CARRIER_CGROUP, Strength::refuse, dial, true, "", ""},
    {Action::connect, Outcome::deny, SP_CARRIER_LSM, Strength::refuse, "lsm/socket_connect", false,
     "", ""},
    // Programs of type cgroup/connect may not send signals.
    {Action::connect, Outcome::kill, SP_CARRIER_LSM, Strength::kill, "lsm/socket_connect", true,
     only_refused, use_deny},
    {Action::connect, Outcome::kill, SP_CARRIER_CGROUP, Strength::refuse, dial, true, "", ""},

    {Action::bind, Outcome::audit, SP_CARRIER_CGROUP, Strength::record, take_address, true, "", ""},
    {Action::bind, Outcome::audit, SP_CARRIER_LSM, Strength::record, "lsm/socket_bind", false, "",
     ""},
    {Action::bind, Outcome::deny, SP_CARRIER_CGROUP, Strength::refuse, take_address, true, "", ""},
    {Action::bind, Outcome::deny, SP_CARRIER_LSM, Strength::refuse, "lsm/socket_bind", false, "",
     ""},
    {Action::bind, Outcome::kill, SP_CARRIER_LSM, Strength::kill, "lsm/socket_bind", true, "",
     use_deny},
    {Action::bind, Outcome::kill, SP_CARRIER_CGROUP, Strength::refuse, take_address, true, "", ""},

    {Action::inbound, Outcome::audit, SP_CARRIER_XDP, Strength::record, "xdp", true, "", ""},
    {Action::inbound, Outcome::deny, SP_CARRIER_XDP, Strength::refuse, "xdp", true, "", ""},
};

constexpr auto rows = join(
    std::to_array(with_other_carriers), by_lsm(Action::fork, "lsm/task_alloc", {}, use_kill),
    by_lsm(Action::signal, attach_signal),
    by_lsm(Action::inject, attach_inject, {.kill = tracer_lives}),
    by_lsm(Action::setuid, attach_setuid, {.deny = silent_fsuid}),
    by_lsm(Action::listen, "lsm/socket_listen"), by_lsm(Action::raw_socket, "lsm/socket_create"),
    by_lsm(Action::wx_memory, attach_wx, always(other_writable)),
    by_lsm(Action::mount, attach_mount, {.deny = mounted_elsewhere}, use_kill),
    by_lsm(Action::load_module, attach_module, {.deny = autoloaded}),
    by_lsm(Action::load_bpf, "lsm/bpf", always(attached_elsewhere), use_kill),
    by_lsm(Action::new_userns, "lsm/userns_create"), by_lsm(Action::exec, attach_exec),
    by_lsm(Action::read, attach_read, always(opened_before)),
    by_lsm(Action::write, attach_write, always(times_too)));

constexpr std::string_view autoload_unseen =
    "modules that the kernel loads by itself, on behalf of a process, are not seen";

constexpr std::string_view only_inet_raw =
    "AF_PACKET and raw sockets of families other than IPv4 and IPv6 are not seen";

constexpr std::array<CarrierRow, 2> raw_sockets_by_cgroup = {{
    {Action::raw_socket, Outcome::audit, SP_CARRIER_CGROUP, Strength::record, "cgroup/sock_create",
     true, only_inet_raw, ""},
    {Action::raw_socket, Outcome::deny, SP_CARRIER_CGROUP, Strength::refuse, "cgroup/sock_create",
     true, only_inet_raw, ""},
}};

constexpr auto fallbacks =
    join(raw_sockets_by_cgroup, at_entry(Action::fork), at_entry(Action::mount),
         at_entry(Action::load_bpf), at_entry(Action::load_module, autoload_unseen));

const CarrierFact carrier_facts[] = {
    {SP_CARRIER_LSM, &Facts::lsm, &Facts::lsm_why, "BPF LSM"},
    {SP_CARRIER_CGROUP, &Facts::cgroup_sock_addr, &Facts::cgroup_why, "cgroup BPF"},
    {SP_CARRIER_XDP, &Facts::xdp, &Facts::xdp_why, "XDP"},
    {SP_CARRIER_SYS_ENTER, &Facts::sys_enter, &Facts::sys_enter_why, "the sys_enter tracepoint"},
};

} // namespace

std::span<const CarrierRow> carrier_rows() {
    return rows;
}

std::span<const CarrierRow> fallback_rows() {
    return fallbacks;
}

/// Whether a rule about these members of `write` needs this of the row's attach points.
static bool needs_point(const CarrierRow& row, std::string_view point,
                        const WriteMembers& members) {
    if (row.attach != attach_write) return true;
    return std::any_of(std::begin(member_rows), std::end(member_rows),
                       [&](const MemberRow& member) {
                           const auto points = split_text(member.attach, ' ');
                           return members.contains(static_cast<std::uint16_t>(member.member)) &&
                                  std::find(points.begin(), points.end(), point) != points.end();
                       });
}

const CarrierRow* fallback_of(const CarrierRow& missing, const Facts& facts) {
    const auto found =
        std::find_if(std::begin(fallbacks), std::end(fallbacks), [&](const CarrierRow& row) {
            return row.action == missing.action && row.outcome == missing.outcome &&
                   !use_of(row, facts).why_not;
        });
    return found == std::end(fallbacks) ? nullptr : found;
}

const CarrierFact& carrier_fact(sp_carrier carrier) {
    const auto found = std::find_if(std::begin(carrier_facts), std::end(carrier_facts),
                                    [carrier](const auto& row) { return row.carrier == carrier; });
    assert(found != std::end(carrier_facts));
    return *found;
}

CarrierUse use_of(const CarrierRow& row, const Facts& facts, const WriteMembers& members) {
    const auto& fact = carrier_fact(row.carrier);
    if (!(facts.*fact.works))
        return {{}, fmt::format("{} does not work on this kernel", fact.name)};
    CarrierUse use;
    if (row.attach == attach_by_call) return use;
    for (auto point : split_text(row.attach, ' ')) {
        constexpr std::string_view prefix = "lsm/";
        if (!needs_point(row, point, members)) continue;
        const bool is_optional = point.ends_with('?');
        if (is_optional) point.remove_suffix(1);
        const bool is_there = !point.starts_with(prefix) ||
                              facts.lsm_hooks.contains(std::string{point.substr(prefix.size())});
        if (is_there)
            use.attach.emplace_back(point);
        else if (!is_optional)
            return {{}, fmt::format("this kernel has no hook {}", point.substr(prefix.size()))};
    }
    return use;
}

} // namespace synpol
