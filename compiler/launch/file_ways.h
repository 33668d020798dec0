// SPDX-License-Identifier: Apache-2.0
// The ways to use a file (exec, read, each member of write), and which paths the rules refuse to
// one process in each way.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/attempt.h"
#include "compiler/box.h"
#include "compiler/launch/gap.h"

namespace synpol {

/// A set of ways, as bits: exec 0, read 1, then the members of write.
using Ways = std::uint16_t;
constexpr std::size_t way_count = 2 + write_member_count;
constexpr Ways way_exec = 1 << 0;
constexpr Ways way_read = 1 << 1;
constexpr Ways way_of(WriteMember member) {
    return static_cast<Ways>(1u << (2 + static_cast<unsigned>(member)));
}
constexpr Ways all_ways = (1 << way_count) - 1;
/// "exec", "read", "write", "create", ...
std::string_view name_of_way(std::size_t way);

struct FileWays {
    /// By way: what the rules refuse. Unknown facts of the subject make a rule apply.
    std::array<PathSet, way_count> refused;
    /// Rules that hang on facts that change (exe, ancestors) and are applied to every process.
    std::vector<Gap> gaps;
};

FileWays file_ways(const BoxSet& boxes, const SubjectFacts& subject);

/// How the subject of a box relates to the process: no box of another subject is looked at.
bool speaks_of(const BoxSet& boxes, const Box& box, const SubjectFacts& subject);

} // namespace synpol
