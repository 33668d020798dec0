// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve_counting.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/expiry.h"
#include "policy/numbers.h"

namespace synpol {
namespace {

bool of_flows(Action action) {
    return has_flow(action);
}
bool of_processes(Action action) {
    return !is_packet(action);
}
bool of_all(Action) {
    return true;
}

/// What a limit or a window counts by, or tells apart.
struct FieldRow {
    std::string_view name;
    bool (*fits)(Action action);
    std::optional<StateKey> key; ///< nothing: only to tell attempts apart
    Window::Field field = Window::Field::none;
    bool address = false;
};
constexpr FieldRow fields[] = {
    {"source", is_packet, StateKey::source, Window::Field::none, true},
    {"target", of_flows, StateKey::target, Window::Field::none, true},
    {"port", of_flows, StateKey::port},
    {"user", of_processes, StateKey::user},
    {"group", of_processes, StateKey::group},
    {"exe", of_processes, StateKey::exe},
    {"cgroup", of_processes, StateKey::cgroup},
    {"process", of_processes, StateKey::process},
    {"path", has_path, {}, Window::Field::path},
    {"syscall",
     [](Action action) { return action == Action::syscall; },
     {},
     Window::Field::syscall},
};

const FieldRow* find_field(std::string_view name) {
    for (const auto& row : fields) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

std::vector<std::string_view> fitting_fields(Action action, bool keys_only) {
    std::vector<std::string_view> names;
    for (const auto& row : fields) {
        if (row.fits(action) && (row.key || !keys_only)) names.push_back(row.name);
    }
    return names;
}

std::string listed(const std::vector<std::string_view>& names) {
    std::string text;
    for (const auto name : names) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", name);
    return text;
}

/// Which responses an action can have.
struct ResponseRow {
    Keyword keyword;
    Response::Kind kind;
    bool (*fits)(Action action);
    std::string_view why_not;
    std::string_view help;
};
constexpr std::string_view drop_packets = "`block source for 10m` drops packets";
constexpr ResponseRow response_rows[] = {
    {Keyword::alert, Response::Kind::alert, of_all, "", ""},
    {Keyword::block, Response::Kind::block,
     [](Action action) { return is_packet(action) || action == Action::connect; },
     "there is no address to block", "`kill`, `freeze cgroup` and `deny` are about processes"},
    {Keyword::freeze, Response::Kind::freeze, of_processes, "a packet belongs to no cgroup yet",
     drop_packets},
    {Keyword::kill, Response::Kind::kill, of_processes, "a packet belongs to no process yet",
     drop_packets},
    {Keyword::deny, Response::Kind::deny, of_processes, "a packet cannot be refused with an error",
     drop_packets},
    {Keyword::syncookies, Response::Kind::syncookies,
     [](Action action) { return action == Action::inbound; },
     "syncookies answer inbound TCP connections", ""},
};

const ResponseRow& row_of(Keyword keyword) {
    return *std::find_if(std::begin(response_rows), std::end(response_rows),
                         [&](const auto& row) { return row.keyword == keyword; });
}

/// The addresses of others: blocking one's own would cut off everybody.
bool can_be_blocked(StateKey key, Action action) {
    return action == Action::inbound ? key == StateKey::source : key == StateKey::target;
}

/// Precondition: the grammar took the word for a level.
Response::Level level_of(std::string_view word) {
    for (const auto level :
         {Response::Level::low, Response::Level::medium, Response::Level::high}) {
        if (name_of(level) == word) return level;
    }
    return Response::Level::critical;
}

} // namespace

// ---- keys --------------------------------------------------------------------------------------

std::uint8_t CountingResolver::prefix(const ast::Word& key, std::string_view bits_text) {
    constexpr std::uint8_t usual = 64;
    const auto bits = parse_number(bits_text, 128);
    // 32 and less looks like a network of IPv4, whose addresses are always counted one by one.
    if (bits && *bits > 32) return static_cast<std::uint8_t>(*bits);
    const auto name = key.text.substr(0, key.text.find('/'));
    reporter_
        .error(Code::bad_number, key.span,
               fmt::format("`{0}/N` is the prefix of IPv6 addresses, from 33 to 128", name))
        .notes.push_back("IPv4 addresses are counted one by one, IPv6 addresses by /64");
    return usual;
}

std::optional<KeyPattern> CountingResolver::key(const ast::Word& key, Action action) {
    const auto slash = key.text.find('/');
    const auto name = key.text.substr(0, slash);
    const FieldRow* row = find_field(name);
    const auto names = fitting_fields(action, true);
    if (row == nullptr || !row->key) {
        auto& error = reporter_.error(Code::wrong_key, key.span,
                                      fmt::format("there is no key `{}`", name), "unknown");
        error.notes.push_back(fmt::format("the keys of this event: {}", listed(names)));
        reporter_.suggest(error, name, names);
        return {};
    }
    if (!row->fits(action)) {
        reporter_
            .error(Code::wrong_key, key.span, fmt::format("`{}` has no {}", name_of(action), name),
                   "not a fact of this event")
            .notes.push_back(fmt::format("the keys of this event: {}", listed(names)));
        return {};
    }
    KeyPattern result;
    result.key = *row->key;
    if (slash == std::string_view::npos) return result;
    if (row->address) {
        result.prefix_v6 = prefix(key, key.text.substr(slash + 1));
        return result;
    }
    reporter_.error(Code::wrong_key, key.span, "only addresses have a prefix",
                    fmt::format("write `{}`", name));
    return {};
}

std::optional<std::uint64_t> CountingResolver::number(const ast::Word& word,
                                                      std::string_view what) {
    constexpr auto most = max_value<std::uint32_t>();
    const auto number = parse_number(word.text, most);
    if (number && *number > 0) return number;
    reporter_.error(Code::bad_number, word.span,
                    fmt::format("the {} is a number from 1 to {}", what, most));
    return {};
}

// ---- limits and windows ------------------------------------------------------------------------

std::optional<Limit> CountingResolver::limit(const ast::RateLimit& written, Action action) {
    Limit result;
    const auto rate = parse_rate(written.rate.text);
    if (!rate) {
        reporter_.error(Code::bad_rate, written.rate.span,
                        fmt::format("`{}` is not a rate", written.rate.text),
                        "write a number per `s`, `m`, `h` or `d`, like `100/s`");
    }
    const auto key_pattern = key(written.key, action);
    const auto burst =
        written.burst ? number(*written.burst, "burst") : std::optional<std::uint64_t>{1};
    if (!rate || !key_pattern || !burst) return {};
    result.tokens = rate->count;
    result.period_ns = rate->period_ns;
    result.burst = written.burst ? static_cast<std::uint32_t>(*burst) : result.tokens;
    result.key = *key_pattern;
    return result;
}

bool CountingResolver::distinct(const ast::Word& field, Action action, Window& window) {
    const FieldRow* row = find_field(field.text);
    if (row != nullptr && row->fits(action)) {
        window.distinct = row->key;
        window.field = row->field;
        return true;
    }
    const auto names = fitting_fields(action, false);
    auto& error = reporter_.error(Code::wrong_key, field.span,
                                  fmt::format("`{}` has no {}", name_of(action), field.text),
                                  "not a fact of this event");
    error.notes.push_back(fmt::format("the facts of this event: {}", listed(names)));
    reporter_.suggest(error, field.text, names);
    return false;
}

std::optional<Window> CountingResolver::window(const ast::Window& written, Action action) {
    Window result;
    const bool known = !written.distinct || distinct(*written.distinct, action, result);
    const auto threshold = number(written.threshold, "count");
    const auto duration = resolve_duration(written.duration, reporter_);
    const auto key_pattern = key(written.key, action);
    if (!known || !threshold || !duration || !key_pattern) return {};
    result.threshold = *threshold;
    result.window_ns = *duration;
    result.key = *key_pattern;
    return result;
}

// ---- responses ---------------------------------------------------------------------------------

bool CountingResolver::fits(const ast::Rule& rule, const ast::Response& response, Action action) {
    const auto& row = row_of(response.keyword);
    if (!row.fits(action)) {
        auto& error = reporter_.error(
            Code::wrong_response, response.span,
            fmt::format("`{}` does not answer `{}`", text_of(response.keyword), name_of(action)),
            std::string{row.why_not});
        error.secondary.push_back({rule.action.word, "of this event"});
        if (!row.help.empty()) error.helps.emplace_back(row.help);
        return false;
    }
    if (rule.verb == Keyword::limit && response.keyword == Keyword::deny) {
        reporter_
            .error(Code::wrong_response, response.span, "a limit refuses what is too much anyway",
                   "says it again")
            .secondary.push_back({rule.verb_span, "the limit"});
        return false;
    }
    return true;
}

std::optional<Response> CountingResolver::response(const ast::Response& written, Action action) {
    Response result;
    result.kind = row_of(written.keyword).kind;
    result.span = written.span;
    if (written.level) result.level = level_of(written.level->text);
    if (written.duration) {
        const auto duration = resolve_duration(*written.duration, reporter_);
        if (!duration) return {};
        result.duration_ns = *duration;
    }
    if (!written.key) return result;
    const auto what = key(*written.key, action);
    if (!what) return {};
    if (!can_be_blocked(what->key, action)) {
        const std::string_view other = action == Action::inbound ? "source" : "target";
        reporter_
            .error(Code::wrong_response, written.key->span,
                   fmt::format("`block {}` would cut off more than it names", written.key->text),
                   "not the other side")
            .helps.push_back(fmt::format("write `block {}`", other));
        return {};
    }
    result.key = *what;
    return result;
}

std::vector<Response> CountingResolver::responses(const ast::Rule& rule, Action action) {
    std::vector<Response> result;
    std::vector<const ast::Response*> seen;
    for (const auto& written : rule.responses) {
        const auto same = std::find_if(seen.begin(), seen.end(), [&](const auto* other) {
            return other->keyword == written.keyword;
        });
        if (same != seen.end()) {
            reporter_
                .error(Code::repeated_clause, written.span,
                       fmt::format("`{}` is given twice", text_of(written.keyword)), "second")
                .secondary.push_back({(*same)->span, "first"});
            continue;
        }
        seen.push_back(&written);
        if (!fits(rule, written, action)) continue;
        if (auto one = response(written, action)) result.push_back(*one);
    }
    return result;
}

} // namespace synpol
