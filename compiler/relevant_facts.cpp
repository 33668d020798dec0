// SPDX-License-Identifier: Apache-2.0
#include "compiler/relevant_facts.h"

#include "compiler/dims.h"

namespace synpol {

namespace {

void keep_asked(SubjectFacts& facts, const SubjectDims& dims, const AskedDims& asked) {
    if (!asked[dims[0]]) facts.user.reset();
    if (!asked[dims[1]]) facts.groups.reset();
    if (!asked[dims[2]]) facts.exe.reset();
    if (!asked[dims[3]]) facts.cgroup.reset();
    if (!asked[dims[4]]) facts.ancestors.reset();
}

} // namespace

void add_asked(const BoxSet& boxes, Action action, AskedDims& asked) {
    for (const auto& box : boxes.boxes) {
        if (action_of(box.area) != action) continue;
        for (std::size_t dim = 0; dim < dim_count; ++dim)
            asked[dim] = asked[dim] || box.sets[dim] != 0;
    }
}

Attempt with_asked(Attempt attempt, const AskedDims& asked) {
    keep_asked(attempt.subject, subject_dims, asked);
    keep_asked(attempt.peer, peer_dims, asked);
    for (std::size_t i = 0; i < argument_count; ++i)
        if (!asked[argument_dim(i)]) attempt.syscall.arguments[i].reset();
    return attempt;
}

} // namespace synpol
