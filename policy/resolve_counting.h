// SPDX-License-Identifier: Apache-2.0
// Resolves what counts: limits, windows, their keys, and the responses.
#pragma once

#include <optional>
#include <vector>

#include "policy/ast.h"
#include "policy/model.h"
#include "policy/reporter.h"

namespace synpol {

class CountingResolver {
  public:
    explicit CountingResolver(Reporter& reporter) : reporter_{reporter} {}

    /// Nothing after an error.
    std::optional<Limit> limit(const ast::RateLimit& limit, Action action);
    std::optional<Window> window(const ast::Window& window, Action action);
    std::vector<Response> responses(const ast::Rule& rule, Action action);

  private:
    std::optional<KeyPattern> key(const ast::Word& key, Action action);
    std::uint8_t prefix(const ast::Word& key, std::string_view bits);
    bool distinct(const ast::Word& field, Action action, Window& window);
    bool fits(const ast::Rule& rule, const ast::Response& response, Action action);
    std::optional<Response> response(const ast::Response& response, Action action);
    std::optional<std::uint64_t> number(const ast::Word& number, std::string_view what);

    Reporter& reporter_;
};

} // namespace synpol
