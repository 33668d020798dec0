// SPDX-License-Identifier: Apache-2.0
// lower: model to boxes. Regions (compiler/region.h) are put into areas, their sets into pools.
#include "compiler/box.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "compiler/ambiguity.h"
#include "compiler/lineage.h"
#include "compiler/path_emptiness.h"
#include "compiler/pools.h"
#include "compiler/region.h"
#include "compiler/subject.h"
#include "policy/codes.h"

namespace synpol {

namespace {

class Lowering {
  public:
    Lowering(Model model, Diagnostics& diagnostics) : diagnostics_{diagnostics} {
        result_.model = std::move(model);
    }

    BoxSet run() {
        for (std::uint32_t rule = 0; rule < result_.model.rules.size(); ++rule) lower_rule(rule);
        sort_boxes();
        report_ambiguous_errors(result_, diagnostics_);
        return std::move(result_);
    }

  private:
    void lower_rule(std::uint32_t index) {
        const Rule& rule = result_.model.rules[index];
        auto region = regions_.region_of(rule);
        if (!region) {
            diagnostics_.error(
                Code::too_many_boxes, rule.span,
                fmt::format("the subject and exceptions of {} make more than {} cases", rule.name,
                            products_max));
            return;
        }
        std::erase_if(*region, [&](const auto& product) { return is_empty(product, rule.action); });
        report_useless(rule, *region);
        for (const auto& product : *region) add_box(index, product);
    }

    /// The dimensions whose emptiness is not seen at a glance.
    bool is_empty(const Product& product, Action action) {
        const bool memfd = action == Action::exec;
        return is_empty(product.subject) || is_empty(product.peer) ||
               emptiness_.is_empty(product.paths, memfd ? std::optional{memfd_path} : std::nullopt);
    }

    bool is_empty(const SubjectPart& part) {
        return emptiness_.is_empty(part.exes, "") ||
               emptiness_.is_empty(part.cgroups, std::nullopt) ||
               (!part.lineage.empty() &&
                !lineages_.find(part.lineage, result_.lineage_sets).possible);
    }

    void report_useless(const Rule& rule, const Products& region) {
        // A line of a confine that lists everything of its kind leaves nothing to refuse.
        if (region.empty() && !rule.confined)
            diagnostics_.warning(Code::empty_region, rule.span,
                                 fmt::format("{} matches nothing", rule.name));
        for (const auto index : regions_.dead_exceptions())
            diagnostics_.warning(Code::dead_exception, rule.exceptions[index].span,
                                 fmt::format("the exception excepts nothing from {}", rule.name));
    }

    void add_box(std::uint32_t rule_index, const Product& product) {
        const Rule& rule = result_.model.rules[rule_index];
        const auto area = area_of(rule.action, stage_of(rule));
        if (++count_[area] == SP_BOXES_MAX + 1)
            diagnostics_.error(
                Code::over_capacity, rule.span,
                fmt::format("more than {} cases for {}", SP_BOXES_MAX, name_of(area)),
                "the first rule that does not fit");
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
    Pools pools_{result_};
    RegionMaker regions_{{result_.group_sets, result_.lineage_sets}};
    PathEmptiness emptiness_;
    LineageFinder lineages_;
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
