// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/attach_kinds.h"

#include <array>
#include <cerrno>

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "agent/kernel/cgroup_root.h"
#include "agent/kernel/xdp.h"

namespace synpol {
namespace {

Result<Descriptor> attach_to_cgroup(const AttachRequest& request) {
    auto root = open_cgroup_root(request.options.cgroup_root);
    if (!root) return root.error();
    Descriptor link{
        bpf_link_create(request.program.descriptor, root->get(), request.program.attach, nullptr)};
    if (!link) return Error::from_errno("attaching to the cgroup root", errno);
    return link;
}

bool cgroup_link_fits(const bpf_link_info& link, const AttachRequest& request) {
    const auto root = open_cgroup_root(request.options.cgroup_root);
    struct stat about {};
    // The inode number of a cgroup folder is the cgroup's id.
    return root && fstat(root->get(), &about) == 0 && link.cgroup.cgroup_id == about.st_ino;
}

/// LSM and tp_btf: the program was loaded for its one place.
Result<Descriptor> attach_where_loaded(const AttachRequest& request) {
    Descriptor link{bpf_raw_tracepoint_open(nullptr, request.program.descriptor)};
    if (!link) return Error::from_errno("attaching", errno);
    return link;
}

Result<Descriptor> attach_raw_tracepoint(const AttachRequest& request) {
    const auto name = request.point.hook.substr(request.point.hook.find('/') + 1);
    Descriptor link{bpf_raw_tracepoint_open(name.c_str(), request.program.descriptor)};
    if (!link) return Error::from_errno("attaching", errno);
    return link;
}

bool always_fits(const bpf_link_info&, const AttachRequest&) {
    return true;
}

std::string hook_alone(const AttachPoint& point, const bpf_link_info&) {
    return point.hook;
}

bool has_xdp(const Facts& facts, std::string_view) {
    return facts.xdp;
}
bool has_sock_addr(const Facts& facts, std::string_view) {
    return facts.cgroup_sock_addr;
}
bool has_lsm_hook(const Facts& facts, std::string_view hook) {
    return facts.lsm && facts.lsm_hooks.contains(std::string{hook});
}
bool has_raw_tracepoint(const Facts& facts, std::string_view) {
    return facts.sys_enter;
}
bool has_sched(const Facts& facts, std::string_view) {
    return facts.sched_tracepoints;
}

constexpr std::array kinds{
    AttachKind{"xdp", true, true, has_xdp, attach_xdp, xdp_link_fits, describe_xdp},
    AttachKind{"cgroup/", false, true, has_sock_addr, attach_to_cgroup, cgroup_link_fits,
               hook_alone},
    AttachKind{"lsm/", false, false, has_lsm_hook, attach_where_loaded, always_fits, hook_alone},
    AttachKind{"raw_tp/", false, false, has_raw_tracepoint, attach_raw_tracepoint, always_fits,
               hook_alone},
    AttachKind{"tp_btf/", false, false, has_sched, attach_where_loaded, always_fits, hook_alone},
};

} // namespace

const AttachKind* find_attach_kind(std::string_view hook) {
    for (const auto& kind : kinds) {
        const bool is_whole_name = kind.prefix.back() != '/';
        if (is_whole_name ? hook == kind.prefix : hook.starts_with(kind.prefix)) return &kind;
    }
    return nullptr;
}

std::string hook_of_section(std::string_view section) {
    const auto slash = section.find('/');
    auto type = section.substr(0, slash);
    type = type.substr(0, type.find('.')); // ".s" sleepable, ".frags" packets of several pages
    const auto rest = slash == std::string_view::npos ? std::string_view{} : section.substr(slash);
    return fmt::format("{}{}", type, rest);
}

Result<bpf_link_info> link_info(int link) {
    bpf_link_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(link, &info, &size) != 0)
        return Error::from_errno("asking about a link", errno);
    return info;
}

} // namespace synpol
