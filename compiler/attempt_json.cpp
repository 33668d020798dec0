// SPDX-License-Identifier: Apache-2.0
// Attempts as JSON objects: one table of fields for both directions. A fact that is not known is
// not there; a field that is not known is an error.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bpf/abi.h"
#include "compiler/attempt_text.h"

namespace synpol {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> tcp_states = {"other", "syn", "established",
                                                        "unreadable"};
constexpr std::array<Action, 4> actions = {Action::syscall, Action::connect, Action::bind,
                                           Action::inbound};

Error bad_field(std::string_view name, std::string_view what) {
    return Error{fmt::format("attempt: {} {}", name, what)};
}

Result<std::uint32_t> read_number(const Json& value, std::string_view name, std::uint64_t most) {
    const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= most;
    if (!fits) return bad_field(name, fmt::format("is not a number from 0 to {}", most));
    return static_cast<std::uint32_t>(value.get<std::uint64_t>());
}

Result<std::string> read_text(const Json& value, std::string_view name) {
    if (!value.is_string()) return bad_field(name, "is not a string");
    return value.get<std::string>();
}

Result<void> read_action(const Json& value, Attempt& attempt) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string{};
    for (const Action action : actions) {
        if (name_of(action) != text) continue;
        attempt.action = action;
        return {};
    }
    return bad_field("action", "is not syscall, connect, bind or inbound");
}

Result<void> read_user(const Json& value, Attempt& attempt) {
    auto number = read_number(value, "user", UINT32_MAX);
    if (!number) return number.error();
    attempt.subject.user = *number;
    return {};
}

Result<void> read_groups(const Json& value, Attempt& attempt) {
    if (!value.is_array()) return bad_field("groups", "is not a list of numbers");
    std::vector<std::uint32_t> groups;
    for (const auto& item : value) {
        auto number = read_number(item, "groups", UINT32_MAX);
        if (!number) return number.error();
        groups.push_back(*number);
    }
    attempt.subject.groups = std::move(groups);
    return {};
}

Result<void> read_exe(const Json& value, Attempt& attempt) {
    auto text = read_text(value, "exe");
    if (!text) return text.error();
    attempt.subject.exe = *text;
    return {};
}

Result<void> read_cgroup(const Json& value, Attempt& attempt) {
    auto text = read_text(value, "cgroup");
    if (!text) return text.error();
    attempt.subject.cgroup = *text;
    return {};
}

Result<void> read_protocol(const Json& value, Attempt& attempt) {
    auto number = read_number(value, "protocol", 255);
    if (!number) return number.error();
    const auto state = attempt.flow.transport.value_or(0) % 4u;
    attempt.flow.transport = static_cast<std::uint16_t>(sp_transport_key(*number, state));
    return {};
}

/// Comes after `protocol` in the table, so that the transport is there.
Result<void> read_tcp(const Json& value, Attempt& attempt) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string{};
    const auto found = std::find(tcp_states.begin(), tcp_states.end(), text);
    if (found == tcp_states.end()) {
        return bad_field("tcp", "is not other, syn, established or unreadable");
    }
    if (attempt.flow.transport.value_or(0) / 4u != 6) return bad_field("tcp", "needs protocol 6");
    const auto state = static_cast<std::uint32_t>(found - tcp_states.begin());
    attempt.flow.transport = static_cast<std::uint16_t>(sp_transport_key(6, state));
    return {};
}

Result<void> read_address(const Json& value, std::string_view name, std::optional<Address>& to) {
    const auto address = value.is_string() ? parse_address(value.get<std::string>()) : std::nullopt;
    if (!address) return bad_field(name, "is not an address");
    to = *address;
    return {};
}

Result<void> read_source(const Json& value, Attempt& attempt) {
    return read_address(value, "source", attempt.flow.source);
}

Result<void> read_target(const Json& value, Attempt& attempt) {
    return read_address(value, "target", attempt.flow.target);
}

Result<void> read_port(const Json& value, Attempt& attempt) {
    auto number = read_number(value, "port", 65535);
    if (!number) return number.error();
    attempt.flow.port = static_cast<std::uint16_t>(*number);
    return {};
}

Result<void> read_abi(const Json& value, Attempt& attempt) {
    const auto abi = value.is_string() ? find_abi(value.get<std::string>()) : std::nullopt;
    if (!abi) return bad_field("abi", "is not x86_64, i386 or x32");
    attempt.syscall.abi = *abi;
    return {};
}

Result<void> read_number_of_call(const Json& value, Attempt& attempt) {
    auto number = read_number(value, "number", UINT32_MAX);
    if (!number) return number.error();
    attempt.syscall.number = *number;
    return {};
}

/// By name, for people; comes after `abi` in the table.
Result<void> read_call(const Json& value, Attempt& attempt) {
    auto name = read_text(value, "syscall");
    if (!name) return name.error();
    const auto number = SyscallTable::instance().number(attempt.syscall.abi, *name);
    if (!number) {
        return bad_field("syscall",
                         fmt::format("{} is no call of {}", *name, name_of(attempt.syscall.abi)));
    }
    attempt.syscall.number = *number;
    return {};
}

struct Field {
    std::string_view name;
    Result<void> (*read)(const Json&, Attempt&);
};
/// In the order in which they are read: a later one may need an earlier one.
constexpr Field fields[] = {
    {"action", read_action}, {"user", read_user},     {"groups", read_groups},
    {"exe", read_exe},       {"cgroup", read_cgroup}, {"protocol", read_protocol},
    {"tcp", read_tcp},       {"source", read_source}, {"target", read_target},
    {"port", read_port},     {"abi", read_abi},       {"number", read_number_of_call},
    {"syscall", read_call},
};

void write_subject(const SubjectFacts& subject, Json& json) {
    if (subject.user) json["user"] = *subject.user;
    if (subject.groups) json["groups"] = *subject.groups;
    if (subject.exe) json["exe"] = *subject.exe;
    if (subject.cgroup) json["cgroup"] = *subject.cgroup;
}

void write_flow(const FlowFacts& flow, Json& json) {
    if (flow.transport) {
        json["protocol"] = *flow.transport / 4u;
        if (*flow.transport / 4u == 6) json["tcp"] = tcp_states[*flow.transport % 4u];
    }
    if (flow.source) json["source"] = to_string(*flow.source);
    if (flow.target) json["target"] = to_string(*flow.target);
    if (flow.port) json["port"] = *flow.port;
}

void write_call(const SyscallFacts& call, Json& json) {
    json["abi"] = name_of(call.abi);
    json["number"] = call.number;
    if (const auto name = SyscallTable::instance().name(call.abi, call.number)) {
        json["syscall"] = *name;
    }
}

} // namespace

std::string to_json(const Attempt& attempt) {
    Json json;
    json["action"] = name_of(attempt.action);
    write_subject(attempt.subject, json);
    if (attempt.action == Action::syscall) {
        write_call(attempt.syscall, json);
    } else {
        write_flow(attempt.flow, json);
    }
    // Paths are bytes; what is not UTF-8 in them cannot be said in JSON.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Attempt> attempt_from_json(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return Error{"attempt: not a JSON object"};
    for (const auto& [key, value] : json.items()) {
        const auto known =
            std::any_of(std::begin(fields), std::end(fields),
                        [&key = key](const Field& field) { return field.name == key; });
        if (!known) return bad_field(key, "is not a fact about an attempt");
    }
    if (!json.contains("action")) return bad_field("action", "is missing");
    Attempt attempt;
    for (const auto& field : fields) {
        const auto value = json.find(field.name);
        if (value == json.end()) continue;
        if (auto done = field.read(*value, attempt); !done) return done.error();
    }
    if (attempt.action == Action::syscall && !json.contains("number") &&
        !json.contains("syscall")) {
        return bad_field("syscall", "is missing");
    }
    return attempt;
}

} // namespace synpol
