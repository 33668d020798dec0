// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/member_calls.h"

#include <array>

#include "compiler/tsv.h"

namespace synpol {

namespace {

struct CallRow {
    Ways way;
    std::string_view calls; ///< of all ABIs
};

// fchmod and fsetxattr need no right to write the file: an open descriptor is enough.
constexpr auto rows = std::to_array<CallRow>({
    {way_of(WriteMember::chmod), "chmod fchmod fchmodat fchmodat2"},
    {way_of(WriteMember::chown), "chown fchown lchown fchownat chown32 fchown32 lchown32"},
    {way_of(WriteMember::xattr), "setxattr lsetxattr fsetxattr removexattr lremovexattr "
                                 "fremovexattr setxattrat removexattrat"},
    {way_of(WriteMember::rename), "rename renameat renameat2"},
    {way_of(WriteMember::link), "link linkat"},
});

constexpr std::array all_abis = {Abi::x86_64, Abi::i386, Abi::x32};

/// A call that something refuses already, whatever its arguments, is left so.
void refuse(std::string_view name, int error, CallPolicy& policy) {
    for (const auto abi : all_abis) {
        const auto number = SyscallTable::instance().number(abi, name);
        if (!number) continue;
        const auto& before = policy.at(abi, *number);
        if (before == CallDecision{CallAction{}})
            policy.set(abi, *number, CallDecision{CallAction::refuse(error)});
    }
}

} // namespace

Ways ways_by_calls() {
    Ways ways = 0;
    for (const auto& row : rows) ways |= row.way;
    return ways;
}

void refuse_ways(Ways ways, int error, CallPolicy& policy) {
    for (const auto& row : rows) {
        if ((ways & row.way) == 0) continue;
        for (const auto name : split_text(row.calls, ' ')) refuse(name, error, policy);
        refuse("io_uring_setup", error, policy);
    }
}

bool refuse_truncation(int error, CallPolicy& policy) {
    constexpr std::uint64_t truncates = 0x200; // O_TRUNC
    constexpr unsigned flags_bits = 32;
    constexpr int enosys = 38; // programs fall back from openat2, whose flags are in memory
    struct Opens {
        std::string_view name;
        std::size_t flags;
    };
    constexpr Opens opens[] = {{"open", 1}, {"openat", 2}, {"open_by_handle_at", 2}};
    CallPolicy changed = policy;
    for (const auto abi : all_abis) {
        for (const auto& [name, flags] : opens) {
            const auto number = SyscallTable::instance().number(abi, name);
            if (!number) continue;
            const auto& before = changed.at(abi, *number);
            if (!before.is_constant()) return false;
            if (before.otherwise.kind != CallAction::Kind::allow) continue;
            CallClause shortens;
            shortens.arguments[flags] = ArgumentSet::has_bits(truncates).with_width(flags_bits);
            shortens.action = CallAction::refuse(error);
            changed.set(abi, *number, CallDecision{{shortens}, CallAction{}});
        }
    }
    for (const auto name : {"truncate", "truncate64", "ftruncate", "ftruncate64", "creat"})
        refuse(name, error, changed);
    refuse("io_uring_setup", error, changed);
    refuse("openat2", enosys, changed);
    policy = std::move(changed);
    return true;
}

void refuse_executable_memfd(int error, CallPolicy& policy) {
    constexpr std::uint64_t noexec_seal = 8; // MFD_NOEXEC_SEAL, Linux 6.3
    constexpr unsigned flags_bits = 32;
    CallClause sealed;
    sealed.arguments[1] = ArgumentSet::has_bits(noexec_seal).with_width(flags_bits);
    for (const auto abi : all_abis) {
        const auto number = SyscallTable::instance().number(abi, "memfd_create");
        if (!number || !(policy.at(abi, *number) == CallDecision{CallAction{}})) continue;
        policy.set(abi, *number, CallDecision{{sealed}, CallAction::refuse(error)});
    }
}

} // namespace synpol
