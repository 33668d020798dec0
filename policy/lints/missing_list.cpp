// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/missing_list.h"

#include <fmt/format.h>

namespace synpol {

void lint_missing_list(Span path, std::string_view why, Reporter& reporter) {
    reporter.lint(Severity::warning, Code::missing_list, path,
                  fmt::format("the list has not arrived yet: {}", why), "empty until it does");
}

} // namespace synpol
