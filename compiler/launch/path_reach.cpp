// SPDX-License-Identifier: Apache-2.0
// The state of "/" in the automaton is that after its slash, that of "/a" before the next one. Here
// a folder is always its state before the slash, so "/" is the start: nothing has been read yet.
#include "compiler/launch/path_reach.h"

namespace synpol {

namespace {

constexpr std::uint32_t start_state = 1;

/// The classes of bytes that names are made of.
std::vector<std::uint16_t> name_classes(const Automaton& automaton) {
    std::vector<bool> seen(automaton.class_count, false);
    std::vector<std::uint16_t> classes;
    for (unsigned byte = 1; byte < 256; ++byte) {
        const auto byte_class = automaton.byte_class[byte];
        if (byte == '/' || seen[byte_class]) continue;
        seen[byte_class] = true;
        classes.push_back(byte_class);
    }
    return classes;
}

} // namespace

Result<PathReach> PathReach::make(const FileWays& files) {
    auto automaton =
        build_automaton({files.refused.begin(), files.refused.end()}, Direction::forwards);
    if (!automaton) return std::move(automaton.error());
    PathReach reach{std::move(*automaton)};
    reach.read_members();
    reach.spread();
    return reach;
}

void PathReach::read_members() {
    root_ = start_state;
    for (const auto accept : automaton_.accept) {
        Ways ways = 0;
        for (const auto set : automaton_.members[accept]) ways |= static_cast<Ways>(1u << set);
        here_.push_back(ways);
    }
    at_root_ = here_[next(root_, automaton_.byte_class['/'])];
}

/// Two facts a state, each about all paths that go on from it: within a name (this path and every
/// longer one), and below it (after a slash and at least one byte). Repeated until nothing changes;
/// states are numbered breadth first, so going backwards settles a tree in one pass.
void PathReach::spread() {
    const auto states = here_.size();
    const auto classes = name_classes(automaton_);
    some_.assign(states, 0);
    every_.assign(states, all_ways);
    std::vector<Ways> in_name_some = here_;
    std::vector<Ways> in_name_every = here_;
    while (spread_once(classes, in_name_some, in_name_every)) {
    }
}

bool PathReach::spread_once(const std::vector<std::uint16_t>& classes,
                            std::vector<Ways>& in_name_some, std::vector<Ways>& in_name_every) {
    bool changed = false;
    const auto join = [&](Ways& some, Ways& every, State from) {
        const auto more = static_cast<Ways>(some | in_name_some[from]);
        const auto fewer = static_cast<Ways>(every & in_name_every[from]);
        changed |= more != some || fewer != every;
        some = more;
        every = fewer;
    };
    for (auto state = static_cast<State>(here_.size()); state-- > 0;) {
        const auto after_slash = next(state, automaton_.byte_class['/']);
        for (const auto byte_class : classes) {
            join(some_[state], every_[state], next(after_slash, byte_class));
            join(in_name_some[state], in_name_every[state], next(state, byte_class));
        }
        const auto more = static_cast<Ways>(in_name_some[state] | some_[state]);
        const auto fewer = static_cast<Ways>(in_name_every[state] & every_[state]);
        changed |= more != in_name_some[state] || fewer != in_name_every[state];
        in_name_some[state] = more;
        in_name_every[state] = fewer;
    }
    return changed;
}

PathReach::State PathReach::child(State folder, std::string_view name) const {
    State state = next(folder, automaton_.byte_class['/']);
    for (const char byte : name)
        state = next(state, automaton_.byte_class[static_cast<unsigned char>(byte)]);
    return state;
}

} // namespace synpol
