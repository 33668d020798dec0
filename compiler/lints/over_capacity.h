// SPDX-License-Identifier: Apache-2.0
// over-capacity: what the tables of the kernel side cannot hold, said at the rule that is too much.
// Whoever fills a table finds out; the resolver's own limit is in policy/lints/over_capacity.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/diagnostic.h"
#include "policy/model.h"

namespace synpol {

/// `first`: the first rule that does not fit into the area.
void report_too_many_cases(const Rule& first, std::string_view area, Diagnostics& diagnostics);

/// `first`: a rule whose condition on the argument is one too many.
void report_too_many_argument_values(const Rule& first, std::string_view argument, std::size_t most,
                                     Diagnostics& diagnostics);

/// `last`: the last rule that tells values of the dimension apart.
void report_too_many_values(const Rule& last, std::string_view dim, std::size_t most,
                            Diagnostics& diagnostics);

/// Different arguments that conditions ask about.
struct AskedArguments {
    std::size_t count = 0;
    std::size_t most = 0;
    std::size_t first_over = 0; ///< which argument is one too many
};
/// `first`: a rule that asks about the argument that is one too many.
void report_too_many_arguments(const Rule& first, const AskedArguments& asked,
                               Diagnostics& diagnostics);

struct ImageSize {
    std::size_t pages = 0;
    std::size_t most = 0;
};
/// `longest`: the rule with the longest lists.
void report_too_many_pages(const Rule& longest, ImageSize size, Diagnostics& diagnostics);

} // namespace synpol
