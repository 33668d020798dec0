// SPDX-License-Identifier: Apache-2.0
#include "agent/kernel/xdp.h"

#include <array>
#include <cerrno>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>

namespace synpol {
namespace {

std::string program_name(std::uint32_t id) {
    const Descriptor program{bpf_prog_get_fd_by_id(id)};
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return "?";
    return info.name;
}

bpf_xdp_query_opts query(unsigned interface) {
    bpf_xdp_query_opts found{};
    found.sz = sizeof found;
    if (bpf_xdp_query(static_cast<int>(interface), 0, &found) != 0) found = {};
    return found;
}

/// The id of a program at the interface, in whatever mode; 0 when there is none.
std::uint32_t program_at(unsigned interface) {
    const auto found = query(interface);
    for (const auto id : {found.prog_id, found.drv_prog_id, found.skb_prog_id, found.hw_prog_id})
        if (id != 0) return id;
    return 0;
}

Error occupied(const std::string& interface, std::uint32_t id) {
    return Error{fmt::format("interface {} has another XDP program: {} (id {})", interface,
                             program_name(id), id)}
        .with_help("only one fits, and synpol does not replace what others attached: remove it, or "
                   "leave the interface out of `interfaces`");
}

struct Mode {
    std::string_view configured;
    std::vector<unsigned> attempts; ///< flags, in order
};
const std::array modes{
    Mode{"auto", {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE}},
    Mode{"native", {XDP_FLAGS_DRV_MODE}},
    Mode{"generic", {XDP_FLAGS_SKB_MODE}},
};

Result<std::vector<unsigned>> attempts_for(const std::string& configured) {
    for (const auto& mode : modes)
        if (mode.configured == configured) return mode.attempts;
    return Error{fmt::format("xdp_mode {} is none of auto, native, generic", configured)};
}

Result<Descriptor> attach_in(unsigned flags, unsigned interface, int program) {
    bpf_link_create_opts options{};
    options.sz = sizeof options;
    options.flags = flags;
    Descriptor link{bpf_link_create(program, static_cast<int>(interface), BPF_XDP, &options)};
    if (!link) return Error::from_errno("attaching XDP", errno);
    return link;
}

} // namespace

Result<Descriptor> attach_xdp(const AttachRequest& request) {
    const auto& name = request.point.interface;
    const unsigned interface = if_nametoindex(name.c_str());
    if (interface == 0)
        return Error::from_errno(fmt::format("interface {}", name), errno)
            .with_help("`interfaces` in the configuration names it");
    if (const auto other = program_at(interface); other != 0) return occupied(name, other);
    auto attempts = attempts_for(request.options.xdp_mode);
    if (!attempts) return attempts.error();
    Result<Descriptor> link = Error{"not tried"};
    for (const unsigned flags : *attempts)
        if (link = attach_in(flags, interface, request.program.descriptor); link) return link;
    // Somebody may have been faster since the look above.
    if (const auto other = program_at(interface); other != 0) return occupied(name, other);
    return std::move(link.error()).within(fmt::format("interface {}", name));
}

bool xdp_link_fits(const bpf_link_info& link, const AttachRequest& request) {
    const unsigned now = if_nametoindex(request.point.interface.c_str());
    // Gone: there is nothing to attach to, and the other interfaces are to go on. The link waits
    // for the apply that finds the name again.
    return now == 0 || link.xdp.ifindex == now;
}

std::string describe_xdp(const AttachPoint& point, const bpf_link_info& link) {
    const unsigned now = if_nametoindex(point.interface.c_str());
    if (now == 0) return fmt::format("xdp on {} (interface is gone)", point.interface);
    if (link.xdp.ifindex != now)
        return fmt::format("xdp on {} (not attached: the interface was made anew)",
                           point.interface);
    const bool is_native = query(now).attach_mode == XDP_ATTACHED_DRV;
    return fmt::format("xdp on {} ({})", point.interface, is_native ? "native" : "generic");
}

} // namespace synpol
