// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tests/lint/rule.h"

namespace synpol::lint {

namespace {

constexpr std::array<Rule, 6> table = {{
    {"layers", "a folder includes only what its layer may use", check_layers},
    {"readmes", "a folder's README opens with what it may use and may not", check_readmes},
    {"paths", "paths named in documents exist", check_paths},
    {"todos", "a TODO names an issue", check_todos},
    {"licences", "every source file names its licence on its first lines", check_licences},
    {"places", "nothing names a folder of one machine", check_places},
}};

} // namespace

std::span<const Rule> rules() {
    return table;
}

std::string to_string(const Finding& finding, std::string_view rule) {
    return finding.path + ":" + std::to_string(finding.line) + ": " + finding.message + " [" +
           std::string{rule} + "]";
}

} // namespace synpol::lint
