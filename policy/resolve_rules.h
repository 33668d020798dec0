// SPDX-License-Identifier: Apache-2.0
// Resolves rules: names, clauses and objects; a `confine` becomes one fence for each action.
#pragma once

#include <map>

#include "policy/expiry.h"
#include "policy/resolve_counting.h"
#include "policy/resolve_objects.h"
#include "policy/rule_names.h"

namespace synpol {

class RuleResolver {
  public:
    struct Parts {
        SetResolver& sets;
        SubjectResolver& subjects;
        ObjectResolver& objects;
        Expiry& expiry;
    };
    RuleResolver(ResolveContext& context, Parts parts, RuleNames& names, Model& model);

    /// The rules that follow are those of this file.
    void begin(const PolicyFile& file);
    void rule(const ast::Rule& rule);
    void block(const ast::ForBlock& block);
    /// A hole that an `exempt` of the file makes; after the rules of all files.
    void exempt(const ast::Exempt& exempt);

  private:
    /// The `for` block around a rule.
    struct Block {
        const ast::ForBlock* written = nullptr;
        SubjectExpr subject;
    };
    void rule(const ast::Rule& rule, const Block& block);
    void confine(const ast::Rule& rule);
    std::string name(const ast::Rule& rule);
    void check_policy_name(const ast::Rule& rule);
    bool claim(std::string_view label, Span span);
    void clauses(const ast::Rule& rule, Rule& result);
    void counting(const ast::Rule& rule, Rule& result);
    void check_lint(const ast::Word& lint);
    std::optional<int> error_number(const ast::Rule& rule);
    std::vector<ObjectPattern> objects(const ast::Rule& rule, Action action);
    Exception exception(const ast::Exception& exception, Action action);
    void exceptions(const ast::Rule& rule, Rule& result);
    void push(Rule rule);
    void line_labels(const ast::Rule& rule, const std::string& name);
    void fence(const ast::Rule& rule, Action action, Rule result);
    bool mute_if_expired(const ast::Rule& rule, const std::string& name);
    std::string text(Span span) const;

    ResolveContext& context_;
    Reporter& reporter_;
    Parts parts_;
    CountingResolver counting_;
    RuleNames& names_;
    Model& model_;
    const PolicyFile* file_ = nullptr;
    std::map<std::string, Span, std::less<>> labels_;            ///< of the file
    std::map<std::string, std::size_t, std::less<>> unlabelled_; ///< of the file, by action
    bool name_missing_reported_ = false;
    std::optional<Date> until_; ///< of the rule at hand
};

} // namespace synpol
