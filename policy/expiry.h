// SPDX-License-Identifier: Apache-2.0
// What `until` means on one day.
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "policy/ast.h"
#include "policy/date.h"
#include "policy/reporter.h"

namespace synpol {

class Expiry {
  public:
    Expiry(Date today, Reporter& reporter) : today_{today}, reporter_{reporter} {}

    /// The last day of something that says `until`; `what` names it in messages.
    struct Term {
        bool over = false; ///< it is left out, and a warning says so
        std::optional<Date> until;
    };
    Term term(const std::optional<ast::Word>& until, std::string_view what);

    Date today() const { return today_; }
    /// The days ahead after which something is left out, ascending.
    std::vector<Date> deadlines() const { return {deadlines_.begin(), deadlines_.end()}; }

  private:
    Date today_;
    Reporter& reporter_;
    std::set<Date> deadlines_;
};

/// Nothing, after an error, for what is no date.
std::optional<Date> resolve_date(const ast::Word& date, Reporter& reporter);
/// In nanoseconds, above 0 unless `may_be_zero`.
std::optional<std::uint64_t> resolve_duration(const ast::Word& duration, Reporter& reporter,
                                              bool may_be_zero = false);

} // namespace synpol
