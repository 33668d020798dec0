// SPDX-License-Identifier: Apache-2.0
// IntervalSet<T>: a set of unsigned numbers as sorted, disjoint, non-adjacent closed intervals.
// It is the value of ports, users, system calls and addresses.
#pragma once

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace synpol {

// __int128 is not an integer type for std::numeric_limits under -std=c++20.
template <typename T>
constexpr T max_value() {
    return static_cast<T>(~T{0});
}

template <typename T>
struct Interval {
    T first{};
    T last{};

    bool operator==(const Interval&) const = default;
};

template <typename T>
class IntervalSet {
  public:
    using Intervals = std::vector<Interval<T>>;

    IntervalSet() = default;

    static IntervalSet all() { return range(T{0}, max_value<T>()); }
    static IntervalSet single(T value) { return range(value, value); }
    /// Precondition: first <= last.
    static IntervalSet range(T first, T last) { return IntervalSet{{{first, last}}}; }
    /// Sorts and merges; n log n.
    static IntervalSet from(Intervals intervals) {
        const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
        if (!std::is_sorted(intervals.begin(), intervals.end(), before)) {
            std::sort(intervals.begin(), intervals.end(), before);
        }
        Intervals merged;
        merged.reserve(intervals.size());
        for (const auto& interval : intervals) append(merged, interval);
        return IntervalSet{std::move(merged)};
    }

    bool empty() const { return !intervals_; }
    bool is_all() const {
        return intervals().size() == 1 && intervals()[0].first == T{0} &&
               intervals()[0].last == max_value<T>();
    }
    const Intervals& intervals() const {
        static const Intervals nothing;
        return intervals_ ? *intervals_ : nothing;
    }

    bool contains(T value) const {
        const auto& own = intervals();
        auto after = std::upper_bound(own.begin(), own.end(), value,
                                      [](T v, const auto& i) { return v < i.first; });
        return after != own.begin() && value <= std::prev(after)->last;
    }

    IntervalSet complement() const {
        Intervals gaps;
        T next{0};
        for (const auto& [first, last] : intervals()) {
            if (next < first) gaps.push_back({next, static_cast<T>(first - 1)});
            if (last == max_value<T>()) return IntervalSet{std::move(gaps)};
            next = static_cast<T>(last + 1);
        }
        gaps.push_back({next, max_value<T>()});
        return IntervalSet{std::move(gaps)};
    }

    friend IntervalSet operator|(const IntervalSet& a, const IntervalSet& b) {
        if (a.empty() || a.intervals_ == b.intervals_) return b;
        if (b.empty()) return a;
        Intervals both;
        both.reserve(a.intervals().size() + b.intervals().size());
        std::merge(a.intervals().begin(), a.intervals().end(), b.intervals().begin(),
                   b.intervals().end(), std::back_inserter(both),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
        return from(std::move(both));
    }
    friend IntervalSet operator&(const IntervalSet& a, const IntervalSet& b) {
        if (a.is_all()) return b;
        if (b.is_all()) return a;
        Intervals common;
        auto x = a.intervals().begin();
        auto y = b.intervals().begin();
        while (x != a.intervals().end() && y != b.intervals().end()) {
            const T first = std::max(x->first, y->first);
            const T last = std::min(x->last, y->last);
            if (first <= last) common.push_back({first, last});
            if (x->last < y->last) {
                ++x;
            } else {
                ++y;
            }
        }
        return IntervalSet{std::move(common)};
    }
    friend IntervalSet operator-(const IntervalSet& a, const IntervalSet& b) {
        return a & b.complement();
    }

    friend bool operator==(const IntervalSet& a, const IntervalSet& b) {
        return a.intervals_ == b.intervals_ || a.intervals() == b.intervals();
    }

  private:
    explicit IntervalSet(Intervals intervals)
        : intervals_{intervals.empty() ? nullptr
                                       : std::make_shared<const Intervals>(std::move(intervals))} {}

    /// Precondition: interval.first is not below the first of the last interval.
    static void append(Intervals& intervals, const Interval<T>& interval) {
        if (!intervals.empty()) {
            auto& back = intervals.back();
            if (interval.first <= back.last ||
                (back.last != max_value<T>() && interval.first == static_cast<T>(back.last + 1))) {
                back.last = std::max(back.last, interval.last);
                return;
            }
        }
        intervals.push_back(interval);
    }

    // Shared and never changed: ten thousand rules may name one set of a million addresses. Null is
    // the empty set.
    std::shared_ptr<const Intervals> intervals_;
};

} // namespace synpol
