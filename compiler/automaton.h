// SPDX-License-Identifier: Apache-2.0
// Automaton: one minimal deterministic automaton over bytes for all the path sets of a dimension.
// It ends in a state whose atom says which of the sets contain the path.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "policy/values.h"

namespace synpol {

/// Order in which the kernel meets the bytes: it walks dentries from the file up to the root, so
/// the automaton for `exe` reads the path backwards ("/usr/bin/x" as "x/nib/rsu/").
enum class Direction { forwards, backwards };

struct Automaton {
    std::array<std::uint16_t, 256> byte_class{};
    std::uint32_t class_count = 1;
    std::vector<std::uint16_t> next; ///< [state * class_count + class]; state 0 dead, 1 start
    std::vector<std::uint32_t>
        accept; ///< class of membership by state; 0 is that of "no glob matches"
    std::vector<std::vector<std::uint32_t>>
        members;                              ///< by accept value: indices into the sets given
    std::vector<std::string> representatives; ///< by accept value: a shortest path, or ""

    std::uint32_t run(std::string_view path, Direction direction) const; ///< accept value

    bool operator==(const Automaton&) const = default;
};

constexpr std::uint32_t automaton_states_max = 65000; ///< next is u16

/// Builds for `sets` (any path may be in any number of them). An Error names the globs responsible
/// when the state budget is exceeded; `culprits` gets them too.
Result<Automaton> build_automaton(const std::vector<PathSet>& sets, Direction direction,
                                  std::uint32_t budget = automaton_states_max,
                                  std::vector<Glob>* culprits = nullptr);

} // namespace synpol
