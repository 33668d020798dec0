// SPDX-License-Identifier: Apache-2.0
#include "compiler/glob_nfa.h"

#include <algorithm>

namespace synpol {

namespace {

using Piece = GlobNfa::Piece;
using Token = GlobNfa::Token;

/// A `*` that is a whole segment has at least one byte, because segments have: `/*` is not "/".
Token token_of(std::string_view glob, const Token& before) {
    if (glob.front() != '*') return {Piece::byte, static_cast<unsigned char>(glob.front())};
    const bool begins = before.byte == '/' || before.piece == Piece::any_then_slash;
    const bool ends = glob.size() == 1 || glob[1] == '/';
    return {begins && ends ? Piece::segment : Piece::star, 0};
}

std::vector<Token> tokens_of(std::string_view glob) {
    if (glob == "/**") return {{Piece::byte, '/'}, {Piece::any, 0}};
    std::vector<Token> tokens;
    while (!glob.empty()) {
        if (glob == "/**") {
            tokens.push_back({Piece::slash_then_any, 0});
            break;
        }
        if (glob.starts_with("/**/")) {
            tokens.push_back({Piece::byte, '/'});
            tokens.push_back({Piece::any_then_slash, 0});
            glob.remove_prefix(4);
            continue;
        }
        tokens.push_back(token_of(glob, tokens.empty() ? Token{Piece::byte, 0} : tokens.back()));
        glob.remove_prefix(1);
    }
    return tokens;
}

Token mirrored(Token token) {
    if (token.piece == Piece::any_then_slash) return {Piece::slash_then_any, 0};
    if (token.piece == Piece::slash_then_any) return {Piece::any_then_slash, 0};
    return token;
}

} // namespace

void GlobNfa::add(const Glob& glob, std::uint32_t number) {
    auto tokens = tokens_of(glob.text);
    if (direction_ == Direction::backwards) {
        std::reverse(tokens.begin(), tokens.end());
        std::transform(tokens.begin(), tokens.end(), tokens.begin(), mirrored);
    }
    adding_ = number;
    NodeId node = 0;
    for (const auto& token : tokens) node = follow(node, token);
    nodes_[node].accepts.push_back(number);
}

NodeId GlobNfa::follow(NodeId from, const Token& token) {
    const auto found = shared_.find({from, token});
    if (found != shared_.end()) return found->second;
    const NodeId to = append(from, token);
    shared_.emplace(std::pair{from, token}, to);
    return to;
}

NodeId GlobNfa::append(NodeId from, const Token& token) {
    using Loop = NfaNode::Loop;
    if (token.piece == Piece::byte) {
        const NodeId to = add_node(Loop::none);
        nodes_[from].edges.emplace_back(token.byte, to);
        return to;
    }
    if (token.piece == Piece::segment) {
        const NodeId to = add_node(Loop::not_slash);
        nodes_[from].segment_edges.push_back(to);
        return to;
    }
    if (token.piece == Piece::star || token.piece == Piece::any) {
        const NodeId to = add_node(token.piece == Piece::star ? Loop::not_slash : Loop::anything);
        nodes_[from].silent.push_back(to);
        return to;
    }
    const NodeId gap = add_node(Loop::anything);
    const NodeId to = add_node(Loop::none);
    nodes_[from].silent.push_back(to); // both gaps may be nothing at all
    if (token.piece == Piece::any_then_slash) {
        nodes_[from].silent.push_back(gap);
        nodes_[gap].edges.emplace_back('/', to);
    } else {
        nodes_[from].edges.emplace_back('/', gap);
        nodes_[gap].silent.push_back(to);
    }
    return to;
}

NodeId GlobNfa::add_node(NfaNode::Loop loop) {
    nodes_.emplace_back();
    nodes_.back().loop = loop;
    nodes_.back().made_for = adding_;
    return static_cast<NodeId>(nodes_.size() - 1);
}

} // namespace synpol
