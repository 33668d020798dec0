// SPDX-License-Identifier: Apache-2.0
// Diagnostics of the resolver, with a limit on their number and the help "did you mean".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/codes.h"
#include "policy/diagnostic.h"

namespace synpol {

class Reporter {
  public:
    explicit Reporter(Diagnostics& diagnostics) : diagnostics_{diagnostics} {}

    Diagnostic& error(Code code, Span span, std::string message, std::string label = {});
    Diagnostic& warning(Code code, Span span, std::string message, std::string label = {});
    Diagnostic& note(Code code, Span span, std::string message, std::string label = {});

    /// A warning or note of group 07xx, which the rule at hand may accept.
    Diagnostic& lint(Severity severity, Code code, Span span, std::string message,
                     std::string label = {});

    /// While it lives, the lints that a rule accepts are not reported inside that rule.
    class Accepting {
      public:
        Accepting(Reporter& reporter, Span rule, std::vector<std::string_view> lints)
            : reporter_{reporter} {
            reporter_.accepting_ = {rule, std::move(lints)};
        }
        ~Accepting() { reporter_.accepting_ = {}; }
        Accepting(const Accepting&) = delete;
        Accepting& operator=(const Accepting&) = delete;

      private:
        Reporter& reporter_;
    };

    /// While it lives, nothing that is found in a definition is reported: somebody else did.
    class DefinitionsKnown {
      public:
        explicit DefinitionsKnown(Reporter& reporter) : reporter_{reporter} {
            reporter_.definitions_known_ = true;
        }
        ~DefinitionsKnown() { reporter_.definitions_known_ = false; }
        DefinitionsKnown(const DefinitionsKnown&) = delete;
        DefinitionsKnown& operator=(const DefinitionsKnown&) = delete;

      private:
        Reporter& reporter_;
    };
    /// Lives while a definition is looked at.
    class InDefinition {
      public:
        explicit InDefinition(Reporter& reporter) : reporter_{reporter} {
            ++reporter_.definitions_;
        }
        ~InDefinition() { --reporter_.definitions_; }
        InDefinition(const InDefinition&) = delete;
        InDefinition& operator=(const InDefinition&) = delete;

      private:
        Reporter& reporter_;
    };

    /// Adds the closest of some words as a help and a fix.
    void suggest(Diagnostic& diagnostic, std::string_view word,
                 const std::vector<std::string_view>& words);
    /// False once suggestions would cost more than they help.
    bool wants_suggestion() const { return suggestions_ < suggestions_max; }
    bool full() const { return errors_ >= errors_max; }

  private:
    static constexpr std::size_t errors_max = 1000;
    static constexpr std::size_t suggestions_max = 50;

    Diagnostic& limited(std::size_t& count, Diagnostic diagnostic);

    struct Accepted {
        Span rule;
        std::vector<std::string_view> lints;
    };
    bool accepted(Code code, Span span) const;

    Diagnostics& diagnostics_;
    Accepted accepting_;
    bool definitions_known_ = false;
    std::size_t definitions_ = 0; ///< how deep we are in definitions
    Diagnostic dropped_;          ///< what callers may go on writing to when the limit is reached
    std::size_t errors_ = 0;
    std::size_t others_ = 0;
    std::size_t suggestions_ = 0;
};

} // namespace synpol
