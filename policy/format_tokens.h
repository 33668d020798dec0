// SPDX-License-Identifier: Apache-2.0
// A policy as tokens, with every comment given to a token: what the layout is made from.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "policy/parse.h"

namespace synpol::layout {

struct Comment {
    std::string_view text; ///< from its '#', without blanks at its end
    bool blank_before = false;
};

struct Token {
    std::string_view text;
    std::uint32_t begin = 0;
    bool literal = false;         ///< a leaf of the tree; else a word of the grammar or punctuation
    bool blank_before = false;    ///< a blank line, below the comments in front if there are any
    std::string_view trailing;    ///< the comment behind it on its line
    std::vector<Comment> leading; ///< comments on lines of their own in front of it

    bool is(std::string_view word) const { return !literal && text == word; }
};

struct Statement {
    std::vector<grammar::FlatNode> nodes; ///< none: the `}` of a `for` block, or the end
    std::size_t first = 0;                ///< its tokens
    std::size_t last = 0;
};

/// The last statement is the end of the text, one token that has no bytes.
struct Document {
    std::vector<Token> tokens;
    std::vector<Statement> statements;

    std::span<const Token> tokens_of(const Statement& statement) const {
        return std::span{tokens}.subspan(statement.first, statement.last - statement.first);
    }
};

Document read_document(std::string_view text, std::vector<FlatStatement> trees);

} // namespace synpol::layout
