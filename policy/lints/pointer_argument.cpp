// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/pointer_argument.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "policy/listing.h"
#include "policy/syscall_arguments.h"

namespace synpol {
namespace {

constexpr std::size_t calls_shown = 6;

bool compares_null(const PointerComparison& one) {
    const auto null = ArgumentSet::single(0).with_width(register_width(one.abi));
    return (one.values - null).empty() || (one.values | null).is_all();
}

} // namespace

void lint_pointer_argument(const ast::Word& argument, const std::vector<PointerComparison>& found,
                           Reporter& reporter) {
    if (std::all_of(found.begin(), found.end(), compares_null)) return;
    std::set<std::string> calls; // one for all its ABIs
    for (const auto& one : found) calls.insert(one.call);
    reporter
        .lint(Severity::warning, Code::pointer_argument, argument.span,
              fmt::format("`{}` of {} is a pointer", argument.text,
                          listing({calls.begin(), calls.end()}, calls_shown)),
              "compares addresses, not what is there")
        .notes.push_back("what a pointer leads to can change after it has been looked at");
}

} // namespace synpol
