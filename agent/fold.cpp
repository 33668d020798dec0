// SPDX-License-Identifier: Apache-2.0
#include "agent/fold.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

std::string number(const std::optional<std::int64_t>& value) {
    return value ? fmt::format_int(*value).str() : "-";
}

/// NUL between the texts: none of them can hold one.
std::string key_of(const EventRow& row) {
    std::string key;
    for (const auto* value :
         {&row.pid, &row.tid, &row.uid, &row.gid, &row.carrier, &row.error, &row.generation}) {
        key += number(*value);
        key += ' ';
    }
    key += fmt::format("{} {} {} {}", static_cast<int>(row.kind), static_cast<int>(row.verdict),
                       static_cast<int>(row.action), row.undetermined);
    for (const auto* text : {&row.rules, &row.object}) key.append(1, '\0').append(*text);
    for (const auto* text : {&row.exe, &row.comm, &row.cgroup}) {
        key.append(1, '\0').append(*text ? "+" + **text : "-");
    }
    return key;
}

} // namespace

void Fold::add(EventRow row) {
    const auto [place, added] = places_.try_emplace(key_of(row), rows_.size());
    if (added) {
        rows_.push_back(std::move(row));
        return;
    }
    auto& known = rows_[place->second];
    known.count += row.count;
    known.last_ns = std::max(known.last_ns, row.last_ns);
    if (row.time_ns < known.time_ns) {
        known.time_ns = row.time_ns;
        known.cpu = row.cpu;
        known.sequence = row.sequence;
    }
}

std::vector<EventRow> Fold::take() {
    places_.clear();
    auto rows = std::exchange(rows_, {});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const EventRow& a, const EventRow& b) { return a.time_ns < b.time_ns; });
    return rows;
}

} // namespace synpol
