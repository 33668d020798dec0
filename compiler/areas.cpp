// SPDX-License-Identifier: Apache-2.0
// The areas and dimensions, by name and by number.
#include <array>

#include <fmt/format.h>

#include "compiler/box.h"

namespace synpol {

namespace {

/// Areas that the kernel does not know yet are numbered from here by stage and action.
constexpr sp_u32 first_beyond_kernel = 32;
constexpr auto actions = static_cast<sp_u32>(action_count);

/// In the order of sp_area_id.
struct KernelArea {
    Action action;
    Stage stage;
};
constexpr std::array<KernelArea, SP_AREA_COUNT> kernel_areas = {{
    {Action::syscall, Stage::rule},     {Action::connect, Stage::rule},
    {Action::bind, Stage::rule},        {Action::inbound, Stage::rule},
    {Action::inbound, Stage::limit},    {Action::exec, Stage::rule},
    {Action::read, Stage::rule},        {Action::write, Stage::rule},
    {Action::listen, Stage::rule},      {Action::raw_socket, Stage::rule},
    {Action::fork, Stage::rule},        {Action::signal, Stage::rule},
    {Action::setuid, Stage::rule},      {Action::inject, Stage::rule},
    {Action::wx_memory, Stage::rule},   {Action::mount, Stage::rule},
    {Action::load_module, Stage::rule}, {Action::load_bpf, Stage::rule},
    {Action::new_userns, Stage::rule},
}};
constexpr std::array<std::string_view, 3> stage_prefixes = {"", "limit-", "detect-"};

constexpr std::array<std::string_view, dim_count> dim_names = {
    "user",    "group",     "exe",        "cgroup",   "syscall",     "transport",
    "source",  "target",    "port",       "path",     "member",      "account",
    "arg0",    "arg1",      "arg2",       "arg3",     "arg4",        "arg5",
    "lineage", "peer-user", "peer-group", "peer-exe", "peer-cgroup", "peer-lineage"};

} // namespace

sp_area_id area_of(Action action, Stage stage) {
    for (sp_u32 area = 0; area < SP_AREA_COUNT; ++area)
        if (kernel_areas[area].action == action && kernel_areas[area].stage == stage)
            return static_cast<sp_area_id>(area);
    return static_cast<sp_area_id>(first_beyond_kernel + static_cast<sp_u32>(stage) * actions +
                                   static_cast<sp_u32>(action));
}

Action action_of(sp_area_id area) {
    if (in_kernel(area)) return kernel_areas[area].action;
    return static_cast<Action>((area - first_beyond_kernel) % actions);
}

Stage stage_of(sp_area_id area) {
    if (in_kernel(area)) return kernel_areas[area].stage;
    return static_cast<Stage>((area - first_beyond_kernel) / actions);
}

Stage stage_of(const Rule& rule) {
    if (rule.kind == RuleKind::limit) return Stage::limit;
    return rule.kind == RuleKind::detect && rule.window ? Stage::detect : Stage::rule;
}

std::string name_of(sp_area_id area) {
    return fmt::format("{}{}", stage_prefixes[static_cast<std::size_t>(stage_of(area))],
                       name_of(action_of(area)));
}

std::string_view name_of(sp_dim dim) {
    return dim_names[dim];
}

} // namespace synpol
