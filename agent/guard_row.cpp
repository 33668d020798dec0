// SPDX-License-Identifier: Apache-2.0
#include "agent/guard_row.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace synpol {
namespace {

/// The action of the language that is nearest, and the rest in words.
struct Kind {
    Action action;
    const char* words; ///< {0}: the number, {1}: the name
};
constexpr std::array<Kind, SP_GUARD_WHAT_COUNT> kinds{{
    {Action::syscall, "# unknown"},
    {Action::signal, "# the agent, signal {0}"},
    {Action::inject, "# the agent or an authorised synpol, pid {0}"},
    {Action::signal, "# the agent's limits or priority"},
    {Action::load_bpf, "# a link, bpf command {0}"},
    {Action::load_bpf, "# map {0}"},
    {Action::load_bpf, "# program {0}"},
    {Action::write, "# open {1}"},
    {Action::write, "# delete {1}"},
    {Action::write, "# rename {1}"},
    {Action::write, "# create {1}"},
    {Action::write, "# link {1}"},
    {Action::write, "# mode, owner, size or times of {1}"},
    {Action::mount, "# over {1}"},
    {Action::mount, "# umount {1}"},
    {Action::connect, "# {1}"},
}};

template <std::size_t size>
std::string text(const char (&bytes)[size]) {
    return {bytes, strnlen(bytes, size)};
}

} // namespace

EventRow make_guard_row(const sp_guard_event& event, std::int64_t clock_offset,
                        const std::string& cgroup) {
    const auto& kind = kinds.at(event.what < kinds.size() ? event.what : 0);
    EventRow row;
    row.time_ns = row.last_ns = static_cast<std::int64_t>(event.time_ns) + clock_offset;
    row.verdict = Outcome::deny;
    row.action = kind.action;
    row.rule = row.rules = "guard";
    row.object = fmt::format(fmt::runtime(kind.words), event.number, text(event.name));
    row.carrier = SP_CARRIER_LSM;
    row.error = EPERM;
    row.pid = event.tgid;
    row.tid = event.tid;
    row.uid = event.uid;
    row.gid = event.gid;
    row.comm = text(event.comm);
    // The kernel gave the last name alone; where it stood is not known.
    if (const auto name = text(event.exe); !name.empty()) row.exe = ".../" + name;
    if (!cgroup.empty()) row.cgroup = cgroup;
    return row;
}

} // namespace synpol
