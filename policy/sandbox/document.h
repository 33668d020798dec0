// SPDX-License-Identifier: Apache-2.0
// A sandbox document as read from YAML and merged with what it extends: every value with its place.
// docs/sandboxes.md describes the text, policy/sandbox/load.h reads it, policy/sandbox/model.h
// makes rules of it.
//
// What a document does not grant is refused. What it does not say about limits, the network
// namespace and the environment is left as the starting process has it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source.h"
#include "policy/values.h"

namespace synpol {

/// A value of the document, without quotes and escapes.
struct SandboxText {
    std::string text;
    Span span;

    bool operator==(const SandboxText&) const = default;
};

enum class SandboxCapability {
    read_file,
    write_file,
    create_file,
    delete_file,
    list_directory,
    spawn_process,
    kill_process,
    network,
    bind_port,
    system_info,
    time_access,
    send_message,
    receive_message,
};
constexpr std::size_t sandbox_capability_count = 13;
/// "read_file", ...: the key of the document.
std::string_view name_of(SandboxCapability capability);

/// What a document grants of one capability.
struct SandboxGrant {
    enum class Extent {
        nothing,    ///< absent or `none`
        listed,     ///< `items`
        everything, ///< no value, `everywhere`, `any`, `allow all`; what `items` block is still out
    };

    Extent extent = Extent::nothing;
    /// Paths, ports or lines of `network`, as written. With `everything`: lines `block ...` only.
    std::vector<SandboxText> items;
    Span key;   ///< empty (file 0, 0..0) where the document does not say anything
    Span value; ///< all of the value; the key where there is none

    bool operator==(const SandboxGrant&) const = default;
};

/// Of a whole sandbox, all its processes together, except `descriptors` and `cpu_time_seconds`,
/// which hold for each process. Nothing: not limited by this document.
struct SandboxLimits {
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> cpu_weight; ///< 1..10000, as cgroup cpu.weight; 100 is ordinary
    std::optional<std::uint64_t> cpu_time_seconds;
    std::optional<std::uint32_t> descriptors;
    std::optional<std::uint32_t> processes;   ///< threads count, as pids.max counts them
    std::optional<std::uint32_t> connections; ///< open at one time; 0: none

    bool operator==(const SandboxLimits&) const = default;
};

/// Where each limit is written, for messages of the launcher; empty where there is none.
struct SandboxLimitSpans {
    Span memory;
    Span cpu_weight;
    Span cpu_time;
    Span descriptors;
    Span processes;
    Span connections;

    bool operator==(const SandboxLimitSpans&) const = default;
};

enum class NetworkNamespace {
    full,     ///< that of the starting process
    private_, ///< a new one with nothing but its loopback
    shared,   ///< one for all running sandboxes of this name, with nothing but its loopback
    bridged,  ///< a new one, joined to the host's by a pair of interfaces
};
/// "full", "private", "shared", "bridged".
std::string_view name_of(NetworkNamespace kind);

/// `environment`: what the program finds there, and nothing else.
struct SandboxEnvironment {
    struct Variable {
        SandboxText name;
        SandboxText value;

        bool operator==(const Variable&) const = default;
    };
    std::vector<SandboxText> keep; ///< names that are handed on as they are, where they are set
    std::vector<Variable> set;     ///< wins over `keep`; each name once
    bool keep_said = false;        ///< `keep` is there, and replaces that of a parent
    bool alone = false;            ///< `none`: nothing of a parent is added
    Span span;

    bool operator==(const SandboxEnvironment&) const = default;
};

/// A host name of `network`. The kernel knows addresses only, so whoever starts the sandbox looks
/// it up, once, and hands the addresses to sandbox_model(). A block of a name holds at every port.
struct SandboxHost {
    std::string name;
    PortSet ports; ///< all where none is said
    bool block = false;
    Span span;

    bool operator==(const SandboxHost&) const = default;
};

struct SandboxDocument {
    SandboxText name; ///< of the document itself, never of what it extends
    /// Files and presets that were merged, the nearest first: "base.yaml", "standard".
    std::vector<SandboxText> extends;
    std::array<SandboxGrant, sandbox_capability_count> grants;
    /// Nothing: not said, so that the paths of the capabilities are not bounded.
    std::optional<std::vector<SandboxText>> allowed_paths;
    std::vector<SandboxText> blocked_paths;
    std::optional<NetworkNamespace> network_namespace;
    Span network_namespace_span;
    /// Nothing: the environment is handed on as it is.
    std::optional<SandboxEnvironment> environment;
    SandboxLimits limits;
    SandboxLimitSpans limit_spans;
    FileId file = 0;

    const SandboxGrant& grant(SandboxCapability capability) const {
        return grants[static_cast<std::size_t>(capability)];
    }
    SandboxGrant& grant(SandboxCapability capability) {
        return grants[static_cast<std::size_t>(capability)];
    }

    bool operator==(const SandboxDocument&) const = default;
};

/// The host names of the document, in its order; addresses and prefixes are none.
std::vector<SandboxHost> hosts(const SandboxDocument& document);

} // namespace synpol
