// SPDX-License-Identifier: Apache-2.0
#include "policy/diagnostic.h"

#include <algorithm>
#include <memory>
#include <tuple>

namespace synpol {
namespace {

auto order(const Diagnostic& d) {
    return std::tuple{d.primary.span.file, d.primary.span.begin, d.primary.span.end, d.code};
}

} // namespace

std::string_view name_of(Severity severity) {
    constexpr std::string_view names[] = {"note", "warning", "error"};
    return names[static_cast<std::size_t>(severity)];
}

Diagnostic make_diagnostic(Severity severity, Code code, Span span, std::string message,
                           std::string label) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.primary = {span, std::move(label)};
    return diagnostic;
}

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
    items_.push_back(std::make_unique<Diagnostic>(std::move(diagnostic)));
    return *items_.back();
}

Diagnostic& Diagnostics::error(Code code, Span span, std::string message, std::string label) {
    return add(make_diagnostic(Severity::error, code, span, std::move(message), std::move(label)));
}

Diagnostic& Diagnostics::warning(Code code, Span span, std::string message, std::string label) {
    return add(
        make_diagnostic(Severity::warning, code, span, std::move(message), std::move(label)));
}

Diagnostic& Diagnostics::note(Code code, Span span, std::string message, std::string label) {
    return add(make_diagnostic(Severity::note, code, span, std::move(message), std::move(label)));
}

bool Diagnostics::has_errors() const {
    return std::any_of(items_.begin(), items_.end(),
                       [](const auto& item) { return item->severity == Severity::error; });
}

std::vector<Diagnostic> Diagnostics::sorted() const {
    std::vector<Diagnostic> result;
    result.reserve(items_.size());
    for (const auto& item : items_) result.push_back(*item);
    std::stable_sort(result.begin(), result.end(),
                     [](const auto& a, const auto& b) { return order(a) < order(b); });
    // One report per cause: the first of several with the same code and place stays.
    const auto end = std::unique(result.begin(), result.end(),
                                 [](const auto& a, const auto& b) { return order(a) == order(b); });
    result.erase(end, result.end());
    return result;
}

std::size_t Diagnostics::count(Severity severity) const {
    const auto all = sorted();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto& item) { return item.severity == severity; }));
}

} // namespace synpol
