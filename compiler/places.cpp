// SPDX-License-Identifier: Apache-2.0
#include "compiler/places.h"

#include <algorithm>

#include "compiler/dims.h"

namespace synpol {

static_assert(dim_count == SP_ATOM_COUNTS && write_member_count == SP_WRITE_COUNT);

namespace {

std::optional<sp_dim> argument_at(std::uint32_t number, const sp_header& header) {
    const auto arguments = arguments_with_places(header);
    if (number >= arguments.size()) return std::nullopt;
    const auto index = arguments[number].index;
    return index < argument_count ? std::optional{argument_dim(index)} : std::nullopt;
}

std::optional<sp_dim> call_dim(std::uint32_t place, const sp_header& header) {
    return place == SP_DIM_SYSCALL ? SP_DIM_SYSCALL
                                   : argument_at(place - SP_PLACE_ARGUMENT, header);
}

std::optional<sp_dim> flow_dim(Action action, std::uint32_t place) {
    if (place == SP_DIM_SOURCE && !is_packet(action)) return std::nullopt;
    return place < SP_DIM_TRANSPORT ? std::nullopt : std::optional{dim_at(place)};
}

std::optional<sp_dim> file_dim(Action action, std::uint32_t place) {
    if (place == SP_PLACE_PATH) return dim_path;
    return place == SP_PLACE_MEMBER && action == Action::write ? std::optional{dim_member}
                                                               : std::nullopt;
}

std::optional<sp_dim> peer_dim(std::uint32_t place) {
    const auto number = place - SP_PLACE_PEER;
    return number < SP_SUBJECT_DIMS ? std::optional{peer_dims[number]} : std::nullopt;
}

} // namespace

std::span<const sp_argument> arguments_with_places(const sp_header& header) {
    return {header.arguments, std::min(header.argument_count, SP_ARGUMENTS_MAX)};
}

std::optional<sp_dim> dim_at_place(sp_area_id area, std::uint32_t place, const sp_header& header) {
    const auto action = action_of(area);
    if (place < SP_SUBJECT_DIMS)
        return is_packet(action) ? std::nullopt : std::optional{dim_at(place)};
    if (action == Action::syscall) return call_dim(place, header);
    if (has_flow(action)) return flow_dim(action, place);
    if (has_path(action)) return file_dim(action, place);
    if (has_peer(action)) return peer_dim(place);
    return action == Action::setuid && place == SP_PLACE_ACCOUNT ? std::optional{dim_account}
                                                                 : std::nullopt;
}

} // namespace synpol
