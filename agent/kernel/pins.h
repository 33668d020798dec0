// SPDX-License-Identifier: Apache-2.0
// The folder of pins: what keeps maps and links alive without the agent.
//
//     BPFFS_DIR/sp_mark      says whose folder it is and in which version
//     BPFFS_DIR/sp_NAME      one for each map
//     BPFFS_DIR/links/NAME   one for each link, named by link_pin_name()
#pragma once

#include <set>
#include <string>

#include "policy/result.h"

namespace synpol {

/// Where a program is attached: the plan's name of the hook, and for XDP an interface.
struct AttachPoint {
    std::string hook;
    std::string interface;

    bool operator==(const AttachPoint&) const = default;
    auto operator<=>(const AttachPoint&) const = default;
};

/// "cgroup:connect4", "xdp@eth0%2E100": a BPF file system takes neither '/' nor '.' in a name.
std::string link_pin_name(const AttachPoint& point);
AttachPoint parse_link_pin_name(const std::string& name);

/// While a link replaces another, its pin has this at the end; link_pin_name() never gives it.
inline constexpr std::string_view replacing_suffix = "%new";

class PinFolder {
  public:
    /// Makes the folder where there is none. A folder that is not on a BPF file system, or was made
    /// by another version or by somebody else, is an Error that says what to do.
    static Result<PinFolder> open(const std::string& path);

    bool is_new() const { return is_new_; } ///< open() made it
    const std::string& path() const { return path_; }
    std::string map_path(const std::string& name) const { return path_ + "/" + name; }
    std::string link_path(const std::string& pin_name) const;
    /// Names in links/, sorted.
    std::set<std::string> links() const;
    /// Undoes what was pinned since open(): the whole folder if that made it, else the new maps.
    void forget_new() const;

  private:
    std::string path_;
    bool is_new_ = false;
    std::set<std::string> found_; ///< what was there at open()
};

/// What to do about pins that do not fit.
std::string purge_help(const std::string& path);

/// See kernel_backend.h, which declares it for users of the backend.
Result<void> purge_pins(const std::string& bpffs_dir);

} // namespace synpol
