// SPDX-License-Identifier: Apache-2.0
#include "compiler/dims.h"

#include <algorithm>

namespace synpol {

namespace {

std::vector<sp_dim> make_dims(Action action) {
    std::vector<sp_dim> dims;
    const auto add = [&](bool has, std::initializer_list<sp_dim> more) {
        if (has) dims.insert(dims.end(), more);
    };
    if (!is_packet(action)) dims.assign(subject_dims.begin(), subject_dims.end());
    if (has_peer(action)) dims.insert(dims.end(), peer_dims.begin(), peer_dims.end());
    add(action == Action::syscall, {SP_DIM_SYSCALL});
    for (std::size_t i = 0; action == Action::syscall && i < argument_count; ++i)
        dims.push_back(argument_dim(i));
    add(has_flow(action), {SP_DIM_TRANSPORT, SP_DIM_TARGET, SP_DIM_PORT});
    add(is_packet(action), {SP_DIM_SOURCE});
    add(has_path(action), {dim_path});
    add(action == Action::write, {dim_member});
    add(action == Action::setuid, {dim_account});
    std::sort(dims.begin(), dims.end());
    return dims;
}

std::array<std::vector<sp_dim>, action_count> make_table() {
    std::array<std::vector<sp_dim>, action_count> table;
    for (std::size_t i = 0; i < action_count; ++i) table[i] = make_dims(static_cast<Action>(i));
    return table;
}

} // namespace

const std::vector<sp_dim>& dims_of(Action action) {
    static const auto table = make_table();
    return table[static_cast<std::size_t>(action)];
}

} // namespace synpol
