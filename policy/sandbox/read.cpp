// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/read.h"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "policy/keywords.h"
#include "policy/literals.h"
#include "policy/numbers.h"
#include "policy/sandbox/keys.h"
#include "policy/sandbox/network.h"

namespace synpol {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::uint64_t ns_per_second = 1'000'000'000;

SandboxText text_of(const YamlNode& node) {
    return {node.text, node.span};
}

bool is_word(const YamlNode& node, std::string_view word) {
    return node.kind == YamlNode::Kind::scalar && node.text == word;
}
bool is_plain_word(const YamlNode& node, std::string_view word) {
    return is_word(node, word) && !node.quoted;
}
bool is_none(const YamlNode& node) {
    return is_word(node, "none") || is_plain_word(node, "false");
}

/// A key of a mapping with its row of the table and its value.
struct Entry {
    const SandboxKey* row;
    const YamlNode* key;
    const YamlNode* value;

    /// Where to point at the value; a value that is not there has no place.
    Span span() const { return value->kind == YamlNode::Kind::null ? key->span : value->span; }
};

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto more = [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= name_bytes_max && letter(text.front()) &&
           std::all_of(text.begin(), text.end(), more);
}

bool is_variable(std::string_view text) {
    return !text.empty() && text.find_first_of("=-. ") == std::string_view::npos &&
           !(text.front() >= '0' && text.front() <= '9');
}

class SandboxReader {
  public:
    SandboxReader(FileId file, Reporter& reporter) : reporter_{reporter} { document_.file = file; }
    SandboxDocument read(const YamlNode& root);

  private:
    template <typename F>
    void each_entry(const YamlNode& mapping, SandboxSection section, F visit);
    const SandboxKey* find_key(const YamlNode& key, SandboxSection section);
    void wrong(const Entry& entry, std::string_view wanted);

    void document_entry(const Entry& entry);
    void name(const Entry& entry);
    void parent(const Entry& entry);
    void capability(const Entry& entry);
    void grant(const Entry& entry, SandboxGrant& grant);
    void flag(const Entry& entry, SandboxGrant& grant);
    void network(const Entry& entry, SandboxGrant& grant);
    void ports(const Entry& entry, SandboxGrant& grant);
    void network_namespace(const Entry& entry);
    std::vector<SandboxText> texts(const Entry& entry, std::string_view wanted);

    void path_list(const Entry& entry);
    void environment(const Entry& entry);
    void variable_names(const Entry& entry, SandboxEnvironment& environment);
    void variables(const Entry& entry, SandboxEnvironment& environment);
    bool variable(const SandboxText& name);

    void limits(const Entry& entry);
    void limit(const Entry& entry);
    std::optional<std::uint64_t> amount(const Entry& entry);

    Reporter& reporter_;
    SandboxDocument document_;
};

// ---- keys --------------------------------------------------------------------------------------

const SandboxKey* SandboxReader::find_key(const YamlNode& key, SandboxSection section) {
    if (key.kind != YamlNode::Kind::scalar) {
        reporter_.error(Code::wrong_value, key.span,
                        fmt::format("a key is a word, and this is {}", noun_of(key.kind)),
                        "not a key");
        return nullptr;
    }
    std::vector<std::string_view> names;
    const SandboxKey* elsewhere = nullptr;
    for (const auto& row : all_sandbox_keys()) {
        if (row.section == section) names.push_back(row.name);
        if (row.section == section && row.name == key.text) return &row;
        if (row.name == key.text) elsewhere = &row;
    }
    constexpr std::string_view sections[] = {"the document", "`environment`", "`limits`"};
    auto& error = reporter_.error(
        Code::unknown_key, key.span,
        fmt::format("{} has no key `{}`", sections[static_cast<std::size_t>(section)], key.text),
        "unknown");
    if (elsewhere == nullptr) {
        reporter_.suggest(error, key.text, names);
    } else {
        error.helps.push_back(fmt::format("`{}` is a key of {}", key.text,
                                          sections[static_cast<std::size_t>(elsewhere->section)]));
    }
    return nullptr;
}

/// Calls visit for each key that is known, the first time that it is there.
template <typename F>
void SandboxReader::each_entry(const YamlNode& mapping, SandboxSection section, F visit) {
    std::map<std::string_view, Span> seen;
    for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
        const auto& key = mapping.children[i];
        const auto* row = find_key(key, section);
        if (row == nullptr) continue;
        const auto [first, fresh] = seen.emplace(row->name, key.span);
        if (fresh) {
            visit(Entry{row, &key, &mapping.children[i + 1]});
            continue;
        }
        reporter_
            .error(Code::duplicate_key, key.span, fmt::format("`{}` is given twice", row->name),
                   "second")
            .secondary.push_back({first->second, "first"});
    }
}

void SandboxReader::wrong(const Entry& entry, std::string_view wanted) {
    reporter_.error(Code::wrong_value, entry.span(),
                    fmt::format("`{}` takes {}", entry.row->name, wanted),
                    entry.value->kind == YamlNode::Kind::scalar
                        ? std::string{"not that"}
                        : fmt::format("this is {}", noun_of(entry.value->kind)));
}

SandboxDocument SandboxReader::read(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::mapping) {
        each_entry(root, SandboxSection::document,
                   [this](const Entry& entry) { document_entry(entry); });
    } else {
        reporter_
            .error(
                Code::wrong_value, root.span,
                fmt::format("a sandbox document is a mapping, and this is {}", noun_of(root.kind)),
                "keys are missing")
            .helps.push_back("begin with `sandbox: NAME`");
        return std::move(document_);
    }
    if (document_.name.span == Span{}) {
        reporter_
            .error(Code::missing_key, {document_.file, root.span.begin, root.span.begin},
                   "the sandbox has no name", "`sandbox` is missing")
            .helps.push_back("write `sandbox: NAME`; its rules are called NAME.action");
    }
    return std::move(document_);
}

void SandboxReader::document_entry(const Entry& entry) {
    switch (entry.row->value) {
    case SandboxValue::name:
        return name(entry);
    case SandboxValue::parent:
        return parent(entry);
    case SandboxValue::network_namespace:
        return network_namespace(entry);
    case SandboxValue::path_list:
        return path_list(entry);
    case SandboxValue::environment:
        return environment(entry);
    case SandboxValue::limits:
        return limits(entry);
    default:
        return capability(entry);
    }
}

void SandboxReader::name(const Entry& entry) {
    document_.name = {entry.value->text, entry.span()};
    if (entry.value->kind != YamlNode::Kind::scalar) return wrong(entry, "a name");
    const auto keyword = find_keyword(entry.value->text);
    if (keyword && is_reserved(keyword->word_class)) {
        reporter_.error(
            Code::reserved_word, entry.span(),
            fmt::format("`{}` is a word of the language and cannot be a name", entry.value->text),
            "choose another name");
    } else if (!is_name(entry.value->text)) {
        reporter_.error(Code::bad_name, entry.span(),
                        "a name starts with a letter and goes on with letters, digits, `-` and "
                        "`_`, at most 64 bytes",
                        "not a name");
    }
}

void SandboxReader::parent(const Entry& entry) {
    if (entry.value->kind != YamlNode::Kind::scalar || entry.value->text.empty())
        return wrong(entry, "the name of a preset or the path of a document");
    document_.extends.push_back(text_of(*entry.value));
}

// ---- capabilities ------------------------------------------------------------------------------

void SandboxReader::capability(const Entry& entry) {
    for (std::size_t i = 0; i < sandbox_capability_count; ++i) {
        const auto capability = static_cast<SandboxCapability>(i);
        if (name_of(capability) != entry.row->name) continue;
        auto& result = document_.grant(capability);
        result.key = entry.key->span;
        result.value = entry.span();
        grant(entry, result);
    }
}

void SandboxReader::grant(const Entry& entry, SandboxGrant& grant) {
    if (entry.row->value == SandboxValue::network) return network(entry, grant);
    if (entry.row->value == SandboxValue::ports) return ports(entry, grant);
    const bool programs = entry.row->value == SandboxValue::programs;
    if (entry.row->value == SandboxValue::flag ||
        (programs && (is_plain_word(*entry.value, "true") || is_none(*entry.value))))
        return flag(entry, grant);
    const auto everything = [&] {
        return entry.value->kind == YamlNode::Kind::null || is_word(*entry.value, "everywhere");
    };
    if (everything()) {
        grant.extent = SandboxGrant::Extent::everything;
    } else if (!is_none(*entry.value)) {
        grant.items = texts(entry, "paths, `everywhere` or `none`");
        grant.extent =
            grant.items.empty() ? SandboxGrant::Extent::nothing : SandboxGrant::Extent::listed;
    }
}

void SandboxReader::flag(const Entry& entry, SandboxGrant& grant) {
    const bool yes =
        entry.value->kind == YamlNode::Kind::null || is_plain_word(*entry.value, "true");
    if (yes) grant.extent = SandboxGrant::Extent::everything;
    if (!yes && !is_none(*entry.value)) wrong(entry, "no value or `true`, `false` or `none`");
}

/// One text or a list of them; an empty list says neither all nor nothing.
std::vector<SandboxText> SandboxReader::texts(const Entry& entry, std::string_view wanted) {
    std::vector<SandboxText> result;
    const auto& value = *entry.value;
    const auto add = [&](const YamlNode& node) {
        const bool one_line = node.text.find_first_of("\r\n") == std::string::npos;
        if (node.kind == YamlNode::Kind::scalar && !node.text.empty() && one_line) {
            result.push_back(text_of(node));
            return;
        }
        const Entry place{entry.row, entry.key, &node};
        wrong(place, wanted);
    };
    if (value.kind != YamlNode::Kind::sequence) {
        add(value);
        return result;
    }
    for (const auto& item : value.children) add(item);
    if (value.children.empty()) wrong(entry, fmt::format("{}; an empty list says neither", wanted));
    return result;
}

void SandboxReader::network(const Entry& entry, SandboxGrant& grant) {
    const auto& value = *entry.value;
    const bool nothing = value.kind == YamlNode::Kind::null || is_none(value) ||
                         (value.kind == YamlNode::Kind::sequence && value.children.empty());
    if (nothing) return;
    bool all = false;
    std::vector<SandboxText> blocks;
    for (auto& text : texts(entry, "`allow all`, hosts and addresses")) {
        const auto parsed = parse_network_entry(text, reporter_);
        if (!parsed) continue;
        all |= parsed->kind == NetworkEntry::Kind::all;
        if (parsed->block) blocks.push_back(text);
        grant.items.push_back(std::move(text));
    }
    const bool allows = grant.items.size() > blocks.size();
    if (all) grant.items = std::move(blocks);
    if (all) grant.extent = SandboxGrant::Extent::everything;
    if (!all && allows) grant.extent = SandboxGrant::Extent::listed;
}

void SandboxReader::ports(const Entry& entry, SandboxGrant& grant) {
    const auto& value = *entry.value;
    const bool nothing = value.kind == YamlNode::Kind::null || is_none(value) ||
                         (value.kind == YamlNode::Kind::sequence && value.children.empty());
    if (nothing) return;
    if (is_word(value, "any")) {
        grant.extent = SandboxGrant::Extent::everything;
        return;
    }
    for (auto& text : texts(entry, "`any`, `none` or ports")) {
        std::string why;
        if (parse_port_item(text.text, why)) {
            grant.items.push_back(std::move(text));
            continue;
        }
        reporter_.error(Code::bad_number, text.span,
                        fmt::format("`{}` is no port: {}", text.text, why), "not a port");
    }
    if (!grant.items.empty()) grant.extent = SandboxGrant::Extent::listed;
}

void SandboxReader::network_namespace(const Entry& entry) {
    std::vector<std::string_view> names;
    for (const auto kind : {NetworkNamespace::full, NetworkNamespace::private_,
                            NetworkNamespace::shared, NetworkNamespace::bridged}) {
        names.push_back(name_of(kind));
        if (!is_word(*entry.value, name_of(kind))) continue;
        document_.network_namespace = kind;
        document_.network_namespace_span = entry.span();
        return;
    }
    if (entry.value->kind != YamlNode::Kind::scalar)
        return wrong(entry, "`full`, `private`, `shared` or `bridged`");
    auto& error = reporter_.error(
        Code::wrong_value, entry.span(),
        "`network_namespace` takes `full`, `private`, `shared` or `bridged`", "not that");
    reporter_.suggest(error, entry.value->text, names);
}

void SandboxReader::path_list(const Entry& entry) {
    const bool empty =
        entry.value->kind == YamlNode::Kind::sequence && entry.value->children.empty();
    const bool blocks = entry.row->name == "blocked_paths";
    if (blocks && (empty || entry.value->kind == YamlNode::Kind::null)) return;
    auto items = texts(entry, "paths");
    if (blocks) {
        document_.blocked_paths = std::move(items);
    } else {
        document_.allowed_paths = std::move(items);
    }
}

// ---- environment -------------------------------------------------------------------------------

void SandboxReader::environment(const Entry& entry) {
    auto& result = document_.environment.emplace();
    result.span = entry.span();
    result.alone = is_none(*entry.value);
    if (result.alone) return;
    if (entry.value->kind != YamlNode::Kind::mapping)
        return wrong(entry, "`keep` and `set`, or `none`");
    each_entry(*entry.value, SandboxSection::environment, [&](const Entry& part) {
        if (part.row->value == SandboxValue::variables) {
            variables(part, result);
        } else {
            variable_names(part, result);
        }
    });
}

bool SandboxReader::variable(const SandboxText& name) {
    if (is_variable(name.text)) return true;
    reporter_.error(Code::bad_name, name.span,
                    fmt::format("`{}` is no name of a variable", name.text),
                    "letters, digits and `_`");
    return false;
}

void SandboxReader::variable_names(const Entry& entry, SandboxEnvironment& environment) {
    environment.keep_said = true;
    const auto& value = *entry.value;
    const bool empty = value.kind == YamlNode::Kind::null || is_none(value) ||
                       (value.kind == YamlNode::Kind::sequence && value.children.empty());
    if (empty) return;
    for (auto& name : texts(entry, "names of variables")) {
        if (variable(name)) environment.keep.push_back(std::move(name));
    }
}

void SandboxReader::variables(const Entry& entry, SandboxEnvironment& environment) {
    const auto& mapping = *entry.value;
    if (mapping.kind == YamlNode::Kind::null) return;
    if (mapping.kind != YamlNode::Kind::mapping) return wrong(entry, "variables: `NAME: value`");
    std::map<std::string_view, Span> seen;
    for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
        const auto& name = mapping.children[i];
        const auto& value = mapping.children[i + 1];
        if (name.kind != YamlNode::Kind::scalar || !variable(text_of(name))) continue;
        const auto [first, fresh] = seen.emplace(name.text, name.span);
        if (!fresh) {
            reporter_
                .error(Code::duplicate_key, name.span,
                       fmt::format("`{}` is given twice", name.text), "second")
                .secondary.push_back({first->second, "first"});
        } else if (value.kind == YamlNode::Kind::scalar) {
            environment.set.push_back({text_of(name), text_of(value)});
        } else {
            reporter_
                .error(Code::wrong_value, name.span,
                       fmt::format("the value of `{}` is {}", name.text, noun_of(value.kind)),
                       "a text is needed")
                .helps.push_back("an empty text is \"\"");
        }
    }
}

// ---- limits ------------------------------------------------------------------------------------

void SandboxReader::limits(const Entry& entry) {
    if (entry.value->kind == YamlNode::Kind::null) return;
    if (entry.value->kind != YamlNode::Kind::mapping) return wrong(entry, "limits by their names");
    each_entry(*entry.value, SandboxSection::limits, [this](const Entry& part) { limit(part); });
}

std::string_view unit_help(SandboxValue value) {
    if (value == SandboxValue::size) return "a number of bytes, or with KiB, MiB or GiB: 64MiB";
    if (value == SandboxValue::duration) return "whole seconds with their unit: 30s, 5m, 1h";
    return "a number";
}

std::optional<std::uint64_t> SandboxReader::amount(const Entry& entry) {
    const auto& text = entry.value->text;
    const auto kind = entry.row->value;
    if (entry.value->kind != YamlNode::Kind::scalar) return {};
    if (kind == SandboxValue::size) return parse_value(text);
    if (kind != SandboxValue::duration)
        return parse_number(text, std::numeric_limits<std::uint64_t>::max());
    const auto ns = parse_duration(text);
    if (!ns || *ns % ns_per_second != 0) return {};
    return *ns / ns_per_second;
}

void SandboxReader::limit(const Entry& entry) {
    const auto value = amount(entry);
    const auto kind = entry.row->value;
    const auto range = range_of(kind);
    if (!value) {
        const bool scalar = entry.value->kind == YamlNode::Kind::scalar;
        reporter_
            .error(scalar ? Code::bad_number : Code::wrong_value, entry.span(),
                   fmt::format("`{}` takes {}", entry.row->name, unit_help(kind)), "not that")
            .notes.push_back(fmt::format("at least {}, at most {}", range.least, range.most));
        return;
    }
    if (*value < range.least || *value > range.most) {
        reporter_.error(Code::bad_number, entry.span(),
                        fmt::format("`{}` is at least {} and at most {}", entry.row->name,
                                    range.least, range.most),
                        "out of range");
        return;
    }
    auto& limits = document_.limits;
    auto& spans = document_.limit_spans;
    const auto narrow = static_cast<std::uint32_t>(*value);
    switch (kind) {
    case SandboxValue::size:
        limits.memory_bytes = *value;
        spans.memory = entry.span();
        break;
    case SandboxValue::weight:
        limits.cpu_weight = *value;
        spans.cpu_weight = entry.span();
        break;
    case SandboxValue::duration:
        limits.cpu_time_seconds = *value;
        spans.cpu_time = entry.span();
        break;
    case SandboxValue::descriptors:
        limits.descriptors = narrow;
        spans.descriptors = entry.span();
        break;
    case SandboxValue::processes:
        limits.processes = narrow;
        spans.processes = entry.span();
        break;
    default:
        limits.connections = narrow;
        spans.connections = entry.span();
    }
}

} // namespace

SandboxDocument read_sandbox(const YamlNode& root, FileId file, Reporter& reporter) {
    return SandboxReader{file, reporter}.read(root);
}

} // namespace synpol
