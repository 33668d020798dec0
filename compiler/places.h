// SPDX-License-Identifier: Apache-2.0
// Places: where a dimension of an area stands in the image's rows and in the atoms of an attempt
// (sp_place in bpf/abi.h).
#pragma once

#include <array>
#include <optional>
#include <span>

#include "compiler/box.h"

namespace synpol {

/// Atoms by place.
using PlaceAtoms = std::array<std::uint32_t, SP_DIM_COUNT>;

/// The dimension at a place, or nothing. Which arguments have one the image's header says.
std::optional<sp_dim> dim_at_place(sp_area_id area, std::uint32_t place, const sp_header& header);

/// The arguments of system calls that have places, in their order.
std::span<const sp_argument> arguments_with_places(const sp_header& header);

} // namespace synpol
