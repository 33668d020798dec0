// SPDX-License-Identifier: Apache-2.0
// The operands of the syntax tree: sets, subjects, flows and actions.
#include "policy/tree_builder.h"

namespace synpol {
namespace {

using grammar::Node;

constexpr std::string_view group_it = "put parentheses around the part that belongs together";

std::string unescape(std::string_view quoted_text) {
    std::string value;
    for (std::size_t i = 1; i + 1 < quoted_text.size(); ++i) {
        if (quoted_text[i] == '\\') ++i;
        value += quoted_text[i];
    }
    return value;
}

struct LeafKind {
    Node node;
    ast::ValueKind kind;
};
constexpr LeafKind leaf_kinds[] = {
    {Node::qname, ast::ValueKind::name},      {Node::number, ast::ValueKind::number},
    {Node::address, ast::ValueKind::address}, {Node::path, ast::ValueKind::path},
    {Node::string, ast::ValueKind::string},   {Node::catalog, ast::ValueKind::catalog},
    {Node::any, ast::ValueKind::any},         {Node::none, ast::ValueKind::none},
};

} // namespace

ast::Text TreeBuilder::string(std::uint32_t index) const {
    if (kind(index) != Node::string) return {std::string{text(index)}, span(index)};
    return {unescape(text(index)), span(index)};
}

Span TreeBuilder::first_word(std::uint32_t index) const {
    const auto begin = tree_[index].begin;
    const auto size = static_cast<std::uint32_t>(word_at(text_, begin).size());
    return {file_, begin, begin + size};
}

Keyword TreeBuilder::first_keyword(std::uint32_t index) const {
    const auto found = find_keyword(source(first_word(index)));
    assert(found);
    return found->keyword;
}

void TreeBuilder::repeated(Span place, Span first, std::string_view what) {
    auto& error = diagnostics_.error(Code::repeated_clause, place,
                                     fmt::format("{} is given twice", what), "second");
    error.secondary.push_back({first, "first"});
}

void TreeBuilder::mixed(Span place, Span first, std::string_view help) {
    auto& error = diagnostics_.error(
        Code::mixed_operators, place,
        fmt::format("`{}` and `{}` are mixed without parentheses", source(first), source(place)),
        "which one comes first?");
    error.secondary.push_back({first, "first operator"});
    error.helps.emplace_back(help);
}

// ---- sets --------------------------------------------------------------------------------------

ast::Value TreeBuilder::value(std::uint32_t index) const {
    for (const auto& row : leaf_kinds) {
        if (row.node == kind(index)) return {row.kind, word(index)};
    }
    assert(false);
    return {};
}

ast::FileSet TreeBuilder::file_set(std::uint32_t index) {
    ast::FileSet result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::string) {
            result.path = string(child);
            return;
        }
        const auto parts = children(child);
        result.options.push_back({keyword(parts[0]), word(parts[1]), span(child)});
    });
    return result;
}

ast::SetTerm TreeBuilder::set_term(std::uint32_t index) {
    ast::SetTerm term;
    term.span = span(index);
    if (kind(index) == Node::list) {
        ast::List list;
        each(index, [&](std::uint32_t child) { list.items.push_back(value(child)); });
        term.what = std::move(list);
    } else if (kind(index) == Node::set_group) {
        term.what = std::make_unique<ast::SetExpr>(set_expr(index + 1));
    } else if (kind(index) == Node::file_set) {
        term.what = file_set(index);
    } else {
        term.what = value(index);
    }
    return term;
}

ast::SetExpr TreeBuilder::set_expr(std::uint32_t index) {
    ast::SetExpr expr;
    expr.span = span(index);
    expr.first = set_term(index + 1);
    bool reported = false;
    for (auto at = tree_[index + 1].next; at < tree_[index].next;) {
        const auto right = tree_[at].next;
        expr.rest.push_back({text(at)[0], span(at), set_term(right)});
        const auto& first = expr.rest.front();
        if (!reported && (first.symbol == '&') != (expr.rest.back().symbol == '&')) {
            mixed(span(at), first.span, group_it);
            reported = true;
        }
        at = tree_[right].next;
    }
    return expr;
}

// ---- subjects ----------------------------------------------------------------------------------

ast::Subject TreeBuilder::subject_term(std::uint32_t index) {
    ast::Subject result{ast::BrokenSubject{}, span(index)};
    switch (kind(index)) {
    case Node::user_is:
        result.what = ast::Accounts{false, set_expr(index + 1)};
        break;
    case Node::group_is:
        result.what = ast::Accounts{true, set_expr(index + 1)};
        break;
    case Node::exe_is:
        result.what = ast::Exe{set_expr(index + 1)};
        break;
    case Node::cgroup_is:
        result.what = ast::Cgroup{string(index + 1)};
        break;
    case Node::subject_name:
        result.what = ast::SubjectName{word(index)};
        break;
    case Node::subject_group:
        result = subject(index + 1);
        break;
    case Node::negated:
        result.what = ast::Negation{std::make_unique<ast::Subject>(subject_term(index + 1))};
        break;
    case Node::unit_is: {
        ast::Units units;
        each(index, [&](std::uint32_t child) { units.names.push_back(string(child)); });
        result.what = std::move(units);
        break;
    }
    case Node::descendants:
        result.what = ast::Descendants{std::make_unique<ast::Subject>(subject_term(index + 1))};
        break;
    default:
        assert(false);
    }
    return result;
}

ast::Subject TreeBuilder::subject(std::uint32_t index) {
    auto first = subject_term(index + 1);
    const auto second = tree_[index + 1].next;
    if (second >= tree_[index].next) return first;
    ast::Junction junction;
    junction.all = keyword(second) == Keyword::and_;
    junction.parts.push_back(std::move(first));
    bool reported = false;
    for (auto at = second; at < tree_[index].next;) {
        if (!reported && (keyword(at) == Keyword::and_) != junction.all) {
            mixed(span(at), span(second), group_it);
            reported = true;
        }
        const auto term = tree_[at].next;
        junction.parts.push_back(subject_term(term));
        at = tree_[term].next;
    }
    return {std::move(junction), span(index)};
}

// ---- objects -----------------------------------------------------------------------------------

void TreeBuilder::flow_part(std::uint32_t index, ast::Flow& flow) {
    if (kind(index) == Node::protocol) {
        flow.protocol = word(index);
        return;
    }
    if (kind(index) == Node::state) {
        flow.state = word(index);
        return;
    }
    const bool has_set = tree_[index].next > index + 1; // `to port 22` has none
    if (!has_set) return;
    auto& slot = kind(index) == Node::from ? flow.from
                 : kind(index) == Node::to ? flow.to
                                           : flow.port;
    const Span place = first_word(index);
    if (slot) repeated(place, slot->span, fmt::format("`{}`", source(place)));
    slot = set_expr(index + 1);
}

ast::Flow TreeBuilder::flow(std::uint32_t index) {
    ast::Flow result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) { flow_part(child, result); });
    return result;
}

ast::Action TreeBuilder::action(std::uint32_t index) {
    ast::Action result;
    result.span = span(index);
    result.keyword = keyword(index + 1);
    result.word = span(index + 1);
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::set_expr) result.object = set_expr(child);
        if (kind(child) == Node::flow) result.object = flow(child);
        if (kind(child) == Node::subject) result.object = subject(child);
    });
    return result;
}

} // namespace synpol
