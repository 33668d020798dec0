// SPDX-License-Identifier: Apache-2.0
#include "compiler/lints/cover.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace synpol {

namespace {

constexpr std::size_t names_shown = 4;

class CoverFinder {
  public:
    CoverFinder(const Space& space, const Region& region,
                const std::vector<std::uint32_t>& candidates)
        : space_{space}, region_{region} {
        for (const auto rule : candidates)
            if (auto other = space.region_of_rule(0, rule))
                parts_.push_back({rule, std::move(*other)});
    }

    std::optional<std::vector<std::uint32_t>> run() {
        for (const auto& part : parts_) {
            const auto alone = space_.is_subset(region_, part.region);
            if (alone && *alone) return std::vector{part.rule};
        }
        std::vector<bool> used(parts_.size(), true);
        if (!covered_by(used)) return std::nullopt;
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            used[i] = false;
            if (!covered_by(used)) used[i] = true;
        }
        std::vector<std::uint32_t> cover;
        for (std::size_t i = 0; i < parts_.size(); ++i)
            if (used[i]) cover.push_back(parts_[i].rule);
        return cover;
    }

  private:
    struct Part {
        std::uint32_t rule;
        Region region;
    };

    /// False as well when it is too large to decide.
    bool covered_by(const std::vector<bool>& used) const {
        Region left = region_;
        for (std::size_t i = 0; i < parts_.size() && !left.empty(); ++i) {
            if (!used[i]) continue;
            auto rest = space_.subtract(left, parts_[i].region);
            if (!rest) return false;
            left = std::move(*rest);
        }
        return left.empty();
    }

    const Space& space_;
    const Region& region_;
    std::vector<Part> parts_;
};

} // namespace

std::optional<std::vector<std::uint32_t>> find_cover(const LintInput& input, std::uint32_t rule,
                                                     Outcome at_least) {
    const auto& rules = input.boxes.model.rules;
    if (input.space == nullptr || stage_of(rules[rule]) != Stage::rule) return std::nullopt;
    const auto region = input.space->region_of_rule(0, rule);
    if (!region || region->empty()) return std::nullopt;
    auto candidates = input.space->rules_in(0, *region);
    std::erase_if(candidates,
                  [&](auto other) { return other == rule || outcome_of(rules[other]) < at_least; });
    if (candidates.empty() || candidates.size() > cover_candidates_max) return std::nullopt;
    return CoverFinder{*input.space, *region, candidates}.run();
}

std::string names_of(const std::vector<std::uint32_t>& rules, const Model& model) {
    std::vector<std::string_view> names;
    for (const auto rule : rules) names.push_back(model.rules[rule].name);
    if (names.size() <= names_shown) return fmt::format("{}", fmt::join(names, ", "));
    const auto end = names.begin() + names_shown;
    return fmt::format("{} and {} more", fmt::join(names.begin(), end, ", "),
                       names.size() - names_shown);
}

} // namespace synpol
