// SPDX-License-Identifier: Apache-2.0
// Models by hand, for tests of the compiler.
#pragma once

#include "compiler/compile.h"

namespace synpol::testing {

/// Compiles without a plan; a model that does not compile fails the test with its diagnostics.
Compiled compile_model(Model model);

/// `deny syscall` of one key, by everybody.
Rule deny_syscall(std::string name, SyscallSet syscalls);
/// `deny connect` to these addresses.
Rule deny_connect(std::string name, AddressSet target);
/// `block inbound` from these addresses.
Rule block_from(std::string name, AddressSet source);
/// `limit inbound at TOKENS/s per source burst BURST`.
Rule limit_inbound(std::string name, std::uint32_t tokens, std::uint32_t burst);

ObjectPattern any_object();
SubjectExpr user(IdSet ids);
SubjectExpr group(IdSet ids);
SubjectExpr exe(const std::string& glob);
SubjectExpr cgroup(const std::string& glob);
SubjectExpr all_of(std::vector<SubjectExpr> children);
SubjectExpr any_of(std::vector<SubjectExpr> children);
SubjectExpr negate(SubjectExpr child);

Model model_of(std::vector<Rule> rules);

} // namespace synpol::testing
