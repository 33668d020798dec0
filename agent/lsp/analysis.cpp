// SPDX-License-Identifier: Apache-2.0
#include "agent/lsp/analysis.h"

#include "agent/clock.h"

namespace synpol::lsp {

Analysis::Analysis(const std::vector<std::string>& paths, const Documents& documents)
    : loader_{documents} {
    program_ = std::make_unique<Program>(paths, inputs(), diagnostics_);
    auto model = program_->resolve(diagnostics_);
    (void)program_->tests(diagnostics_, TestScope::file);
    if (diagnostics_.has_errors()) return;
    const auto facts = Facts::full();
    compiled_ = compile(std::move(model), &facts, diagnostics_);
}

LoadInputs Analysis::inputs() {
    return {loader_, names_, sources_, today()};
}

const PolicyFile* Analysis::file(const std::string& path) const {
    for (const auto& file : program_->files()) {
        if (file->path == path) return file.get();
    }
    return nullptr;
}

} // namespace synpol::lsp
