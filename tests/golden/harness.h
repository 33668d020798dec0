// SPDX-License-Identifier: Apache-2.0
// Golden cases: each file NAME.syn of a folder is turned into text, which must be what NAME.SUFFIX
// holds. SYNPOL_UPDATE_GOLDEN=1 writes the files instead; the change is reviewed as a diff.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace synpol::test {

/// The *.syn files of a folder under tests/golden, sorted.
std::vector<std::filesystem::path> golden_cases(const std::string& folder);

/// Checks (Catch2) one case, or writes its file. `output` gets the path of the case.
void check_golden(const std::filesystem::path& input, const std::string& suffix,
                  const std::function<std::string(const std::filesystem::path&)>& output);

} // namespace synpol::test
