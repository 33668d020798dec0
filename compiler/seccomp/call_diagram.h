// SPDX-License-Identifier: Apache-2.0
// Decisions about arguments as one reduced, ordered diagram over all bits of the six arguments,
// arg0 first and each from its highest bit down, with actions as leaves. Canonical: two decisions
// mean the same exactly when they are the same edge.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "compiler/seccomp/call_policy.h"

namespace synpol {

class CallDiagrams {
  public:
    using Edge = std::uint32_t;
    /// Levels count tested bits in order: argument * 64 + (63 - bit).
    static constexpr std::uint32_t levels = argument_count * ArgumentSet::value_bits;

    struct Node {
        std::uint32_t level = levels; ///< `levels`: a leaf
        Edge zero = 0;
        Edge one = 0;

        auto operator<=>(const Node&) const = default;
    };

    Edge leaf(const CallAction& action);
    Edge of(const CallDecision& decision);
    /// The same where every bit of `level` to `end - 1` is 0.
    Edge with_zeros(Edge edge, std::uint32_t level, std::uint32_t end);
    /// The same where one bit has this value.
    Edge with_bit(Edge edge, std::uint32_t level, bool value);
    /// Precondition: both edges are no leaves of a lower level. Equal edges need no node.
    Edge make(std::uint32_t level, Edge zero, Edge one);

    std::uint32_t level(Edge edge) const { return nodes_[edge].level; }
    bool is_leaf(Edge edge) const { return level(edge) == levels; }
    Edge zero(Edge edge) const { return nodes_[edge].zero; }
    Edge one(Edge edge) const { return nodes_[edge].one; }
    CallAction action(Edge leaf) const { return actions_[nodes_[leaf].zero]; }
    /// How many nodes an edge leads to above level `end`, or `limit` if they are more.
    std::size_t weight(Edge edge, std::uint32_t end, std::size_t limit) const;

  private:
    Edge keep(const Node& node);
    Edge of_pattern(const ArgumentPattern& pattern);
    Edge of_set(const ArgumentSet& set, std::uint32_t first_level, Edge inside);
    /// Where the pattern holds `inside`, elsewhere `outside`.
    Edge choose(Edge pattern, Edge inside, Edge outside);
    using Chosen = std::map<std::pair<Edge, Edge>, Edge>;
    Edge choose(Edge pattern, Edge inside, Edge outside, Chosen& done);

    std::vector<Node> nodes_;
    std::map<Node, Edge> known_;
    std::vector<CallAction> actions_;
};

/// Whether two decisions say the same about all arguments that a caller of the ABI can give.
bool same_meaning(const CallDecision& a, const CallDecision& b, Abi abi);
/// Of all calls. Those of foreign architectures count, too.
bool same_meaning(const CallPolicy& a, const CallPolicy& b);

/// Bits of registers that are always 0 for 32-bit callers, cut out of a decision.
CallDiagrams::Edge narrowed(CallDiagrams& diagrams, CallDiagrams::Edge edge, Abi abi);

} // namespace synpol
