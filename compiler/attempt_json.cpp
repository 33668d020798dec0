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
    for (std::size_t i = 0; i < action_count; ++i) {
        if (name_of(static_cast<Action>(i)) != text) continue;
        attempt.action = static_cast<Action>(i);
        return {};
    }
    return bad_field("action", "is not the name of an action");
}

// ---- processes ---------------------------------------------------------------------------------

Result<void> read_user(const Json& value, SubjectFacts& subject) {
    auto number = read_number(value, "user", UINT32_MAX);
    if (!number) return number.error();
    subject.user = *number;
    return {};
}

Result<void> read_groups(const Json& value, SubjectFacts& subject) {
    if (!value.is_array()) return bad_field("groups", "is not a list of numbers");
    std::vector<std::uint32_t> groups;
    for (const auto& item : value) {
        auto number = read_number(item, "groups", UINT32_MAX);
        if (!number) return number.error();
        groups.push_back(*number);
    }
    subject.groups = std::move(groups);
    return {};
}

Result<void> read_exe(const Json& value, SubjectFacts& subject) {
    auto text = read_text(value, "exe");
    if (!text) return text.error();
    subject.exe = *text;
    return {};
}

Result<void> read_cgroup(const Json& value, SubjectFacts& subject) {
    auto text = read_text(value, "cgroup");
    if (!text) return text.error();
    subject.cgroup = *text;
    return {};
}

struct SubjectField {
    std::string_view name;
    Result<void> (*read)(const Json&, SubjectFacts&);
};
constexpr SubjectField subject_fields[] = {
    {"user", read_user}, {"groups", read_groups}, {"exe", read_exe}, {"cgroup", read_cgroup}};

const SubjectField* subject_field(std::string_view name) {
    const auto found = std::find_if(std::begin(subject_fields), std::end(subject_fields),
                                    [name](const auto& field) { return field.name == name; });
    return found == std::end(subject_fields) ? nullptr : found;
}

Result<void> read_ancestors(const Json& value, SubjectFacts& subject);

/// An object of a process that is not the one that acts. Ancestors have no ancestors of their own:
/// those that follow them are theirs.
Result<SubjectFacts> read_process(const Json& value, std::string_view what, bool with_ancestors) {
    if (!value.is_object()) return bad_field(what, "is not an object");
    SubjectFacts facts;
    for (const auto& [key, fact] : value.items()) {
        const auto* field = subject_field(key);
        const bool ancestors = with_ancestors && key == "ancestors";
        if (!field && !ancestors) return bad_field(key, "is not a fact about a process");
        auto done = ancestors ? read_ancestors(fact, facts) : field->read(fact, facts);
        if (!done) return done.error();
    }
    return facts;
}

Result<void> read_ancestors(const Json& value, SubjectFacts& subject) {
    if (!value.is_array()) return bad_field("ancestors", "is not a list of objects");
    std::vector<SubjectFacts> ancestors;
    for (const auto& item : value) {
        auto facts = read_process(item, "ancestors", false);
        if (!facts) return facts.error();
        ancestors.push_back(std::move(*facts));
    }
    subject.ancestors = std::move(ancestors);
    return {};
}

template <Result<void> (*Read)(const Json&, SubjectFacts&)>
Result<void> read_of_subject(const Json& value, Attempt& attempt) {
    return Read(value, attempt.subject);
}

Result<void> read_peer(const Json& value, Attempt& attempt) {
    auto facts = read_process(value, "target-process", true);
    if (!facts) return facts.error();
    attempt.peer = std::move(*facts);
    return {};
}

// ---- objects -----------------------------------------------------------------------------------

Result<void> read_path(const Json& value, Attempt& attempt) {
    auto text = read_text(value, "path");
    if (!text) return text.error();
    attempt.path = *text;
    return {};
}

Result<void> read_member(const Json& value, Attempt& attempt) {
    const auto text = value.is_string() ? value.get<std::string>() : std::string{};
    for (std::size_t i = 0; i < write_member_count; ++i) {
        if (name_of(static_cast<WriteMember>(i)) != text) continue;
        attempt.member = static_cast<WriteMember>(i);
        return {};
    }
    return bad_field("change", "is not a way to change a file");
}

Result<void> read_account(const Json& value, Attempt& attempt) {
    auto number = read_number(value, "account", UINT32_MAX);
    if (!number) return number.error();
    attempt.account = *number;
    return {};
}

/// null stands for an argument that is not known.
Result<void> read_arguments(const Json& value, Attempt& attempt) {
    if (!value.is_array() || value.size() > argument_count)
        return bad_field("arguments", "is not a list of at most six numbers");
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i].is_null()) continue;
        if (!value[i].is_number_unsigned())
            return bad_field("arguments", "holds what is no number from 0 to 2^64-1");
        attempt.syscall.arguments[i] = value[i].get<std::uint64_t>();
    }
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
    {"action", read_action},
    {"user", read_of_subject<read_user>},
    {"groups", read_of_subject<read_groups>},
    {"exe", read_of_subject<read_exe>},
    {"cgroup", read_of_subject<read_cgroup>},
    {"ancestors", read_of_subject<read_ancestors>},
    {"protocol", read_protocol},
    {"tcp", read_tcp},
    {"source", read_source},
    {"target", read_target},
    {"port", read_port},
    {"abi", read_abi},
    {"number", read_number_of_call},
    {"syscall", read_call},
    {"arguments", read_arguments},
    {"path", read_path},
    {"change", read_member},
    {"account", read_account},
    {"target-process", read_peer},
};

void write_subject(const SubjectFacts& subject, Json& json) {
    if (subject.user) json["user"] = *subject.user;
    if (subject.groups) json["groups"] = *subject.groups;
    if (subject.exe) json["exe"] = *subject.exe;
    if (subject.cgroup) json["cgroup"] = *subject.cgroup;
    if (!subject.ancestors) return;
    auto& list = json["ancestors"] = Json::array();
    for (auto facts : *subject.ancestors) {
        facts.ancestors.reset();
        list.push_back(Json::object());
        write_subject(facts, list.back());
    }
}

void write_object(const Attempt& attempt, Json& json) {
    if (attempt.path) json["path"] = *attempt.path;
    if (attempt.member) json["change"] = name_of(*attempt.member);
    if (attempt.account) json["account"] = *attempt.account;
    if (attempt.peer == SubjectFacts{}) return;
    auto& peer = json["target-process"] = Json::object();
    write_subject(attempt.peer, peer);
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
    auto known = call.arguments.size();
    while (known > 0 && !call.arguments[known - 1]) --known;
    for (std::size_t i = 0; i < known; ++i) {
        const auto& value = call.arguments[i];
        json["arguments"].push_back(value ? Json(*value) : Json());
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
        write_object(attempt, json);
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
