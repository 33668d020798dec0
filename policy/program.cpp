// SPDX-License-Identifier: Apache-2.0
#include "policy/program.h"

#include "policy/loading.h"
#include "policy/resolve.h"
#include "policy/resolve_tests.h"

namespace synpol {

Program::Program(const std::vector<std::string>& paths, LoadInputs inputs, Diagnostics& diagnostics)
    : inputs_{inputs}, cache_{std::make_unique<ResolveCache>()} {
    Reporter reporter{diagnostics};
    Loading loading{inputs, diagnostics, reporter};
    for (const auto& path : paths) loading.root(path);
    files_ = loading.take();
}

Program::~Program() = default;

std::vector<const PolicyFile*> Program::all_files() const {
    std::vector<const PolicyFile*> files;
    for (const auto& file : files_) files.push_back(file.get());
    return files;
}

Model Program::resolve(Diagnostics& diagnostics, const ResolveOptions& options) {
    Reporter reporter{diagnostics};
    ResolveContext context{inputs_, reporter, *cache_};
    const auto files = all_files();
    const Date today = options.today.value_or(inputs_.today);
    collect_extensions(files, today, context);
    return synpol::resolve(files, today, context).model;
}

std::vector<ResolvedTest> Program::tests(Diagnostics& diagnostics, TestScope scope,
                                         const ResolveOptions& options) {
    Reporter reporter{diagnostics};
    const Date today = options.today.value_or(inputs_.today);
    TestResolver resolver{inputs_, *cache_, reporter, today};
    const auto whole = all_files();
    for (const auto* file : whole) {
        resolver.file(*file, scope == TestScope::whole ? whole : with_uses(*file, whole));
    }
    return resolver.take();
}

} // namespace synpol
