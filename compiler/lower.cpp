// SPDX-License-Identifier: Apache-2.0
// lower: model to boxes. Regions (compiler/region.h) are put into areas, their sets into pools.
#include "compiler/box.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "compiler/ambiguity.h"
#include "compiler/lints/over_capacity.h"
#include "compiler/pools.h"
#include "compiler/product_emptiness.h"
#include "compiler/region.h"
#include "compiler/subject.h"
#include "policy/codes.h"

namespace synpol {

namespace {

/// The subjects that `never kill` takes out of whatever kills by itself.
Exception rail_of(const Rails& rails) {
    Exception rail;
    rail.subject = rails.never_kill.front();
    if (rails.never_kill.size() > 1) {
        rail.subject = {};
        rail.subject.kind = SubjectExpr::Kind::any_of;
        rail.subject.children = rails.never_kill;
    }
    rail.object = everything();
    rail.because = "never kill";
    rail.span = rails.kill_spans.empty() ? Span{} : rails.kill_spans.front();
    return rail;
}

/// What a detection that kills does to subjects that are never killed.
Rule without_kill(const Rule& rule, const SubjectExpr& subject) {
    Rule rest = rule;
    std::erase_if(rest.responses, [](const auto& one) { return one.kind == Response::Kind::kill; });
    rest.subject = {};
    rest.subject.kind = SubjectExpr::Kind::all_of;
    rest.subject.children = {rule.subject, subject};
    return rest;
}

class Lowering {
  public:
    Lowering(Model model, Diagnostics& diagnostics) : diagnostics_{diagnostics} {
        result_.model = std::move(model);
    }

    BoxSet run() {
        spare_subjects();
        for (std::uint32_t rule = 0; rule < result_.model.rules.size(); ++rule) lower_rule(rule);
        sort_boxes();
        (void)report_ambiguous_errors(result_, diagnostics_);
        return std::move(result_);
    }

  private:
    /// `never kill` takes its subjects out of detections that kill without counting. What such a
    /// detection does beside goes on for them, as a rule of the same name.
    void spare_subjects() {
        written_ = result_.model.rules.size();
        const Rails& rails = result_.model.rails;
        if (rails.never_kill.empty()) return;
        const auto rail = rail_of(rails);
        std::vector<Rule> spared;
        for (auto& rule : result_.model.rules) {
            if (rule.kind != RuleKind::detect || outcome_of(rule) != Outcome::kill) continue;
            const auto& taken = rule.exceptions; // twice where boxes are made of a lowered model
            if (std::find(taken.begin(), taken.end(), rail) != taken.end()) continue;
            auto rest = without_kill(rule, rail.subject);
            rule.exceptions.push_back(rail);
            const auto region = regions_.region_of(rest);
            if (region && !region->empty()) spared.push_back(std::move(rest));
        }
        std::move(spared.begin(), spared.end(), std::back_inserter(result_.model.rules));
    }

    void lower_rule(std::uint32_t index) {
        const Rule& rule = result_.model.rules[index];
        auto region = regions_.region_of(rule);
        if (!region) {
            diagnostics_
                .error(Code::too_many_boxes, rule.span,
                       fmt::format("the subject and exceptions of {} make more than {} cases",
                                   rule.name, products_max))
                .helps.push_back("each `or` of the subject, object and exceptions multiplies the "
                                 "others: make several rules of it, or name sets instead");
            return;
        }
        std::erase_if(*region, [&](const auto& product) {
            return emptiness_.is_empty(product, rule.action);
        });
        if (index < written_) report_if_empty(rule, *region);
        for (const auto& product : *region) add_box(index, product);
    }

    void report_if_empty(const Rule& rule, const Products& region) {
        // A line of a confine that lists everything of its kind leaves nothing to refuse.
        if (region.empty() && !rule.confined)
            diagnostics_.warning(Code::empty_region, rule.span,
                                 fmt::format("{} matches nothing", rule.name));
    }

    void add_box(std::uint32_t rule_index, const Product& product) {
        const Rule& rule = result_.model.rules[rule_index];
        const auto area = area_of(rule.action, stage_of(rule));
        if (++count_[area] == SP_BOXES_MAX + 1)
            report_too_many_cases(rule, name_of(area), diagnostics_);
        result_.boxes.push_back({area, rule_index, pools_.indices_of(product)});
    }

    /// Strongest first, then by errno, so that the first box of an attempt says what it gets.
    void sort_boxes() {
        const auto rank = [this](const Box& box) {
            const Rule& rule = result_.model.rules[box.rule];
            const auto strength = static_cast<int>(outcome_of(rule));
            return std::tuple{box.area, -strength, errno_of(rule), rule.quiet, box.rule};
        };
        std::stable_sort(result_.boxes.begin(), result_.boxes.end(),
                         [&](const Box& a, const Box& b) { return rank(a) < rank(b); });
    }

    Diagnostics& diagnostics_;
    BoxSet result_;
    std::size_t written_ = 0; ///< rules beyond are made of others
    Pools pools_{result_};
    RegionMaker regions_{{result_.group_sets, result_.lineage_sets}};
    ProductEmptiness emptiness_{result_.lineage_sets};
    std::map<sp_area_id, std::size_t> count_;
};

} // namespace

int errno_of(const Rule& rule) {
    const auto outcome = outcome_of(rule);
    if (is_packet(rule.action) || outcome < Outcome::deny) return 0;
    return rule.error.value_or(1); // EPERM
}

BoxSet lower(Model model, Diagnostics& diagnostics) {
    return Lowering{std::move(model), diagnostics}.run();
}

} // namespace synpol
