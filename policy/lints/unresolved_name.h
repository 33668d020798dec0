// SPDX-License-Identifier: Apache-2.0
// unresolved-name: an account that this host does not have. The set is what it will be once the
// host has it, and until then nobody is in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/reporter.h"

namespace synpol {

struct UnresolvedName {
    Span place;
    std::string name;
    std::string_view noun; ///< what was looked up: "users"
};

/// What else the name can be.
struct NearbyNames {
    std::vector<std::string> sets;     ///< of the policy, where a set can stand
    std::vector<std::string> accounts; ///< of the host
};

/// The caller goes on with suggest_nearby(), if the names are to be had.
Diagnostic& lint_unresolved_name(const UnresolvedName& unresolved, Reporter& reporter);
/// That an account is near is a help and no fix: this host may have `web1` and another one `web2`.
void suggest_nearby(Diagnostic& warning, const UnresolvedName& unresolved,
                    const NearbyNames& nearby, Reporter& reporter);

/// Of a list, which may have many: one warning where it is used.
void lint_unresolved_names_of_list(Span list, const std::vector<std::string>& names,
                                   Reporter& reporter);

} // namespace synpol
