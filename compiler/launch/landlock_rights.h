// SPDX-License-Identifier: Apache-2.0
// Which ways of the language each right of Landlock permits, as a table.
#pragma once

#include <span>

#include "compiler/launch/landlock.h"

namespace synpol {

/// Whose path the rules are asked about when a folder is given the right.
enum class RightOf {
    file,   ///< the files in it
    folder, ///< the folders in it and itself
    entry,  ///< the names in it: who makes or removes one needs the right on the folder
    all,    ///< the file, or the folder and all in it (no right of Landlock; for mounts)
};

/// From which truncate(2) and O_TRUNC are seen.
inline constexpr unsigned landlock_truncate_abi = 3;

struct LandlockRight {
    std::uint64_t bit;
    std::string_view name;
    unsigned abi;
    RightOf of;
    Ways way;  ///< it is handled where one of these is restricted
    Ways also; ///< and where it is, granting it permits these too
};
std::span<const LandlockRight> landlock_rights();

/// How Landlock carries a way.
struct WayRow {
    Ways way;
    std::uint64_t rights;  ///< 0: not at all
    std::string_view open; ///< what is not seen of it although it is carried
};
std::span<const WayRow> landlock_ways();

} // namespace synpol
