// SPDX-License-Identifier: Apache-2.0
// GlobNfa: one nondeterministic automaton for many globs. Globs that begin alike (in the direction
// of reading) share their nodes, so that thousands of literal paths are a tree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/automaton.h"

namespace synpol {

using NodeId = std::uint32_t;

struct NfaNode {
    /// What a node reads without moving on.
    enum class Loop : std::uint8_t { none, not_slash, anything };

    Loop loop = Loop::none;
    std::uint32_t made_for = 0; ///< the glob that needed the node first
    std::vector<std::pair<unsigned char, NodeId>> edges;
    std::vector<NodeId> segment_edges;  ///< reached by any byte but '/'
    std::vector<NodeId> silent;         ///< reached without reading
    std::vector<std::uint32_t> accepts; ///< globs that match when the path ends here
};

class GlobNfa {
  public:
    explicit GlobNfa(Direction direction) : direction_{direction} { nodes_.emplace_back(); }

    void add(const Glob& glob, std::uint32_t number);
    const std::vector<NfaNode>& nodes() const { return nodes_; } ///< 0 is the start

    /// A piece of a glob. AnyThenSlash and SlashThenAny are each other's mirror image.
    enum class Piece : std::uint8_t {
        byte,
        star,           ///< [^/]*
        segment,        ///< [^/]+, a `*` that is a whole segment
        any_then_slash, ///< (.*/)?  the middle of "/**/"
        slash_then_any, ///< (/.*)?  the end of "/a/**"
        any,            ///< .*      the end of "/**"
    };
    struct Token {
        Piece piece;
        unsigned char byte; ///< Piece::byte, else 0
        auto operator<=>(const Token&) const = default;
    };

  private:
    NodeId follow(NodeId from, const Token& token);
    NodeId append(NodeId from, const Token& token);
    NodeId add_node(NfaNode::Loop loop);

    Direction direction_;
    std::uint32_t adding_ = 0; ///< number of the glob
    std::vector<NfaNode> nodes_;
    std::map<std::pair<NodeId, Token>, NodeId> shared_;
};

} // namespace synpol
