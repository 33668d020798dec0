// SPDX-License-Identifier: Apache-2.0
#include "policy/lints/unresolved_name.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/listing.h"

namespace synpol {

Diagnostic& lint_unresolved_name(const UnresolvedName& unresolved, Reporter& reporter) {
    auto& warning = reporter.lint(
        Severity::warning, Code::unresolved_name, unresolved.place,
        fmt::format("this host has no account `{}` among its {}", unresolved.name, unresolved.noun),
        "nobody until the account exists");
    warning.notes.push_back("the host is asked again whenever the policy is loaded");
    return warning;
}

void suggest_nearby(Diagnostic& warning, const UnresolvedName& unresolved,
                    const NearbyNames& nearby, Reporter& reporter) {
    const auto& sets = nearby.sets;
    std::vector<std::string_view> names{sets.begin(), sets.end()};
    names.insert(names.end(), nearby.accounts.begin(), nearby.accounts.end());
    reporter.suggest(warning, unresolved.name, names);
    const bool is_set =
        warning.fix && std::find(sets.begin(), sets.end(), warning.fix->replacement) != sets.end();
    if (!is_set) warning.fix.reset();
}

void lint_unresolved_names_of_list(Span list, const std::vector<std::string>& names,
                                   Reporter& reporter) {
    constexpr std::size_t shown = 5;
    if (names.empty()) return;
    reporter.lint(Severity::warning, Code::unresolved_name, list,
                  fmt::format("this host has no account {}", listing(names, shown)),
                  "nobody until the accounts exist");
}

} // namespace synpol
