// SPDX-License-Identifier: Apache-2.0
// Membership: which of many path sets contain a path, given which globs match it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "policy/values.h"

namespace synpol {

class Membership {
  public:
    explicit Membership(const std::vector<PathSet>& sets);

    /// All globs of all sets, each once, sorted: their numbers are the places here.
    const std::vector<Glob>& globs() const { return globs_; }

    /// The class of a path that exactly these globs (ascending) match. Class 0 is that of a path
    /// that no glob matches; equal memberships have equal classes.
    std::uint32_t class_of(const std::vector<std::uint32_t>& globs);
    /// By class: the sets, ascending.
    const std::vector<std::vector<std::uint32_t>>& members() const { return members_; }

  private:
    /// A PathSet with chains of one operator made flat, because long lists are deep trees.
    struct Expression {
        PathSet::Kind kind = PathSet::Kind::none;
        std::vector<std::uint32_t> globs; ///< unite: ascending; glob: one
        std::vector<Expression> children; ///< subtract: the first less all others
    };

    void collect_globs(const std::vector<PathSet>& sets);
    Expression flatten(const PathSet& set) const;
    Expression flatten_chain(const PathSet& set) const;
    Expression flatten_subtraction(const PathSet& set) const;
    std::uint32_t number_of(const Glob& glob) const;
    static bool evaluate(const Expression& expression, const std::vector<std::uint32_t>& globs);
    std::vector<std::uint32_t> sets_that_differ(const std::vector<std::uint32_t>& globs) const;

    std::vector<Glob> globs_;
    std::vector<Expression> expressions_;
    std::vector<std::vector<std::uint32_t>> sets_of_glob_;
    std::vector<bool> without_globs_; ///< by set: contains a path that no glob matches
    std::map<std::vector<std::uint32_t>, std::uint32_t> class_of_globs_;
    std::map<std::vector<std::uint32_t>, std::uint32_t> class_of_difference_;
    std::vector<std::vector<std::uint32_t>> members_;
};

} // namespace synpol
