// SPDX-License-Identifier: Apache-2.0
#include "agent/difference.h"

#include <nlohmann/json.hpp>

namespace synpol {

bool FullDifference::may_be_looser() const {
    if (!decisions) return !same();
    return decisions->change == Change::looser || decisions->change == Change::mixed;
}

FullDifference full_difference(const Compiled* before, const Compiled& after) {
    static const BoxSet nothing;
    FullDifference difference;
    difference.tables = diff(before, after);
    auto decisions = diff_decisions(before != nullptr ? before->boxes : nothing, after.boxes);
    if (decisions) {
        difference.decisions = std::move(*decisions);
    } else {
        difference.too_large = decisions.error().message();
    }
    return difference;
}

std::string to_text(const FullDifference& difference) {
    const std::string decisions =
        difference.decisions ? to_text(*difference.decisions)
                             : "decisions cannot be compared: " + difference.too_large + "\n";
    return decisions + to_text(difference.tables);
}

std::string to_json(const FullDifference& difference) {
    using nlohmann::json;
    auto all = json::parse(to_json(difference.tables));
    all["decisions"] = difference.decisions ? json::parse(to_json(*difference.decisions)) : json();
    all["change"] = difference.decisions ? json(name_of(difference.decisions->change)) : json();
    all["too_large"] = difference.too_large;
    return all.dump();
}

} // namespace synpol
