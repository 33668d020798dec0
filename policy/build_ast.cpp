// SPDX-License-Identifier: Apache-2.0
// The statements of the syntax tree, tests among them.
#include "policy/build_ast.h"

#include "policy/tree_builder.h"

namespace synpol {

// ---- statements --------------------------------------------------------------------------------

TreeBuilder::What TreeBuilder::policy(std::uint32_t index) {
    ast::Policy result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::name) result.name = word(child);
        if (kind(child) == Node::string) result.title = string(child);
        if (kind(child) == Node::keyword) result.audit_mode = keyword(child) == Keyword::audit;
    });
    return result;
}

TreeBuilder::What TreeBuilder::use(std::uint32_t index) {
    ast::Use result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::string) result.path = string(child);
        if (kind(child) == Node::name) result.name = word(child);
    });
    return result;
}

TreeBuilder::What TreeBuilder::set(std::uint32_t index) {
    ast::Set result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::name) result.name = word(child);
        if (kind(child) == Node::set_expr) result.value = set_expr(child);
        if (kind(child) != Node::keyword) return;
        if (keyword(child) == Keyword::open) {
            result.open = span(child);
        } else {
            const auto type = static_cast<int>(keyword(child)) - static_cast<int>(Keyword::paths);
            result.type = static_cast<ast::SetType>(type);
        }
    });
    return result;
}

static_assert(static_cast<int>(Keyword::users) - static_cast<int>(Keyword::paths) ==
              static_cast<int>(ast::SetType::users));

TreeBuilder::What TreeBuilder::extend(std::uint32_t index) {
    ast::Extend result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::qname) result.name = word(child);
        if (kind(child) == Node::set_expr) result.value = set_expr(child);
        if (kind(child) == Node::because) result.because = string(child + 1);
        if (kind(child) == Node::until) result.until = word(child + 1);
    });
    return result;
}

TreeBuilder::What TreeBuilder::never(std::uint32_t index) {
    ast::Never result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::set_expr) result.what = set_expr(child);
        if (kind(child) == Node::subject) result.what = subject(child);
        if (kind(child) == Node::because) result.because = string(child + 1);
    });
    return result;
}

TreeBuilder::What TreeBuilder::exempt(std::uint32_t index) {
    ast::Exempt result;
    result.hole = exception(index);
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::qname) result.rule = word(child);
    });
    return result;
}

// ---- tests -------------------------------------------------------------------------------------

ast::Attempt TreeBuilder::attempt(std::uint32_t index) {
    ast::Attempt result;
    result.span = span(index);
    const auto place = [](const auto& slot) { return slot ? slot->span : Span{}; };
    each(index, [&](std::uint32_t child) {
        const bool what = kind(child) == Node::event || kind(child) == Node::action;
        if (what) result.action = action(child);
        if (kind(child) == Node::for_clause) {
            once(result.subject, subject(child + 1), place(result.subject), child);
        }
        if (kind(child) == Node::where_clause) {
            once(result.where, condition(child), place(result.where), child);
        }
        if (kind(child) != Node::duration) return;
        if (result.over) repeated(span(child), result.over->span, "`over`");
        result.over = word(child);
    });
    return result;
}

void TreeBuilder::by(std::uint32_t index, ast::Expect& expect) {
    once(expect.by_span, span(index), expect.by_span.value_or(Span{}), index);
    expect.only_by = first_keyword(index) == Keyword::only;
    each(index, [&](std::uint32_t child) { expect.by.push_back(word(child)); });
}

ast::Expect TreeBuilder::expect(std::uint32_t index) {
    ast::Expect result;
    result.span = span(index);
    result.outcome = keyword(index + 1);
    result.outcome_span = span(index + 1);
    const auto place = [](const auto& slot) { return slot ? slot->span : Span{}; };
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::event) result.action = action(child);
        if (kind(child) == Node::by) by(child, result);
        if (kind(child) == Node::for_clause) {
            once(result.subject, subject(child + 1), place(result.subject), child);
        }
        if (kind(child) == Node::where_clause) {
            once(result.where, condition(child), place(result.where), child);
        }
        if (kind(child) == Node::because) {
            once(result.because, string(child + 1), place(result.because), child);
        }
    });
    return result;
}

/// With or without `at`.
ast::TestLine TreeBuilder::test_line(std::uint32_t index) {
    ast::TestLine result;
    result.span = span(index);
    std::uint32_t what = index;
    if (kind(index) == Node::test_at) {
        result.at = word(index + 1);
        what = tree_[index + 1].next;
    }
    if (kind(what) == Node::expectation) {
        result.what = expect(what);
    } else {
        result.what = attempt(what);
    }
    return result;
}

void TreeBuilder::test_part(std::uint32_t index, ast::Test& test) {
    const auto place = [](const auto& slot) { return slot ? slot->span : Span{}; };
    switch (kind(index)) {
    case Node::string:
        test.name = string(index);
        break;
    case Node::test_as:
        once(test.subject, subject(index + 1), place(test.subject), index);
        break;
    case Node::test_on:
        once(test.on, word(index + 1), place(test.on), index);
        break;
    case Node::test_given:
        test.given.push_back({word(index + 1), set_expr(tree_[index + 1].next), span(index)});
        break;
    default:
        test.lines.push_back(test_line(index));
    }
}

ast::Test TreeBuilder::test(std::uint32_t index) {
    ast::Test result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::keyword) {
            result.final_ = span(child);
        } else {
            test_part(child, result);
        }
    });
    return result;
}

// ---- all of them -------------------------------------------------------------------------------

ast::Statement TreeBuilder::statement() {
    switch (kind(0)) {
    case Node::rule:
        return wrap(rule(0));
    case Node::policy:
        return wrap(policy(0));
    case Node::use:
        return wrap(use(0));
    case Node::set:
        return wrap(set(0));
    case Node::extend:
        return wrap(extend(0));
    case Node::never:
        return wrap(never(0));
    case Node::exempt:
        return wrap(exempt(0));
    case Node::for_open:
        return wrap(ast::ForBlock{subject(1), {}});
    case Node::subject_set: {
        const auto parts = children(0);
        return wrap(ast::SubjectSet{word(parts[0]), subject(parts[1])});
    }
    case Node::test:
        return wrap(test(0));
    default:
        assert(kind(0) == Node::edition);
        return wrap(ast::Edition{word(1)});
    }
}

ast::Statement build_statement(const std::vector<grammar::FlatNode>& tree, TreeInputs inputs) {
    return TreeBuilder{tree, inputs}.statement();
}

ast::Attempt build_attempt(const std::vector<grammar::FlatNode>& tree, TreeInputs inputs) {
    return TreeBuilder{tree, inputs}.attempt(0);
}

} // namespace synpol
