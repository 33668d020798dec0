// SPDX-License-Identifier: Apache-2.0
// What is wrong with a policy, as data: language.md section 9. Rendering is policy/render.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/source.h"

namespace synpol {

enum class Severity { note, warning, error };
std::string_view name_of(Severity severity);

/// Stable numbers, shown as SYN0101 and never used for anything else again. The table with the
/// texts is policy/codes.cpp; policy/codes.h lists the enumerators.
enum class Code : std::uint16_t;

/// A place with a few words about it.
struct Label {
    Span span;
    std::string text;

    bool operator==(const Label&) const = default;
};

/// A change that can be applied as it stands: replace the span by the text.
struct Fix {
    Span span;
    std::string replacement;

    bool operator==(const Fix&) const = default;
};

struct Diagnostic {
    Severity severity = Severity::error;
    Code code{};
    std::string message;            ///< lower case, no full stop, stands alone
    Label primary;                  ///< what
    std::vector<Label> secondary;   ///< why
    std::vector<std::string> notes; ///< facts
    std::vector<std::string> helps; ///< changes
    std::optional<Fix> fix;

    bool operator==(const Diagnostic&) const = default;
};

Diagnostic make_diagnostic(Severity severity, Code code, Span span, std::string message,
                           std::string label);

/// Diagnostics in the order of their places; duplicates (same code and span) are dropped.
class Diagnostics {
  public:
    Diagnostic& add(Diagnostic diagnostic);
    Diagnostic& error(Code code, Span span, std::string message, std::string label = {});
    Diagnostic& warning(Code code, Span span, std::string message, std::string label = {});
    Diagnostic& note(Code code, Span span, std::string message, std::string label = {});

    bool has_errors() const;
    bool empty() const { return items_.empty(); }
    std::size_t count(Severity severity) const;
    /// Sorted by file and place.
    std::vector<Diagnostic> sorted() const;

  private:
    std::vector<std::unique_ptr<Diagnostic>> items_; ///< stable addresses: callers add notes later
};

} // namespace synpol
