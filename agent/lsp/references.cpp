// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/references.h"

namespace synpol::lsp {
namespace {

/// One overload for each kind of tree node that can hold names.
class Collector {
  public:
    std::vector<Reference> take() { return std::move(found_); }

    void visit(const ast::Statement& statement) {
        std::visit([this](const auto& one) { visit(one); }, statement.what);
    }

  private:
    void add(Role role, bool defines, const ast::Word& word) {
        found_.push_back({role, defines, word.span, std::string{word.text}});
    }
    void add_file(const ast::Text& path) {
        found_.push_back({Role::file, false, path.span, path.value});
    }
    template <typename T>
    void visit(const std::optional<T>& one) {
        if (one) visit(*one);
    }
    template <typename T>
    void visit(const std::vector<T>& all) {
        for (const auto& one : all) visit(one);
    }
    template <typename T>
    void visit(const std::unique_ptr<T>& one) {
        if (one) visit(*one);
    }
    void visit(std::monostate) {}

    // ---- sets
    void visit(const ast::Value& value) {
        if (value.kind == ast::ValueKind::name) add(Role::set, false, value.word);
        if (value.kind == ast::ValueKind::catalog) add(Role::catalogue, false, value.word);
    }
    void visit(const ast::List& list) { visit(list.items); }
    void visit(const ast::FileSet& file) { add_file(file.path); }
    void visit(const ast::SetTerm& term) {
        std::visit([this](const auto& one) { visit(one); }, term.what);
    }
    void visit(const ast::SetExpr& expr) {
        visit(expr.first);
        for (const auto& operation : expr.rest) visit(operation.right);
    }

    // ---- subjects
    void visit(const ast::BrokenSubject&) {}
    void visit(const ast::Accounts& accounts) { visit(accounts.set); }
    void visit(const ast::Exe& exe) { visit(exe.set); }
    void visit(const ast::Units&) {}
    void visit(const ast::Cgroup&) {}
    void visit(const ast::Descendants& descendants) { visit(descendants.subject); }
    void visit(const ast::SubjectName& name) { add(Role::subject, false, name.name); }
    void visit(const ast::Negation& negation) { visit(negation.subject); }
    void visit(const ast::Junction& junction) { visit(junction.parts); }
    void visit(const ast::Subject& subject) {
        std::visit([this](const auto& one) { visit(one); }, subject.what);
    }

    // ---- rules
    void visit(const ast::Flow& flow) {
        visit(flow.from);
        visit(flow.to);
        visit(flow.port);
    }
    void object(const ast::Object& object) {
        std::visit([this](const auto& one) { visit(one); }, object);
    }
    void visit(const ast::Action& action) { object(action.object); }
    void visit(const ast::Exception& exception) {
        object(exception.object);
        visit(exception.subject);
    }
    void visit(const ast::Comparing& comparing) { visit(comparing.values); }
    void visit(const ast::Condition& condition) { visit(condition.parts); }
    void lines(const ast::Confine& confine, std::string_view label) {
        visit(confine.subject);
        if (confine.sandbox) return; // its lines are another file's
        for (const auto& line : confine.lines) {
            if (line.label) add(Role::line, true, *line.label);
            if (line.label) found_.back().owner = label;
            visit(line.action);
        }
    }
    void visit(const ast::Rule& rule) {
        if (rule.label) add(Role::rule, true, *rule.label);
        if (rule.confine) {
            lines(*rule.confine, rule.label ? rule.label->text : std::string_view{});
        } else {
            visit(rule.action);
        }
        visit(rule.subject);
        visit(rule.where);
        visit(rule.exceptions);
    }

    // ---- tests
    void visit(const ast::Attempt& attempt) {
        visit(attempt.action);
        visit(attempt.subject);
        visit(attempt.where);
    }
    void visit(const ast::Expect& expect) {
        visit(expect.action);
        visit(expect.subject);
        visit(expect.where);
        for (const auto& name : expect.by) add(Role::rule, false, name);
    }
    void visit(const ast::Given& given) {
        add(Role::set, false, given.name);
        visit(given.value);
    }
    void visit(const ast::TestLine& line) {
        std::visit([this](const auto& one) { visit(one); }, line.what);
    }

    // ---- statements
    void visit(const ast::Edition&) {}
    void visit(const ast::Policy&) {}
    void visit(const ast::Use& use) {
        add_file(use.path);
        if (use.name) add(Role::import, true, *use.name);
    }
    void visit(const ast::Set& set) {
        add(Role::set, true, set.name);
        visit(set.value);
    }
    void visit(const ast::SubjectSet& set) {
        add(Role::subject, true, set.name);
        visit(set.value);
    }
    void visit(const ast::ForBlock& block) {
        visit(block.subject);
        visit(block.rules);
    }
    void visit(const ast::Extend& extend) {
        add(Role::set, false, extend.name);
        visit(extend.value);
    }
    void visit(const ast::Never& never) {
        std::visit([this](const auto& one) { visit(one); }, never.what);
    }
    void visit(const ast::Exempt& exempt) {
        visit(exempt.hole);
        add(Role::rule, false, exempt.rule);
    }
    void visit(const ast::Test& test) {
        visit(test.subject);
        visit(test.given);
        visit(test.lines);
    }

    std::vector<Reference> found_;
};

} // namespace

std::vector<Reference> references_in(const ast::File& tree) {
    Collector collector;
    for (const auto& statement : tree.statements) collector.visit(statement);
    return collector.take();
}

} // namespace synpol::lsp
