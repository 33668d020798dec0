// SPDX-License-Identifier: Apache-2.0
#include "policy/constants.h"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "policy/data_rows.h"

namespace synpol {

namespace data {
extern const std::string_view constants;
} // namespace data

namespace {

/// "-" is nothing, "-100" negative, "0x10" hexadecimal.
std::optional<std::uint64_t> read_value(std::string_view text) {
    if (text == "-") return std::nullopt;
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);
    const bool hexadecimal = text.substr(0, 2) == "0x";
    if (hexadecimal) text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto result =
        std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    assert(result.ec == std::errc{});
    static_cast<void>(result);
    return negative ? ~value + 1 : value;
}

Constant read_row(const DataFields& row) {
    assert(row.size() == 2 + abi_count);
    return {row[0], {read_value(row[1]), read_value(row[2]), read_value(row[3])}, row[4]};
}

bool is_before(const Constant& a, const Constant& b) {
    return a.name < b.name;
}

std::vector<Constant> read_constants() {
    std::vector<Constant> all;
    for_each_row(data::constants, [&](const DataFields& row) { all.push_back(read_row(row)); });
    std::sort(all.begin(), all.end(), is_before);
    return all;
}

} // namespace

const std::vector<Constant>& constants() {
    static const auto all = read_constants();
    return all;
}

const Constant* find_constant(std::string_view name) {
    const auto& all = constants();
    const auto found = std::lower_bound(all.begin(), all.end(), Constant{name, {}, {}}, is_before);
    return found == all.end() || found->name != name ? nullptr : &*found;
}

std::optional<std::uint64_t> find_constant(std::string_view name, Abi abi) {
    const auto* constant = find_constant(name);
    return constant ? constant->on(abi) : std::nullopt;
}

std::vector<std::string_view> constant_names() {
    std::vector<std::string_view> names;
    for (const auto& constant : constants()) names.push_back(constant.name);
    return names;
}

} // namespace synpol
