// SPDX-License-Identifier: Apache-2.0
// From the rules about files to Landlock rules: which folders and files get which rights. Landlock
// grants whole folders and single files to a process that starts with nothing, so every grant here
// is a subset of what the rules permit, proved on the automaton of all paths; what it cannot say is
// a gap.
//
// Where a permitted set is neither (`/usr/bin/*`, a folder with a hole), the folder is listed once,
// at the start, and what is permitted of its entries is granted one by one: what is made in it
// later is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/launch/file_tree.h"
#include "compiler/launch/file_ways.h"
#include "compiler/launch/path_reach.h"

namespace synpol {

/// Linux 6.18's include/uapi/linux/landlock.h. That of the build host may be older.
enum LandlockAccess : std::uint64_t {
    landlock_execute = 1u << 0,
    landlock_write_file = 1u << 1,
    landlock_read_file = 1u << 2,
    landlock_read_dir = 1u << 3,
    landlock_remove_dir = 1u << 4,
    landlock_remove_file = 1u << 5,
    landlock_make_char = 1u << 6,
    landlock_make_dir = 1u << 7,
    landlock_make_reg = 1u << 8,
    landlock_make_sock = 1u << 9,
    landlock_make_fifo = 1u << 10,
    landlock_make_block = 1u << 11,
    landlock_make_sym = 1u << 12,
    landlock_refer = 1u << 13,    ///< ABI 2
    landlock_truncate = 1u << 14, ///< ABI 3
};
/// Rights that a file can be given; the others are of folders.
constexpr std::uint64_t landlock_file_rights =
    landlock_execute | landlock_write_file | landlock_read_file | landlock_truncate;
/// "execute, read_file": for people.
std::string landlock_rights_text(std::uint64_t rights);

struct PathGrant {
    std::string path;
    bool is_folder = false; ///< all of it, else this file alone
    std::uint64_t rights = 0;

    bool operator==(const PathGrant&) const = default;
};

struct LandlockFiles {
    std::uint64_t handled = 0;     ///< refused where nothing grants them; 0: Landlock is not needed
    std::vector<PathGrant> grants; ///< ascending paths
    std::vector<Gap> gaps;

    bool operator==(const LandlockFiles&) const = default;
};

struct LandlockOptions {
    unsigned abi = 0; ///< 0: the kernel has no Landlock
    /// Ways that other carriers enforce.
    Ways elsewhere = 0;
    /// Files without which nothing starts: the command, the loaders of programs. They may be
    /// executed and read if anything is fenced.
    std::vector<std::string> needed;
    /// Entries that are looked at before a list is given up.
    std::size_t entries_max = 50000;
};

LandlockFiles landlock_files(const FileWays& files, const PathReach& reach, FileTree& tree,
                             const LandlockOptions& options);

} // namespace synpol
