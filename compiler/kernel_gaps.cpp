// SPDX-License-Identifier: Apache-2.0
#include "compiler/kernel_gaps.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/carriers.h"
#include "compiler/dims.h"

namespace synpol {

namespace {

bool constrains_any(const Box& box, std::initializer_list<sp_dim> dims) {
    return std::any_of(dims.begin(), dims.end(), [&](sp_dim dim) { return box.sets[dim] != 0; });
}

bool asks_ancestors(const Rule&, const Box& box) {
    return constrains_any(box, {dim_lineage, dim_peer_lineage});
}

/// Some program decides the action, whatever for.
bool is_seen(const Box& box) {
    const auto rows = carrier_rows();
    return in_kernel(box.area) && std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
               return row.action == action_of(box.area);
           });
}

bool decides_unseen(const Rule&, const Box& box) {
    return stage_of(box.area) == Stage::rule && !is_seen(box);
}

bool limits_without_area(const Rule&, const Box& box) {
    return stage_of(box.area) == Stage::limit && !in_kernel(box.area);
}

bool counts(const Rule&, const Box& box) {
    return stage_of(box.area) == Stage::detect && !in_kernel(box.area);
}

bool limits_by_other_key(const Rule& rule, const Box& box) {
    return in_kernel(box.area) && rule.limit && rule.limit->key.key != StateKey::source;
}

bool has_responses(const Rule& rule, const Box& box) {
    if (!is_seen(box)) return false; // told already
    return std::any_of(rule.responses.begin(), rule.responses.end(), [](const Response& response) {
        return response.kind != Response::Kind::deny && response.kind != Response::Kind::kill;
    });
}

/// Two responses that one outcome cannot say.
bool denies_and_kills(const Rule& rule, const Box& box) {
    const auto responds = [&](Response::Kind kind) {
        return std::any_of(rule.responses.begin(), rule.responses.end(),
                           [kind](const Response& response) { return response.kind == kind; });
    };
    return is_seen(box) && responds(Response::Kind::deny) && responds(Response::Kind::kill);
}

struct Row {
    bool (*applies)(const Rule&, const Box&);
    bool leaves_out;
    std::string_view why; ///< {0}: the action, {1}: the key of its limit
};
constexpr Row rows[] = {
    {decides_unseen, true, "no program of this version sees `{0}` yet"},
    {limits_without_area, true, "no program of this version counts `{0}` for limits yet"},
    {counts, true, "detections that count are not carried out yet"},
    {asks_ancestors, true, "`descendants of`: the kernel side does not follow ancestors yet"},
    {limits_by_other_key, true, "limits per {1} are not kept yet, only per source"},
    {has_responses, false, "responses other than deny and kill are not carried out yet"},
    {denies_and_kills, false, "the attempt is refused, the process is not ended"},
};

} // namespace

std::vector<KernelGap> kernel_gaps(const BoxSet& boxes, const Box& box) {
    const Rule& rule = boxes.model.rules[box.rule];
    const auto key = rule.limit ? name_of(rule.limit->key.key) : std::string_view{};
    std::vector<KernelGap> gaps;
    for (const auto& row : rows)
        if (row.applies(rule, box))
            gaps.push_back(
                {fmt::format(fmt::runtime(row.why), name_of(rule.action), key), row.leaves_out});
    return gaps;
}

bool in_image(const BoxSet& boxes, const Box& box) {
    const Rule& rule = boxes.model.rules[box.rule];
    return std::none_of(std::begin(rows), std::end(rows),
                        [&](const Row& row) { return row.leaves_out && row.applies(rule, box); });
}

} // namespace synpol
