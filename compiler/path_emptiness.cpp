// SPDX-License-Identifier: Apache-2.0
#include "compiler/path_emptiness.h"

#include <algorithm>
#include <array>

#include "compiler/automaton.h"

namespace synpol {

namespace {

using Kind = PathSet::Kind;

/// Paths that most inhabited sets contain, complements above all; asking is cheaper than building.
constexpr std::array<std::string_view, 4> probes = {"/usr/bin/example", "/var/lib/example",
                                                    "/srv/~/~/~/~", "/~"};

/// Globs are checked when they are read: each matches something.
bool plainly_inhabited(const PathSet& set) {
    if (set.kind() == Kind::any || set.kind() == Kind::glob) return true;
    return std::any_of(probes.begin(), probes.end(),
                       [&](auto probe) { return set.contains(probe); });
}

/// A set too large for its automaton is taken as inhabited: its rule stays, and make_atoms says
/// what is too large.
std::optional<std::string> find_path(const PathSet& set) {
    const auto automaton = build_automaton({set}, Direction::forwards);
    if (!automaton) return "/";
    for (std::size_t i = 0; i < automaton->members.size(); ++i)
        if (!automaton->members[i].empty() && !automaton->representatives[i].empty())
            return automaton->representatives[i];
    return std::nullopt;
}

} // namespace

const std::optional<std::string>& PathEmptiness::path_in(const PathSet& set) {
    const auto [entry, fresh] = known_.try_emplace(set.key());
    if (fresh) entry->second = find_path(set);
    return entry->second;
}

bool PathEmptiness::is_empty(const PathSet& set, std::optional<std::string_view> also) {
    if (set.kind() == Kind::none) return true;
    if (plainly_inhabited(set) || (also && set.contains(*also))) return false;
    return !path_in(set);
}

std::optional<std::string> PathEmptiness::member_of(const PathSet& set,
                                                    std::optional<std::string_view> also) {
    if (set.kind() == Kind::none) return std::nullopt;
    if (auto path = path_in(set)) return path;
    if (also && set.contains(*also)) return std::string{*also};
    return std::nullopt;
}

} // namespace synpol
