// SPDX-License-Identifier: Apache-2.0
// IntervalSet<T>: a set of unsigned numbers as sorted, disjoint, non-adjacent closed intervals.
// It is the value of ports, users, system calls and addresses.
#pragma once

#include <algorithm>
#include <limits>
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
    IntervalSet() = default;

    static IntervalSet all() { return range(T{0}, max_value<T>()); }
    static IntervalSet single(T value) { return range(value, value); }
    /// Precondition: first <= last.
    static IntervalSet range(T first, T last) {
        IntervalSet set;
        set.intervals_.push_back({first, last});
        return set;
    }
    /// Sorts and merges; n log n.
    static IntervalSet from(std::vector<Interval<T>> intervals) {
        std::sort(intervals.begin(), intervals.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        IntervalSet set;
        for (const auto& interval : intervals) set.append(interval);
        return set;
    }

    bool empty() const { return intervals_.empty(); }
    bool is_all() const {
        return intervals_.size() == 1 && intervals_[0].first == T{0} &&
               intervals_[0].last == max_value<T>();
    }
    const std::vector<Interval<T>>& intervals() const { return intervals_; }

    bool contains(T value) const {
        auto after = std::upper_bound(intervals_.begin(), intervals_.end(), value,
                                      [](T v, const auto& i) { return v < i.first; });
        return after != intervals_.begin() && value <= std::prev(after)->last;
    }

    IntervalSet complement() const {
        IntervalSet set;
        T next{0};
        for (const auto& [first, last] : intervals_) {
            if (next < first) set.intervals_.push_back({next, static_cast<T>(first - 1)});
            if (last == max_value<T>()) return set;
            next = static_cast<T>(last + 1);
        }
        set.intervals_.push_back({next, max_value<T>()});
        return set;
    }

    friend IntervalSet operator|(const IntervalSet& a, const IntervalSet& b) {
        std::vector<Interval<T>> merged;
        merged.reserve(a.intervals_.size() + b.intervals_.size());
        std::merge(a.intervals_.begin(), a.intervals_.end(), b.intervals_.begin(),
                   b.intervals_.end(), std::back_inserter(merged),
                   [](const auto& x, const auto& y) { return x.first < y.first; });
        IntervalSet set;
        for (const auto& interval : merged) set.append(interval);
        return set;
    }
    friend IntervalSet operator&(const IntervalSet& a, const IntervalSet& b) {
        IntervalSet set;
        auto x = a.intervals_.begin();
        auto y = b.intervals_.begin();
        while (x != a.intervals_.end() && y != b.intervals_.end()) {
            const T first = std::max(x->first, y->first);
            const T last = std::min(x->last, y->last);
            if (first <= last) set.intervals_.push_back({first, last});
            if (x->last < y->last) {
                ++x;
            } else {
                ++y;
            }
        }
        return set;
    }
    friend IntervalSet operator-(const IntervalSet& a, const IntervalSet& b) {
        return a & b.complement();
    }

    bool operator==(const IntervalSet&) const = default;

  private:
    /// Precondition: interval.first is not below the first of the last interval.
    void append(const Interval<T>& interval) {
        if (!intervals_.empty()) {
            auto& back = intervals_.back();
            if (interval.first <= back.last ||
                (back.last != max_value<T>() && interval.first == static_cast<T>(back.last + 1))) {
                back.last = std::max(back.last, interval.last);
                return;
            }
        }
        intervals_.push_back(interval);
    }

    std::vector<Interval<T>> intervals_;
};

} // namespace synpol
