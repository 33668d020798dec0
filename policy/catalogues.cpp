// SPDX-License-Identifier: Apache-2.0
#include "policy/catalogues.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>

#include "policy/data_rows.h"
#include "policy/literals.h"
#include "policy/syscall_table.h"

namespace synpol {

namespace data {
extern const std::string_view catalogues;
extern const std::string_view catalogue_members;
} // namespace data

namespace {

struct TypeWords {
    std::string_view name;
    std::string_view noun;
};
constexpr std::array<TypeWords, 3> type_words = {
    {{"syscalls", "system calls"}, {"paths", "paths"}, {"constants", "constants"}}};

/// Stands for every group of system calls: their names are in a table of their own.
constexpr std::string_view every_group = "*";

CatalogueType read_type(std::string_view text) {
    const auto found = std::find_if(type_words.begin(), type_words.end(),
                                    [&](const TypeWords& words) { return words.name == text; });
    assert(found != type_words.end());
    return static_cast<CatalogueType>(found - type_words.begin());
}

Catalogue read_row(const DataFields& row) {
    assert(row.size() == 5 && row[0].front() == '@');
    return {row[0].substr(1), read_type(row[1]), row[2], row[3], row[4], {}};
}

void add_groups(const Catalogue& every, std::vector<Catalogue>& all) {
    const auto& table = SyscallTable::instance();
    for (const auto name : table.group_names()) {
        Catalogue group = every;
        group.name = name;
        for (auto& call : table.describe(*table.group(name))) {
            group.members.push_back({std::move(call), {}});
        }
        all.push_back(std::move(group));
    }
}

std::vector<Catalogue> read_catalogues() {
    std::map<std::string_view, std::vector<CatalogueMember>> members;
    for_each_row(data::catalogue_members, [&](const DataFields& row) {
        assert(row.size() == 3);
        members[row[0].substr(1)].push_back({std::string{row[1]}, row[2]});
    });
    std::vector<Catalogue> all;
    for_each_row(data::catalogues, [&](const DataFields& row) {
        auto catalogue = read_row(row);
        if (catalogue.name == every_group) return add_groups(catalogue, all);
        catalogue.members = members[catalogue.name];
        all.push_back(std::move(catalogue));
    });
    std::sort(all.begin(), all.end(), [](const Catalogue& a, const Catalogue& b) {
        return std::pair{a.type, a.name} < std::pair{b.type, b.name};
    });
    return all;
}

PathSet paths_of(const Catalogue& catalogue) {
    std::vector<PathSet> sets;
    for (const auto& member : catalogue.members) {
        std::string error;
        auto set = parse_path_item(member.text, error);
        assert(set && "a member of a catalogue is no path");
        if (set) sets.push_back(std::move(*set));
    }
    return unite(std::move(sets));
}

bool is_path_catalogue(std::string_view name) {
    bool found = false;
    for_each_row(data::catalogues, [&](const DataFields& row) {
        found |= row[0].substr(1) == name && read_type(row[1]) == CatalogueType::paths;
    });
    return found;
}

} // namespace

std::string_view name_of(CatalogueType type) {
    return type_words[static_cast<std::size_t>(type)].name;
}

std::string_view noun_of(CatalogueType type) {
    return type_words[static_cast<std::size_t>(type)].noun;
}

const std::vector<Catalogue>& catalogues() {
    static const auto all = read_catalogues();
    return all;
}

const Catalogue* find_catalogue(std::string_view name) {
    for (const auto& catalogue : catalogues()) {
        if (catalogue.name == name) return &catalogue;
    }
    return nullptr;
}

std::vector<std::string_view> catalogue_names(CatalogueType type) {
    std::vector<std::string_view> names;
    for (const auto& catalogue : catalogues()) {
        if (catalogue.type == type) names.push_back(catalogue.name);
    }
    return names;
}

/// Its own rows alone: describing all groups of calls takes milliseconds, which `synpol run` adds
/// to every start.
std::optional<PathSet> path_catalogue(std::string_view name) {
    if (!is_path_catalogue(name)) return std::nullopt;
    Catalogue catalogue;
    for_each_row(data::catalogue_members, [&](const DataFields& row) {
        if (row[0].substr(1) == name) catalogue.members.push_back({std::string{row[1]}, row[2]});
    });
    return paths_of(catalogue);
}

std::optional<std::vector<std::string_view>> constant_catalogue(std::string_view name) {
    const auto* catalogue = find_catalogue(name);
    if (catalogue == nullptr || catalogue->type != CatalogueType::constants) return std::nullopt;
    std::vector<std::string_view> names;
    for (const auto& member : catalogue->members) names.emplace_back(member.text);
    return names;
}

} // namespace synpol
