// SPDX-License-Identifier: Apache-2.0
// Reads policy files and what they use, each once, and collects their names.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/load.h"
#include "policy/sandbox/document.h"
#include "policy/scope.h"

namespace synpol {

class Loading {
  public:
    Loading(LoadInputs inputs, Diagnostics& diagnostics, Reporter& reporter)
        : inputs_{inputs}, diagnostics_{diagnostics}, reporter_{reporter} {}

    void root(const std::string& path);
    std::vector<std::unique_ptr<PolicyFile>> take();

  private:
    PolicyFile* open(SourceLoader::Loaded loaded);
    void read(PolicyFile& file);
    void edition(const PolicyFile& file);
    void headers(PolicyFile& file);
    void imports(PolicyFile& file);
    void document(const std::string& path);
    const SandboxDocument* named_document(const ast::Text& path, const PolicyFile& from);
    void sandbox(const ast::Text& path, ast::Confine& confine, PolicyFile& file);
    void sandboxes(PolicyFile& file);
    PolicyFile* used(const ast::Use& use, const PolicyFile& from);
    void import(const ast::Use& use, PolicyFile& file);
    void define(PolicyFile& file, const ast::Word& name, Symbol symbol);
    bool acceptable(const ast::Word& name, bool is_subject);
    void names(PolicyFile& file);
    void policies();

    LoadInputs inputs_;
    Diagnostics& diagnostics_;
    Reporter& reporter_;
    std::vector<std::unique_ptr<PolicyFile>> files_;
    std::unordered_map<std::string, PolicyFile*> by_path_;
    std::unordered_map<std::string, std::optional<SandboxDocument>> documents_;
    std::vector<const PolicyFile*> open_; ///< the chain of uses that is being followed
};

} // namespace synpol
