// SPDX-License-Identifier: Apache-2.0
// Resolves the `test` blocks of files, each against a model of its own.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "policy/program.h"
#include "policy/resolve.h"
#include "policy/resolve_objects.h"

namespace synpol {

/// A file and what it uses, in the order of `all`.
std::vector<const PolicyFile*> with_uses(const PolicyFile& file,
                                         const std::vector<const PolicyFile*>& all);

class TestResolver {
  public:
    TestResolver(LoadInputs inputs, ResolveCache& cache, Reporter& reporter, Date today)
        : inputs_{inputs}, cache_{cache}, reporter_{reporter}, today_{today} {}

    /// The tests of a file, decided against the files of `scope`.
    void file(const PolicyFile& file, const std::vector<const PolicyFile*>& scope);
    std::vector<ResolvedTest> take() { return std::move(tests_); }

  private:
    /// What the tests of a file without `given` and `on` share.
    struct Shared {
        std::shared_ptr<Model> model;
        std::shared_ptr<const RuleNames> names;
    };
    void test(const ast::Test& test, const ast::Statement& statement, const PolicyFile& file,
              const std::vector<const PolicyFile*>& scope);
    void check_names(const PolicyFile& file);
    SetChanges changes(const ast::Test& test, const PolicyFile& file,
                       const std::vector<const PolicyFile*>& scope, Date day);
    void given(const ast::Test& test, const PolicyFile& file, ResolveContext& context);
    Shared resolved(const std::vector<const PolicyFile*>& scope, Date day, SetChanges changes);

    LoadInputs inputs_;
    ResolveCache& cache_;
    Reporter& reporter_;
    Date today_;
    std::optional<Shared> shared_; ///< of the file at hand
    std::vector<ResolvedTest> tests_;
};

} // namespace synpol
