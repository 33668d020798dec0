// SPDX-License-Identifier: Apache-2.0
// A rule of the house that no compiler checks: reads the tree, reports places. One file a rule;
// rules.cpp is the table of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lint/tree.h"

namespace synpol::lint {

struct Finding {
    std::string path;
    std::size_t line = 0; ///< from 1
    std::string message;
};

using Findings = std::vector<Finding>;

struct Rule {
    std::string_view name; ///< also the folder of its samples
    std::string_view what;
    Findings (*check)(const Tree& tree);
};

std::span<const Rule> rules();

Findings check_layers(const Tree& tree);
Findings check_readmes(const Tree& tree);
Findings check_paths(const Tree& tree);
Findings check_todos(const Tree& tree);
Findings check_licences(const Tree& tree);
Findings check_places(const Tree& tree);

/// "path:line: message [rule]".
std::string to_string(const Finding& finding, std::string_view rule);

} // namespace synpol::lint
