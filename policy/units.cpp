// SPDX-License-Identifier: Apache-2.0
#include "policy/units.h"

#include <vector>

#include "policy/literals.h"

namespace synpol {
namespace {

constexpr std::string_view suffixes[] = {".service",   ".socket", ".device", ".mount",
                                         ".automount", ".swap",   ".target", ".path",
                                         ".timer",     ".slice",  ".scope"};
// A unit of the system stands below slices alone. What a user's own manager starts stands below a
// service (user@1000.service), so nobody can give himself the name of a system unit.
constexpr std::size_t slices_max = 4;

bool has_suffix(std::string_view name) {
    for (const auto suffix : suffixes) {
        if (name.ends_with(suffix)) return true;
    }
    return false;
}

} // namespace

std::optional<PathSet> cgroups_of_unit(std::string_view name, std::string& error) {
    if (name.empty() || name.find('/') != std::string_view::npos) {
        error = "a unit has a name without `/`";
        return {};
    }
    std::string below = "/" + std::string{name} + (has_suffix(name) ? "" : ".service") + "/**";
    std::vector<PathSet> sets;
    for (std::size_t slices = 0; slices <= slices_max; ++slices) {
        auto cgroups = parse_path_item(below, error);
        if (!cgroups) return {};
        sets.push_back(std::move(*cgroups));
        below.insert(0, "/*.slice");
    }
    return unite(std::move(sets));
}

} // namespace synpol
