// SPDX-License-Identifier: Apache-2.0
#include "agent/replay.h"

#include <cerrno>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

namespace synpol {
namespace {

constexpr Outcome strongest_first[] = {Outcome::kill, Outcome::deny, Outcome::audit, Outcome::pass};

Result<void> replay_lines(Service& service, std::istream& lines, const std::string& path) {
    std::map<Outcome, std::size_t> counts;
    HostNames names;
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        auto attempt = sim_attempt_from_json(line, names);
        auto outcome =
            attempt ? service.attempt(*attempt) : Result<SimOutcome>{std::move(attempt.error())};
        if (!outcome) return std::move(outcome.error()).within(fmt::format("{}:{}", path, number));
        ++counts[outcome->verdict];
    }
    fmt::print("replayed:");
    for (const auto verdict : strongest_first)
        fmt::print(" {} {}", counts[verdict], name_of(verdict));
    fmt::print("\n");
    return {};
}

} // namespace

Result<void> replay(Service& service, const std::string& path) {
    if (!service.active()) {
        return Error{"there is nothing to replay against: nothing is enforced"}.with_help(
            "set policy_dir to a folder of policies, or apply one first");
    }
    if (path == "-") return replay_lines(service, std::cin, "standard input");
    std::ifstream file{path};
    if (!file) return Error::from_errno(path, errno);
    return replay_lines(service, file, path);
}

} // namespace synpol
