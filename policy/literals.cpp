// SPDX-License-Identifier: Apache-2.0
#include "policy/literals.h"

#include <limits>

#include <fmt/format.h>

#include "policy/glob.h"
#include "policy/numbers.h"

namespace synpol {

PathSet unite(std::vector<PathSet> sets) {
    if (sets.empty()) return PathSet::none();
    while (sets.size() > 1) {
        std::vector<PathSet> half;
        half.reserve(sets.size() / 2 + 1);
        for (std::size_t i = 0; i + 1 < sets.size(); i += 2) half.push_back(sets[i] | sets[i + 1]);
        if (sets.size() % 2 == 1) half.push_back(sets.back());
        sets = std::move(half);
    }
    return sets.front();
}

std::optional<PathSet> parse_path_item(std::string_view text, std::string& error) {
    auto globs = expand_glob(text, error);
    if (!globs) return {};
    std::vector<PathSet> sets;
    for (auto& glob : *globs) sets.push_back(PathSet::glob(std::move(glob)));
    return unite(std::move(sets));
}

std::optional<PortSet> parse_port_item(std::string_view text, std::string& error) {
    const auto range = parse_number_range(text, max_value<std::uint16_t>(), error);
    if (!range) return {};
    return PortSet::range(static_cast<std::uint16_t>(range->first),
                          static_cast<std::uint16_t>(range->last));
}

std::optional<IdSet> parse_id_item(std::string_view text, std::string& error) {
    // The highest number means "no change" to every system call that takes a uid.
    const auto range = parse_number_range(text, max_value<std::uint32_t>() - 1, error);
    if (!range) return {};
    return IdSet::range(static_cast<std::uint32_t>(range->first),
                        static_cast<std::uint32_t>(range->last));
}

std::optional<IdSet> parse_account_item(std::string_view text, AccountKind kind, NameService& names,
                                        std::string& error) {
    if (!text.empty() && text[0] >= '0' && text[0] <= '9') return parse_id_item(text, error);
    const auto id = kind == AccountKind::user ? names.user(text) : names.group(text);
    if (id) return IdSet::single(*id);
    error = fmt::format("this host has no such {}", kind == AccountKind::user ? "user" : "group");
    return {};
}

} // namespace synpol
