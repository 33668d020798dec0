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

    Diagnostics& diagnostics_;
    Diagnostic dropped_; ///< what callers may go on writing to when the limit is reached
    std::size_t errors_ = 0;
    std::size_t others_ = 0;
    std::size_t suggestions_ = 0;
};

} // namespace synpol
