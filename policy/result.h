// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or a system failure with its context. A user's mistake in a policy is a
// Diagnostic (policy/diagnostic.h), never an Error.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace synpol {

/// A failure of the system (a file, a kernel call, a database), told in one line that gains a
/// phrase per level: "applying web.syn: creating map sp_images: Operation not permitted".
class [[nodiscard]] Error {
  public:
    explicit Error(std::string message) : message_{std::move(message)} {}

    /// From errno: "MESSAGE: strerror(number)".
    static Error from_errno(std::string_view message, int number);

    /// Puts "context: " in front; returns the error itself so that it can be returned at once.
    Error&& within(std::string_view context) &&;

    /// What the user can do about it; printed as a line of its own.
    Error&& with_help(std::string help) &&;

    const std::string& message() const { return message_; }
    const std::string& help() const { return help_; }

  private:
    std::string message_;
    std::string help_;
};

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
    Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}

    explicit operator bool() const { return state_.index() == 0; }
    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }
    Error& error() & { return std::get<1>(state_); }
    const Error& error() const& { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_{std::move(error)} {}

    explicit operator bool() const { return !error_.has_value(); }
    Error& error() { return *error_; }
    const Error& error() const { return *error_; }

  private:
    std::optional<Error> error_;
};

} // namespace synpol
