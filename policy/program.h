// SPDX-License-Identifier: Apache-2.0
// Policy files that are read once and resolved as often as wanted: on other days, for their tests,
// alone or together.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/load.h"
#include "policy/scope.h"

namespace synpol {

struct ResolveCache;

struct ResolveOptions {
    /// Nothing: the day of the LoadInputs.
    std::optional<Date> today = {};
};

/// What a test is decided against.
enum class TestScope {
    file,  ///< its file and what that uses
    whole, ///< everything that is loaded
};

struct ResolvedTest {
    TestCase test;
    std::shared_ptr<const Model> model; ///< with the test's `given` and `on`
};

class Program {
  public:
    /// Reads the named files and all that they use, each once. The inputs must outlive the program.
    Program(const std::vector<std::string>& paths, LoadInputs inputs, Diagnostics& diagnostics);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// What all the files mean together. Reports everything that is wrong in any of them; when
    /// there are errors the model holds what could be resolved and must not be enforced. Lists are
    /// read at the first time and kept.
    Model resolve(Diagnostics& diagnostics, const ResolveOptions& options = {});

    /// All tests of all files, in their order, which is the same for both scopes. Reports what is
    /// wrong with the tests themselves; `diagnostics` should be those of resolve(), because both
    /// may meet the same mistake.
    std::vector<ResolvedTest> tests(Diagnostics& diagnostics, TestScope scope,
                                    const ResolveOptions& options = {});

    /// In the order in which they were met: a file, then what it uses.
    const std::vector<std::unique_ptr<PolicyFile>>& files() const { return files_; }

  private:
    std::vector<const PolicyFile*> all_files() const;

    LoadInputs inputs_;
    std::vector<std::unique_ptr<PolicyFile>> files_;
    std::unique_ptr<ResolveCache> cache_;
};

} // namespace synpol
