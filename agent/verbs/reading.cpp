// SPDX-License-Identifier: Apache-2.0
#include "agent/verbs/reading.h"

#include <cstdio>
#include <unistd.h>

#include <fmt/format.h>

#include "agent/cli.h"
#include "agent/kernel/probe.h"
#include "policy/render.h"

namespace synpol {

Result<std::unique_ptr<Reading>> read_policies(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const auto& path : paths) {
        auto found = policy_files(path);
        if (!found) return std::move(found.error());
        for (const auto& file : *found) files.push_back(file);
    }
    auto reading = std::make_unique<Reading>();
    reading->model = load_policies(files, reading->inputs(), reading->diagnostics);
    return reading;
}

Result<Facts> choose_facts(const std::string& choice) {
    if (choice == "full") return Facts::full();
    if (choice == "host") return probe_host("").facts;
    auto text = read_file(choice);
    if (!text) return std::move(text.error());
    auto facts = facts_from_json(*text);
    if (!facts) return std::move(facts.error()).within(choice);
    return *facts;
}

void show_diagnostics(const Reading& reading, bool json) {
    if (json) {
        fmt::print("{}\n", render_json(reading.diagnostics, reading.sources));
    } else if (!reading.diagnostics.empty()) {
        fmt::print(stderr, "{}",
                   render(reading.diagnostics, reading.sources, {use_colour(STDERR_FILENO)}));
    }
}

} // namespace synpol
