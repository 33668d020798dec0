// SPDX-License-Identifier: Apache-2.0
#include "policy/ast_dump.h"

#include <fmt/format.h>

#include "policy/text_encoding.h"

namespace synpol {
namespace {

/// What both forms print: the tree without its types.
struct Item {
    std::string node;
    std::string text;
    Span span;
    std::vector<Item> children;
};

Item leaf(std::string_view node, const ast::Word& word) {
    return {std::string{node}, std::string{word.text}, word.span, {}};
}
Item leaf(std::string_view node, const ast::Text& text) {
    return {std::string{node}, text.value, text.span, {}};
}

template <typename T>
void add(Item& item, std::string_view node, const std::optional<T>& part) {
    if (part) item.children.push_back(leaf(node, *part));
}

Item describe(const ast::SetExpr& expr);
Item describe(const ast::Subject& subject);

// ---- sets --------------------------------------------------------------------------------------

Item describe(const ast::SetTerm& term) {
    if (const auto* value = std::get_if<ast::Value>(&term.what)) {
        return leaf(ast::name_of(value->kind), value->word);
    }
    if (const auto* group = std::get_if<std::unique_ptr<ast::SetExpr>>(&term.what)) {
        return describe(**group);
    }
    if (const auto* file = std::get_if<ast::FileSet>(&term.what)) {
        Item item{"file", file->path.value, term.span, {}};
        for (const auto& option : file->options) {
            item.children.push_back(leaf(text_of(option.keyword), option.value));
        }
        return item;
    }
    Item item{"list", "", term.span, {}};
    for (const auto& value : std::get<ast::List>(term.what).items) {
        item.children.push_back(leaf(ast::name_of(value.kind), value.word));
    }
    return item;
}

Item describe(const ast::SetExpr& expr) {
    if (expr.rest.empty()) return describe(expr.first);
    Item item{"set", "", expr.span, {}};
    item.children.push_back(describe(expr.first));
    for (const auto& operation : expr.rest) {
        Item right{"operator", std::string(1, operation.symbol), operation.span, {}};
        right.children.push_back(describe(operation.right));
        item.children.push_back(std::move(right));
    }
    return item;
}

// ---- subjects ----------------------------------------------------------------------------------

struct SubjectItem {
    Span span;

    Item operator()(const ast::BrokenSubject&) const { return {"broken", "", span, {}}; }
    Item operator()(const ast::Accounts& accounts) const {
        return {accounts.group ? "group" : "user", "", span, {describe(accounts.set)}};
    }
    Item operator()(const ast::Exe& exe) const { return {"exe", "", span, {describe(exe.set)}}; }
    Item operator()(const ast::Units& units) const {
        Item item{"unit", "", span, {}};
        for (const auto& name : units.names) item.children.push_back(leaf("name", name));
        return item;
    }
    Item operator()(const ast::Cgroup& cgroup) const { return leaf("cgroup", cgroup.glob); }
    Item operator()(const ast::Descendants& descendants) const {
        return {"descendants", "", span, {describe(*descendants.subject)}};
    }
    Item operator()(const ast::SubjectName& name) const { return leaf("subject", name.name); }
    Item operator()(const ast::Negation& negation) const {
        return {"not", "", span, {describe(*negation.subject)}};
    }
    Item operator()(const ast::Junction& junction) const {
        Item item{junction.all ? "and" : "or", "", span, {}};
        for (const auto& part : junction.parts) item.children.push_back(describe(part));
        return item;
    }
};

Item describe(const ast::Subject& subject) {
    return std::visit(SubjectItem{subject.span}, subject.what);
}

Item for_subject(const ast::Subject& subject) {
    return {"for", "", subject.span, {describe(subject)}};
}

// ---- objects and conditions --------------------------------------------------------------------

void add(Item& item, const ast::Flow& flow) {
    add(item, "protocol", flow.protocol);
    add(item, "state", flow.state);
    const auto part = [&](const char* node, const std::optional<ast::SetExpr>& set) {
        if (set) item.children.push_back({node, "", set->span, {describe(*set)}});
    };
    part("from", flow.from);
    part("to", flow.to);
    part("port", flow.port);
}

void add(Item& item, const ast::Object& object) {
    if (const auto* set = std::get_if<ast::SetExpr>(&object)) {
        item.children.push_back(describe(*set));
    } else if (const auto* flow = std::get_if<ast::Flow>(&object)) {
        add(item, *flow);
    } else if (const auto* subject = std::get_if<ast::Subject>(&object)) {
        item.children.push_back(describe(*subject));
    }
}

Item describe(const ast::Action& action) {
    Item item{"action", std::string{text_of(action.keyword)}, action.span, {}};
    add(item, action.object);
    return item;
}

Item describe(const ast::Condition& condition) {
    Item item{"where",
              condition.parts.size() == 1 ? ""
              : condition.all             ? "and"
                                          : "or",
              condition.span,
              {}};
    for (const auto& part : condition.parts) {
        Item comparison{std::string{ast::name_of(part.comparison)},
                        std::string{part.field.text},
                        part.span,
                        {describe(part.values)}};
        item.children.push_back(std::move(comparison));
    }
    return item;
}

void add(Item& item, const std::optional<ast::Subject>& subject) {
    if (subject) item.children.push_back(for_subject(*subject));
}

void add(Item& item, const std::optional<ast::Condition>& condition) {
    if (condition) item.children.push_back(describe(*condition));
}

void add(Item& item, std::string_view node, const std::optional<Span>& flag) {
    if (flag) item.children.push_back({std::string{node}, "", *flag, {}});
}

Item describe(std::string_view node, const ast::Exception& exception) {
    Item item{std::string{node}, "", exception.span, {}};
    add(item, "packets", exception.packets);
    add(item, exception.object);
    add(item, exception.subject);
    add(item, "because", exception.because);
    add(item, "until", exception.until);
    return item;
}

// ---- rules -------------------------------------------------------------------------------------

Item describe(const ast::Window& window) {
    Item item{"count", std::string{window.threshold.text}, window.span, {}};
    add(item, "distinct", window.distinct);
    item.children.push_back(leaf("within", window.duration));
    item.children.push_back(leaf("per", window.key));
    return item;
}

Item describe(const ast::Response& response) {
    Item item{"then", std::string{text_of(response.keyword)}, response.span, {}};
    add(item, "level", response.level);
    add(item, "key", response.key);
    add(item, "for", response.duration);
    return item;
}

void add(Item& item, const ast::Confine& confine) {
    item.children.push_back(describe(confine.subject));
    add(item, "sandbox", confine.sandbox);
    for (const auto& line : confine.lines) {
        Item one{"line", "", line.span, {}};
        add(one, "label", line.label);
        one.children.push_back(describe(line.action));
        item.children.push_back(std::move(one));
    }
}

void add_head(Item& item, const ast::Rule& rule) {
    add(item, "label", rule.label);
    add(item, "audit", rule.audit);
    item.children.push_back({"verb", std::string{text_of(rule.verb)}, rule.verb_span, {}});
    if (rule.confine) {
        add(item, *rule.confine);
    } else {
        item.children.push_back(describe(rule.action));
    }
    if (rule.limit) {
        item.children.push_back(leaf("rate", rule.limit->rate));
        item.children.push_back(leaf("key", rule.limit->key));
        add(item, "burst", rule.limit->burst);
    }
    if (rule.window) item.children.push_back(describe(*rule.window));
}

void add_clauses(Item& item, const ast::Rule& rule) {
    add(item, rule.subject);
    add(item, rule.where);
    add(item, "with", rule.error);
    for (const auto& response : rule.responses) item.children.push_back(describe(response));
    add(item, "because", rule.because);
    add(item, "until", rule.until);
    add(item, "quiet", rule.quiet);
    add(item, "final", rule.final_);
    add(item, "best-effort", rule.best_effort);
    for (const auto& one : rule.accepted) {
        item.children.push_back(
            {"accept", std::string{one.lint.text}, one.span, {leaf("because", one.because)}});
    }
    for (const auto& tag : rule.tags) item.children.push_back(leaf("tag", tag));
    for (const auto& one : rule.exceptions) item.children.push_back(describe("except", one));
}

Item describe(const ast::Rule& rule) {
    Item item{"rule", "", rule.span, {}};
    add_head(item, rule);
    add_clauses(item, rule);
    return item;
}

// ---- tests -------------------------------------------------------------------------------------

struct LineItem {
    Span span;

    Item operator()(const ast::Attempt& attempt) const {
        Item item{"attempt", "", span, {describe(attempt.action)}};
        add(item, attempt.subject);
        add(item, attempt.where);
        add(item, "over", attempt.over);
        return item;
    }
    Item operator()(const ast::Expect& expect) const {
        Item item{"expect", std::string{text_of(expect.outcome)}, span, {}};
        item.children.push_back(describe(expect.action));
        add(item, expect.subject);
        add(item, expect.where);
        for (const auto& name : expect.by) {
            item.children.push_back(leaf(expect.only_by ? "only by" : "by", name));
        }
        add(item, "because", expect.because);
        return item;
    }
};

Item describe(const ast::Test& test, Span span) {
    Item item{"test", test.name.value, span, {}};
    add(item, "final", test.final_);
    if (test.subject) {
        item.children.push_back({"as", "", test.subject->span, {describe(*test.subject)}});
    }
    for (const auto& given : test.given) {
        item.children.push_back(
            {"given", std::string{given.name.text}, given.span, {describe(given.value)}});
    }
    add(item, "on", test.on);
    for (const auto& line : test.lines) {
        Item one = std::visit(LineItem{line.span}, line.what);
        if (line.at) one.children.insert(one.children.begin(), leaf("at", *line.at));
        item.children.push_back(std::move(one));
    }
    return item;
}

// ---- statements --------------------------------------------------------------------------------

struct StatementItem {
    Span span;

    Item operator()(const ast::Edition& edition) const {
        return {"syn", std::string{edition.number.text}, span, {}};
    }
    Item operator()(const ast::Policy& policy) const {
        Item item{"policy", std::string{policy.name.text}, span, {}};
        add(item, "title", policy.title);
        if (policy.audit_mode) item.children.push_back({"mode", "audit", span, {}});
        return item;
    }
    Item operator()(const ast::Use& use) const {
        Item item{"use", use.path.value, span, {}};
        add(item, "as", use.name);
        return item;
    }
    Item operator()(const ast::Set& set) const {
        Item item{std::string{ast::name_of(set.type)}, std::string{set.name.text}, span, {}};
        add(item, "open", set.open);
        item.children.push_back(describe(set.value));
        return item;
    }
    Item operator()(const ast::Extend& extend) const {
        Item item{"extend", std::string{extend.name.text}, span, {describe(extend.value)}};
        add(item, "because", extend.because);
        add(item, "until", extend.until);
        return item;
    }
    Item operator()(const ast::Never& never) const {
        Item item{"never", "", span, {}};
        const auto* subject = std::get_if<ast::Subject>(&never.what);
        item.text = subject != nullptr ? "kill" : "block";
        item.children.push_back(subject != nullptr ? describe(*subject)
                                                   : describe(std::get<ast::SetExpr>(never.what)));
        add(item, "because", never.because);
        return item;
    }
    Item operator()(const ast::Exempt& exempt) const {
        Item item = describe("exempt", exempt.hole);
        item.text = exempt.rule.text;
        item.span = span;
        return item;
    }
    Item operator()(const ast::SubjectSet& set) const {
        return {"subject", std::string{set.name.text}, span, {describe(set.value)}};
    }
    Item operator()(const ast::ForBlock& block) const {
        Item item = for_subject(block.subject);
        item.span = span;
        for (const auto& rule : block.rules) item.children.push_back(describe(rule));
        return item;
    }
    Item operator()(const ast::Rule& rule) const { return describe(rule); }
    Item operator()(const ast::Test& test) const { return describe(test, span); }
};

std::vector<Item> describe(const ast::File& file) {
    std::vector<Item> items;
    for (const auto& statement : file.statements) {
        items.push_back(std::visit(StatementItem{statement.span}, statement.what));
    }
    return items;
}

// ---- the two forms -----------------------------------------------------------------------------

void print(const Item& item, std::size_t depth, const SourceMap& sources, std::string& out) {
    const auto at = sources.position(item.span.file, item.span.begin);
    out += fmt::format("{}{}{}{}  [{}:{}]\n", std::string(2 * depth, ' '), item.node,
                       item.text.empty() ? "" : " ", item.text, at.line, at.column);
    for (const auto& child : item.children) print(child, depth + 1, sources, out);
}

void print_json(const Item& item, const SourceMap& sources, std::string& out) {
    const auto at = sources.position(item.span.file, item.span.begin);
    out += fmt::format(R"({{"node":{})", json_string(item.node));
    if (!item.text.empty()) out += fmt::format(R"(,"text":{})", json_string(item.text));
    out += fmt::format(R"(,"line":{},"column":{})", at.line, at.column);
    if (!item.children.empty()) out += R"(,"children":[)";
    for (std::size_t i = 0; i < item.children.size(); ++i) {
        if (i > 0) out += ',';
        print_json(item.children[i], sources, out);
    }
    out += item.children.empty() ? "}" : "]}";
}

} // namespace

std::string dump_ast(const ast::File& file, const SourceMap& sources) {
    std::string out;
    for (const auto& item : describe(file)) print(item, 0, sources, out);
    return out;
}

std::string dump_ast_json(const ast::File& file, const SourceMap& sources) {
    std::string out = "[";
    for (const auto& item : describe(file)) {
        if (out.size() > 1) out += ',';
        print_json(item, sources, out);
    }
    return out + "]\n";
}

} // namespace synpol
