// SPDX-License-Identifier: Apache-2.0
// The driver of the grammar: one statement at a time, and the recovery after one that is wrong.
#include "policy/parse.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/build_ast.h"
#include "policy/codes.h"
#include "policy/grammar.h"
#include "policy/grammar_messages.h"
#include "policy/recovery.h"
#include "policy/suggest.h"

namespace synpol {
namespace {

using grammar::SyntaxFailure;
namespace peg = tao::pegtl;

constexpr std::size_t errors_max = 1000;
constexpr std::size_t file_bytes_max = 64u << 20;

struct action_end : grammar::tok<peg::eof> {};
struct action_text : peg::seq<peg::must<grammar::action>, peg::opt<grammar::where>> {
    static constexpr grammar::Node node = grammar::Node::attempt;
};
struct whole_action_text : peg::seq<action_text, peg::must<action_end>> {};

} // namespace

template <>
struct grammar::Expected<action_end> {
    static constexpr Code code = Code::syntax;
    static std::string text() { return "nothing more"; }
};

namespace {

using Input = peg::memory_input<peg::tracking_mode::lazy, peg::eol::lf_crlf, const char*>;

class Parser {
  public:
    Parser(std::string_view text, FileId file, Diagnostics& diagnostics)
        : text_{text}, file_{file}, diagnostics_{diagnostics} {}

    ast::File file();
    std::optional<ast::Attempt> action();
    std::optional<std::vector<FlatStatement>> flat();

  private:
    Span span(std::size_t begin, std::size_t end) const {
        return {file_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    Span token(std::size_t at) const { return span(at, end_of_token(text_, at)); }
    Diagnostic& error(Code code, Span place, std::string message, std::string label = {}) {
        ++errors_;
        return diagnostics_.error(code, place, std::move(message), std::move(label));
    }

    template <typename Rule>
    bool match(std::size_t& at);
    bool readable();
    void step(std::size_t& at);
    void keep_flat(std::size_t begin, std::size_t end);
    void add(ast::Statement statement);
    void add_rule(ast::Statement statement);
    void close_brace(std::size_t at);
    void end_block();
    void report(const SyntaxFailure& failure);
    void report_unknown(std::size_t at);
    void recover(std::size_t& at, std::size_t failed);
    void remember_broken(std::size_t begin);
    void finish();

    std::string_view text_;
    FileId file_;
    Diagnostics& diagnostics_;
    grammar::ParseState state_;
    ast::File result_;
    std::optional<ast::Statement> block_; ///< the `for` block that is open
    std::size_t previous_end_ = 0;        ///< of the statement before
    std::size_t errors_ = 0;
    std::vector<FlatStatement>* flat_ = nullptr; ///< when only the syntax is asked for
    Diagnostics meaning_;                        ///< what building says then, for nobody
};

template <typename Rule>
bool Parser::match(std::size_t& at) {
    state_.nodes.clear();
    state_.depth = 0;
    Input in{text_.data(), text_.data() + text_.size(), ""};
    in.bump(at);
    const bool found = peg::parse<Rule, peg::nothing, grammar::control>(in, state_);
    if (found) at = in.byte();
    return found;
}

bool Parser::readable() {
    if (text_.size() > file_bytes_max) {
        error(Code::file_too_large, span(0, 0), "the file has more than 64 MiB");
        return false;
    }
    if (const auto invalid = find_invalid_text(text_)) {
        error(Code::invalid_text, span(invalid->offset, invalid->offset + invalid->length),
              "a policy is UTF-8 text without control characters", invalid->what);
        return false;
    }
    return true;
}

// ---- errors ------------------------------------------------------------------------------------

/// The words of the language that could have stood where a statement went wrong; what else a
/// message shows in backticks are examples. An action has too many words for its message.
std::vector<std::string_view> expected_words(const SyntaxFailure& failure) {
    auto words = words_in_backticks(failure.expected);
    std::erase_if(words, [](std::string_view word) { return !find_keyword(word); });
    if (!failure.expected.starts_with("an action") && !failure.expected.starts_with("an event")) {
        return words;
    }
    for (const auto& row : all_keywords()) {
        if (row.word_class == WordClass::action) words.push_back(row.text);
    }
    return words;
}

void Parser::report(const SyntaxFailure& failure) {
    const std::size_t at = end_of_trivia(text_, failure.offset);
    const std::string_view skipped = text_.substr(failure.offset, at - failure.offset);
    const bool elsewhere = at == text_.size() || skipped.find('\n') != std::string_view::npos;
    // What is missing belongs after the token before, not in front of the next line.
    const Span place = elsewhere ? span(failure.offset, failure.offset) : token(at);
    if (failure.code == Code::too_deep) {
        error(Code::too_deep, place, "nested too deeply", "one level too many");
        return;
    }
    if (failure.code == Code::unterminated_string) {
        error(failure.code, place, "the string has no end", "expected `\"`");
        return;
    }
    const std::string found = at == text_.size() ? " before the end of the text"
                              : elsewhere
                                  ? " before " + quoted(text_.substr(at, token(at).end - at))
                                  : ", found " + quoted(text_.substr(at, token(at).end - at));
    auto& diagnostic =
        error(failure.code, place, fmt::format("expected {}{}", failure.expected, found),
              elsewhere ? "expected here" : "not expected here");
    const auto word = word_at(text_, at);
    if (word.size() != token(at).end - at) return;
    // On a later line a short word, or a label, is more likely the next statement.
    constexpr std::size_t short_word = 3;
    const bool label = text_.substr(end_of_trivia(text_, at + word.size())).starts_with(':');
    if (elsewhere && (label || word.size() <= short_word)) return;
    (void)suggest_word(diagnostic, token(at), word, expected_words(failure));
}

void Parser::report_unknown(std::size_t at) {
    const std::string_view found = text_.substr(at, token(at).end - at);
    const auto keyword = find_keyword(found);
    if (word_at(found, 0) != found) {
        error(Code::syntax, token(at), fmt::format("unexpected {}", quoted(found)),
              "no statement begins like this");
        return;
    }
    const bool continues =
        previous_end_ != 0 &&
        text_.substr(previous_end_, at - previous_end_).find('\n') == std::string_view::npos;
    auto& diagnostic =
        error(Code::unknown_statement, token(at),
              keyword     ? fmt::format("`{}` does not fit here", found)
              : continues ? fmt::format("unexpected {}", quoted(found))
                          : fmt::format("unknown statement {}", quoted(found)),
              continues || keyword ? "not expected here" : "no statement begins like this");
    if (found == "allow") {
        diagnostic.helps.push_back("rules only restrict; `only` refuses everything but its object");
    }
    if (keyword || found == "allow") return;
    std::vector<std::string_view> words;
    for (const auto& row : all_keywords()) {
        const bool starts = row.word_class == WordClass::statement;
        if (starts || continues) words.push_back(row.text);
    }
    (void)suggest_word(diagnostic, token(at), found, words);
}

/// So that the uses of what it would have defined are not reported as well.
void Parser::remember_broken(std::size_t begin) {
    auto keyword = find_keyword(word_at(text_, begin));
    std::size_t at = begin;
    if (keyword && keyword->keyword == Keyword::open) {
        at = end_of_trivia(text_, at + keyword->text.size());
        keyword = find_keyword(word_at(text_, at));
    }
    if (!keyword || keyword->word_class != WordClass::statement) return;
    at = end_of_trivia(text_, at + keyword->text.size());
    const std::string_view name = word_at(text_, at);
    result_.broken.push_back({keyword->keyword, {name, span(at, at + name.size())}});
}

/// Moves to where reading can go on. The head of a `for` block that is wrong still opens one.
void Parser::recover(std::size_t& at, std::size_t failed) {
    const std::size_t begin = at;
    remember_broken(begin);
    if (!block_ && word_at(text_, begin) == text_of(Keyword::for_)) {
        if (const auto brace = block_brace(text_, begin)) {
            block_ = ast::Statement{ast::ForBlock{{ast::BrokenSubject{}, span(begin, *brace)}, {}},
                                    span(begin, *brace + 1)};
            at = *brace + 1;
            return;
        }
    }
    at = next_statement(text_, begin, failed);
    previous_end_ = 0;
}

// ---- statements --------------------------------------------------------------------------------

void Parser::end_block() {
    result_.statements.push_back(std::move(*block_));
    block_.reset();
}

void Parser::close_brace(std::size_t at) {
    if (!block_) {
        error(Code::unclosed, span(at, at + 1), "`}` closes nothing", "no block is open here");
        return;
    }
    block_->span.end = static_cast<std::uint32_t>(at + 1);
    end_block();
}

void Parser::add_rule(ast::Statement statement) {
    if (!block_) {
        result_.statements.push_back(std::move(statement));
        return;
    }
    auto& block = std::get<ast::ForBlock>(block_->what);
    const auto& rule = std::get<ast::Rule>(statement.what);
    if (rule.confine) {
        error(Code::syntax, rule.verb_span, "`confine` cannot stand in a `for` block",
              "it names its subject itself")
            .secondary.push_back({block_->span, "the block begins here"});
        return;
    }
    block.rules.push_back(std::get<ast::Rule>(std::move(statement.what)));
}

void Parser::add(ast::Statement statement) {
    if (std::holds_alternative<ast::Rule>(statement.what)) {
        add_rule(std::move(statement));
        return;
    }
    if (block_) {
        const std::size_t begin = statement.span.begin;
        const bool at_margin = begin == 0 || text_[begin - 1] == '\n';
        auto& diagnostic =
            at_margin
                ? error(Code::unclosed, block_->span, "the `for` block is not closed",
                        "opened here")
                : error(Code::syntax, token(begin),
                        fmt::format("`{}` cannot stand in a `for` block", word_at(text_, begin)),
                        "only rules can");
        diagnostic.secondary.push_back(at_margin
                                           ? Label{token(begin), "this cannot stand in a block"}
                                           : Label{block_->span, "the block begins here"});
        if (at_margin) end_block();
    }
    if (!block_ && std::holds_alternative<ast::ForBlock>(statement.what)) {
        block_ = std::move(statement);
    } else if (!std::holds_alternative<ast::ForBlock>(statement.what)) {
        result_.statements.push_back(std::move(statement));
    }
}

void Parser::keep_flat(std::size_t begin, std::size_t end) {
    if (!flat_) return;
    const auto span_of_all = span(begin, end);
    flat_->push_back({span_of_all.begin, span_of_all.end, state_.nodes});
}

void Parser::step(std::size_t& at) {
    if (text_[at] == '}') {
        state_.nodes.clear();
        keep_flat(at, at + 1);
        close_brace(at++);
        return;
    }
    const std::size_t begin = at;
    try {
        if (match<grammar::statement>(at)) {
            previous_end_ = at;
            keep_flat(begin, at);
            add(build_statement(state_.nodes, {text_, file_, flat_ ? meaning_ : diagnostics_}));
            return;
        }
        report_unknown(begin);
        recover(at, begin);
    } catch (const SyntaxFailure& failure) {
        report(failure);
        recover(at, failure.offset);
    }
}

void Parser::finish() {
    if (!block_) return;
    error(Code::unclosed, block_->span, "the `for` block is not closed", "opened here");
    end_block();
}

ast::File Parser::file() {
    if (!readable()) return {};
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    std::size_t at = text_.substr(0, 3) == byte_order_mark ? 3 : 0;
    while ((at = end_of_trivia(text_, at)) < text_.size()) {
        step(at);
        if (errors_ < errors_max) continue;
        error(Code::too_many_errors, span(at, at), "too many errors; the rest is not read");
        break;
    }
    finish();
    return std::move(result_);
}

std::optional<std::vector<FlatStatement>> Parser::flat() {
    std::vector<FlatStatement> statements;
    flat_ = &statements;
    (void)file();
    flat_ = nullptr;
    if (errors_ > 0) return {};
    return statements;
}

std::optional<ast::Attempt> Parser::action() {
    if (!readable()) return {};
    try {
        std::size_t at = 0;
        if (match<whole_action_text>(at))
            return build_attempt(state_.nodes, {text_, file_, diagnostics_});
    } catch (const SyntaxFailure& failure) {
        report(failure);
    }
    return {};
}

} // namespace

ast::File parse(std::string_view text, FileId file, Diagnostics& diagnostics) {
    return Parser{text, file, diagnostics}.file();
}

std::optional<std::vector<FlatStatement>> parse_flat(std::string_view text, FileId file,
                                                     Diagnostics& diagnostics) {
    return Parser{text, file, diagnostics}.flat();
}

std::optional<ast::Attempt> parse_action_text(std::string_view text, FileId file,
                                              Diagnostics& diagnostics) {
    return Parser{text, file, diagnostics}.action();
}

} // namespace synpol
