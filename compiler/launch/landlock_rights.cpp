// SPDX-License-Identifier: Apache-2.0
#include "compiler/launch/landlock_rights.h"

#include <array>

namespace synpol {

namespace {

constexpr Ways contents = way_of(WriteMember::contents);
constexpr Ways create = way_of(WriteMember::create);
constexpr Ways remove_ = way_of(WriteMember::delete_);
constexpr Ways move_ = way_of(WriteMember::rename);
constexpr Ways link_ = way_of(WriteMember::link);
constexpr Ways shorten = way_of(WriteMember::truncate);

// A link within one folder asks for make_* alone, a rename within one for make_* and remove_*.
constexpr auto rights = std::to_array<LandlockRight>({
    {landlock_execute, "execute", 1, RightOf::file, way_exec, 0},
    {landlock_read_file, "read_file", 1, RightOf::file, way_read, 0},
    {landlock_read_dir, "read_dir", 1, RightOf::folder, way_read, 0},
    {landlock_write_file, "write_file", 1, RightOf::file, contents, 0},
    {landlock_truncate, "truncate", landlock_truncate_abi, RightOf::file, shorten, 0},
    {landlock_make_reg, "make_reg", 1, RightOf::entry, create, link_},
    {landlock_make_dir, "make_dir", 1, RightOf::entry, create, 0},
    {landlock_make_sym, "make_sym", 1, RightOf::entry, create, link_},
    {landlock_make_sock, "make_sock", 1, RightOf::entry, create, link_},
    {landlock_make_fifo, "make_fifo", 1, RightOf::entry, create, link_},
    {landlock_make_char, "make_char", 1, RightOf::entry, create, 0},
    {landlock_make_block, "make_block", 1, RightOf::entry, create, 0},
    {landlock_remove_file, "remove_file", 1, RightOf::entry, remove_, move_},
    {landlock_remove_dir, "remove_dir", 1, RightOf::entry, remove_, move_},
    // Refused by every ruleset that does not grant it, so it is handled with any other right.
    {landlock_refer, "refer", 2, RightOf::entry, all_ways, move_ | link_},
});

constexpr std::uint64_t makes = landlock_make_reg | landlock_make_dir | landlock_make_sym |
                                landlock_make_sock | landlock_make_fifo;
constexpr std::uint64_t removes = landlock_remove_file | landlock_remove_dir;

constexpr auto ways = std::to_array<WayRow>({
    {way_exec, landlock_execute,
     "a loader of programs may be run by itself, and with it any file that may be read"},
    {way_read, landlock_read_file | landlock_read_dir,
     "the targets of symbolic links and the attributes of files are not seen"},
    {contents, landlock_write_file, ""},
    {create, makes, ""},
    {remove_, removes, ""},
    {move_, removes, ""},
    {link_, makes, ""},
    {shorten, landlock_truncate, ""},
    {way_of(WriteMember::chmod), 0, ""},
    {way_of(WriteMember::chown), 0, ""},
    {way_of(WriteMember::xattr), 0, ""},
});

} // namespace

std::span<const LandlockRight> landlock_rights() {
    return rights;
}

std::span<const WayRow> landlock_ways() {
    return ways;
}

std::string landlock_rights_text(std::uint64_t set) {
    std::string text;
    for (const auto& right : rights) {
        if ((set & right.bit) == 0) continue;
        text += (text.empty() ? "" : ", ") + std::string{right.name};
    }
    return text;
}

} // namespace synpol
