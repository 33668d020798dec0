// SPDX-License-Identifier: Apache-2.0
#include "compiler/test_run_attempts.h"

#include <fmt/format.h>

#include "compiler/timeline.h"
#include "compiler/transport.h"

namespace synpol {

namespace {

using Attempts = std::vector<Attempt>;

/// Each attempt once for each value.
template <typename Value, typename Put>
Attempts times(const Attempts& attempts, const std::vector<Value>& values, Put put) {
    Attempts product;
    for (const auto& attempt : attempts) {
        for (const auto& value : values) {
            product.push_back(attempt);
            put(product.back(), value);
        }
    }
    return product;
}

/// The values of a finite set; nothing when there are more than are asked for.
template <typename T>
std::optional<std::vector<T>> values_of(const IntervalSet<T>& set, std::size_t most) {
    std::vector<T> values;
    for (const auto& [first, last] : set.intervals()) {
        const auto more = static_cast<u128>(last - first);
        if (values.size() + more >= most) return std::nullopt;
        for (T value = first;; ++value) {
            values.push_back(value);
            if (value == last) break;
        }
    }
    return values;
}

/// The paths of a union of plain paths, in order; false for any other set.
bool list_paths(const PathSet& set, std::vector<std::string>& paths) {
    if (set.kind() == PathSet::Kind::unite)
        return list_paths(set.left(), paths) && list_paths(set.right(), paths);
    if (set.kind() != PathSet::Kind::glob || !is_literal(set.glob())) return false;
    paths.push_back(set.glob().text);
    return true;
}

/// Multiplies attempts by the sets of one object.
class Expander {
  public:
    Expander(const Attempt& plain, std::string& why) : attempts_{plain}, why_{why} {}

    template <typename T, typename Put>
    void numbers(const IntervalSet<T>& set, bool pinned, std::string_view what, Put put) {
        if (!pinned || failed_) return;
        const auto values = values_of(set, step_attempts_max);
        if (!values || values->size() * attempts_.size() > step_attempts_max)
            return fail(
                fmt::format("more than {} attempts: the {} are too many", step_attempts_max, what));
        attempts_ = times(attempts_, *values, put);
    }

    void paths(const PathSet& set) {
        if (set.kind() == PathSet::Kind::any || failed_) return;
        std::vector<std::string> paths;
        if (!list_paths(set, paths))
            return fail("a pattern of paths stands for infinitely many; list the paths");
        attempts_ =
            times(attempts_, paths, [](auto& attempt, const auto& path) { attempt.path = path; });
    }

    std::optional<Attempts> take() && {
        if (failed_) return std::nullopt;
        return std::move(attempts_);
    }

  private:
    void fail(std::string reason) {
        failed_ = true;
        why_ = std::move(reason);
    }

    Attempts attempts_;
    std::string& why_;
    bool failed_ = false;
};

/// Of a call that several ABIs have, the host's own.
SyscallSet native_if_any(const SyscallSet& set) {
    const auto native = set & SyscallSet::range(0, syscalls_per_abi - 1);
    return native.empty() ? set : native;
}

std::optional<Attempts> expand(const Attempt& plain, const AttemptPattern& pattern,
                               const ObjectPattern& object, std::string& why) {
    const auto action = pattern.action;
    Expander expander{plain, why};
    if (has_flow(action)) {
        const auto& flow = object.flow;
        expander.numbers(flow.source, is_packet(action) && !flow.source.is_all(), "sources",
                         [](auto& attempt, Address value) { attempt.flow.source = value; });
        expander.numbers(flow.target, !flow.target.is_all(), "targets",
                         [](auto& attempt, Address value) { attempt.flow.target = value; });
        expander.numbers(flow.ports, !flow.ports.is_all(), "ports",
                         [](auto& attempt, std::uint16_t value) { attempt.flow.port = value; });
    }
    if (action == Action::syscall) {
        const auto put = [](auto& attempt, std::uint16_t key) {
            const unsigned number = key % syscalls_per_abi;
            attempt.syscall.abi = static_cast<Abi>(key / syscalls_per_abi);
            attempt.syscall.number = number;
        };
        expander.numbers(native_if_any(object.syscalls), object.syscalls != all_syscalls(),
                         "system calls", put);
    }
    if (action == Action::setuid)
        expander.numbers(object.accounts, !object.accounts.is_all(), "accounts",
                         [](auto& attempt, std::uint32_t value) { attempt.account = value; });
    if (has_path(action)) expander.paths(object.paths);
    return std::move(expander).take();
}

/// Some attempt with the object, by the subject.
std::optional<Attempt> plain_attempt(RegionSearch& search, AttemptPattern pattern,
                                     const ObjectPattern& object) {
    pattern.objects = {object};
    const auto region = search.region_of(pattern);
    std::optional<Attempt> plain;
    if (!region) return plain;
    search.search(pattern.action, *region, {}, [&](const Attempt& attempt) {
        plain = attempt;
        return false;
    });
    return plain;
}

} // namespace

std::optional<Attempts> attempts_of(RegionSearch& search, const AttemptPattern& pattern,
                                    std::string& why) {
    Attempts all;
    for (const auto& object : pattern.objects) {
        const auto plain = plain_attempt(search, pattern, object);
        if (!plain) continue;
        const auto attempts = expand(*plain, pattern, object, why);
        if (!attempts) return std::nullopt;
        all.insert(all.end(), attempts->begin(), attempts->end());
        if (all.size() > step_attempts_max) {
            why = fmt::format("more than {} attempts", step_attempts_max);
            return std::nullopt;
        }
    }
    if (!all.empty()) return all;
    why = "no attempt is like this";
    return std::nullopt;
}

std::vector<Moment> spread(const std::vector<Attempt>& attempts, std::uint64_t at_ns,
                           std::uint64_t over_ns, std::uint64_t process) {
    std::vector<Moment> moments;
    const std::size_t gaps = attempts.size() - 1;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        const auto offset = gaps == 0 ? u128{0} : u128{over_ns} * i / gaps;
        moments.push_back({at_ns + static_cast<std::uint64_t>(offset), attempts[i], process});
    }
    return moments;
}

} // namespace synpol
