// SPDX-License-Identifier: Apache-2.0
// The rules of a resolution by name, for `exempt ... from` and `by`.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "policy/model.h"
#include "policy/scope.h"

namespace synpol {

class RuleNames {
  public:
    struct Entry {
        Span span;
        /// Its place in the model; nothing: an error says why, or it has expired.
        std::optional<std::size_t> rule;
        bool expired = false;
    };
    void add(std::string name, Entry entry) { rules_.insert_or_assign(std::move(name), entry); }
    /// A `confine`, whose rules are called NAME.action.
    void add_confine(std::string name) { confines_.insert(std::move(name)); }
    /// The label of a line of a confine: another name of its rule.
    void add_line(std::string name, std::string rule) {
        lines_.insert_or_assign(std::move(name), std::move(rule));
    }
    void remove(const std::string& name) { rules_.erase(name); }
    const Entry* find(const std::string& name) const;

    /// The full name of the rule that `name` means in a file: label, label.action, import.label,
    /// policy.label, each with the action of a confine's line behind. `action` says which line is
    /// meant where the name is that of a whole confine. Unknown names are reported.
    std::optional<std::string> look_up(const ast::Word& name, const PolicyFile& file,
                                       std::optional<Action> action, Reporter& reporter) const;

  private:
    std::optional<std::string> known(const std::string& name, std::optional<Action> action) const;
    void report_unknown(const ast::Word& name, const PolicyFile& file, Reporter& reporter) const;
    void add_short_names(const std::string& policy, const std::string& prefix,
                         std::vector<std::string>& names) const;

    std::map<std::string, Entry> rules_;
    std::set<std::string> confines_;
    std::map<std::string, std::string> lines_;
};

} // namespace synpol
