// SPDX-License-Identifier: Apache-2.0
// A folder with a policy, a configuration, and what is needed to run verbs on them.
#pragma once

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/control_client.h"
#include "process.h"

namespace synpol::test {

inline constexpr const char* first_policy = "syn 1\n"
                                            "policy web \"a small one\"\n"
                                            "no-bpf: deny syscall bpf for user 33\n"
                                            "no-db: deny connect tcp to 192.0.2.0/24 port 5432\n"
                                            "watch: audit deny connect udp to any\n";
inline constexpr const char* second_policy = "syn 1\n"
                                             "policy web \"a smaller one\"\n"
                                             "no-bpf: deny syscall bpf for user 33\n";

struct Site {
    using json = nlohmann::json;

    TempFolder folder;
    std::string policy = folder / "web.syn";

    Site() {
        write_config(folder);
        write(first_policy);
    }
    void write(const std::string& text) const { std::ofstream{policy} << text; }
    Output run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--config", folder / "agent.yaml"});
        return test::synpol(arguments);
    }
    json run_json(std::vector<std::string> arguments) const {
        arguments.push_back("--json");
        const auto output = run(arguments);
        INFO(output.err);
        return json::parse(output.out);
    }
    std::vector<json> audit(std::vector<std::string> arguments = {}) const {
        arguments.insert(arguments.begin(), "audit");
        arguments.push_back("--json");
        std::istringstream lines{run(arguments).out};
        std::vector<json> rows;
        for (std::string line; std::getline(lines, line);) rows.push_back(json::parse(line));
        return rows;
    }
    /// Whether `status` finds everything as it should be.
    bool well() const { return run({"status"}).code == 0; }
    json attempt(const std::string& words, const std::string& as = {}) const {
        const ControlClient client{folder / "run"};
        auto answer = client.post("/v1/attempt", json{{"attempt", words}, {"as", as}}.dump());
        if (!answer) FAIL(answer.error().message());
        return json::parse(answer->body);
    }
};

} // namespace synpol::test
