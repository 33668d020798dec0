// SPDX-License-Identifier: Apache-2.0
// What a name in a file stands for, and everywhere that the same thing is named.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/lsp/analysis.h"
#include "agent/lsp/references.h"

namespace synpol::lsp {

/// A thing with a name, defined in one of the files of an analysis.
struct Target {
    Role role = Role::set;
    const PolicyFile* home = nullptr; ///< an import: the file that imports
    std::string name;                 ///< of a line: "label.line"
    Span definition;                  ///< the name where it is defined
    const Symbol* symbol = nullptr;   ///< of a set, a subject or an import

    bool same_as(const Target& other) const {
        return role == other.role && home == other.home && name == other.name;
    }
};

/// The reference that touches a place, the shortest of several.
std::optional<Reference> reference_at(const Analysis& analysis, const PolicyFile& file,
                                      std::uint32_t offset);

/// A part of a (dotted) name and what it stands for.
struct Use {
    Target target;
    Span span;
};
/// All parts that stand for something; none for literals and unknown names.
std::vector<Use> uses_of(const Analysis& analysis, const PolicyFile& file,
                         const Reference& reference);

/// What stands at a place.
std::optional<Use> use_at(const Analysis& analysis, const PolicyFile& file, std::uint32_t offset);

/// The same; a part that stands for nothing by itself, as the action in "box.read", means what is
/// in front of it.
std::optional<Use> meant_at(const Analysis& analysis, const PolicyFile& file, std::uint32_t offset);

/// Every place in all files of the analysis that names the target.
std::vector<Span> places_of(const Analysis& analysis, const Target& target);

/// The labels of a file's rules, with the labels of confines' lines ("box.tools").
std::vector<std::string> label_names(const Analysis& analysis, const PolicyFile& file);

} // namespace synpol::lsp
