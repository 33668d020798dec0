// SPDX-License-Identifier: Apache-2.0
// Completion goes by the token in front of the word that is being typed: a table says what may
// follow it. Sets are offered by the type that the nearest word asks for.
#include "agent/lsp/features.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "agent/lsp/keyword_help.h"
#include "agent/lsp/names.h"
#include "policy/catalogues.h"
#include "policy/codes.h"
#include "policy/constants.h"
#include "policy/errno_names.h"
#include "policy/keywords.h"
#include "policy/lexer.h"
#include "policy/syscall_arguments.h"
#include "policy/syscall_table.h"

namespace synpol::lsp {
namespace {

// ---- what may follow a word --------------------------------------------------------------------

using Offers = std::uint32_t;
enum Offer : Offers {
    statements = 1u << 0,
    clauses = 1u << 1,
    operations = 1u << 2,
    actions = 1u << 3,
    facts = 1u << 4,
    subjects = 1u << 5,
    operand = 1u << 6, ///< any, none, file, and sets and literals of the wanted type
    errnos = 1u << 7,
    rules = 1u << 8,
    lints = 1u << 9,
    arguments = 1u << 10,
    open_sets = 1u << 11,
    listed = 1u << 12, ///< the words of the row
};
constexpr Offers subject_position = facts | subjects | listed;

struct Follow {
    Keyword after;
    Offers offers;
    std::string_view words = {};
};

constexpr std::string_view flow_words = "tcp udp icmp any syn established from to port";
constexpr std::string_view keys = "source target port user group exe cgroup process";
constexpr std::string_view subject_words = "not";

constexpr Follow follows[] = {
    {Keyword::audit, listed, "deny kill only block limit detect confine"},
    {Keyword::deny, actions},
    {Keyword::kill, actions},
    {Keyword::only, actions},
    {Keyword::block, listed, "inbound outbound source target"},
    {Keyword::limit, actions},
    {Keyword::detect, actions},
    {Keyword::pass, actions},
    {Keyword::never, listed, "block kill"},
    {Keyword::expect, listed, "pass audit deny kill block"},
    {Keyword::open, listed, "paths addrs ports syscalls users"},
    {Keyword::extend, open_sets},
    {Keyword::for_, subject_position, subject_words},
    {Keyword::as, subject_position | listed, "sandbox user group exe unit cgroup descendants not"},
    {Keyword::confine, subject_position, subject_words},
    {Keyword::of, subject_position, subject_words},
    {Keyword::not_, subject_position, subject_words},
    {Keyword::and_, subject_position | arguments, subject_words},
    {Keyword::or_, subject_position | arguments, subject_words},
    {Keyword::signal, subject_position | clauses, subject_words},
    {Keyword::inject, subject_position | clauses, subject_words},
    {Keyword::descendants, listed, "of"},
    {Keyword::user, operand},
    {Keyword::group, operand},
    {Keyword::exe, operand},
    {Keyword::from, operand},
    {Keyword::to, operand},
    {Keyword::port, operand},
    {Keyword::exec, operand},
    {Keyword::read, operand},
    {Keyword::write, operand},
    {Keyword::contents, operand},
    {Keyword::create, operand},
    {Keyword::delete_, operand},
    {Keyword::rename, operand},
    {Keyword::link, operand},
    {Keyword::truncate, operand},
    {Keyword::chmod, operand},
    {Keyword::chown, operand},
    {Keyword::xattr, operand},
    {Keyword::setuid, operand | clauses},
    {Keyword::syscall, operand},
    {Keyword::has, operand},
    {Keyword::lacks, operand},
    {Keyword::in, operand},
    {Keyword::given, operand},
    {Keyword::except, operand | listed, "for inbound outbound from to port"},
    {Keyword::exempt, operand},
    {Keyword::connect, listed | clauses, flow_words},
    {Keyword::bind, listed | clauses, flow_words},
    {Keyword::listen, listed | clauses, flow_words},
    {Keyword::inbound, listed | clauses, flow_words},
    {Keyword::outbound, listed | clauses, flow_words},
    {Keyword::tcp, listed | clauses, "syn established from to port"},
    {Keyword::where, arguments},
    {Keyword::with, errnos},
    {Keyword::then, listed, "alert block freeze kill deny syncookies"},
    {Keyword::alert, listed, "low medium high critical"},
    {Keyword::freeze, listed, "cgroup"},
    {Keyword::accept, lints},
    {Keyword::per, listed, keys},
    {Keyword::distinct, listed, "source target port user group exe cgroup process path syscall"},
    {Keyword::count, listed, "distinct"},
    {Keyword::by, rules},
    {Keyword::mode, listed, "enforce audit"},
    {Keyword::policy, 0},
    {Keyword::use, 0},
    {Keyword::because, 0},
    {Keyword::until, 0},
    {Keyword::tag, 0},
    {Keyword::within, 0},
    {Keyword::over, 0},
    {Keyword::burst, 0},
    {Keyword::at, 0},
    {Keyword::on, 0},
    {Keyword::paths, 0},
    {Keyword::addrs, 0},
    {Keyword::ports, 0},
    {Keyword::syscalls, 0},
    {Keyword::users, 0},
    {Keyword::subject, 0},
    {Keyword::unit, 0},
    {Keyword::cgroup, 0},
};

/// Which words a position class offers.
struct ClassOffer {
    WordClass word_class;
    Offer offer;
};
constexpr ClassOffer class_offers[] = {
    {WordClass::statement, statements}, {WordClass::clause, clauses},
    {WordClass::operation, operations}, {WordClass::value, operand},
    {WordClass::action, actions},       {WordClass::fact, facts},
};

// ---- what a set must hold ----------------------------------------------------------------------

enum class Wanted { unknown, paths, addrs, ports, syscalls, users, constants, subject };

struct Governs {
    Keyword word;
    Wanted wanted;
};
constexpr Governs governing[] = {
    {Keyword::paths, Wanted::paths},       {Keyword::exec, Wanted::paths},
    {Keyword::read, Wanted::paths},        {Keyword::write, Wanted::paths},
    {Keyword::contents, Wanted::paths},    {Keyword::create, Wanted::paths},
    {Keyword::delete_, Wanted::paths},     {Keyword::rename, Wanted::paths},
    {Keyword::link, Wanted::paths},        {Keyword::truncate, Wanted::paths},
    {Keyword::chmod, Wanted::paths},       {Keyword::chown, Wanted::paths},
    {Keyword::xattr, Wanted::paths},       {Keyword::exe, Wanted::paths},
    {Keyword::addrs, Wanted::addrs},       {Keyword::from, Wanted::addrs},
    {Keyword::to, Wanted::addrs},          {Keyword::never, Wanted::addrs},
    {Keyword::ports, Wanted::ports},       {Keyword::port, Wanted::ports},
    {Keyword::syscalls, Wanted::syscalls}, {Keyword::syscall, Wanted::syscalls},
    {Keyword::users, Wanted::users},       {Keyword::user, Wanted::users},
    {Keyword::group, Wanted::users},       {Keyword::setuid, Wanted::users},
    {Keyword::where, Wanted::constants},   {Keyword::has, Wanted::constants},
    {Keyword::lacks, Wanted::constants},   {Keyword::in, Wanted::constants},
    {Keyword::extend, Wanted::unknown},    {Keyword::given, Wanted::unknown},
    {Keyword::subject, Wanted::subject},
};

std::optional<Wanted> wanted_after(std::string_view token) {
    const auto keyword = find_keyword(token);
    for (const auto& row : governing) {
        if (keyword && row.word == keyword->keyword) return row.wanted;
    }
    return {};
}

bool is_of(Wanted wanted, ast::SetType type) {
    switch (wanted) {
    case Wanted::unknown:
        return true;
    case Wanted::paths:
        return type == ast::SetType::paths;
    case Wanted::addrs:
        return type == ast::SetType::addrs;
    case Wanted::ports:
        return type == ast::SetType::ports;
    case Wanted::syscalls:
        return type == ast::SetType::syscalls;
    case Wanted::users:
        return type == ast::SetType::users;
    case Wanted::constants:
    case Wanted::subject:
        break;
    }
    return false;
}

bool is_of(Wanted wanted, CatalogueType type) {
    if (wanted == Wanted::unknown) return true;
    if (wanted == Wanted::paths) return type == CatalogueType::paths;
    if (wanted == Wanted::syscalls) return type == CatalogueType::syscalls;
    return wanted == Wanted::constants && type == CatalogueType::constants;
}

// ---- the place ---------------------------------------------------------------------------------

struct Cursor {
    std::vector<std::string_view> before; ///< tokens in front of the word
    std::uint32_t begin = 0;              ///< of the word that is being typed
    bool in_prose = false;                ///< a comment or a string
    bool starts_line = false;             ///< only blanks in front of the word

    std::string_view last(std::size_t back = 0) const {
        return before.size() > back ? before[before.size() - 1 - back] : std::string_view{};
    }
};

bool is_typed(char byte) {
    return is_word_byte(byte) || byte == '.' || byte == '@';
}

Cursor cursor_at(std::string_view text, std::uint32_t offset) {
    Cursor cursor;
    cursor.begin = offset;
    while (cursor.begin > 0 && is_typed(text[cursor.begin - 1])) --cursor.begin;
    auto line = text.substr(0, cursor.begin);
    line.remove_prefix(line.rfind('\n') + 1); // npos + 1 is 0
    cursor.starts_line = line.find_first_not_of(" \t") == std::string_view::npos;
    std::size_t at = end_of_trivia(text, 0);
    while (at < cursor.begin) {
        const auto end = std::max(end_of_token(text, at), at + 1);
        if (end > cursor.begin) {
            cursor.in_prose = text[at] == '"';
            return cursor;
        }
        cursor.before.push_back(text.substr(at, end - at));
        at = end_of_trivia(text, end);
    }
    cursor.in_prose = at > cursor.begin && line.find('#') != std::string_view::npos;
    return cursor;
}

/// The nearest word in front that says what a set must hold.
Wanted wanted_at(const Cursor& cursor) {
    for (auto token = cursor.before.rbegin(); token != cursor.before.rend(); ++token) {
        if (const auto wanted = wanted_after(*token)) return *wanted;
    }
    return Wanted::unknown;
}

bool continues_set(std::string_view token) {
    static constexpr std::string_view all[] = {"=", "+=", "+", "-", "&", "{", ",", "(", "==", "!="};
    return std::find(std::begin(all), std::end(all), token) != std::end(all);
}

/// `{` opens a set only behind an operand's beginning; else it opens a block.
bool opens_block(const Cursor& cursor) {
    if (cursor.last() == "}") return true;
    return cursor.last() == "{" && !continues_set(cursor.last(1)) &&
           !wanted_after(cursor.last(1)) && !find_keyword(cursor.last(1));
}

// ---- items -------------------------------------------------------------------------------------

enum ItemKind { kind_variable = 6, kind_value = 12, kind_keyword = 14, kind_constant = 21 };

class Items {
  public:
    Items(const Question& question, const Cursor& cursor) : question_{question}, cursor_{cursor} {
        const Lines lines{question.text(), question.encoding};
        range_ = lines.range(cursor.begin, question.offset);
    }

    void offer(Offers offers, std::string_view words);
    void catalogues_of(Wanted wanted);
    Json take() { return {{"isIncomplete", false}, {"items", std::move(items_)}}; }

  private:
    void add(std::string_view label, ItemKind kind, std::string_view detail);
    void keywords(Offers offers);
    void sets(Wanted wanted);
    void literals(Wanted wanted);
    void named(std::string_view detail, const std::function<bool(const Symbol&)>& accepts,
               ItemKind kind);
    void rule_names();
    void argument_names_of_calls();
    void lint_names();

    const Question& question_;
    const Cursor& cursor_;
    Json range_;
    Json items_ = Json::array();
    std::set<std::string, std::less<>> known_;
};

void Items::add(std::string_view label, ItemKind kind, std::string_view detail) {
    if (label.empty() || !known_.emplace(label).second) return;
    items_.push_back({{"label", label},
                      {"kind", static_cast<int>(kind)},
                      {"detail", detail},
                      {"textEdit", {{"range", range_}, {"newText", label}}}});
}

void Items::keywords(Offers offers) {
    for (const auto& row : all_keywords()) {
        for (const auto& [word_class, offer] : class_offers) {
            const bool fits = row.word_class == word_class && (offers & offer) != 0;
            if (fits) add(row.text, kind_keyword, help_of(row.keyword));
        }
    }
}

void Items::named(std::string_view detail, const std::function<bool(const Symbol&)>& accepts,
                  ItemKind kind) {
    for (const auto& name : visible_names({&question_.file}, accepts)) add(name, kind, detail);
}

void Items::sets(Wanted wanted) {
    named(
        "set",
        [&](const Symbol& symbol) {
            const auto* set = std::get_if<const ast::Set*>(&symbol.what);
            return set != nullptr && is_of(wanted, (*set)->type);
        },
        kind_variable);
}

void Items::catalogues_of(Wanted wanted) {
    for (const auto& one : catalogues()) {
        if (is_of(wanted, one.type)) add(fmt::format("@{}", one.name), kind_constant, one.what);
    }
}

void Items::literals(Wanted wanted) {
    if (wanted == Wanted::syscalls) {
        for (const auto name : SyscallTable::instance().names()) {
            add(name, kind_value, "system call");
        }
    }
    if (wanted == Wanted::constants) {
        for (const auto& one : constants()) add(one.name, kind_constant, one.header);
    }
}

void Items::rule_names() {
    for (const auto& name : label_names(question_.analysis, question_.file))
        add(name, kind_value, "rule");
    for (const auto& [name, symbol] : question_.file.symbols) {
        const auto* import = std::get_if<const PolicyFile*>(&symbol.what);
        if (import == nullptr) continue;
        for (const auto& label : label_names(question_.analysis, **import)) {
            add(fmt::format("{}.{}", name, label), kind_value, "rule");
        }
    }
}

/// Of the system calls that are named since the last `syscall`.
void Items::argument_names_of_calls() {
    const auto& table = SyscallTable::instance();
    for (auto token = cursor_.before.rbegin(); token != cursor_.before.rend(); ++token) {
        if (*token == "syscall") break;
        const auto number = table.number(Abi::x86_64, *token);
        if (!number) continue;
        for (const auto name : argument_names(Abi::x86_64, *number)) {
            add(name, kind_variable, "argument");
        }
    }
    add("abi", kind_variable, "the ABI of the call");
}

void Items::lint_names() {
    for (const auto& one : all_codes()) {
        const auto number = static_cast<unsigned>(one.code);
        if (number / 100 == 7) add(one.name, kind_value, one.title);
    }
}

void Items::offer(Offers offers, std::string_view words) {
    const auto wanted = wanted_at(cursor_);
    if ((offers & operand) != 0) {
        sets(wanted);
        catalogues_of(wanted);
    }
    if ((offers & subjects) != 0) {
        named(
            "subject",
            [](const Symbol& one) {
                return std::holds_alternative<const ast::SubjectSet*>(one.what);
            },
            kind_variable);
    }
    if ((offers & open_sets) != 0) {
        named(
            "open set",
            [](const Symbol& one) {
                const auto* set = std::get_if<const ast::Set*>(&one.what);
                return set != nullptr && (*set)->open;
            },
            kind_variable);
    }
    if ((offers & errnos) != 0) {
        for (const auto& one : all_errno_names()) add(one.name, kind_constant, "errno");
    }
    if ((offers & rules) != 0) rule_names();
    if ((offers & arguments) != 0) argument_names_of_calls();
    if ((offers & lints) != 0) lint_names();
    keywords(offers);
    while ((offers & listed) != 0 && !words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        const auto keyword = find_keyword(word);
        add(word, kind_keyword, keyword ? help_of(keyword->keyword) : std::string_view{});
        words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
    if ((offers & operand) != 0) literals(wanted);
}

/// `from` names a rule in an `exempt`, which has no other verb between.
bool in_exempt(const Cursor& cursor) {
    for (auto token = cursor.before.rbegin(); token != cursor.before.rend(); ++token) {
        const auto keyword = find_keyword(*token);
        if (keyword && keyword->keyword == Keyword::exempt) return true;
        const bool other = keyword && keyword->word_class == WordClass::statement &&
                           keyword->keyword != Keyword::for_;
        if (other) return false;
    }
    return false;
}

Follow follow_of(const Cursor& cursor) {
    constexpr std::string_view labelled = "deny kill only block limit detect confine audit";
    if (cursor.before.empty()) return {Keyword::syn, listed, "syn"};
    if (cursor.last() == ":") return {Keyword::syn, listed, labelled};
    if (opens_block(cursor))
        return {Keyword::syn, statements | actions | listed, "expect as given"};
    if (continues_set(cursor.last())) {
        if (wanted_at(cursor) == Wanted::subject) {
            return {Keyword::subject, subject_position, subject_words};
        }
        const auto then = std::find(cursor.before.rbegin(), cursor.before.rend(), "then");
        const auto distance = then - cursor.before.rbegin();
        if (cursor.last() == "," && distance < 8) {
            return {Keyword::then, operand | listed, "alert block freeze kill deny syncookies"};
        }
        return {Keyword::syn, operand};
    }
    const auto keyword = find_keyword(cursor.last());
    if (keyword && keyword->keyword == Keyword::from && in_exempt(cursor)) {
        return {Keyword::from, rules};
    }
    for (const auto& row : follows) {
        if (keyword && row.after == keyword->keyword) return row;
    }
    // Behind an operand the rule may go on, or the next statement begins.
    return {Keyword::syn, clauses | operations | listed | (cursor.starts_line ? statements : 0u),
            "for mode"};
}

} // namespace

Json completion(const Question& question) {
    const auto cursor = cursor_at(question.text(), question.offset);
    Items items{question, cursor};
    if (cursor.in_prose) return items.take();
    if (question.offset > cursor.begin && question.text()[cursor.begin] == '@') {
        items.catalogues_of(wanted_at(cursor));
        return items.take();
    }
    const auto follow = follow_of(cursor);
    items.offer(follow.offers, follow.words);
    return items.take();
}

} // namespace synpol::lsp
