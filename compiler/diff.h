// SPDX-License-Identifier: Apache-2.0
// What changes between two compiled sets: rules by label, and map entries by table.
#pragma once

#include <string>
#include <vector>

#include "compiler/compile.h"

namespace synpol {

struct RuleChange {
    enum class Kind { added, removed, changed };
    Kind kind = Kind::added;
    std::string name;   ///< policy.label
    std::string before; ///< the rule as written, or ""
    std::string after;
};
struct TableChange {
    std::string table; ///< "addresses", "boxes", "rows", ...
    std::size_t added = 0;
    std::size_t removed = 0;
    std::size_t changed = 0;
};
struct Difference {
    std::vector<RuleChange> rules; ///< sorted by name
    std::vector<TableChange> tables;
    bool same() const; ///< the images are equal byte for byte and no rule changed
};
/// `before` null: nothing is loaded yet, everything is added.
Difference diff(const Compiled* before, const Compiled& after);

std::string to_text(const Difference& difference);
std::string to_json(const Difference& difference);

} // namespace synpol
