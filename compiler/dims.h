// SPDX-License-Identifier: Apache-2.0
// Which dimensions an action has: those that its boxes can constrain and its attempts have facts
// of.
#pragma once

#include <array>
#include <vector>

#include "compiler/box.h"

namespace synpol {

/// Facts of one process, in the order user, group, exe, cgroup, lineage.
using SubjectDims = std::array<sp_dim, 5>;
inline constexpr SubjectDims subject_dims = {SP_DIM_USER, SP_DIM_GROUP, SP_DIM_EXE, SP_DIM_CGROUP,
                                             dim_lineage};
inline constexpr SubjectDims peer_dims = {dim_peer_user, dim_peer_group, dim_peer_exe,
                                          dim_peer_cgroup, dim_peer_lineage};

/// Ascending.
const std::vector<sp_dim>& dims_of(Action action);

constexpr sp_dim argument_dim(std::size_t argument) {
    return static_cast<sp_dim>(dim_argument + static_cast<sp_u32>(argument));
}
constexpr sp_dim dim_at(std::size_t index) {
    return static_cast<sp_dim>(index);
}
/// Of the process that acts.
constexpr bool is_subject_dim(sp_dim dim) {
    return dim < SP_SUBJECT_DIMS || dim == dim_lineage;
}

} // namespace synpol
