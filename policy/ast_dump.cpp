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

    Item operator()(const ast::BrokenSubject&) const { return {"refused", "", span, {}}; }
    Item operator()(const ast::Accounts& accounts) const {
        return {accounts.group ? "group" : "user", "", span, {describe(accounts.set)}};
    }
    Item operator()(const ast::Exe& exe) const { return {"exe", "", span, {describe(exe.set)}}; }
    Item operator()(const ast::Cgroup& cgroup) const { return leaf("cgroup", cgroup.glob); }
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

// ---- rules -------------------------------------------------------------------------------------

void add_object(Item& item, const std::variant<std::monostate, ast::SetExpr, ast::Flow>& object) {
    if (const auto* set = std::get_if<ast::SetExpr>(&object)) {
        item.children.push_back(describe(*set));
    }
    const auto* flow = std::get_if<ast::Flow>(&object);
    if (flow == nullptr) return;
    add(item, "protocol", flow->protocol);
    add(item, "state", flow->state);
    const auto part = [&](const char* node, const std::optional<ast::SetExpr>& set) {
        if (set) item.children.push_back({node, "", set->span, {describe(*set)}});
    };
    part("from", flow->from);
    part("to", flow->to);
    part("port", flow->port);
}

Item describe(const ast::Exception& exception) {
    Item item{"except", "", exception.span, {}};
    add(item, "packets", exception.packets);
    add_object(item, exception.object);
    if (exception.subject) item.children.push_back(for_subject(*exception.subject));
    add(item, "because", exception.because);
    return item;
}

Item describe(const ast::Rule& rule) {
    Item item{"rule", rule.complete ? "" : "refused", rule.span, {}};
    add(item, "label", rule.label);
    if (rule.audit) item.children.push_back({"audit", "", *rule.audit, {}});
    item.children.push_back({"verb", std::string{text_of(rule.verb)}, rule.verb_span, {}});
    if (rule.action.span.end != 0) {
        Item action{"action", std::string{text_of(rule.action.keyword)}, rule.action.span, {}};
        add_object(action, rule.action.object);
        item.children.push_back(std::move(action));
    }
    if (rule.limit) {
        item.children.push_back(leaf("rate", rule.limit->rate));
        item.children.push_back(leaf("key", rule.limit->key));
        add(item, "burst", rule.limit->burst);
    }
    if (rule.subject) item.children.push_back(for_subject(*rule.subject));
    add(item, "with", rule.error);
    add(item, "because", rule.because);
    for (const auto& tag : rule.tags) item.children.push_back(leaf("tag", tag));
    for (const auto& exception : rule.exceptions) item.children.push_back(describe(exception));
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
        return {std::string{ast::name_of(set.type)},
                std::string{set.name.text},
                span,
                {describe(set.value)}};
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
    Item operator()(const ast::Unsupported& unsupported) const {
        return {"refused", std::string{unsupported.word.text}, span, {}};
    }
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
