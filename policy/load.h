// SPDX-License-Identifier: Apache-2.0
// From text to model in one call: parse, follow `use`, resolve names, evaluate sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/model.h"
#include "policy/source.h"

namespace synpol {

struct LoadInputs {
    SourceLoader& loader;
    NameService& names;
    SourceMap& sources;
    /// Whose rules are meant: what `until` ended before it is left out. The default leaves nothing
    /// out.
    Date today = {};
    /// Files named *.yaml or *.yml are sandbox documents, which hold for every process. Only for
    /// questions: what is enforced says whom it means.
    bool sandbox_documents = false;
};

/// Loads the named files and all that they use, each once. Every error of every file is reported;
/// when there are errors the model holds what could be resolved and must not be enforced.
Model load_policies(const std::vector<std::string>& paths, LoadInputs inputs,
                    Diagnostics& diagnostics);

/// An action with its object, written as in a rule ("inbound tcp from 192.0.2.8 to port 80",
/// "syscall openat where flags == 0"), for `explain`. `said` tells what the text pinned, because a
/// set that is not mentioned and `any` are the same pattern.
struct ActionPattern {
    Action action = Action::syscall;
    ObjectPattern object;
    bool said_transport = false;
    bool said_tcp_state = false;
    bool said_source = false;
    bool said_target = false;
    bool said_ports = false;
    bool said_set = false;    ///< paths, system calls or accounts
    bool said_member = false; ///< `create`, `delete`, ...: not `write`
    bool said_peer = false;   ///< the process that `signal` or `inject` is aimed at
    Span span;
};
std::optional<ActionPattern> parse_action(std::string_view text, LoadInputs inputs,
                                          Diagnostics& diagnostics);

} // namespace synpol
