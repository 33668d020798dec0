// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/lines.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "policy/data_rows.h"

namespace synpol::data {
extern const std::string_view sandbox_calls;
} // namespace synpol::data

namespace synpol {
namespace {

using Extent = SandboxGrant::Extent;

SandboxCapability capability_of(std::string_view name) {
    for (std::size_t i = 0; i < sandbox_capability_count; ++i) {
        const auto capability = static_cast<SandboxCapability>(i);
        if (name_of(capability) == name) return capability;
    }
    assert(false);
    return {};
}

SandboxCallRow row_of(const DataFields& fields) {
    SandboxCallRow row;
    const auto name = fields.at(0);
    const auto joint = name.find_first_of("|&");
    row.capability = capability_of(name.substr(0, joint));
    if (joint != std::string_view::npos) {
        row.other = capability_of(name.substr(joint + 1));
        row.needs_both = name[joint] == '&';
    }
    row.kind = fields.at(1) == "call"   ? SandboxCallRow::Kind::call
               : fields.at(1) == "path" ? SandboxCallRow::Kind::path
                                        : SandboxCallRow::Kind::open;
    row.member = fields.at(2);
    row.why = fields.at(3);
    return row;
}

bool same_items(const SandboxGrant& a, const SandboxGrant& b) {
    return a.extent == b.extent &&
           std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                      [](const auto& x, const auto& y) { return x.text == y.text; });
}

/// What the language reads as a path without quotes: commas stand in braces alone.
bool is_plain_path(std::string_view text) {
    if (!text.starts_with('/') || text.find_first_of(" \t\r\n()\"#\\") != std::string_view::npos)
        return false;
    int open = 0;
    for (const char c : text) {
        open += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (open < 0 || (c == ',' && open == 0)) return false;
    }
    return open == 0;
}

std::string quoted_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

} // namespace

const std::vector<SandboxCallRow>& sandbox_call_rows() {
    static const auto rows = [] {
        std::vector<SandboxCallRow> result;
        for_each_row(data::sandbox_calls,
                     [&](const DataFields& fields) { result.push_back(row_of(fields)); });
        return result;
    }();
    return rows;
}

// ---- pieces of the tree ------------------------------------------------------------------------

std::string_view SandboxLines::keep(std::string text) {
    return texts_.emplace_back(std::move(text));
}

ast::Word SandboxLines::word(const SandboxText& text) {
    return {keep(text.text), text.span};
}

ast::Value SandboxLines::value(ast::ValueKind kind, const SandboxText& text) {
    return {kind, word(text)};
}

/// What no path is goes on as a string, and the resolver says why it is none.
ast::Value SandboxLines::path(const SandboxText& text) {
    if (text.text.starts_with('@')) return value(ast::ValueKind::catalog, text);
    if (text.text == "memfd") return value(ast::ValueKind::name, text);
    if (is_plain_path(text.text) || !text.text.starts_with('/'))
        return value(ast::ValueKind::path, text);
    return value(ast::ValueKind::string, {quoted_string(text.text), text.span});
}

ast::SetTerm SandboxLines::list(std::vector<ast::Value> values, Span span) {
    if (values.size() == 1) {
        const Span place = values.front().word.span;
        return {values.front(), place};
    }
    return {ast::List{std::move(values)}, span};
}

ast::SetTerm SandboxLines::any(Span span) {
    return {value(ast::ValueKind::any, {"any", span}), span};
}

ast::SetTerm SandboxLines::paths(const std::vector<SandboxText>& texts, Span span) {
    std::vector<ast::Value> values;
    for (const auto& text : texts) values.push_back(path(text));
    return list(std::move(values), span);
}

ast::SetExpr SandboxLines::one(ast::SetTerm term) {
    const Span span = term.span;
    return {std::move(term), {}, span};
}

void SandboxLines::subtract(ast::SetExpr& set, ast::SetTerm term) {
    const Span span = term.span;
    set.rest.push_back({'-', span, std::move(term)});
}

ast::SetExpr SandboxLines::both(ast::SetExpr left, ast::SetTerm right) {
    const Span span = left.span;
    const Span place = right.span;
    ast::SetTerm first;
    const bool simple = left.rest.empty();
    if (simple) {
        first = std::move(left.first);
    } else {
        first = {std::make_unique<ast::SetExpr>(std::move(left)), span};
    }
    ast::SetExpr result{std::move(first), {}, span};
    result.rest.push_back({'&', place, std::move(right)});
    return result;
}

SandboxLines::Place SandboxLines::place(SandboxCapability capability) const {
    const auto& grant = document_.grant(capability);
    if (grant.key == Span{}) return {document_.name.span, document_.name.span};
    return {grant.key, grant.value};
}

bool SandboxLines::granted(SandboxCapability capability) const {
    return document_.grant(capability).extent != Extent::nothing;
}

void SandboxLines::add(Keyword keyword, ast::Object object, Place place) {
    ast::ConfineLine line;
    line.span = place.word;
    if (place.word.file == place.object.file)
        line.span.end = std::max(place.word.end, place.object.end);
    line.action = {keyword, std::move(object), line.span, place.word};
    lines_.push_back(std::move(line));
}

// ---- files -------------------------------------------------------------------------------------

ast::SetExpr SandboxLines::blocked(ast::SetExpr set) {
    if (document_.blocked_paths.empty()) return set;
    const Span span = document_.blocked_paths.front().span;
    if (!set.rest.empty() && set.rest.back().symbol == '&') { // does not mix with `-`
        const Span whole = set.span;
        set = {{std::make_unique<ast::SetExpr>(std::move(set)), whole}, {}, whole};
    }
    subtract(set, paths(document_.blocked_paths, span));
    return set;
}

/// What a path capability grants, inside of allowed_paths; blocks are not taken out yet.
ast::SetExpr SandboxLines::bounded(const SandboxGrant& grant, Place place) {
    const bool all = grant.extent == Extent::everything;
    auto set = one(all ? any(place.object) : paths(grant.items, place.object));
    if (!document_.allowed_paths) return set;
    const auto& allowed = *document_.allowed_paths;
    if (allowed.empty())
        return one({value(ast::ValueKind::none, {"none", place.object}), place.object});
    auto bounds = paths(allowed, allowed.front().span);
    return all ? one(std::move(bounds)) : both(std::move(set), std::move(bounds));
}

void SandboxLines::path_line(Keyword keyword, SandboxCapability capability) {
    if (!granted(capability)) return;
    const auto where = place(capability);
    add(keyword, blocked(bounded(document_.grant(capability), where)), where);
}

/// Programs lie outside of what they work on, so allowed_paths does not bound them.
void SandboxLines::programs() {
    const auto capability = SandboxCapability::spawn_process;
    if (!granted(capability)) return;
    const auto where = place(capability);
    const auto& grant = document_.grant(capability);
    const bool all = grant.extent == Extent::everything;
    auto set = one(all ? any(where.object) : paths(grant.items, where.object));
    add(Keyword::exec, blocked(std::move(set)), where);
}

/// The files that tell what a capability is about are out unless it is granted.
void SandboxLines::reading() {
    const auto begin = lines_.size();
    path_line(Keyword::read, SandboxCapability::read_file);
    path_line(Keyword::read, SandboxCapability::list_directory);
    std::vector<SandboxText> hidden;
    for (const auto& row : sandbox_call_rows()) {
        if (row.kind != SandboxCallRow::Kind::path || granted(row.capability)) continue;
        hidden.push_back({std::string{row.member}, place(row.capability).word});
    }
    if (hidden.empty()) return;
    for (auto line = begin; line < lines_.size(); ++line) {
        auto& set = std::get<ast::SetExpr>(lines_[line].action.object);
        const Span whole = set.span;
        if (!set.rest.empty() && set.rest.back().symbol == '&')
            set = {{std::make_unique<ast::SetExpr>(std::move(set)), whole}, {}, whole};
        subtract(set, paths(hidden, hidden.front().span));
    }
}

void SandboxLines::system_files() {
    for (const auto capability : {SandboxCapability::system_info, SandboxCapability::time_access}) {
        if (!granted(capability)) continue;
        std::vector<SandboxText> files;
        for (const auto& row : sandbox_call_rows()) {
            const bool meant =
                row.kind == SandboxCallRow::Kind::path && row.capability == capability;
            if (meant) files.push_back({std::string{row.member}, place(capability).word});
        }
        const auto where = place(capability);
        add(Keyword::read, blocked(one(paths(files, where.word))), where);
    }
}

/// No carrier tells listing a folder from reading a file of the same path, so a pattern of folders
/// would let the files in them be read.
void SandboxLines::listing(Reporter& reporter) {
    const auto& grant = document_.grant(SandboxCapability::list_directory);
    const auto& reads = document_.grant(SandboxCapability::read_file);
    if (grant.extent == Extent::nothing || reads.extent == Extent::everything) return;
    const auto report = [&](Span span) {
        auto& error = reporter.error(Code::listing_reads, span,
                                     "a pattern of folders cannot be listed without being read",
                                     "the files in them could be read as well");
        error.notes.push_back("to the kernel listing a folder and reading a file are both `read`");
        error.helps.push_back("name each folder, or grant `read_file` of the same pattern");
    };
    if (grant.extent == Extent::everything) return report(grant.value);
    for (const auto& item : grant.items) {
        const bool pattern = item.text.find_first_of("*{@") != std::string::npos;
        const bool read = std::any_of(reads.items.begin(), reads.items.end(),
                                      [&](const auto& one) { return one.text == item.text; });
        if (pattern && !read) report(item.span);
    }
}

void SandboxLines::writing() {
    const auto& write = document_.grant(SandboxCapability::write_file);
    const auto& create = document_.grant(SandboxCapability::create_file);
    const auto& erase = document_.grant(SandboxCapability::delete_file);
    if (same_items(write, create) && same_items(write, erase)) {
        path_line(Keyword::write, SandboxCapability::write_file);
        return;
    }
    for (const auto keyword :
         {Keyword::contents, Keyword::truncate, Keyword::chmod, Keyword::chown, Keyword::xattr})
        path_line(keyword, SandboxCapability::write_file);
    path_line(Keyword::create, SandboxCapability::create_file);
    path_line(Keyword::link, SandboxCapability::create_file);
    path_line(Keyword::delete_, SandboxCapability::delete_file);
    renaming();
}

/// `rename` asks about the old name and the new one and does not tell which is which: both must be
/// names that may come and go.
void SandboxLines::renaming() {
    const auto& create = document_.grant(SandboxCapability::create_file);
    const auto& erase = document_.grant(SandboxCapability::delete_file);
    if (create.extent == Extent::nothing || erase.extent == Extent::nothing) return;
    const auto where = place(SandboxCapability::delete_file);
    const auto other = place(SandboxCapability::create_file);
    auto set = bounded(erase, where);
    if (create.extent == Extent::listed)
        set = both(std::move(set), paths(create.items, other.object));
    add(Keyword::rename, blocked(std::move(set)), where);
}

// ---- the network -------------------------------------------------------------------------------

/// An address as it is written, or the addresses that a name has.
std::vector<ast::Value> SandboxLines::targets(const NetworkEntry& entry,
                                              const SandboxAddresses& addresses) {
    if (entry.kind != NetworkEntry::Kind::host)
        return {value(ast::ValueKind::address, entry.target)};
    std::vector<ast::Value> values;
    const auto found = addresses.find(entry.target.text);
    if (found == addresses.end()) return values;
    for (const auto& interval : found->second.intervals()) {
        values.push_back(value(ast::ValueKind::address, {to_string(interval), entry.target.span}));
    }
    return values;
}

void SandboxLines::connect_line(std::optional<ast::SetExpr> to,
                                const std::optional<SandboxText>& port) {
    const auto where = place(SandboxCapability::network);
    ast::Flow flow;
    flow.span = where.object;
    flow.to = std::move(to);
    if (port) flow.port = one({value(ast::ValueKind::number, *port), port->span});
    add(Keyword::connect, std::move(flow), where);
}

void SandboxLines::network(const SandboxAddresses& addresses) {
    struct Group { ///< entries with the same ports, in one line
        std::optional<SandboxText> port;
        std::vector<ast::Value> targets;
    };
    const auto& grant = document_.grant(SandboxCapability::network);
    const Span span = place(SandboxCapability::network).object;
    std::vector<Group> groups;
    std::vector<ast::Value> blocks;
    Diagnostics known; // reading the document has reported them
    Reporter silent{known};
    const auto group_of = [&](const std::optional<SandboxText>& port) {
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) {
            return one.port.has_value() == port.has_value() &&
                   (!port || one.port->text == port->text);
        });
        if (group == groups.end()) group = groups.insert(groups.end(), {port, {}});
        return &group->targets;
    };
    for (const auto& item : grant.items) {
        const auto entry = parse_network_entry(item, silent);
        if (!entry) continue;
        auto* into = entry->block ? &blocks : group_of(entry->port);
        for (const auto& target : targets(*entry, addresses)) into->push_back(target);
    }
    const auto less_blocks = [&](ast::SetExpr set) {
        if (!blocks.empty()) subtract(set, list(blocks, blocks.front().word.span));
        return set;
    };
    if (grant.extent == Extent::everything) {
        std::optional<ast::SetExpr> to;
        if (!blocks.empty()) to = less_blocks(one(any(span)));
        connect_line(std::move(to), {});
    }
    for (auto& group : groups) {
        if (group.targets.empty()) continue; // names without addresses
        connect_line(less_blocks(one(list(std::move(group.targets), span))), group.port);
    }
}

void SandboxLines::ports() {
    const auto capability = SandboxCapability::bind_port;
    if (!granted(capability)) return;
    const auto& grant = document_.grant(capability);
    const auto where = place(capability);
    for (const auto keyword : {Keyword::bind, Keyword::listen}) {
        ast::Flow flow;
        flow.span = where.object;
        if (grant.extent == Extent::listed) {
            std::vector<ast::Value> values;
            for (const auto& item : grant.items)
                values.push_back(value(ast::ValueKind::number, item));
            flow.port = one(list(std::move(values), where.object));
        }
        add(keyword, std::move(flow), where);
    }
}

// ---- system calls ------------------------------------------------------------------------------

void SandboxLines::calls() {
    std::vector<ast::Value> refused;
    for (const auto& row : sandbox_call_rows()) {
        if (row.kind != SandboxCallRow::Kind::call) continue;
        bool open = granted(row.capability);
        if (row.other)
            open = row.needs_both ? open && granted(*row.other) : open || granted(*row.other);
        if (open) continue;
        const SandboxText name{std::string{row.member}, place(row.capability).word};
        const bool plain = !name.text.starts_with('_'); // no word of the language begins so
        refused.push_back(
            plain ? value(ast::ValueKind::name, name)
                  : value(ast::ValueKind::string, {quoted_string(name.text), name.span}));
    }
    if (refused.empty()) return;
    const Place where{document_.name.span, document_.name.span};
    auto set = one(any(where.object));
    subtract(set, list(std::move(refused), where.object));
    add(Keyword::syscall, std::move(set), where);
}

SandboxLines::SandboxLines(const SandboxDocument& document, const SandboxAddresses& addresses,
                           Reporter& reporter)
    : document_{document} {
    programs();
    if (granted(SandboxCapability::spawn_process))
        add(Keyword::fork, {}, place(SandboxCapability::spawn_process));
    if (granted(SandboxCapability::kill_process))
        add(Keyword::signal, {}, place(SandboxCapability::kill_process));
    listing(reporter);
    reading();
    system_files();
    writing();
    network(addresses);
    ports();
    calls();
}

} // namespace synpol
