// SPDX-License-Identifier: Apache-2.0
// What check, compile and explain share: policies read from disk, and the kernel they are planned
// for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/clock.h"
#include "agent/files.h"
#include "agent/host_names.h"
#include "compiler/facts.h"
#include "policy/load.h"

namespace synpol {

/// A model with all that is needed to tell what is wrong with it.
struct Reading {
    FileLoader loader;
    HostNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    Model model;

    /// Questions are answered for sandbox documents, too.
    LoadInputs inputs() { return {loader, names, sources, today(), true}; }
};

/// Loads files and folders of them as one set. What is wrong with a policy is in the diagnostics;
/// an Error is a path that cannot be read at all.
Result<std::unique_ptr<Reading>> read_policies(const std::vector<std::string>& paths);

/// "full", "host" (probes this kernel) or a file as `synpol doctor --json` writes it.
Result<Facts> choose_facts(const std::string& choice);

/// Shows the diagnostics, if any: text on standard error, JSON on standard output.
void show_diagnostics(const Reading& reading, bool json);

} // namespace synpol
