// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/argument_numbering.h"

#include <fmt/format.h>

namespace synpol {

void lint_argument_numbering(const ast::Word& argument, std::string_view call, unsigned meant,
                             Reporter& reporter) {
    reporter.lint(
        Severity::note, Code::argument_numbering, argument.span,
        fmt::format("`{}` counts from 0, the manual page of `{}` does not", argument.text, call),
        fmt::format("what the page calls so is `arg{}`", meant));
}

} // namespace synpol
