// SPDX-License-Identifier: Apache-2.0
#include "compiler/path_emptiness.h"

#include "compiler/automaton.h"

namespace synpol {

namespace {

using Kind = PathSet::Kind;

/// Not empty at a glance: most sets are, and need no automaton. Checked globs match something, and
/// a complement of one literal leaves almost everything.
bool plainly_inhabited(const PathSet& set) {
    switch (set.kind()) {
    case Kind::any:
    case Kind::glob:
        return true;
    case Kind::subtract:
        return set.left().kind() == Kind::any && set.right().kind() == Kind::glob &&
               is_literal(set.right().glob());
    default:
        return false;
    }
}

bool has_member(const PathSet& set) {
    // A set too large for its automaton is taken as inhabited: its rule stays, and make_atoms says
    // what is too large.
    const auto automaton = build_automaton({set}, Direction::forwards);
    if (!automaton) return true;
    for (std::size_t i = 0; i < automaton->members.size(); ++i)
        if (!automaton->members[i].empty() && !automaton->representatives[i].empty()) return true;
    return false;
}

} // namespace

bool PathEmptiness::is_empty(const PathSet& set, bool without_path) {
    if (set.kind() == Kind::none) return true;
    if (plainly_inhabited(set) || (without_path && set.contains(""))) return false;
    const auto [entry, fresh] = known_.try_emplace(set.key(), false);
    if (fresh) entry->second = !has_member(set);
    return entry->second;
}

} // namespace synpol
