// SPDX-License-Identifier: Apache-2.0
// What `synpol check` would say about some files, with everything that the answer was made from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host_names.h"
#include "agent/lsp/documents.h"
#include "compiler/compile.h"
#include "policy/program.h"

namespace synpol::lsp {

class Analysis {
  public:
    /// The documents must outlive it; later changes to them do not show in it.
    Analysis(const std::vector<std::string>& paths, const Documents& documents);

    /// True when the file at the path was read, or would have been.
    bool depends_on(const std::string& path) const { return loader_.asked_for(path); }

    const SourceMap& sources() const { return sources_; }
    const Diagnostics& diagnostics() const { return diagnostics_; }
    const Program& program() const { return *program_; }
    /// Null when the file was not read.
    const PolicyFile* file(const std::string& path) const;
    std::string_view text(const PolicyFile& file) const { return sources_.file(file.id).text; }
    /// With the plan for a kernel that can do everything; null when there are errors.
    const Compiled* compiled() const { return compiled_ ? &*compiled_ : nullptr; }

    /// For evaluating sets, which reads lists into the sources.
    LoadInputs inputs();

  private:
    OverlayLoader loader_;
    HostNames names_;
    SourceMap sources_;
    Diagnostics diagnostics_;
    std::unique_ptr<Program> program_;
    std::optional<Compiled> compiled_;
};

} // namespace synpol::lsp
