// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/document.h"

#include "policy/sandbox/network.h"

namespace synpol {

std::string_view name_of(SandboxCapability capability) {
    constexpr std::string_view names[sandbox_capability_count] = {
        "read_file",     "write_file",   "create_file",    "delete_file", "list_directory",
        "spawn_process", "kill_process", "network",        "bind_port",   "system_info",
        "time_access",   "send_message", "receive_message"};
    return names[static_cast<std::size_t>(capability)];
}

std::string_view name_of(NetworkNamespace kind) {
    constexpr std::string_view names[] = {"full", "private", "shared", "bridged"};
    return names[static_cast<std::size_t>(kind)];
}

std::vector<SandboxHost> hosts(const SandboxDocument& document) {
    Diagnostics known; // reading the document has reported them
    Reporter silent{known};
    std::vector<SandboxHost> result;
    for (const auto& item : document.grant(SandboxCapability::network).items) {
        const auto entry = parse_network_entry(item, silent);
        if (!entry || entry->kind != NetworkEntry::Kind::host) continue;
        result.push_back({entry->target.text, entry->ports, entry->block, entry->target.span});
    }
    return result;
}

} // namespace synpol
