// SPDX-License-Identifier: Apache-2.0
#include "agent/difference.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/host_names.h"

namespace synpol {

namespace {

/// The tests of a set, resolved once more from its sources: only a comparison needs them.
class Tests {
  public:
    explicit Tests(const Built& built) : bundle_{built.bundle} {
        HostNames host;
        BundleLoader loader{bundle_};
        RecordingNames names{bundle_, host};
        Diagnostics diagnostics;
        Program program{bundle_.roots, {loader, names, sources_, built.day, true}, diagnostics};
        tests_ = program.tests(diagnostics, TestScope::whole);
        good_ = !diagnostics.has_errors();
    }

    bool good() const { return good_; }
    ProofSide side(const Built& built) const { return {built.compiled.boxes, tests_, sources_}; }

  private:
    Bundle bundle_;
    SourceMap sources_;
    std::vector<ResolvedTest> tests_;
    bool good_ = false;
};

void compare_proofs(const Built& before, const Built& after, FullDifference& difference) {
    const Tests old{before};
    const Tests now{after};
    if (old.good() && now.good()) {
        difference.proofs = diff_proofs(old.side(before), now.side(after));
        return;
    }
    difference.not_proved = fmt::format("the tests of {} have errors, which `synpol check` tells",
                                        (old.good() ? after : before).bundle.origin);
}

} // namespace

bool FullDifference::may_be_looser() const {
    const auto looser = [](const auto& broken) { return broken.looser; };
    if (std::any_of(proofs.broken.begin(), proofs.broken.end(), looser)) return true;
    if (!decisions) return !same();
    return decisions->change == Change::looser || decisions->change == Change::mixed;
}

FullDifference full_difference(const Built* before, const Built& after) {
    static const BoxSet nothing;
    FullDifference difference;
    const auto* old = before != nullptr ? &before->compiled : nullptr;
    difference.tables = diff(old, after.compiled);
    auto decisions = diff_decisions(old != nullptr ? old->boxes : nothing, after.compiled.boxes);
    if (decisions) {
        difference.decisions = std::move(*decisions);
    } else {
        difference.too_large = decisions.error().message();
    }
    // The same rules prove the same.
    if (before != nullptr && !difference.same()) compare_proofs(*before, after, difference);
    return difference;
}

std::string to_text(const FullDifference& difference) {
    const std::string decisions =
        difference.decisions ? to_text(*difference.decisions)
                             : "decisions cannot be compared: " + difference.too_large + "\n";
    const std::string proofs = difference.not_proved.empty()
                                   ? to_text(difference.proofs)
                                   : "proofs are not compared: " + difference.not_proved + "\n";
    return decisions + proofs + to_text(difference.tables);
}

std::string to_json(const FullDifference& difference) {
    using nlohmann::json;
    auto all = json::parse(to_json(difference.tables));
    all["decisions"] = difference.decisions ? json::parse(to_json(*difference.decisions)) : json();
    all["change"] = difference.decisions ? json(name_of(difference.decisions->change)) : json();
    all["too_large"] = difference.too_large;
    all["proofs"] = json::parse(to_json(difference.proofs));
    all["not_proved"] = difference.not_proved;
    return all.dump();
}

} // namespace synpol
