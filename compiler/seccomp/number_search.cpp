// SPDX-License-Identifier: Apache-2.0
// Dynamic programming over ranges of stretches, cubic in their number. A range is split at a
// boundary, or, if all of it but single numbers has one target, those are picked out one by one:
// one comparison for two boundaries.
#include "compiler/seccomp/number_search.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>
#include <optional>

namespace synpol {

namespace {

using Place = FilterCode::Place;

/// What an instruction more costs, against one more executed by every call: programs stay short
/// where that makes hardly any call slower.
constexpr double size_price = 0.02;
constexpr std::size_t picks_max = 8;
/// Beyond, ranges are halved first: a table of all ranges would cost more than it saves.
constexpr std::size_t stretches_max = 192;

class NumberSearch {
  public:
    NumberSearch(FilterCode& code, const Stretches& stretches)
        : code_{code}, stretches_{stretches}, count_{stretches.size()} {
        sums_.push_back(0);
        for (const auto& stretch : stretches) sums_.push_back(sums_.back() + stretch.weight);
    }

    Place build() {
        if (count_ > stretches_max) return halve(0, count_ - 1);
        fill(0, count_ - 1);
        return emit(0, count_ - 1);
    }

  private:
    struct Choice {
        double cost = 0;
        std::size_t split = 0; ///< the first stretch of the upper part; 0: singles are picked
    };
    using Singles = std::vector<std::size_t>;

    double total() const { return sums_.back() > 0 ? sums_.back() : 1; }
    double weight(std::size_t from, std::size_t to) const {
        return (sums_[to + 1] - sums_[from]) / total();
    }
    bool is_single(std::size_t i) const {
        return i + 1 < count_ && stretches_[i + 1].first == stretches_[i].first + 1;
    }
    Choice& choice(std::size_t from, std::size_t to) {
        return choices_[(from - base_) * width_ + (to - base_)];
    }

    /// Those that have to be picked so that `background` is left, the most usual first; nothing if
    /// they are no single numbers, or too many.
    std::optional<Singles> singles(std::size_t from, std::size_t to, Place background) const {
        Singles found;
        for (auto i = from; i <= to; ++i) {
            if (stretches_[i].target == background) continue;
            if (!is_single(i) || found.size() == picks_max) return std::nullopt;
            found.push_back(i);
        }
        std::stable_sort(found.begin(), found.end(), [this](auto a, auto b) {
            return stretches_[a].weight > stretches_[b].weight;
        });
        return found;
    }

    double cost_of_picks(std::size_t from, std::size_t to, const Singles& singles) const {
        double cost = size_price * static_cast<double>(singles.size());
        double left = weight(from, to);
        for (const auto single : singles) {
            cost += left;
            left -= weight(single, single);
        }
        return cost;
    }

    /// The target of the first stretch or of its neighbour: of any two one is no single number that
    /// is picked.
    std::optional<Place> background(std::size_t from, std::size_t to, double& cost) const {
        std::optional<Place> best;
        for (auto i = from; i <= std::min(from + 1, to); ++i) {
            const auto picked = singles(from, to, stretches_[i].target);
            if (!picked) continue;
            const double costs = cost_of_picks(from, to, *picked);
            if (best && costs >= cost) continue;
            best = stretches_[i].target;
            cost = costs;
        }
        return best;
    }

    void fill(std::size_t first, std::size_t last) {
        base_ = first;
        width_ = last - first + 1;
        choices_.assign(width_ * width_, {});
        for (std::size_t length = 2; length <= width_; ++length)
            for (auto from = first; from + length - 1 <= last; ++from)
                choice(from, from + length - 1) = best_of(from, from + length - 1);
    }

    Choice best_of(std::size_t from, std::size_t to) {
        Choice best{std::numeric_limits<double>::infinity(), 0};
        if (to - from <= 2 * picks_max) background(from, to, best.cost);
        const double here = weight(from, to) + size_price;
        for (auto split = from + 1; split <= to; ++split) {
            const double cost = here + choice(from, split - 1).cost + choice(split, to).cost;
            if (cost < best.cost) best = {cost, split};
        }
        return best;
    }

    Place emit(std::size_t from, std::size_t to) {
        if (from == to) return stretches_[from].target;
        const auto split = choice(from, to).split;
        return split == 0 ? pick(from, to) : cut(split, emit(from, split - 1), emit(split, to));
    }

    Place cut(std::size_t split, Place below, Place above) {
        return code_.test(FilterCode::Test::at_least, stretches_[split].first, above, below);
    }

    Place pick(std::size_t from, std::size_t to) {
        double cost = 0;
        const auto others = background(from, to, cost);
        assert(others);
        const auto picked = *singles(from, to, *others);
        Place place = *others;
        for (auto single = picked.rbegin(); single != picked.rend(); ++single)
            place = code_.test(FilterCode::Test::equal, stretches_[*single].first,
                               stretches_[*single].target, place);
        return place;
    }

    Place halve(std::size_t from, std::size_t to) {
        if (to - from < stretches_max) {
            fill(from, to);
            return emit(from, to);
        }
        const auto middle = from + (to - from) / 2 + 1;
        const Place below = halve(from, middle - 1);
        return cut(middle, below, halve(middle, to));
    }

    FilterCode& code_;
    const Stretches& stretches_;
    std::size_t count_;
    std::vector<double> sums_;
    std::vector<Choice> choices_; ///< of the ranges from base_ on
    std::size_t base_ = 0;
    std::size_t width_ = 0;
};

} // namespace

Stretches merged(const Stretches& stretches) {
    Stretches result;
    for (const auto& stretch : stretches) {
        if (!result.empty() && result.back().target == stretch.target)
            result.back().weight += stretch.weight;
        else
            result.push_back(stretch);
    }
    return result;
}

FilterCode::Place search_tree(FilterCode& code, const Stretches& stretches) {
    assert(!stretches.empty() && stretches.front().first == 0);
    return NumberSearch{code, stretches}.build();
}

} // namespace synpol
