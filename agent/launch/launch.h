// SPDX-License-Identifier: Apache-2.0
// Launch: from the boxes of a policy, or of a sandbox document, to a StartSpec: what the pure plan
// says, made with this host's kernel, files and cgroups.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/launch/namespaces.h"
#include "agent/launch/program.h"
#include "agent/launch/start.h"
#include "compiler/launch/launch_plan.h"
#include "policy/sandbox/document.h"

namespace synpol {

/// What a document says besides rules; all of it left out for a policy.
struct LaunchSettings {
    SandboxLimits limits;
    std::optional<NetworkNamespace> network;
    std::optional<SandboxEnvironment> environment;
};

struct Launch {
    LaunchPlan plan;
    StartSpec spec;
    std::vector<LaunchRow> limits; ///< how each is held
    NamespaceAccess namespaces = NamespaceAccess::direct;
};

/// "NAME=VALUE" of what the command will find.
std::vector<std::string> make_environment(const std::optional<SandboxEnvironment>& wanted);

/// The process's own facts, those of it that its children keep. `cgroup`: "" where it has none.
SubjectFacts own_facts(const std::string& cgroup);

/// Sets up limits and namespaces; what cannot be had is a gap of the plan.
void apply_settings(const LaunchSettings& settings, Launch& launch);

/// Plans for these boxes. Precondition: `spec.program` and `spec.group` are there.
void plan_rules(const BoxSet& boxes, Launch& launch);

/// No carrier counts connections; the limit is met where none can be made at all. After plan_rules.
void check_connections(const SandboxLimits& limits, Launch& launch);

/// Makes the filter, verified against the plan, and the Landlock ruleset.
Result<void> prepare(Launch& launch);

} // namespace synpol
