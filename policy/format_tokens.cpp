// SPDX-License-Identifier: Apache-2.0
#include "policy/format_tokens.h"

#include <algorithm>
#include <iterator>

#include "policy/lexer.h"

namespace synpol::layout {
namespace {

using grammar::Node;

// Nodes that are one token. All others are looked through word by word: `not in` is two.
constexpr Node literals[] = {
    Node::name,     Node::qname,     Node::label,     Node::string,
    Node::path,     Node::address,   Node::number,    Node::rate,
    Node::catalog,  Node::key,       Node::date,      Node::duration,
    Node::tag_word, Node::unit_name, Node::operation, Node::subject_name,
};

bool is_literal(Node kind) {
    return std::find(std::begin(literals), std::end(literals), kind) != std::end(literals);
}

std::size_t end_of_symbol(std::string_view text, std::size_t at) {
    constexpr std::string_view long_symbols[] = {"+=", "==", "!=", "<=", ">="};
    for (const auto symbol : long_symbols) {
        if (text.substr(at, symbol.size()) == symbol) return at + symbol.size();
    }
    return at + 1;
}

std::string_view without_blanks_at_end(std::string_view text) {
    const auto last = text.find_last_not_of(" \t\r");
    return text.substr(0, last + 1);
}

class Reader {
  public:
    explicit Reader(std::string_view text) : text_{text} {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (text.substr(0, 3) == byte_order_mark) at_ = 3;
    }

    void statement(FlatStatement tree);
    Document finish();

  private:
    void take_trivia(Token& next);
    void add(std::size_t begin, std::size_t end, bool literal);
    void add_words(std::size_t end);

    std::string_view text_;
    std::size_t at_ = 0; ///< the end of the token before
    Document document_;
};

/// The trivia in front of a token. What begins on the line of the token before belongs to that one.
void Reader::take_trivia(Token& next) {
    auto& tokens = document_.tokens;
    std::size_t lines = tokens.empty() ? 1 : 0; // ended since the last token or comment
    for (; at_ < next.begin; ++at_) {
        if (text_[at_] == '\n') ++lines;
        if (text_[at_] != '#') continue;
        const auto end = std::min<std::size_t>(text_.find('\n', at_), next.begin);
        const auto comment = without_blanks_at_end(text_.substr(at_, end - at_));
        if (lines == 0) {
            tokens.back().trailing = comment;
        } else {
            next.leading.push_back({comment, lines > 1});
        }
        lines = 0;
        at_ = end - 1;
    }
    next.blank_before = lines > 1;
}

void Reader::add(std::size_t begin, std::size_t end, bool literal) {
    Token next;
    next.text = text_.substr(begin, end - begin);
    next.begin = static_cast<std::uint32_t>(begin);
    next.literal = literal;
    take_trivia(next);
    at_ = end;
    document_.tokens.push_back(std::move(next));
}

/// The words and symbols up to `end`.
void Reader::add_words(std::size_t end) {
    for (std::size_t at = 0; (at = end_of_trivia(text_, at_)) < end;) {
        const auto word = word_at(text_, at);
        add(at, word.empty() ? end_of_symbol(text_, at) : at + word.size(), false);
    }
}

void Reader::statement(FlatStatement tree) {
    Statement result;
    result.first = document_.tokens.size();
    for (const auto& node : tree.nodes) {
        // A subject's name is a qualified name, at the same place.
        if (!is_literal(node.kind) || node.begin < at_ || node.begin == node.end) continue;
        add_words(node.begin);
        add(node.begin, node.end, true);
    }
    add_words(tree.end);
    result.nodes = std::move(tree.nodes);
    result.last = document_.tokens.size();
    document_.statements.push_back(std::move(result));
}

Document Reader::finish() {
    Statement end;
    end.first = document_.tokens.size();
    add(text_.size(), text_.size(), false);
    end.last = document_.tokens.size();
    document_.statements.push_back(std::move(end));
    return std::move(document_);
}

} // namespace

Document read_document(std::string_view text, std::vector<FlatStatement> trees) {
    Reader reader{text};
    for (auto& tree : trees) reader.statement(std::move(tree));
    return reader.finish();
}

} // namespace synpol::layout
