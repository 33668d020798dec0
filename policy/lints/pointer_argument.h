// SPDX-License-Identifier: Apache-2.0
// pointer-argument: a comparison of what is an address in the memory of the process.
#pragma once

#include <string>
#include <vector>

#include "policy/argument_set.h"
#include "policy/ast.h"
#include "policy/reporter.h"
#include "policy/syscall_table.h"

namespace synpol {

/// One call that has a pointer where the comparison looks: the witness.
struct PointerComparison {
    std::string call;
    Abi abi = Abi::x86_64;
    ArgumentSet values; ///< that the comparison is true for
};

/// Says nothing where all that is asked is whether there is a pointer: comparisons with 0.
void lint_pointer_argument(const ast::Word& argument, const std::vector<PointerComparison>& found,
                           Reporter& reporter);

} // namespace synpol
