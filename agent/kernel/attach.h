// SPDX-License-Identifier: Apache-2.0
// Links: which programs are attached where, and how one apply changes that: what is missing is
// attached before the flip, what is not needed any more is detached after it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/kernel/attach_kinds.h"
#include "agent/kernel/loader.h"
#include "agent/kernel/pins.h"

namespace synpol {

class Links {
  public:
    Links(const PinFolder& pins, const Programs& programs, AttachOptions options)
        : pins_{pins}, programs_{programs}, options_{std::move(options)} {}

    /// Takes over the pinned links. Where the code of a program changed (an upgrade), its link gets
    /// the new one, without a moment in which neither is attached.
    Result<void> adopt();

    /// Attaches and pins what `hooks` need and what is not there yet. On an error nothing of it
    /// stays.
    Result<void> add_missing(const std::set<std::string>& hooks);
    /// Undoes the last add_missing(), whose flip failed.
    void undo_added();
    /// Keeps what add_missing() added and detaches everything that `hooks` do not need.
    void keep_only(const std::set<std::string>& hooks);

    /// Hooks that have pinned links: their programs are needed by adopt().
    static std::set<std::string> pinned_hooks(const PinFolder& pins);

    std::vector<std::string> describe() const;
    void detach_all();

  private:
    struct Link {
        Descriptor descriptor;
        std::string pin; ///< name in the pin folder
    };

    Result<std::set<AttachPoint>> points_of(const std::set<std::string>& hooks) const;
    Result<void> adopt_pin(const std::string& name);
    Result<void> renew(const AttachPoint& point, Link& link);
    Result<void> add(const AttachPoint& point);
    Result<Link> make(const AttachPoint& point);
    bool is_attached(const AttachPoint& point) const;
    void detach(Link& link);
    void replace(const AttachPoint& point, Link link);
    AttachRequest request(const AttachPoint& point) const;

    const PinFolder& pins_;
    const Programs& programs_; ///< those loaded so far
    AttachOptions options_;
    std::map<AttachPoint, Link> links_;
    std::map<AttachPoint, Link> added_; ///< by add_missing(), until undone or kept
};

} // namespace synpol
