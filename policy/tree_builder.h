// SPDX-License-Identifier: Apache-2.0
// The builder of the syntax tree: one method for each kind of node. Only the build_*.cpp files
// include this.
#pragma once

#include <cassert>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "policy/ast.h"
#include "policy/build_ast.h"
#include "policy/codes.h"
#include "policy/lexer.h"

namespace synpol {

class TreeBuilder {
  public:
    TreeBuilder(const std::vector<grammar::FlatNode>& tree, TreeInputs inputs)
        : tree_{tree}, text_{inputs.text}, file_{inputs.file}, diagnostics_{inputs.diagnostics} {}

    ast::Statement statement();
    ast::Action action(std::uint32_t index);
    ast::Attempt attempt(std::uint32_t index);

  private:
    using Node = grammar::Node;
    using What = decltype(ast::Statement::what);

    // ---- the flat tree
    /// Calls f(index) for each child.
    template <typename F>
    void each(std::uint32_t index, F f) const {
        for (std::uint32_t child = index + 1; child < tree_[index].next;
             child = tree_[child].next) {
            f(child);
        }
    }
    std::vector<std::uint32_t> children(std::uint32_t index) const {
        std::vector<std::uint32_t> result;
        each(index, [&](std::uint32_t child) { result.push_back(child); });
        return result;
    }
    Node kind(std::uint32_t index) const { return tree_[index].kind; }
    Span span(std::uint32_t index) const { return {file_, tree_[index].begin, tree_[index].end}; }
    std::string_view text(std::uint32_t index) const {
        return text_.substr(tree_[index].begin, tree_[index].end - tree_[index].begin);
    }
    ast::Word word(std::uint32_t index) const { return {text(index), span(index)}; }
    /// A string without its quotes, any other node as it is.
    ast::Text string(std::uint32_t index) const;
    Keyword keyword(std::uint32_t index) const {
        const auto found = find_keyword(text(index));
        assert(found);
        return found->keyword;
    }
    /// The word that a clause or statement begins with.
    Span first_word(std::uint32_t index) const;
    Keyword first_keyword(std::uint32_t index) const;
    std::string_view source(Span place) const {
        return text_.substr(place.begin, place.end - place.begin);
    }

    // ---- what the grammar alone does not forbid
    void repeated(Span place, Span first, std::string_view what);
    void mixed(Span place, Span first, std::string_view help);
    /// Reports a part that is there already, then keeps the new one.
    template <typename T>
    void once(std::optional<T>& slot, T value, Span first, std::uint32_t index) {
        const Span place = first_word(index);
        if (slot) repeated(place, first, fmt::format("`{}`", source(place)));
        slot = std::move(value);
    }

    // ---- operands
    ast::Value value(std::uint32_t index) const;
    ast::SetTerm set_term(std::uint32_t index);
    ast::SetExpr set_expr(std::uint32_t index);
    ast::FileSet file_set(std::uint32_t index);
    ast::Subject subject(std::uint32_t index);
    ast::Subject subject_term(std::uint32_t index);
    ast::Flow flow(std::uint32_t index);
    void flow_part(std::uint32_t index, ast::Flow& flow);

    // ---- rules
    ast::Comparing comparing(std::uint32_t index);
    ast::Condition condition(std::uint32_t index);
    ast::Response response(std::uint32_t index);
    ast::Window window(std::uint32_t index);
    ast::ConfineLine confine_line(std::uint32_t index);
    ast::Exception exception(std::uint32_t index);
    void exception_part(std::uint32_t index, ast::Exception& exception);
    ast::Rule rule(std::uint32_t index);
    void rule_part(std::uint32_t index, ast::Rule& rule);
    void head_part(std::uint32_t index, ast::Rule& rule);
    bool clause(std::uint32_t index, ast::Rule& rule);
    bool flag(std::uint32_t index, ast::Rule& rule);
    void then(std::uint32_t index, ast::Rule& rule);

    // ---- tests
    ast::Test test(std::uint32_t index);
    void test_part(std::uint32_t index, ast::Test& test);
    ast::TestLine test_line(std::uint32_t index);
    ast::Expect expect(std::uint32_t index);
    void by(std::uint32_t index, ast::Expect& expect);

    // ---- statements
    ast::Statement wrap(What what) { return {std::move(what), span(0)}; }
    What policy(std::uint32_t index);
    What use(std::uint32_t index);
    What set(std::uint32_t index);
    What extend(std::uint32_t index);
    What never(std::uint32_t index);
    What exempt(std::uint32_t index);

    const std::vector<grammar::FlatNode>& tree_;
    std::string_view text_;
    FileId file_;
    Diagnostics& diagnostics_;
};

} // namespace synpol
