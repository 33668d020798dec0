// SPDX-License-Identifier: Apache-2.0
// Fences that bind the same subject: what all of them allow is what is left. An error where each
// allows something and together they allow nothing; a note about what is left where they stand in
// several files, because then it is written nowhere.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "compiler/lints/lint.h"
#include "compiler/point_words.h"

namespace synpol {

namespace {

constexpr std::size_t boxes_shown = 4;

/// Fences of one action that some subject is bound by together: places in LintInput::fences.
struct Crossing {
    std::vector<std::size_t> fences;
    Region shared; ///< what subjects of all can attempt
    Region left;   ///< what none of the fences refuses of it
};

class CrossingFinder {
  public:
    CrossingFinder(const LintInput& input, LintReport& report)
        : input_{input}, space_{*input.space}, report_{report} {
        for (const auto fence : input.fences) refused_.push_back(space_.region_of_rule(0, fence));
    }

    void run() {
        for (std::size_t a = 0; a < input_.fences.size(); ++a)
            for (std::size_t b = a + 1; b < input_.fences.size(); ++b)
                if (rule(a).action == rule(b).action && !told_.contains({a, b})) look_at(a, b);
    }

  private:
    const Rule& rule(std::size_t fence) const {
        return input_.boxes.model.rules[input_.fences[fence]];
    }

    void look_at(std::size_t a, std::size_t b) {
        auto crossing = begin_with(a);
        if (!crossing || !add(*crossing, b)) return;
        for (std::size_t c = 0; c < input_.fences.size() && !crossing->left.empty(); ++c)
            if (c != a && c != b && rule(c).action == rule(a).action) (void)add(*crossing, c);
        settle(crossing->left.empty() ? smallest(std::move(*crossing)) : std::move(*crossing));
    }

    /// The crossing of these; nothing where no subject is bound by all.
    std::optional<Crossing> crossing_of(const std::vector<std::size_t>& fences) const {
        auto crossing = begin_with(fences.front());
        for (std::size_t i = 1; crossing && i < fences.size(); ++i) {
            if (!crossing->left.empty()) {
                if (!add(*crossing, fences[i])) return std::nullopt;
                continue;
            }
            crossing->fences.push_back(fences[i]);
            crossing->shared =
                space_.intersect(crossing->shared, space_.region_of_pattern(fences[i]));
            if (crossing->shared.empty()) return std::nullopt;
        }
        return crossing;
    }

    /// Without the fences that are not needed to leave nothing.
    Crossing smallest(Crossing crossing) const {
        for (std::size_t i = 0; crossing.fences.size() > 2 && i < crossing.fences.size();) {
            auto fewer = crossing.fences;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            auto other = crossing_of(fewer);
            if (other && other->left.empty()) {
                crossing = std::move(*other);
            } else {
                ++i;
            }
        }
        return crossing;
    }

    void settle(Crossing crossing) {
        auto& fences = crossing.fences;
        std::sort(fences.begin(), fences.end());
        for (const auto a : fences)
            for (const auto b : fences) told_.insert({a, b});
        const bool accepted = std::any_of(fences.begin(), fences.end(), [&](auto fence) {
            return report_.is_accepted_by(rule(fence));
        });
        if (accepted) return;
        if (crossing.left.empty()) {
            report_nothing(crossing);
        } else if (in_several_files(crossing)) {
            report_left(crossing);
        }
    }

    /// Nothing where the fence allows its subject nothing: it means to.
    std::optional<Crossing> begin_with(std::size_t a) const {
        const auto& whole = space_.region_of_pattern(a);
        auto left = without(whole, a);
        if (!left || left->empty()) return std::nullopt;
        return Crossing{{a}, whole, std::move(*left)};
    }

    /// False, and nothing changes, where no subject is bound by all, or this one allows nothing.
    bool add(Crossing& crossing, std::size_t fence) const {
        auto shared = space_.intersect(crossing.shared, space_.region_of_pattern(fence));
        if (shared.empty()) return false;
        const auto allowed = without(shared, fence);
        if (!allowed || allowed->empty()) return false;
        const auto mine = space_.intersect(crossing.left, shared);
        // What the others leave of it is nothing for a reason that is told of them alone.
        if (mine.empty()) return false;
        auto left = without(mine, fence);
        if (!left) return false;
        crossing.fences.push_back(fence);
        crossing.shared = std::move(shared);
        crossing.left = std::move(*left);
        return true;
    }

    std::optional<Region> without(const Region& region, std::size_t fence) const {
        if (!refused_[fence]) return std::nullopt;
        auto rest = space_.subtract(region, *refused_[fence]);
        if (!rest) return std::nullopt;
        return std::move(*rest);
    }

    bool in_several_files(const Crossing& crossing) const {
        const auto file = rule(crossing.fences.front()).span.file;
        return std::any_of(crossing.fences.begin(), crossing.fences.end(),
                           [&](auto fence) { return rule(fence).span.file != file; });
    }

    std::string names(const Crossing& crossing) const {
        std::vector<std::string_view> all;
        for (const auto fence : crossing.fences) all.push_back(rule(fence).name);
        const auto last = all.back();
        all.pop_back();
        return fmt::format("{} and {}", fmt::join(all, ", "), last);
    }

    static std::string_view both_or_all(const Crossing& crossing) {
        return crossing.fences.size() == 2 ? "both" : "all";
    }

    /// At the last fence that nothing is told at yet: of several reports at one place one is shown.
    Diagnostic& report(const Crossing& crossing, std::string message) {
        const auto& fences = crossing.fences;
        auto at = std::find_if(fences.rbegin(), fences.rend(),
                               [&](auto fence) { return !places_.contains(fence); });
        if (at == fences.rend()) at = fences.rbegin();
        places_.insert(*at);
        auto& diagnostic =
            report_.add(rule(*at), rule(*at).object_span, std::move(message), "this fence");
        for (const auto fence : fences)
            if (fence != *at) diagnostic.secondary.push_back({rule(fence).object_span, "and this"});
        return diagnostic;
    }

    void report_nothing(const Crossing& crossing) {
        auto& diagnostic = report(
            crossing, fmt::format("{} leave nothing of `{}` to a subject of {}", names(crossing),
                                  name_of(crossing.shared.action), both_or_all(crossing)));
        if (const auto witness = space_.witness(crossing.shared))
            diagnostic.notes.push_back(fmt::format(
                "a subject of {}: {}", both_or_all(crossing),
                subject_to_string(witness->attempt.subject, input_.boxes.model.placeholders)));
    }

    void report_left(const Crossing& crossing) {
        auto& diagnostic =
            report(crossing, fmt::format("{} hold together: of `{}` only what {} allow is left",
                                         names(crossing), name_of(crossing.shared.action),
                                         both_or_all(crossing)));
        diagnostic.severity = Severity::note;
        const auto& left = crossing.left;
        const auto cells = merged(left.cells, Space::slot_count(left.action));
        for (std::size_t i = 0; i < std::min(cells.size(), boxes_shown); ++i)
            diagnostic.notes.push_back("left: " + text_of(space_, left.action, cells[i]));
        if (cells.size() > boxes_shown)
            diagnostic.notes.push_back(fmt::format("and {} more", cells.size() - boxes_shown));
        if (const auto witness = space_.witness(left))
            diagnostic.notes.push_back(fmt::format(
                "such as {} --as {}", to_string(witness->attempt, input_.boxes.model.placeholders),
                subject_to_string(witness->attempt.subject, input_.boxes.model.placeholders)));
    }

    const LintInput& input_;
    const Space& space_;
    LintReport& report_;
    std::vector<Result<Region>> refused_; ///< by fence
    std::set<std::pair<std::size_t, std::size_t>> told_;
    std::set<std::size_t> places_;
};

} // namespace

void lint_crossed_fences(const LintInput& input, LintReport& report) {
    if (input.space == nullptr) return;
    CrossingFinder{input, report}.run();
}

} // namespace synpol
