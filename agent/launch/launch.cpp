// SPDX-License-Identifier: Apache-2.0
#include "agent/launch/launch.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/launch/host_files.h"
#include "agent/launch/landlock.h"
#include "compiler/seccomp/filter_compiler.h"
#include "compiler/seccomp/verify.h"

extern char** environ;

namespace synpol {
namespace {

using State = LaunchRow::State;

void open_gap(Launch& launch, std::string what, std::string why, std::string help) {
    launch.plan.gaps.push_back({Gap::Kind::open, std::move(what), std::move(why), std::move(help)});
}

void note(Launch& launch, std::string what, std::string carrier, std::string open = {}) {
    launch.limits.push_back(
        {std::move(what), State::listed, {std::move(carrier)}, std::move(open)});
}

// ---- limits ------------------------------------------------------------------------------------

void limit_resource(Launch& launch, int resource, rlim_t soft, rlim_t hard) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource_t>(resource), &now);
    if (now.rlim_max != RLIM_INFINITY) hard = std::min(hard, now.rlim_max); // it is stricter
    launch.spec.limits.push_back({resource, std::min(soft, hard), hard});
}

void limit_each_process(const SandboxLimits& limits, Launch& launch) {
    if (limits.descriptors) {
        limit_resource(launch, RLIMIT_NOFILE, *limits.descriptors, *limits.descriptors);
        note(launch, "descriptors", "rlimit");
    }
    if (limits.cpu_time_seconds) {
        // SIGXCPU first, so that the exit status says why; SIGKILL for who survives that.
        limit_resource(launch, RLIMIT_CPU, *limits.cpu_time_seconds, *limits.cpu_time_seconds + 1);
        note(launch, "cpu_time", "rlimit");
    }
}

/// In a user namespace of its own, RLIMIT_NPROC counts the processes there alone.
bool limit_processes_by_user_namespace(std::uint32_t count, Launch& launch) {
    if (::geteuid() == 0 || launch.namespaces != NamespaceAccess::by_user_namespace) return false;
    launch.spec.user_namespace = true;
    limit_resource(launch, RLIMIT_NPROC, count, count);
    note(launch, "processes", "rlimit in a user namespace");
    return true;
}

void limit_group(const SandboxLimits& limits, Launch& launch) {
    GroupLimits group{limits.memory_bytes, limits.cpu_weight, limits.processes};
    if (group.processes && limit_processes_by_user_namespace(*group.processes, launch))
        group.processes.reset();
    std::vector<Error> missing;
    launch.spec.group = SandboxGroup::make(group, missing);
    if (group.memory_bytes) note(launch, "memory", "cgroup");
    if (group.cpu_weight) note(launch, "cpu_weight", "cgroup");
    if (group.processes) note(launch, "processes", "cgroup");
    for (const auto& error : missing) open_gap(launch, "limits", error.message(), error.help());
}

// ---- the network -------------------------------------------------------------------------------

void set_network(NetworkNamespace network, Launch& launch) {
    if (network == NetworkNamespace::full) return;
    if (network != NetworkNamespace::private_) {
        return open_gap(launch, "network_namespace",
                        fmt::format("`{}` is not built yet", name_of(network)),
                        "say `private` or `full`");
    }
    if (launch.namespaces == NamespaceAccess::none) {
        return open_gap(launch, "network_namespace",
                        "this process may not make a network namespace",
                        "run it as root, or permit user namespaces (user.max_user_namespaces)");
    }
    launch.spec.private_network = true;
    note(launch, "network_namespace", "namespace");
}

// ---- rules -------------------------------------------------------------------------------------

/// Loaders of programs that are not the command's own.
constexpr const char* common_loaders[] = {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux.so.2",
                                          "/lib/ld-musl-x86_64.so.1"};

std::vector<std::string> needed_files(const std::string& program) {
    auto files = files_to_execute(program);
    for (const auto* loader : common_loaders)
        for (auto& file : files_to_execute(loader)) files.push_back(std::move(file));
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    return files;
}

const char* value_of(const std::string& name) {
    return ::getenv(name.c_str());
}

} // namespace

std::vector<std::string> make_environment(const std::optional<SandboxEnvironment>& wanted) {
    std::vector<std::string> result;
    if (!wanted) {
        for (char** entry = environ; *entry != nullptr; ++entry) result.emplace_back(*entry);
        return result;
    }
    for (const auto& [name, value] : wanted->set) result.push_back(name.text + '=' + value.text);
    for (const auto& name : wanted->keep) {
        const bool is_set = std::any_of(wanted->set.begin(), wanted->set.end(),
                                        [&](const auto& v) { return v.name.text == name.text; });
        const auto* value = value_of(name.text);
        if (!is_set && value != nullptr) result.push_back(name.text + '=' + value);
    }
    return result;
}

SubjectFacts own_facts(const std::string& cgroup) {
    SubjectFacts facts;
    facts.user = ::geteuid();
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0) groups.clear();
    groups.push_back(::getegid());
    facts.groups = std::vector<std::uint32_t>(groups.begin(), groups.end());
    if (!cgroup.empty()) facts.cgroup = cgroup;
    return facts;
}

void apply_settings(const LaunchSettings& settings, Launch& launch) {
    launch.namespaces = namespace_access();
    limit_each_process(settings.limits, launch);
    limit_group(settings.limits, launch);
    if (settings.network) set_network(*settings.network, launch);
}

void plan_rules(const BoxSet& boxes, Launch& launch) {
    LaunchInputs inputs;
    inputs.subject = own_facts(launch.spec.group.name());
    inputs.landlock_abi = landlock_abi();
    inputs.mounts = launch.namespaces != NamespaceAccess::none;
    inputs.needed = needed_files(launch.spec.program);
    HostFiles files;
    auto known = std::move(launch.plan.gaps);
    launch.plan = plan_launch(boxes, inputs, files);
    launch.plan.gaps.insert(launch.plan.gaps.begin(), known.begin(), known.end());
    if (launch.plan.needs_mounts) launch.spec.view = ReadOnlyView{launch.plan.writable};
    const bool asks = launch.spec.view || launch.spec.private_network;
    if (asks && launch.namespaces == NamespaceAccess::by_user_namespace)
        launch.spec.user_namespace = true;
    launch.spec.exec_once_errno = launch.plan.exec_once_errno;
}

void check_connections(const SandboxLimits& limits, Launch& launch) {
    if (!limits.connections) return;
    const auto& rows = launch.plan.rows;
    const bool none = std::all_of(rows.begin(), rows.end(), [](const LaunchRow& row) {
        const bool makes =
            row.what == name_of(Action::connect) || row.what == name_of(Action::listen);
        return !makes || row.state == State::refused;
    });
    if (none) return note(launch, "connections", "seccomp", "");
    open_gap(launch, "connections", "nothing here counts the connections of a started process",
             *limits.connections == 0 ? "leave `network` and `bind_port` out: then there are none"
                                      : "leave the limit out, or refuse the network");
}

Result<void> prepare(Launch& launch) {
    const auto& plan = launch.plan;
    if (plan.needs_filter) {
        auto filter = compile_filter(plan.calls);
        if (!filter) return std::move(filter.error()).within("compiling the seccomp filter");
        if (const auto difference = first_difference(*filter, plan.calls))
            return Error{
                fmt::format("the seccomp filter is wrong and was not loaded: {}", *difference)};
        launch.spec.filter = std::move(*filter);
    }
    if (plan.files.handled == 0 && plan.net.handled == 0 && plan.net.scoped == 0) return {};
    auto ruleset = make_ruleset(plan.files, plan.net);
    if (!ruleset) return std::move(ruleset.error());
    launch.spec.ruleset = std::move(*ruleset);
    return {};
}

} // namespace synpol
