// SPDX-License-Identifier: Apache-2.0
#include "agent/event_row.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/attempt_text.h"
#include "policy/syscall_arguments.h"
#include "policy/syscall_table.h"

namespace synpol {
namespace {

/// What the sim backend writes where a fact was not given; the kernel always knows these.
constexpr std::uint32_t no_id = 0xffffffff;

constexpr std::string_view carriers[] = {"test", "lsm", "cgroup", "xdp", "sys_enter", "sim"};

sp_area_id area_of(const sp_event& event) {
    return event.area < SP_AREA_COUNT ? static_cast<sp_area_id>(event.area) : SP_AREA_SYSCALL;
}

bool all_zero(const std::uint8_t (&bytes)[16]) {
    return std::all_of(std::begin(bytes), std::end(bytes), [](std::uint8_t b) { return b == 0; });
}

/// As the language writes it after the action, so that `synpol explain "ACTION OBJECT"` takes it
/// again.
std::string text_after_action(const Attempt& attempt) {
    auto text = to_string(attempt);
    const auto word = std::string{name_of(attempt.action)} + " ";
    return text.starts_with(word) ? text.substr(word.size()) : text;
}

std::string call_text(const sp_call& call) {
    const auto abi = call.abi < SP_ABI_COUNT ? static_cast<Abi>(call.abi) : Abi::x86_64;
    const auto name = SyscallTable::instance().name(abi, call.number);
    auto text = name ? std::string{*name} : std::to_string(call.number);
    return abi == Abi::x86_64 ? text : fmt::format("{}/{}", text, name_of(abi));
}

/// What the call reads of the register, if it has such an argument.
std::optional<std::uint64_t> argument_of(const sp_call& call, std::uint32_t index) {
    for (const auto& argument : arguments_of(static_cast<Abi>(call.abi), call.number)) {
        if (argument.index != index) continue;
        const auto upper = argument.width < 64 ? ~std::uint64_t{0} << argument.width : 0;
        return call.argument[index] & ~upper;
    }
    return std::nullopt;
}

/// With the arguments that the policy has conditions on: they may be why.
std::string syscall_text(const sp_call& call, const Generation* generation) {
    if (generation == nullptr || call.abi >= SP_ABI_COUNT) return call_text(call);
    Attempt attempt;
    attempt.action = Action::syscall;
    attempt.syscall.abi = static_cast<Abi>(call.abi);
    attempt.syscall.number = call.number;
    bool is_asked = false;
    for (const auto& asked : arguments_with_places(generation->built->compiled.image.header())) {
        auto& argument = attempt.syscall.arguments[asked.index];
        argument = argument_of(call, asked.index);
        is_asked = is_asked || argument;
    }
    return is_asked ? text_after_action(attempt) : call_text(call);
}

std::string flow_text(const sp_flow& flow, Action action) {
    Attempt attempt;
    attempt.action = action;
    if (flow.transport < SP_TRANSPORT_KEYS) attempt.flow.transport = flow.transport;
    if (action == Action::inbound && !all_zero(flow.source)) {
        attempt.flow.source = from_bytes(flow.source);
    }
    // A local address of zero is every address; anywhere else zero stands for "not given".
    if (action == Action::bind || action == Action::listen || !all_zero(flow.target)) {
        attempt.flow.target = from_bytes(flow.target);
    }
    if (flow.ports_known != 0) attempt.flow.port = flow.port;
    return text_after_action(attempt);
}

/// The path of the object; of an `exec` without a path, that it is a memfd.
std::string path_of(const sp_event& event) {
    const auto length = std::min<std::size_t>(event.object.path_length, sizeof event.path);
    const bool truncated = (event.flags & SP_EVENT_PATH_TRUNCATED) != 0;
    if (length == 0 && !truncated) return std::string{memfd_path};
    return exe_path({event.path, length}, truncated);
}

std::string file_text(const sp_event& event, Action action) {
    const auto member = event.object.member;
    auto path = path_of(event);
    // A mount may serve to change anything: it has no member, and the path is where it went.
    if (action != Action::write || member == SP_WRITE_CONTENTS || member >= SP_WRITE_COUNT)
        return path;
    return fmt::format("{} {}", name_of(static_cast<WriteMember>(member)), path);
}

/// What the language has no word for is a comment in it. Who shall own a file, and get the signals
/// for it, may not be known.
std::string peer_text(const sp_event& event, Action action) {
    const auto& object = event.object;
    if (object.peer_uid == no_id) return "# as the owner of a file";
    auto text = fmt::format("user {} # pid {}", object.peer_uid, object.peer_tgid);
    if (action == Action::signal) text += fmt::format(", signal {}", object.signal);
    return text;
}

std::string object_text(const sp_event& event, const Generation* generation) {
    const auto action = action_of(area_of(event));
    if (action == Action::syscall) return syscall_text(event.call, generation);
    if (has_flow(action)) return flow_text(event.flow, action);
    if (has_path(action)) return file_text(event, action);
    if (has_peer(action)) return peer_text(event, action);
    return action == Action::setuid ? std::to_string(event.object.account) : "";
}

std::string rule_name(const Generation& generation, std::uint32_t index) {
    const auto& rules = generation.built->compiled.boxes.model.rules;
    return index < rules.size() ? rules[index].name : fmt::format("rule {}", index);
}

/// Names of Det(q), each once, in the order of the policy.
std::vector<std::string> determining(const sp_event& event, const Generation& generation) {
    // A limit is asked for a token on its own: the others of its area had one.
    if ((event.flags & SP_EVENT_LIMIT) != 0) return {rule_name(generation, event.rule)};
    std::array<std::uint32_t, SP_DIM_COUNT> atoms{};
    std::copy(std::begin(event.atoms), std::end(event.atoms), atoms.begin());
    const ImageReader image{generation.built->compiled.image};
    std::vector<std::uint32_t> rules{event.rule};
    for (const auto box : image.decide(area_of(event), atoms).boxes) {
        rules.push_back(image.box(area_of(event), box).rule);
    }
    std::sort(rules.begin(), rules.end());
    rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
    std::vector<std::string> names;
    for (const auto rule : rules) names.push_back(rule_name(generation, rule));
    return names;
}

void set_rules(const sp_event& event, const Generation* generation, EventRow& row) {
    if (generation == nullptr) {
        row.rule = row.rules =
            fmt::format("rule {} of unknown image {}", event.rule, hex16(event.tag));
        return;
    }
    row.generation = generation->row.id;
    row.rule = rule_name(*generation, event.rule);
    row.rules = fmt::format("{}", fmt::join(determining(event, *generation), " "));
}

std::optional<std::int64_t> known(std::uint32_t value, std::uint32_t unknown) {
    return value == unknown ? std::optional<std::int64_t>{} : std::optional{std::int64_t{value}};
}

void set_task(const sp_event& event, const std::string& cgroup, EventRow& row) {
    if ((event.flags & SP_EVENT_NO_TASK) != 0) return;
    row.pid = known(event.tgid, 0);
    row.tid = known(event.tid, 0);
    row.uid = known(event.uid, no_id);
    row.gid = known(event.gid, no_id);
    const auto length = std::min<std::size_t>(event.exe_length, sizeof event.exe);
    if (length > 0) {
        row.exe = exe_path({event.exe, length}, (event.flags & SP_EVENT_EXE_TRUNCATED) != 0);
    }
    const auto comm = std::string{event.comm, strnlen(event.comm, sizeof event.comm)};
    if (!comm.empty()) row.comm = comm;
    if (!cgroup.empty()) row.cgroup = cgroup;
}

} // namespace

std::string_view name_of(sp_carrier carrier) {
    return carrier < std::size(carriers) ? carriers[carrier] : "unknown";
}

std::string exe_path(std::string_view reversed, bool truncated) {
    if (truncated) {
        // The last component may be cut in two: what is left of it would be a wrong name.
        const auto whole = reversed.rfind('/');
        reversed = whole == std::string_view::npos ? "" : reversed.substr(0, whole);
    } else if (reversed.ends_with('/')) {
        reversed.remove_suffix(1);
    }
    std::string path = truncated ? "..." : "";
    while (!reversed.empty()) {
        const auto slash = reversed.rfind('/');
        const auto begin = slash == std::string_view::npos ? 0 : slash + 1;
        path.append(1, '/').append(reversed.substr(begin));
        reversed = slash == std::string_view::npos ? "" : reversed.substr(0, slash);
    }
    return path;
}

EventRow make_row(const sp_event& event, const EventContext& context) {
    EventRow row;
    row.time_ns = row.last_ns = static_cast<std::int64_t>(event.time_ns) + context.clock_offset;
    row.kind = (event.flags & SP_EVENT_LIMIT) != 0 ? EventKind::limit : EventKind::decision;
    row.verdict = static_cast<Outcome>(event.verdict);
    row.action = action_of(area_of(event));
    row.object = object_text(event, context.generation);
    row.carrier = event.carrier;
    if (event.error != 0) row.error = event.error;
    row.undetermined = (event.flags & SP_EVENT_UNDETERMINED) != 0;
    row.cpu = event.cpu;
    row.sequence = static_cast<std::int64_t>(event.sequence);
    set_rules(event, context.generation, row);
    set_task(event, context.cgroup, row);
    return row;
}

} // namespace synpol
