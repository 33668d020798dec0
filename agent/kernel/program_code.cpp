// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/program_code.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <vector>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "agent/descriptor.h"
#include "agent/kernel/attach_kinds.h"

namespace synpol {
namespace {

bool holds_constants(const bpf_map_info& info) {
    return std::string_view{info.name}.find(".rodata") != std::string_view::npos; // ".rodata.cst16"
}

/// Constants are in maps that every load makes anew: their content counts. Any other map is the
/// same one or it is not.
std::string map_fingerprint(std::uint32_t id) {
    const Descriptor map{bpf_map_get_fd_by_id(id)};
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (!map || bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0) return "?";
    if (!holds_constants(info)) return fmt::format("{}", id);
    const std::uint32_t key = 0;
    std::vector<std::uint8_t> content(info.value_size);
    if (bpf_map_lookup_elem(map.get(), &key, content.data()) != 0) return "?";
    return fmt::format("{:02x}", fmt::join(content, ""));
}

Result<bpf_prog_info> program_info(int program, std::vector<std::uint32_t>& maps) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program, &info, &size) != 0)
        return Error::from_errno("asking about a program", errno);
    maps.resize(info.nr_map_ids);
    bpf_prog_info again{};
    again.nr_map_ids = info.nr_map_ids;
    again.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    if (bpf_obj_get_info_by_fd(program, &again, &size) != 0)
        return Error::from_errno("asking for a program's maps", errno);
    return again;
}

} // namespace

Result<std::string> code_fingerprint(int program) {
    std::vector<std::uint32_t> ids;
    auto info = program_info(program, ids);
    if (!info) return info.error();
    std::vector<std::string> maps;
    for (const auto id : ids) maps.push_back(map_fingerprint(id));
    std::sort(maps.begin(), maps.end());
    return fmt::format("{:02x} {}", fmt::join(info->tag, ""), fmt::join(maps, " "));
}

Result<std::string> linked_fingerprint(int link) {
    auto info = link_info(link);
    if (!info) return info.error();
    const Descriptor program{bpf_prog_get_fd_by_id(info->prog_id)};
    if (!program) return Error::from_errno("opening a link's program", errno);
    return code_fingerprint(program.get());
}

} // namespace synpol
