// SPDX-License-Identifier: Apache-2.0
// What buckets, windows and blocks are kept by: the value of a key in an attempt.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "compiler/attempt.h"

namespace synpol {

/// An attempt at an instant of the virtual clock.
struct Moment {
    std::uint64_t time_ns = 0;
    Attempt attempt;
    std::uint64_t process = 0; ///< which process it is, of those that the caller tells apart
};

/// Nothing: the fact is absent. All such attempts share one bucket and one window.
using KeyValue = std::variant<std::monostate, std::uint64_t, Address, std::string>;
bool is_known(const KeyValue& value);

/// Addresses are cut to their leading bits; the group is the effective one.
KeyValue key_value(const KeyPattern& key, const Moment& moment);

/// What has to differ for the attempt to count apart; the same for all where nothing has to.
KeyValue distinct_value(const Window& window, const Moment& moment);

/// The addresses that a key's value stands for.
AddressSet addresses_of(const KeyPattern& key, Address value);

/// "203.0.113.9", "port 443", "user 1000", "/build.slice": for reports.
std::string to_string(const KeyPattern& key, const KeyValue& value);

/// "5s", "250ms": an instant or a duration as the language writes it, in whole milliseconds.
std::string time_text(std::uint64_t ns);

} // namespace synpol
