// SPDX-License-Identifier: Apache-2.0
// The names of the OCI runtime specification for actions, comparisons and architectures.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "compiler/seccomp/call_policy.h"

namespace synpol {

struct OciAction {
    std::string_view name;
    CallAction::Kind kind;
};
/// The first of a kind is the one that is written.
inline constexpr OciAction oci_actions[] = {
    {"SCMP_ACT_ALLOW", CallAction::Kind::allow},
    {"SCMP_ACT_LOG", CallAction::Kind::log},
    {"SCMP_ACT_TRACE", CallAction::Kind::trace},
    {"SCMP_ACT_NOTIFY", CallAction::Kind::notify},
    {"SCMP_ACT_ERRNO", CallAction::Kind::error},
    {"SCMP_ACT_TRAP", CallAction::Kind::trap},
    {"SCMP_ACT_KILL_THREAD", CallAction::Kind::kill_thread},
    {"SCMP_ACT_KILL", CallAction::Kind::kill_thread},
    {"SCMP_ACT_KILL_PROCESS", CallAction::Kind::kill_process},
};

struct OciArchitecture {
    std::string_view name;
    Abi abi;
};
inline constexpr OciArchitecture oci_architectures[] = {
    {"SCMP_ARCH_X86_64", Abi::x86_64},
    {"SCMP_ARCH_X86", Abi::i386},
    {"SCMP_ARCH_X32", Abi::x32},
};

} // namespace synpol
