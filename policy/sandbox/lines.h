// SPDX-License-Identifier: Apache-2.0
// A document as the lines of a `confine`: the same tree that the parser makes of `.syn`, so that
// everything after it is the same code. Places are those of the YAML.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "policy/ast.h"
#include "policy/sandbox/model.h"
#include "policy/sandbox/network.h"

namespace synpol {

class SandboxLines {
  public:
    /// Reports what cannot be said as lines.
    SandboxLines(const SandboxDocument& document, const SandboxAddresses& addresses,
                 Reporter& reporter);
    // The lines hold views of the texts.
    SandboxLines(const SandboxLines&) = delete;
    SandboxLines& operator=(const SandboxLines&) = delete;

    const SandboxDocument& document() const { return document_; }
    /// In the order of the language's actions. May be handed on, as long as this object lives.
    std::vector<ast::ConfineLine> take() { return std::move(lines_); }
    const std::vector<ast::ConfineLine>& lines() const { return lines_; }

  private:
    using Extent = SandboxGrant::Extent;

    std::string_view keep(std::string text);
    ast::Word word(const SandboxText& text);
    ast::Value value(ast::ValueKind kind, const SandboxText& text);
    ast::Value path(const SandboxText& text);
    ast::SetTerm list(std::vector<ast::Value> values, Span span);
    ast::SetTerm any(Span span);
    ast::SetTerm paths(const std::vector<SandboxText>& texts, Span span);
    void subtract(ast::SetExpr& set, ast::SetTerm term);
    ast::SetExpr one(ast::SetTerm term);
    ast::SetExpr both(ast::SetExpr left, ast::SetTerm right);

    struct Place {
        Span word;
        Span object;
    };
    Place place(SandboxCapability capability) const;
    bool granted(SandboxCapability capability) const;
    void add(Keyword keyword, ast::Object object, Place place);
    ast::SetExpr blocked(ast::SetExpr set);
    ast::SetExpr bounded(const SandboxGrant& grant, Place place);
    void path_line(Keyword keyword, SandboxCapability capability);

    void programs();
    void reading();
    void listing(Reporter& reporter);
    void writing();
    void renaming();
    void system_files();
    std::vector<ast::Value> targets(const NetworkEntry& entry, const SandboxAddresses& addresses);
    void connect_line(std::optional<ast::SetExpr> to, const std::optional<SandboxText>& port);
    void network(const SandboxAddresses& addresses);
    void ports();
    void calls();

    const SandboxDocument document_;
    std::deque<std::string> texts_;
    std::vector<ast::ConfineLine> lines_;
};

/// What a row of policy/data/sandbox-calls.tsv says of one capability.
struct SandboxCallRow {
    enum class Kind { call, path, open };

    Kind kind = Kind::call;
    SandboxCapability capability{};
    std::optional<SandboxCapability> other; ///< `a|b`, `a&b`
    bool needs_both = false;
    std::string_view member;
    std::string_view why;
};
const std::vector<SandboxCallRow>& sandbox_call_rows();

} // namespace synpol
