// SPDX-License-Identifier: Apache-2.0
// The rules of the syntax tree and their clauses.
#include "policy/tree_builder.h"

namespace synpol {
namespace {

struct Word {
    std::string_view text;
    ast::Comparison comparison;
};
constexpr Word comparisons[] = {
    {"==", ast::Comparison::equal},    {"!=", ast::Comparison::not_equal},
    {"<", ast::Comparison::less},      {"<=", ast::Comparison::at_most},
    {">", ast::Comparison::above},     {">=", ast::Comparison::at_least},
    {"in", ast::Comparison::in},       {"has", ast::Comparison::has},
    {"lacks", ast::Comparison::lacks},
};

ast::Comparison find_comparison(std::string_view text) {
    for (const auto& row : comparisons) {
        if (row.text == text) return row.comparison;
    }
    return ast::Comparison::not_in; // the only one of two words
}

} // namespace

// ---- conditions --------------------------------------------------------------------------------

ast::Comparing TreeBuilder::comparing(std::uint32_t index) {
    const auto parts = children(index);
    return {word(parts[0]), find_comparison(text(parts[1])), span(parts[1]), set_expr(parts[2]),
            span(index)};
}

ast::Condition TreeBuilder::condition(std::uint32_t index) {
    ast::Condition result;
    std::optional<Span> first;
    bool reported = false;
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::condition) {
            result.parts.push_back(comparing(child));
            return;
        }
        const bool all = keyword(child) == Keyword::and_;
        if (first && !reported && all != result.all) {
            mixed(span(child), *first, "write a rule for each alternative");
            reported = true;
        }
        if (first) return;
        first = span(child);
        result.all = all;
    });
    result.span = {file_, result.parts.front().span.begin, result.parts.back().span.end};
    return result;
}

// ---- responses and counting --------------------------------------------------------------------

ast::Response TreeBuilder::response(std::uint32_t index) {
    ast::Response result;
    result.keyword = first_keyword(index);
    result.span = span(index);
    each(index, [&](std::uint32_t child) {
        auto& slot = kind(child) == Node::key        ? result.key
                     : kind(child) == Node::duration ? result.duration
                                                     : result.level;
        slot = word(child);
    });
    return result;
}

void TreeBuilder::then(std::uint32_t index, ast::Rule& rule) {
    once(rule.then, span(index), rule.then.value_or(Span{}), index);
    each(index, [&](std::uint32_t child) { rule.responses.push_back(response(child)); });
}

ast::Window TreeBuilder::window(std::uint32_t index) {
    ast::Window result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::name) result.distinct = word(child);
        if (kind(child) == Node::number) result.threshold = word(child);
        if (kind(child) == Node::duration) result.duration = word(child);
        if (kind(child) == Node::key) result.key = word(child);
    });
    return result;
}

// ---- clauses -----------------------------------------------------------------------------------

void TreeBuilder::exception_part(std::uint32_t index, ast::Exception& exception) {
    switch (kind(index)) {
    case Node::keyword:
        exception.packets = word(index);
        break;
    case Node::flow:
        exception.object = flow(index);
        break;
    case Node::set_expr:
        exception.object = set_expr(index);
        break;
    case Node::for_clause:
        exception.subject = subject(index + 1);
        break;
    case Node::because:
        exception.because = string(index + 1);
        break;
    case Node::until:
        exception.until = word(index + 1);
        break;
    default:
        break; // the name of a rule, which `exempt` reads
    }
}

ast::Exception TreeBuilder::exception(std::uint32_t index) {
    ast::Exception result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) { exception_part(child, result); });
    return result;
}

/// Clauses of one word.
bool TreeBuilder::flag(std::uint32_t index, ast::Rule& rule) {
    const auto set = [&](std::optional<Span>& slot) {
        once(slot, span(index), slot.value_or(Span{}), index);
        return true;
    };
    switch (kind(index)) {
    case Node::quiet:
        return set(rule.quiet);
    case Node::final_clause:
        return set(rule.final_);
    case Node::best_effort:
        return set(rule.best_effort);
    default:
        return false;
    }
}

/// True when the node is a clause.
bool TreeBuilder::clause(std::uint32_t index, ast::Rule& rule) {
    const auto place = [](const auto& slot) { return slot ? slot->span : Span{}; };
    switch (kind(index)) {
    case Node::for_clause:
        once(rule.subject, subject(index + 1), place(rule.subject), index);
        return true;
    case Node::where_clause:
        once(rule.where, condition(index), place(rule.where), index);
        return true;
    case Node::with_clause:
        once(rule.error, word(index + 1), place(rule.error), index);
        return true;
    case Node::then_clause:
        then(index, rule);
        return true;
    case Node::because:
        once(rule.because, string(index + 1), place(rule.because), index);
        return true;
    case Node::until:
        once(rule.until, word(index + 1), place(rule.until), index);
        return true;
    case Node::accept:
        rule.accepted.push_back({word(index + 1), string(index + 3), span(index)});
        return true;
    case Node::tag:
        rule.tags.push_back(word(index + 1));
        return true;
    case Node::except:
        rule.exceptions.push_back(exception(index));
        return true;
    default:
        return flag(index, rule);
    }
}

// ---- rules -------------------------------------------------------------------------------------

ast::ConfineLine TreeBuilder::confine_line(std::uint32_t index) {
    ast::ConfineLine result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) {
        if (kind(child) == Node::label) result.label = word(child);
        if (kind(child) == Node::action) result.action = action(child);
    });
    return result;
}

void TreeBuilder::head_part(std::uint32_t index, ast::Rule& rule) {
    if (kind(index) == Node::label) {
        rule.label = word(index);
    } else if (keyword(index) == Keyword::audit) {
        rule.audit = span(index);
    } else {
        rule.verb = keyword(index);
        rule.verb_span = span(index);
        if (rule.verb == Keyword::confine) rule.confine.emplace();
    }
}

void TreeBuilder::rule_part(std::uint32_t index, ast::Rule& rule) {
    if (clause(index, rule)) return;
    switch (kind(index)) {
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
    case Node::window:
        rule.window = window(index);
        break;
    case Node::subject:
        rule.confine->subject = subject(index);
        break;
    case Node::string:
        rule.confine->sandbox = string(index);
        break;
    case Node::confined:
        rule.confine->lines.push_back(confine_line(index));
        break;
    default:
        head_part(index, rule);
    }
}

ast::Rule TreeBuilder::rule(std::uint32_t index) {
    ast::Rule result;
    result.span = span(index);
    each(index, [&](std::uint32_t child) { rule_part(child, result); });
    return result;
}

} // namespace synpol
