// SPDX-License-Identifier: Apache-2.0
// What `synpol check` would say about some files, with everything that the answer was made from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/host_names.h"
#include "agent/lsp/documents.h"
#include "agent/lsp/references.h"
#include "compiler/compile.h"
#include "policy/program.h"

namespace synpol::lsp {

/// The names in one file.
struct FileNames {
    std::vector<Reference> references;
    std::map<std::string, Span, std::less<>> labels; ///< of rules, where they are defined
    std::map<std::string, Span, std::less<>> lines;  ///< "label.line", of the lines of confines
};

/// Where each rule is enforced by a kernel that can do everything.
struct Planned {
    BoxSet boxes;
    std::vector<Placement> placements; ///< by rule
};

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
    const FileNames& names_in(const PolicyFile& file) const { return names_in_.at(&file); }
    /// Null when the policy has errors in its text. A rule that no carrier can enforce is an error
    /// too, but one that the plan tells apart.
    const Planned* planned() const { return planned_ ? &*planned_ : nullptr; }

    /// For evaluating sets, which reads lists into the sources.
    LoadInputs inputs();

  private:
    OverlayLoader loader_;
    HostNames names_;
    SourceMap sources_;
    Diagnostics diagnostics_;
    std::unique_ptr<Program> program_;
    std::map<const PolicyFile*, FileNames> names_in_;
    std::optional<Planned> planned_;

    void plan(Model model, const std::vector<ResolvedTest>& tests);
};

} // namespace synpol::lsp
