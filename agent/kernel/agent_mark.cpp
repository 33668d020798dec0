// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/agent_mark.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

#include <bpf/bpf.h>

#include "agent/descriptor.h"
#include "bpf/agent.h"

namespace synpol {
namespace {

/// Field 22 of /proc/self/stat. The name in parentheses may hold blanks and parentheses itself.
Result<std::uint64_t> start_ticks() {
    constexpr int fields_after_name = 20;
    std::ifstream file{"/proc/self/stat"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return Error{"/proc/self/stat cannot be read"};
    std::istringstream rest{text.substr(name_end + 1)};
    std::string field;
    for (int i = 0; i < fields_after_name; ++i) rest >> field;
    return std::stoull(field.empty() ? "0" : field);
}

} // namespace

Result<void> mark_agent(int map) {
    const auto ticks = start_ticks();
    if (!ticks) return ticks.error();
    const std::uint32_t key = 0;
    const sp_agent agent{*ticks, static_cast<sp_u32>(getpid()), 0};
    if (bpf_map_update_elem(map, &key, &agent, BPF_ANY) != 0)
        return Error::from_errno("writing map sp_agent", errno);
    return {};
}

Result<void> mark_pinned_agent(const std::string& map_path) {
    const Descriptor map{bpf_obj_get(map_path.c_str())};
    return map ? mark_agent(map.get()) : Result<void>{};
}

} // namespace synpol
