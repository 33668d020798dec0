// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/harness.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

namespace synpol::test {
namespace {

std::string read(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

bool updating() {
    const char* value = std::getenv("SYNPOL_UPDATE_GOLDEN");
    return value != nullptr && std::string{value} == "1";
}

} // namespace

std::vector<std::filesystem::path> golden_cases(const std::string& folder) {
    std::vector<std::filesystem::path> cases;
    for (const auto& entry : std::filesystem::directory_iterator{"tests/golden/" + folder}) {
        if (entry.path().extension() == ".syn") cases.push_back(entry.path());
    }
    std::sort(cases.begin(), cases.end());
    return cases;
}

void check_golden(const std::filesystem::path& input, const std::string& suffix,
                  const std::function<std::string(const std::filesystem::path&)>& output) {
    auto expected_path = input;
    expected_path.replace_extension(suffix);
    const std::string actual = output(input);
    if (updating()) {
        std::ofstream{expected_path, std::ios::binary} << actual;
        SUCCEED("written");
        return;
    }
    INFO(expected_path.string() << " (SYNPOL_UPDATE_GOLDEN=1 rewrites it)");
    CHECK(actual == read(expected_path));
}

} // namespace synpol::test
