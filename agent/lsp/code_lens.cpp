// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/features.h"

#include <fmt/format.h>

#include "agent/lsp/enforcement.h"

namespace synpol::lsp {
namespace {

class Lenses {
  public:
    explicit Lenses(const Question& question)
        : question_{question}, lines_{question.text(), question.encoding} {}

    void add(const ast::Statement& statement) {
        if (const auto* one = std::get_if<ast::Rule>(&statement.what)) rule(*one);
        if (const auto* test_block = std::get_if<ast::Test>(&statement.what)) test(*test_block);
        const auto* block = std::get_if<ast::ForBlock>(&statement.what);
        if (block == nullptr) return;
        for (const auto& one : block->rules) rule(one);
    }
    Json take() { return std::move(lenses_); }

  private:
    /// Without an identifier the command does nothing: the title is the message.
    void lens(Span span, const std::string& title) {
        lenses_.push_back(
            {{"range", lines_.range(span)}, {"command", {{"title", title}, {"command", ""}}}});
    }
    void rule(const ast::Rule& written) {
        const Span place = written.label ? written.label->span : written.verb_span;
        if (question_.analysis.planned() == nullptr) return; // the errors say why
        const auto rules = rules_at(question_.analysis, written.span);
        lens(place, rules.empty() ? "not in force: expired"
                                  : enforcement_summary(question_.analysis, rules));
    }
    void test(const ast::Test& written) {
        std::size_t count = 0;
        for (const auto& line : written.lines) {
            count += std::holds_alternative<ast::Expect>(line.what) ? 1 : 0;
        }
        lens(written.name.span, fmt::format("expects {}", count));
    }

    const Question& question_;
    Lines lines_;
    Json lenses_ = Json::array();
};

} // namespace

Json code_lenses(const Question& question) {
    Lenses lenses{question};
    for (const auto& statement : question.file.tree.statements) lenses.add(statement);
    return lenses.take();
}

} // namespace synpol::lsp
