// SPDX-License-Identifier: Apache-2.0
#include "policy/format_lines.h"

#include <algorithm>
#include <optional>

#include "policy/format_pieces.h"

namespace synpol::layout {
namespace {

using grammar::FlatNode;
using grammar::Node;
using Tokens = std::span<const Token>;

// The canonical order of clauses. An exception comes last, because it would take the `for`,
// `because` and `until` behind it for its own.
struct ClauseRow {
    Node kind;
    bool in_head; ///< on the line of the action, if there is room
};
constexpr ClauseRow clause_rows[] = {
    {Node::for_clause, true},   {Node::where_clause, true}, {Node::with_clause, true},
    {Node::quiet, true},        {Node::final_clause, true}, {Node::best_effort, true},
    {Node::then_clause, false}, {Node::because, false},     {Node::until, false},
    {Node::tag, false},         {Node::accept, false},      {Node::except, false},
};

/// The row of a clause; the number of rows for any other node.
std::size_t rank_of(Node kind) {
    std::size_t rank = 0;
    for (const auto& row : clause_rows) {
        if (row.kind == kind) break;
        ++rank;
    }
    return rank;
}

struct Clause {
    std::size_t rank;
    Tokens tokens;
};

/// In a test, by the word that a clause begins with.
constexpr std::string_view expectation_clauses[] = {"over", "for", "where", "by", "because"};

std::size_t index_of(Tokens tokens, std::uint32_t begin) {
    const auto found = std::lower_bound(
        tokens.begin(), tokens.end(), begin,
        [](const Token& token, std::uint32_t place) { return token.begin < place; });
    return static_cast<std::size_t>(found - tokens.begin());
}

class Builder {
  public:
    explicit Builder(const Document& document) : document_{document} {}
    std::vector<Line> build();

  private:
    void statement(const Statement& statement, bool may_reorder);
    Line& begin(unsigned deeper = 0);
    Line& add_line(Tokens tokens, unsigned deeper = 0, ListStyle lists = ListStyle::tight);
    void item(Tokens tokens, ListStyle lists = ListStyle::tight);
    void open_block(Tokens tokens);
    void close_block(const Token& brace);
    void end();

    void definition(Tokens tokens);
    void rule(const Statement& statement, bool may_reorder);
    void simple_rule(Tokens head, const std::vector<Clause>& clauses);
    void detection(Tokens head, const std::vector<Clause>& clauses);
    void confinement(const Statement& statement, Tokens head, const std::vector<Clause>& clauses);
    void confined_action(Tokens tokens);
    void clauses_below(std::span<const Clause> clauses);
    void test(Tokens tokens);
    void test_line(Tokens tokens);
    void expectation(Tokens tokens);

    const Document& document_;
    std::vector<Line> lines_;
    unsigned indent_ = 0;
};

// ---- lines -------------------------------------------------------------------------------------

Line& Builder::begin(unsigned deeper) {
    Line line;
    line.indent = indent_ + deeper;
    lines_.push_back(std::move(line));
    return lines_.back();
}

Line& Builder::add_line(Tokens tokens, unsigned deeper, ListStyle lists) {
    auto& line = begin(deeper);
    PieceWriter writer{line, lists};
    for (const auto& token : tokens) writer.add(token);
    writer.finish();
    return line;
}

void Builder::item(Tokens tokens, ListStyle lists) {
    add_line(tokens, 0, lists).begins_item = true;
}

/// Ends with the brace.
void Builder::open_block(Tokens tokens) {
    auto& line = begin();
    PieceWriter writer{line, ListStyle::tight};
    for (const auto& token : tokens.first(tokens.size() - 1)) writer.add(token);
    writer.add_brace(tokens.back());
    writer.finish();
    line.begins_item = true;
    line.opens_block = true;
    indent_ += indent_step;
}

void Builder::close_block(const Token& brace) {
    indent_ -= indent_step;
    auto& line = begin();
    PieceWriter{line, ListStyle::tight}.add_brace(brace);
    line.begins_item = true;
    line.closes_block = true;
}

// ---- rules -------------------------------------------------------------------------------------

/// The clauses of a rule as they are written. A clause inside one, as in an exception, is part of
/// it.
std::vector<Clause> clauses_of(const std::vector<FlatNode>& nodes, Tokens tokens) {
    std::vector<Clause> clauses;
    for (std::size_t i = 0; i < nodes.size();) {
        const auto rank = rank_of(nodes[i].kind);
        if (rank == std::size(clause_rows)) {
            ++i;
            continue;
        }
        const auto first = index_of(tokens, nodes[i].begin);
        const auto last = index_of(tokens, nodes[i].end);
        clauses.push_back({rank, tokens.subspan(first, last - first)});
        i = nodes[i].next;
    }
    return clauses;
}

void Builder::clauses_below(std::span<const Clause> clauses) {
    const auto is = [&](std::size_t i, Node kind) {
        return i < clauses.size() && clause_rows[clauses[i].rank].kind == kind;
    };
    for (std::size_t i = 0; i < clauses.size(); ++i) {
        auto& line = begin(indent_step);
        PieceWriter writer{line, ListStyle::tight};
        for (const auto& token : clauses[i].tokens) writer.add(token);
        if (is(i, Node::because) && is(i + 1, Node::until)) {
            ++i;
            for (const auto& token : clauses[i].tokens) writer.add(token);
        }
        writer.finish();
    }
}

void Builder::simple_rule(Tokens head, const std::vector<Clause>& clauses) {
    auto& line = begin();
    line.begins_item = true;
    PieceWriter writer{line, ListStyle::tight};
    for (const auto& token : head) writer.add(token);
    std::size_t below = 0;
    for (; below < clauses.size() && clause_rows[clauses[below].rank].in_head; ++below) {
        const auto tokens = clauses[below].tokens;
        writer.add(tokens.front(), level_clause);
        for (const auto& token : tokens.subspan(1)) writer.add(token);
    }
    writer.finish();
    if (below < clauses.size()) {
        clauses_below(std::span{clauses}.subspan(below));
    } else if (head.size() > 1 && head[1].is(":")) {
        line.alignment = Alignment::rule;
        line.columns = {1};
    }
}

void Builder::detection(Tokens head, const std::vector<Clause>& clauses) {
    const auto counts = [](const Token& token) { return token.is("count"); };
    const auto window = std::find_if(head.begin(), head.end(), counts);
    const auto event = static_cast<std::size_t>(window - head.begin());
    item(head.first(event));
    if (event < head.size()) add_line(head.subspan(event), indent_step);
    clauses_below(clauses);
}

/// From the label, if there is one.
std::size_t begin_of_action(Tokens tokens, std::size_t action) {
    return action >= 2 && tokens[action - 1].is(":") ? action - 2 : action;
}

void Builder::confined_action(Tokens tokens) {
    auto& line = add_line(tokens);
    line.begins_item = true;
    const bool labelled = tokens.size() > 1 && tokens[1].is(":");
    const std::size_t word = labelled ? 2 : 0;
    line.alignment = labelled ? Alignment::labelled_action : Alignment::action;
    if (labelled) line.columns.push_back(1);
    if (tokens.size() > word + 1) line.columns.push_back(word);
}

void Builder::confinement(const Statement& statement, Tokens head,
                          const std::vector<Clause>& clauses) {
    const auto& nodes = statement.nodes;
    const auto subject = std::find_if(nodes.begin(), nodes.end(), [](const FlatNode& node) {
        return node.kind == Node::subject;
    });
    const auto brace = index_of(head, subject->end);
    if (!head[brace].is("{")) { // `as sandbox "..."`
        simple_rule(head, clauses);
        return;
    }
    open_block(head.first(brace + 1));
    std::size_t begun = 0;
    for (const auto& node : nodes) {
        if (node.kind != Node::action) continue;
        const auto next = begin_of_action(head, index_of(head, node.begin));
        if (begun > 0) confined_action(head.subspan(begun, next - begun));
        begun = next;
    }
    if (begun > 0) confined_action(head.subspan(begun, head.size() - 1 - begun));
    close_block(head.back());
    clauses_below(clauses);
}

std::string_view verb_of(Tokens head) {
    std::size_t i = head.size() > 1 && head[1].is(":") ? 2 : 0;
    if (head[i].is("audit")) ++i;
    return head[i].text;
}

void Builder::rule(const Statement& statement, bool may_reorder) {
    const auto tokens = document_.tokens_of(statement);
    auto clauses = clauses_of(statement.nodes, tokens);
    const auto head = clauses.empty() ? tokens : Tokens{tokens.data(), clauses[0].tokens.data()};
    const auto verb = verb_of(head);
    // A response is no clause of a `detect`: it has to come first.
    const auto first = clauses.begin() + (verb == "detect" ? 1 : 0);
    if (may_reorder) {
        std::stable_sort(first, clauses.end(),
                         [](const Clause& a, const Clause& b) { return a.rank < b.rank; });
    }
    if (verb == "confine") {
        confinement(statement, head, clauses);
    } else if (verb == "detect") {
        detection(head, clauses);
    } else {
        simple_rule(head, clauses);
    }
}

// ---- tests -------------------------------------------------------------------------------------

bool begins_test_line(Tokens tokens, std::size_t i) {
    constexpr std::string_view words[] = {"as", "given", "at", "on", "expect"};
    const auto is = [&](std::string_view word) { return tokens[i].is(word); };
    if (std::none_of(std::begin(words), std::end(words), is)) return false;
    return !is("expect") || !tokens[i - 2].is("at");
}

/// The place of the word in expectation_clauses.
std::optional<std::size_t> begins_expectation_clause(Tokens tokens, std::size_t i) {
    if (i > 0 && tokens[i - 1].is("only")) return {};
    const bool narrowed = tokens[i].is("only") && i + 1 < tokens.size() && tokens[i + 1].is("by");
    std::size_t rank = 0;
    for (const auto word : expectation_clauses) {
        if (tokens[i].is(word) || (narrowed && word == "by")) return rank;
        ++rank;
    }
    return {};
}

void Builder::expectation(Tokens tokens) {
    std::vector<Clause> clauses;
    auto head = tokens;
    for (auto i = tokens.size(); i-- > 0;) {
        const auto rank = begins_expectation_clause(tokens, i);
        if (!rank) continue;
        clauses.insert(clauses.begin(), {*rank, head.subspan(i)});
        head = head.first(i);
    }
    std::stable_sort(clauses.begin(), clauses.end(),
                     [](const Clause& a, const Clause& b) { return a.rank < b.rank; });
    auto& line = begin();
    line.begins_item = true;
    PieceWriter writer{line, ListStyle::tight};
    for (const auto& token : head) writer.add(token);
    for (const auto& clause : clauses) {
        if (clause.tokens.front().is("because")) continue;
        writer.add(clause.tokens.front(), level_clause);
        for (const auto& token : clause.tokens.subspan(1)) writer.add(token);
    }
    writer.finish();
    const auto items = lines_.size();
    for (const auto& clause : clauses) {
        if (clause.tokens.front().is("because")) add_line(clause.tokens, indent_step);
    }
    if (items < lines_.size() || !head.front().is("at")) return;
    lines_.back().alignment = Alignment::time;
    lines_.back().columns = {1};
}

void Builder::test_line(Tokens tokens) {
    const bool given = tokens.front().is("given");
    if (given) {
        item(tokens, ListStyle::spaced);
    } else {
        expectation(tokens);
    }
}

void Builder::test(Tokens tokens) {
    const auto brace = std::find_if(tokens.begin(), tokens.end(),
                                    [](const Token& token) { return token.is("{"); });
    auto begun = static_cast<std::size_t>(brace - tokens.begin()) + 1;
    open_block(tokens.first(begun));
    const auto end = tokens.size() - 1;
    for (auto i = begun; i < end;) {
        for (++i; i < end && !begins_test_line(tokens, i); ++i) {
        }
        test_line(tokens.subspan(begun, i - begun));
        begun = i;
    }
    close_block(tokens.back());
}

// ---- statements --------------------------------------------------------------------------------

void Builder::definition(Tokens tokens) {
    item(tokens, ListStyle::spaced);
    if (tokens.front().is("open")) return;
    lines_.back().alignment = Alignment::definition;
    lines_.back().columns = {0, 1};
}

void Builder::end() {
    auto& line = begin();
    line.pieces.push_back({document_.tokens.back()});
    line.begins_item = true;
}

void Builder::statement(const Statement& statement, bool may_reorder) {
    const auto tokens = document_.tokens_of(statement);
    switch (statement.nodes.front().kind) {
    case Node::rule:
        rule(statement, may_reorder);
        break;
    case Node::set:
    case Node::subject_set:
        definition(tokens);
        break;
    case Node::extend:
        item(tokens, ListStyle::spaced);
        break;
    case Node::for_open:
        open_block(tokens);
        break;
    case Node::test:
        test(tokens);
        break;
    default: // edition, policy, use, never, exempt
        item(tokens);
    }
}

std::vector<Line> Builder::build() {
    const auto& statements = document_.statements;
    for (std::size_t i = 0; i + 1 < statements.size(); ++i) {
        if (statements[i].nodes.empty()) {
            close_block(document_.tokens[statements[i].first]);
            continue;
        }
        // `inbound` at the end of an exception would take the `syn` of an edition for its own. An
        // edition behind a rule means nothing, but it is no reason to break the syntax.
        const auto& next = statements[i + 1].nodes;
        statement(statements[i], next.empty() || next.front().kind != Node::edition);
    }
    end();
    return std::move(lines_);
}

} // namespace

bool is_broken(const Line& line, std::size_t piece) {
    const auto& before = line.pieces[piece - 1].token;
    const auto& here = line.pieces[piece];
    return here.must_break || !before.trailing.empty() || !here.token.leading.empty();
}

bool is_one_line(const Line& line) {
    for (std::size_t i = 1; i < line.pieces.size(); ++i) {
        if (is_broken(line, i)) return false;
    }
    return true;
}

std::vector<Line> lines_of(const Document& document) {
    return Builder{document}.build();
}

} // namespace synpol::layout
