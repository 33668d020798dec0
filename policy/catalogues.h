// SPDX-License-Identifier: Apache-2.0
// What @names stand for: groups of system calls, sets of paths and groups of constants, each with a
// version and a source.
// Data: policy/data/catalogues.tsv, catalogue-members.tsv and syscall-groups.tsv.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/values.h"

namespace synpol {

enum class CatalogueType : std::uint8_t { syscalls, paths, constants };

/// "syscalls", "paths", "constants".
std::string_view name_of(CatalogueType type);
/// "system calls", "paths", "constants".
std::string_view noun_of(CatalogueType type);

struct CatalogueMember {
    std::string text;     ///< a system call, a glob or a constant
    std::string_view why; ///< empty for system calls
};

struct Catalogue {
    std::string_view name; ///< without the @
    CatalogueType type = CatalogueType::paths;
    std::string_view version;
    std::string_view what;
    std::string_view source;
    std::vector<CatalogueMember> members;
};

/// By type, then by name.
const std::vector<Catalogue>& catalogues();

/// Null for an unknown name. No two types share a name.
const Catalogue* find_catalogue(std::string_view name);
std::vector<std::string_view> catalogue_names(CatalogueType type); ///< without the @

/// The paths that a catalogue of paths covers; nothing for a name that is none.
std::optional<PathSet> path_catalogue(std::string_view name);

/// The names of constants.h in a catalogue of constants; nothing for a name that is none.
std::optional<std::vector<std::string_view>> constant_catalogue(std::string_view name);

} // namespace synpol
