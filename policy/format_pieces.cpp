// SPDX-License-Identifier: Apache-2.0
#include "policy/format_pieces.h"

#include <utility>

namespace synpol::layout {
namespace {

struct WordLevel {
    std::string_view word;
    Level level;
};
constexpr WordLevel word_levels[] = {
    {"because", level_clause}, {"at", level_clause}, {"until", level_part},
    {"from", level_part},      {"to", level_part},   {"port", level_part},
};

bool is_operator(const Token& token) {
    if (token.is("and") || token.is("or")) return true;
    return token.literal && (token.text == "+" || token.text == "-" || token.text == "&");
}

} // namespace

bool PieceWriter::after(std::string_view word) const {
    return !line_.pieces.empty() && line_.pieces.back().token.is(word);
}

bool PieceWriter::hugs(const Token& token) const {
    if (line_.pieces.empty() || after("(")) return true;
    return token.is(",") || token.is(")") || token.is(":");
}

Level PieceWriter::level_of(const Token& token) const {
    if (is_operator(token) || after(",")) return level_expression + 2 * depth_;
    for (const auto& [word, level] : word_levels) {
        if (token.is(word)) return level;
    }
    return level_rigid;
}

void PieceWriter::append(const Token& token, Level level) {
    Piece piece;
    piece.token = token;
    piece.level = level;
    piece.glued = hugs(token);
    line_.pieces.push_back(std::move(piece));
}

void PieceWriter::add(const Token& token, Level level) {
    append(token, level);
}

void PieceWriter::add_brace(const Token& token) {
    append(token, level_rigid);
}

void PieceWriter::open_list(const Token& token) {
    append(token, level_rigid);
    in_list_ = true;
}

void PieceWriter::close_list(const Token& token) {
    in_list_ = false;
    if (!after(",")) {
        Token comma;
        comma.text = ",";
        append(comma, level_rigid);
    }
    line_.pieces.back().optional = true;
    append(token, level_list + 2 * depth_);
    line_.pieces.back().list_gap = true;
    line_.pieces.back().glued = lists_ == ListStyle::tight;
}

void PieceWriter::add(const Token& token) {
    if (in_list_ && token.is("}")) {
        close_list(token);
        return;
    }
    if (in_list_ && (after("{") || after(","))) {
        const bool first = after("{");
        append(token, level_list + 2 * depth_);
        line_.pieces.back().list_gap = true;
        line_.pieces.back().glued = first && lists_ == ListStyle::tight;
        return;
    }
    if (token.is("{")) {
        open_list(token);
        return;
    }
    if (token.is(")")) --depth_;
    append(token, token.is(",") || token.is(")") ? level_rigid : level_of(token));
    if (token.is("(")) ++depth_;
}

/// No line begins with a comma, so what stands in front of it goes behind it. A comma never ends a
/// statement: there is a next piece.
void PieceWriter::move_behind_comma(std::size_t comma) {
    auto& before = line_.pieces[comma - 1].token;
    auto& token = line_.pieces[comma].token;
    auto& next = line_.pieces[comma + 1].token;
    if (before.trailing.empty() && token.leading.empty()) return;
    std::vector<Comment> moved = std::move(token.leading);
    token.leading.clear();
    if (!token.trailing.empty()) moved.push_back({token.trailing, false});
    next.leading.insert(next.leading.begin(), moved.begin(), moved.end());
    token.trailing = std::exchange(before.trailing, {});
}

/// Filled lines would put a comment beside items that it does not speak about.
void PieceWriter::break_list(std::size_t open, std::size_t close) {
    bool commented = false;
    for (auto i = open + 1; i <= close; ++i) commented = commented || is_broken(line_, i);
    if (!commented) return;
    for (auto i = open + 1; i <= close; ++i) {
        line_.pieces[i].must_break = line_.pieces[i].list_gap;
    }
}

void PieceWriter::finish() {
    auto& pieces = line_.pieces;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].token.is(",")) move_behind_comma(i);
    }
    std::size_t open = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].token.is("{")) open = i;
        if (pieces[i].token.is("}") && pieces[i].list_gap) break_list(open, i);
    }
}

} // namespace synpol::layout
