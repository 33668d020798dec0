// SPDX-License-Identifier: Apache-2.0
#include "compiler/seccomp/call_diagram.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "policy/syscall_arguments.h"

namespace synpol {

namespace {

constexpr std::uint32_t level_of(std::uint32_t first_level, std::uint32_t bit) {
    return first_level + ArgumentSet::value_bits - 1 - bit;
}

} // namespace

CallDiagrams::Edge CallDiagrams::keep(const Node& node) {
    const auto [found, added] = known_.emplace(node, static_cast<Edge>(nodes_.size()));
    if (added) nodes_.push_back(node);
    return found->second;
}

CallDiagrams::Edge CallDiagrams::leaf(const CallAction& action) {
    const auto found = std::find(actions_.begin(), actions_.end(), action);
    const auto index = static_cast<std::uint32_t>(found - actions_.begin());
    if (found == actions_.end()) actions_.push_back(action);
    return keep({levels, index, index});
}

CallDiagrams::Edge CallDiagrams::make(std::uint32_t level, Edge zero, Edge one) {
    assert(nodes_[zero].level > level && nodes_[one].level > level);
    return zero == one ? zero : keep({level, zero, one});
}

CallDiagrams::Edge CallDiagrams::of_set(const ArgumentSet& set, std::uint32_t first_level,
                                        Edge inside) {
    const Edge outside = leaf({CallAction::Kind::kill_process, 0});
    std::vector<Edge> edges = {outside, inside};
    for (const auto& [bit, zero, one] : set.nodes())
        edges.push_back(make(level_of(first_level, bit), edges[zero], edges[one]));
    return edges[set.root()];
}

/// A pattern has two leaves: allow where it holds, kill where it does not.
CallDiagrams::Edge CallDiagrams::of_pattern(const ArgumentPattern& pattern) {
    Edge below = leaf({});
    for (auto i = static_cast<std::uint32_t>(argument_count); i-- > 0;)
        below = of_set(pattern[i], i * ArgumentSet::value_bits, below);
    return below;
}

CallDiagrams::Edge CallDiagrams::choose(Edge pattern, Edge inside, Edge outside) {
    Chosen done;
    return choose(pattern, inside, outside, done);
}

CallDiagrams::Edge CallDiagrams::choose(Edge pattern, Edge inside, Edge outside, Chosen& done) {
    if (is_leaf(pattern)) return action(pattern) == CallAction{} ? inside : outside;
    const auto pair = std::make_pair(pattern, outside);
    if (const auto found = done.find(pair); found != done.end()) return found->second;
    const auto top = std::min(level(pattern), level(outside));
    const auto side = [&](Edge edge, bool value) {
        if (level(edge) != top) return edge;
        return value ? one(edge) : zero(edge);
    };
    const Edge low = choose(side(pattern, false), inside, side(outside, false), done);
    const Edge high = choose(side(pattern, true), inside, side(outside, true), done);
    return done[pair] = make(top, low, high);
}

CallDiagrams::Edge CallDiagrams::of(const CallDecision& decision) {
    Edge edge = leaf(decision.otherwise);
    for (auto clause = decision.clauses.rbegin(); clause != decision.clauses.rend(); ++clause)
        edge = choose(of_pattern(clause->arguments), leaf(clause->action), edge);
    return edge;
}

CallDiagrams::Edge CallDiagrams::with_zeros(Edge edge, std::uint32_t first, std::uint32_t end) {
    for (auto tested = first; tested < end; ++tested) edge = with_bit(edge, tested, false);
    return edge;
}

CallDiagrams::Edge CallDiagrams::with_bit(Edge edge, std::uint32_t tested, bool value) {
    std::map<Edge, Edge> done;
    const auto walk = [&](const auto& self, Edge at) -> Edge {
        if (level(at) > tested) return at;
        if (level(at) == tested) return value ? one(at) : zero(at);
        if (const auto found = done.find(at); found != done.end()) return found->second;
        const Edge low = self(self, zero(at));
        const Edge high = self(self, one(at));
        return done[at] = make(level(at), low, high);
    };
    return walk(walk, edge);
}

std::size_t CallDiagrams::weight(Edge edge, std::uint32_t end, std::size_t limit) const {
    std::set<Edge> seen;
    std::vector<Edge> open = {edge};
    while (!open.empty() && seen.size() < limit) {
        const Edge at = open.back();
        open.pop_back();
        if (level(at) >= end || !seen.insert(at).second) continue;
        open.push_back(zero(at));
        open.push_back(one(at));
    }
    return seen.size();
}

CallDiagrams::Edge narrowed(CallDiagrams& diagrams, CallDiagrams::Edge edge, Abi abi) {
    const auto unused = ArgumentSet::value_bits - register_width(abi);
    for (std::uint32_t i = 0; i < argument_count && unused > 0; ++i) {
        const auto first = i * ArgumentSet::value_bits;
        edge = diagrams.with_zeros(edge, first, first + unused);
    }
    return edge;
}

bool same_meaning(const CallDecision& a, const CallDecision& b, Abi abi) {
    CallDiagrams diagrams;
    return narrowed(diagrams, diagrams.of(a), abi) == narrowed(diagrams, diagrams.of(b), abi);
}

bool same_meaning(const CallPolicy& a, const CallPolicy& b) {
    for (const Abi abi : {Abi::x86_64, Abi::i386, Abi::x32})
        for (std::uint32_t number = 0; number < syscalls_per_abi; ++number) {
            const auto& one = a.at(abi, number);
            const auto& other = b.at(abi, number);
            if (one != other && !same_meaning(one, other, abi)) return false;
        }
    return a.foreign == b.foreign;
}

} // namespace synpol
