// SPDX-License-Identifier: Apache-2.0
// The keys of sandbox documents, as a table.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace synpol {

enum class SandboxSection { document, environment, limits };

/// What stands behind a key.
enum class SandboxValue {
    name,
    parent,
    paths,
    programs,
    flag,
    network,
    ports,
    network_namespace,
    path_list,
    environment,
    limits,
    variable_names,
    variables,
    size,
    weight,
    duration,
    descriptors,
    processes,
    connections,
};

struct SandboxKey {
    SandboxSection section;
    std::string_view name;
    SandboxValue value;
    std::string_view what;
};
std::span<const SandboxKey> all_sandbox_keys();

/// The least and the greatest value of a limit; of `duration` in seconds.
struct SandboxRange {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};
SandboxRange range_of(SandboxValue value);

} // namespace synpol
