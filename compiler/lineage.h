// SPDX-License-Identifier: Apache-2.0
// Lineage: which conjunctions of "an ancestor is such a subject" and its opposite some process can
// have, and ancestors that show it.
#pragma once

#include <vector>

#include "compiler/attempt.h"
#include "compiler/path_emptiness.h"
#include "compiler/product.h"

namespace synpol {

/// Ancestors, nearest first, of a process that satisfies a conjunction.
struct Lineage {
    bool possible = false;
    /// Nothing where the search was given up: then it is taken as possible.
    std::optional<std::vector<SubjectFacts>> ancestors;
};

class LineageFinder {
  public:
    /// Exact, up to a budget. An ancestor's own facts are free, so that only what the subjects say
    /// about each other matters; its ancestors are ancestors of the process, too.
    Lineage find(const GroupLiterals& literals, const std::vector<SubjectExpr>& lineage_sets);

  private:
    /// Numbers of subjects, ascending.
    using Subjects = std::vector<std::uint32_t>;
    /// What the ancestors from some place on have to be, and must not be.
    struct Task {
        Subjects required;
        Subjects forbidden;

        bool operator==(const Task&) const = default;
    };
    std::uint32_t number_of(const SubjectExpr& subject);
    Lineage find_chain(const Task& task);
    Lineage try_nearest(const Task& task, std::size_t chosen);
    Lineage follow(const SubjectPart& nearest, Task task);
    std::optional<SubjectFacts> facts_of(const SubjectPart& part);

    std::size_t steps_ = 0;
    std::vector<Task> pending_; ///< what the one that is being solved is for
    std::vector<IdSet> group_sets_;
    std::vector<SubjectExpr> lineage_sets_; ///< by number
    PathEmptiness emptiness_;
};

/// Every set with its bit of the mask: a literal each.
GroupLiterals literals_of_mask(std::uint32_t mask, std::size_t set_count);

/// Groups of a process that has exactly what the conjunction asks for; nothing where none can.
std::optional<std::vector<std::uint32_t>> groups_for(const GroupLiterals& literals,
                                                     const std::vector<IdSet>& group_sets);

} // namespace synpol
