// SPDX-License-Identifier: Apache-2.0
// Globs -> nondeterministic -> deterministic -> smallest -> numbered from the start in the order of
// the bytes, so that equal sets give equal automata.
#include "compiler/automaton.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/dfa.h"

namespace synpol {

namespace {

constexpr std::uint32_t dead_state = 0;
constexpr std::uint32_t start_state = 1;

/// A raw automaton may be larger than its smallest form; beyond this it is hopeless.
constexpr std::uint32_t raw_states_factor = 4;

// ---- numbering ---------------------------------------------------------------------------------

/// The states of `dfa` in the order in which a breadth-first walk from the start meets them.
std::vector<std::uint32_t> breadth_first_order(const Dfa& dfa) {
    std::vector<bool> seen(dfa.size(), false);
    std::vector<std::uint32_t> order;
    if (dfa.size() == 0) return order;
    order.push_back(dfa.start);
    seen[dfa.start] = true;
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const auto& [label, to] : dfa.edges[order[i]]) {
            if (seen[to]) continue;
            seen[to] = true;
            order.push_back(to);
        }
    }
    return order;
}

/// Fills next and accept. Accept values are renumbered as the walk meets them; 0 stays 0. Returns
/// by new value the class of Membership.
std::vector<std::uint32_t> number_states(const Dfa& dfa, Automaton& automaton) {
    const auto order = breadth_first_order(dfa);
    std::vector<std::uint16_t> number(dfa.size(), dead_state);
    for (std::size_t i = 0; i < order.size(); ++i)
        number[order[i]] = static_cast<std::uint16_t>(i + start_state);
    const std::size_t states = std::max<std::size_t>(order.size() + start_state, start_state + 1);
    automaton.next.assign(states * dfa.class_count, dead_state);
    automaton.accept.assign(states, 0);
    std::vector<std::uint32_t> classes = {0};
    std::map<std::uint32_t, std::uint32_t> accept_of_class = {{0, 0}};
    for (const auto state : order) {
        const auto row = static_cast<std::size_t>(number[state]) * dfa.class_count;
        for (const auto& [label, to] : dfa.edges[state]) automaton.next[row + label] = number[to];
        const auto fresh = static_cast<std::uint32_t>(classes.size());
        const auto [entry, is_new] = accept_of_class.try_emplace(dfa.accept[state], fresh);
        if (is_new) classes.push_back(dfa.accept[state]);
        automaton.accept[number[state]] = entry->second;
    }
    return classes;
}

// ---- byte classes ------------------------------------------------------------------------------

/// Merges the classes that no state tells apart; the classes are numbered by their first byte.
void merge_classes(Automaton& automaton, std::uint32_t old_count) {
    const std::size_t states = automaton.accept.size();
    std::map<std::vector<std::uint16_t>, std::uint16_t> by_column;
    std::vector<std::optional<std::uint16_t>> merged(old_count);
    std::vector<std::uint16_t> first_old; // by new class
    for (auto& byte_class : automaton.byte_class) {
        auto& known = merged[byte_class];
        if (!known) {
            std::vector<std::uint16_t> column(states);
            for (std::size_t state = 0; state < states; ++state)
                column[state] = automaton.next[state * old_count + byte_class];
            const auto fresh = static_cast<std::uint16_t>(first_old.size());
            const auto [entry, is_new] = by_column.try_emplace(std::move(column), fresh);
            if (is_new) first_old.push_back(byte_class);
            known = entry->second;
        }
        byte_class = *known;
    }
    automaton.class_count = static_cast<std::uint32_t>(first_old.size());
    std::vector<std::uint16_t> next;
    next.reserve(states * first_old.size());
    for (std::size_t state = 0; state < states; ++state)
        for (const auto old : first_old) next.push_back(automaton.next[state * old_count + old]);
    automaton.next = std::move(next);
}

// ---- representatives ---------------------------------------------------------------------------

/// Normalised absolute paths: "/" or segments, each after a '/'. Two small automata, one for each
/// direction; `slash` and `other` are the next states, `refused` is none.
constexpr std::uint8_t refused = 255;
struct PathShape {
    std::uint8_t slash;
    std::uint8_t other;
    bool complete;
};
constexpr std::array<PathShape, 4> forward_shape = {
    {{1, refused, false}, {refused, 2, true}, {3, 2, true}, {refused, 2, false}}};
constexpr std::array<PathShape, 4> backward_shape = {
    {{1, 2, false}, {refused, refused, true}, {3, 2, false}, {refused, 2, true}}};

/// For each class a byte that reads well, in the order of reading well.
std::vector<std::pair<std::uint16_t, char>> readable_bytes(const Automaton& automaton) {
    std::string order = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.";
    for (int byte = 1; byte < 256; ++byte)
        if (order.find(static_cast<char>(byte)) == std::string::npos)
            order += static_cast<char>(byte);
    std::vector<bool> seen(automaton.class_count, false);
    std::vector<std::pair<std::uint16_t, char>> bytes;
    for (const char byte : order) {
        const auto byte_class = automaton.byte_class[static_cast<unsigned char>(byte)];
        // '/' always counts, also where no glob tells it from other bytes: paths have it.
        if (seen[byte_class] && byte != '/') continue;
        seen[byte_class] = true;
        bytes.emplace_back(byte_class, byte);
    }
    return bytes;
}

class RepresentativeFinder {
  public:
    RepresentativeFinder(const Automaton& automaton, Direction direction)
        : automaton_{automaton}, direction_{direction}, shape_{direction == Direction::forwards
                                                                   ? forward_shape
                                                                   : backward_shape},
          steps_(automaton.accept.size() * shape_.size()) {}

    std::vector<std::string> run(std::size_t accept_count) {
        std::vector<std::string> found(accept_count);
        const auto bytes = readable_bytes(automaton_);
        visit(start_state * shape_.size(), 0, 0);
        for (std::size_t i = 0; i < queue_.size(); ++i) {
            const auto at = queue_[i];
            const auto& shape = shape_[at % shape_.size()];
            auto& representative = found[automaton_.accept[at / shape_.size()]];
            if (shape.complete && representative.empty()) representative = path_to(at);
            for (const auto& [byte_class, byte] : bytes) {
                const auto next_shape = byte == '/' ? shape.slash : shape.other;
                if (next_shape != refused) visit(next_of(at, byte_class) + next_shape, at, byte);
            }
        }
        return found;
    }

  private:
    struct Step {
        std::size_t from = 0;
        char byte = 0;
        bool seen = false;
    };

    std::size_t next_of(std::size_t at, std::uint16_t byte_class) const {
        const auto state = at / shape_.size();
        return automaton_.next[state * automaton_.class_count + byte_class] * shape_.size();
    }

    void visit(std::size_t to, std::size_t from, char byte) {
        if (steps_[to].seen) return;
        steps_[to] = {from, byte, true};
        queue_.push_back(to);
    }

    std::string path_to(std::size_t at) const {
        std::string path;
        for (; steps_[at].byte != 0; at = steps_[at].from) path += steps_[at].byte;
        if (direction_ == Direction::forwards) std::reverse(path.begin(), path.end());
        return path;
    }

    const Automaton& automaton_;
    Direction direction_;
    const std::array<PathShape, 4>& shape_;
    std::vector<Step> steps_; ///< by state and place in the shape
    std::vector<std::size_t> queue_;
};

// ---- errors ------------------------------------------------------------------------------------

Error too_many_states(std::uint32_t budget, const std::vector<Glob>& globs) {
    constexpr std::size_t shown = 8;
    std::vector<std::string> names;
    for (const auto& glob : globs)
        if (names.size() < shown) names.push_back('\'' + glob.text + '\'');
    auto message = fmt::format("the path patterns need more than {} states", budget);
    if (!names.empty()) message += fmt::format("; most come from {}", fmt::join(names, ", "));
    if (globs.size() > shown) message += fmt::format(" and {} more", globs.size() - shown);
    return Error{std::move(message)};
}

Automaton assemble(const Dfa& dfa, const Membership& membership, Direction direction) {
    Automaton automaton;
    automaton.byte_class = dfa.byte_class;
    const auto classes = number_states(dfa, automaton);
    merge_classes(automaton, dfa.class_count);
    for (const auto membership_class : classes)
        automaton.members.push_back(membership.members()[membership_class]);
    automaton.representatives = RepresentativeFinder{automaton, direction}.run(classes.size());
    return automaton;
}

} // namespace

std::uint32_t Automaton::run(std::string_view path, Direction direction) const {
    std::uint32_t state = start_state;
    const auto step = [&](char byte) {
        state = next[state * class_count + byte_class[static_cast<unsigned char>(byte)]];
    };
    if (direction == Direction::forwards) {
        std::for_each(path.begin(), path.end(), step);
    } else {
        std::for_each(path.rbegin(), path.rend(), step);
    }
    return accept[state];
}

Result<Automaton> build_automaton(const std::vector<PathSet>& sets, Direction direction,
                                  std::uint32_t budget, std::vector<Glob>* culprits) {
    Membership membership{sets};
    GlobNfa nfa{direction};
    for (std::uint32_t glob = 0; glob < membership.globs().size(); ++glob)
        nfa.add(membership.globs()[glob], glob);
    std::vector<std::uint32_t> crowding;
    const auto raw =
        determinise(nfa, membership, std::size_t{budget} * raw_states_factor, crowding);
    const auto smallest = raw ? minimise(*raw) : Dfa{};
    if (!raw || smallest.size() + start_state > budget) {
        std::vector<Glob> globs;
        for (const auto glob : crowding) globs.push_back(membership.globs()[glob]);
        if (culprits) *culprits = globs;
        return too_many_states(budget, globs);
    }
    return assemble(smallest, membership, direction);
}

} // namespace synpol
