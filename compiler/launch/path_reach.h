// SPDX-License-Identifier: Apache-2.0
// PathReach: what the refused sets say about a path, and about everything below it, walked one
// name at a time. Exact: it looks at all paths there can be, existing or not.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/automaton.h"
#include "compiler/launch/file_ways.h"
#include "policy/result.h"

namespace synpol {

class PathReach {
  public:
    /// A folder on the way; the state after its path, before a '/'.
    using State = std::uint32_t;

    static Result<PathReach> make(const FileWays& files);

    /// "/". Its names follow with child(), as everywhere.
    State root() const { return root_; }
    State child(State folder, std::string_view name) const;

    Ways refused(State at) const { return here_[at]; }             ///< the path itself
    Ways refused_somewhere(State at) const { return some_[at]; }   ///< of all paths below it
    Ways refused_everywhere(State at) const { return every_[at]; } ///< of all paths below it
    Ways refused_at_root() const { return at_root_; }

    /// Ways in which some path is refused, and those in which every one is.
    Ways restricted() const { return at_root_ | some_[root_]; }
    Ways closed() const { return at_root_ & every_[root_]; }

  private:
    explicit PathReach(Automaton automaton) : automaton_{std::move(automaton)} {}
    State next(State state, std::uint16_t byte_class) const {
        return automaton_.next[state * automaton_.class_count + byte_class];
    }
    void read_members();
    void spread();
    bool spread_once(const std::vector<std::uint16_t>& classes, std::vector<Ways>& in_name_some,
                     std::vector<Ways>& in_name_every);

    Automaton automaton_;
    State root_ = 0;
    Ways at_root_ = 0;
    std::vector<Ways> here_;
    std::vector<Ways> some_;
    std::vector<Ways> every_;
};

} // namespace synpol
