// SPDX-License-Identifier: Apache-2.0
// The values that an argument is compared with: numbers and constants, on one ABI, for an argument
// of one width.
#pragma once

#include <optional>

#include "policy/argument_set.h"
#include "policy/ast.h"
#include "policy/reporter.h"
#include "policy/syscall_table.h"

namespace synpol {

/// How wide the kernel reads an argument, and on which ABI.
struct ArgumentType {
    Abi abi = Abi::x86_64;
    unsigned width = 64;
    bool is_signed = false;

    auto operator<=>(const ArgumentType&) const = default;
};

/// The values as numbers of the argument's width; nothing after an error.
std::optional<ArgumentSet> argument_values(const ast::SetExpr& expr, ArgumentType type,
                                           Reporter& reporter);

/// The arguments that a comparison is true for, whatever their upper bits; nothing after an error.
std::optional<ArgumentSet> compared_arguments(const ast::Comparing& comparing, ArgumentType type,
                                              Reporter& reporter);

} // namespace synpol
