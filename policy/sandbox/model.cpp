// SPDX-License-Identifier: Apache-2.0
#include "policy/sandbox/model.h"

#include "policy/resolve.h"
#include "policy/sandbox/policy_file.h"

namespace synpol {

Model sandbox_model(const SandboxDocument& document, const SubjectExpr& subject, LoadInputs inputs,
                    Diagnostics& diagnostics, const SandboxAddresses& addresses) {
    Reporter reporter{diagnostics};
    const auto file = policy_file_of(std::make_shared<SandboxLines>(document, addresses, reporter),
                                     inputs.sources.file(document.file).path);
    ResolveCache cache;
    ResolveContext context{inputs, reporter, cache};
    auto model = resolve({file.get()}, inputs.today, context).model;
    for (auto& rule : model.rules) rule.subject = subject;
    return model;
}

} // namespace synpol
