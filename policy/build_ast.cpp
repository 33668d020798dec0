// SPDX-License-Identifier: Apache-2.0
#include "policy/build_ast.h"

#include <cassert>

#include <fmt/format.h>

#include "policy/codes.h"

namespace synpol {
namespace {

using grammar::FlatNode;
using grammar::Node;

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

constexpr Keyword supported_actions[] = {Keyword::syscall, Keyword::connect, Keyword::bind,
                                         Keyword::inbound};

bool is_supported(Keyword action) {
    for (const Keyword supported : supported_actions) {
        if (action == supported) return true;
    }
    return false;
}

class Builder {
  public:
    Builder(const std::vector<FlatNode>& tree, TreeInputs inputs)
        : tree_{tree}, text_{inputs.text}, file_{inputs.file}, diagnostics_{inputs.diagnostics} {}

    ast::Statement statement();
    ast::Action action(std::uint32_t index);

  private:
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
    ast::Text string(std::uint32_t index) const { return {unescape(text(index)), span(index)}; }
    Keyword keyword(std::uint32_t index) const {
        const auto found = find_keyword(text(index));
        assert(found);
        return found->keyword;
    }
    /// The word that a clause or statement begins with.
    Span first_word(std::uint32_t index) const {
        const auto begin = tree_[index].begin;
        std::uint32_t end = begin;
        while (end < text_.size() && is_word_byte(text_[end])) ++end;
        return {file_, begin, end};
    }
    std::string_view source(Span place) const {
        return text_.substr(place.begin, place.end - place.begin);
    }

    void unsupported(Span place, std::string_view what) {
        diagnostics_.error(Code::not_supported_yet, place,
                           fmt::format("{} is not supported yet", what), "refused");
    }
    void unsupported_word(std::uint32_t index) {
        const Span place = first_word(index);
        unsupported(place, fmt::format("`{}`", source(place)));
    }
    void repeated(Span place, Span first, std::string_view what) {
        auto& error = diagnostics_.error(Code::repeated_clause, place,
                                         fmt::format("{} is given twice", what), "second");
        error.secondary.push_back({first, "first"});
    }
    void mixed(Span place, Span first) {
        auto& error = diagnostics_.error(Code::mixed_operators, place,
                                         fmt::format("`{}` and `{}` are mixed without parentheses",
                                                     source(first), source(place)),
                                         "which one comes first?");
        error.secondary.push_back({first, "first operator"});
        error.helps.push_back("put parentheses around the part that belongs together");
    }

    ast::Value value(std::uint32_t index) const;
    ast::SetTerm set_term(std::uint32_t index);
    ast::SetExpr set_expr(std::uint32_t index);
    ast::FileSet file_set(std::uint32_t index);
    ast::Subject subject(std::uint32_t index);
    ast::Subject subject_term(std::uint32_t index);
    ast::Flow flow(std::uint32_t index);
    void flow_part(std::uint32_t index, ast::Flow& flow);
    ast::Exception exception(std::uint32_t index);
    ast::Rule rule(std::uint32_t index);
    void rule_part(std::uint32_t index, ast::Rule& rule);
    bool clause(std::uint32_t index, ast::Rule& rule);
    void check_support(ast::Rule& rule);
    ast::Statement wrap(std::uint32_t index, decltype(ast::Statement::what) what) {
        return {std::move(what), span(index)};
    }
    decltype(ast::Statement::what) policy(std::uint32_t index);
    decltype(ast::Statement::what) use(std::uint32_t index);
    decltype(ast::Statement::what) set(std::uint32_t index);

    const std::vector<FlatNode>& tree_;
    std::string_view text_;
    FileId file_;
    Diagnostics& diagnostics_;
};

// ---- sets --------------------------------------------------------------------------------------

ast::Value Builder::value(std::uint32_t index) const {
    for (const auto& row : leaf_kinds) {
        if (row.node == kind(index)) return {row.kind, word(index)};
    }
    assert(false);
    return {};
}

ast::FileSet Builder::file_set(std::uint32_t index) {
    ast::FileSet result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::string) {
            result.path = string(child);
            return;
        }
        const auto parts = children(child);
        result.options.push_back({keyword(parts[0]), word(parts[1]), span(child)});
        if (keyword(parts[0]) != Keyword::max) {
            unsupported(span(child), fmt::format("`{}` of a list", text(parts[0])));
        }
    });
    return result;
}

ast::SetTerm Builder::set_term(std::uint32_t index) {
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

ast::SetExpr Builder::set_expr(std::uint32_t index) {
    ast::SetExpr expr;
    expr.span = span(index);
    expr.first = set_term(index + 1);
    bool reported = false;
    for (auto at = tree_[index + 1].next; at < tree_[index].next;) {
        const auto right = tree_[at].next;
        expr.rest.push_back({text(at)[0], span(at), set_term(right)});
        const auto& first = expr.rest.front();
        if (!reported && (first.symbol == '&') != (expr.rest.back().symbol == '&')) {
            mixed(span(at), first.span);
            reported = true;
        }
        at = tree_[right].next;
    }
    return expr;
}

// ---- subjects ----------------------------------------------------------------------------------

ast::Subject Builder::subject_term(std::uint32_t index) {
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
    case Node::cgroup_is: {
        const bool is_string = kind(index + 1) == Node::string;
        result.what =
            ast::Cgroup{is_string ? string(index + 1)
                                  : ast::Text{std::string{text(index + 1)}, span(index + 1)}};
        break;
    }
    case Node::subject_name:
        result.what = ast::SubjectName{word(index)};
        break;
    case Node::subject_group:
        result = subject(index + 1);
        break;
    case Node::negated:
        result.what = ast::Negation{std::make_unique<ast::Subject>(subject_term(index + 1))};
        break;
    default:
        unsupported_word(index);
        break; // unit, descendants
    }
    return result;
}

ast::Subject Builder::subject(std::uint32_t index) {
    auto first = subject_term(index + 1);
    const auto second = tree_[index + 1].next;
    if (second >= tree_[index].next) return first;
    ast::Junction junction;
    junction.all = keyword(second) == Keyword::and_;
    junction.parts.push_back(std::move(first));
    bool reported = false;
    for (auto at = second; at < tree_[index].next;) {
        if (!reported && (keyword(at) == Keyword::and_) != junction.all) {
            mixed(span(at), span(second));
            reported = true;
        }
        const auto term = tree_[at].next;
        junction.parts.push_back(subject_term(term));
        at = tree_[term].next;
    }
    return {std::move(junction), span(index)};
}

// ---- objects -----------------------------------------------------------------------------------

void Builder::flow_part(std::uint32_t index, ast::Flow& flow) {
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

ast::Flow Builder::flow(std::uint32_t index) {
    ast::Flow result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) { flow_part(child, result); });
    return result;
}

ast::Action Builder::action(std::uint32_t index) {
    ast::Action result;
    result.span = span(index);
    result.keyword = keyword(index + 1);
    result.word = span(index + 1);
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::set_expr) result.object = set_expr(child);
        if (kind(child) == Node::flow) result.object = flow(child);
    });
    return result;
}

// ---- rules -------------------------------------------------------------------------------------

ast::Exception Builder::exception(std::uint32_t index) {
    ast::Exception result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) {
        switch (kind(child)) {
        case Node::keyword:
            result.packets = word(child);
            break;
        case Node::flow:
            result.object = flow(child);
            break;
        case Node::set_expr:
            result.object = set_expr(child);
            break;
        case Node::for_clause:
            result.subject = subject(child + 1);
            break;
        case Node::because:
            result.because = string(child + 1);
            break;
        default:
            unsupported_word(child);
            break; // until
        }
    });
    return result;
}

/// True when the node is a clause of the supported language.
bool Builder::clause(std::uint32_t index, ast::Rule& rule) {
    const auto once = [&](const auto& slot, Span first) {
        const Span place = first_word(index);
        if (slot) repeated(place, first, fmt::format("`{}`", source(place)));
    };
    switch (kind(index)) {
    case Node::for_clause:
        once(rule.subject, rule.subject ? rule.subject->span : Span{});
        rule.subject = subject(index + 1);
        return true;
    case Node::with_clause:
        once(rule.error, rule.error ? rule.error->span : Span{});
        rule.error = word(index + 1);
        return true;
    case Node::because:
        once(rule.because, rule.because ? rule.because->span : Span{});
        rule.because = string(index + 1);
        return true;
    case Node::tag:
        rule.tags.push_back(word(index + 1));
        return true;
    case Node::except:
        rule.exceptions.push_back(exception(index));
        return true;
    default:
        return false;
    }
}

void Builder::rule_part(std::uint32_t index, ast::Rule& rule) {
    if (clause(index, rule)) return;
    switch (kind(index)) {
    case Node::label:
        rule.label = word(index);
        break;
    case Node::keyword:
        if (keyword(index) == Keyword::audit) {
            rule.audit = span(index);
        } else {
            rule.verb = keyword(index);
            rule.verb_span = span(index);
        }
        break;
    case Node::action:
    case Node::event:
        rule.action = action(index);
        break;
    case Node::rate:
        rule.limit = ast::RateLimit{word(index), {}, {}};
        break;
    case Node::key:
        rule.limit->key = word(index);
        break;
    case Node::number:
        rule.limit->burst = word(index);
        break;
    default: // where, then, until, quiet, final, best-effort, accept
        unsupported_word(index);
        rule.complete = false;
    }
}

// One report per cause: what an unsupported action or key would need is not looked at.
void Builder::check_support(ast::Rule& rule) {
    const auto refuse = [&](Span place, std::string what) {
        unsupported(place, what);
        rule.complete = false;
    };
    const Span action = rule.action.word;
    if (!is_supported(rule.action.keyword)) {
        refuse(action, fmt::format("the action `{}`", source(action)));
        return;
    }
    if (!rule.limit) return;
    if (rule.action.keyword != Keyword::inbound) {
        refuse(action, fmt::format("`limit {}`", source(action)));
        return;
    }
    const std::string_view key = rule.limit->key.text;
    if (key.substr(0, key.find('/')) != "source") {
        refuse(rule.limit->key.span, fmt::format("`per {}`", key));
    }
}

ast::Rule Builder::rule(std::uint32_t index) {
    ast::Rule result;
    result.span = span(index);
    for (const auto child : children(index)) {
        rule_part(child, result);
        const bool verb_known = result.verb_span.end != 0;
        if (verb_known && (result.verb == Keyword::confine || result.verb == Keyword::detect)) {
            unsupported(result.verb_span, fmt::format("`{}`", source(result.verb_span)));
            result.complete = false;
            return result;
        }
    }
    check_support(result);
    return result;
}

// ---- statements --------------------------------------------------------------------------------

decltype(ast::Statement::what) Builder::policy(std::uint32_t index) {
    ast::Policy result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::name) result.name = word(child);
        if (kind(child) == Node::string) result.title = string(child);
        if (kind(child) == Node::keyword) result.audit_mode = keyword(child) == Keyword::audit;
    });
    return result;
}

decltype(ast::Statement::what) Builder::use(std::uint32_t index) {
    ast::Use result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::string) result.path = string(child);
        if (kind(child) == Node::name) result.name = word(child);
    });
    return result;
}

decltype(ast::Statement::what) Builder::set(std::uint32_t index) {
    ast::Set result;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::name) result.name = word(child);
        if (kind(child) == Node::set_expr) result.value = set_expr(child);
        if (kind(child) != Node::keyword) return;
        if (keyword(child) == Keyword::open) {
            unsupported_word(child);
        } else {
            const auto type = static_cast<int>(keyword(child)) - static_cast<int>(Keyword::paths);
            result.type = static_cast<ast::SetType>(type);
        }
    });
    return result;
}

static_assert(static_cast<int>(Keyword::users) - static_cast<int>(Keyword::paths) ==
              static_cast<int>(ast::SetType::users));

ast::Statement Builder::statement() {
    switch (kind(0)) {
    case Node::rule:
        return wrap(0, rule(0));
    case Node::policy:
        return wrap(0, policy(0));
    case Node::use:
        return wrap(0, use(0));
    case Node::set:
        return wrap(0, set(0));
    case Node::for_open:
        return wrap(0, ast::ForBlock{subject(1), {}});
    case Node::subject_set: {
        const auto parts = children(0);
        return wrap(0, ast::SubjectSet{word(parts[0]), subject(parts[1])});
    }
    case Node::edition:
        return wrap(0, ast::Edition{word(1)});
    default: // extend, never, exempt, test
        unsupported_word(0);
        return wrap(0, ast::Unsupported{{source(first_word(0)), first_word(0)}});
    }
}

} // namespace

ast::Statement build_statement(const std::vector<FlatNode>& tree, TreeInputs inputs) {
    return Builder{tree, inputs}.statement();
}

ast::Action build_action(const std::vector<FlatNode>& tree, TreeInputs inputs) {
    return Builder{tree, inputs}.action(0);
}

} // namespace synpol
