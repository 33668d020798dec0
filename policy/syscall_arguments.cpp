// SPDX-License-Identifier: Apache-2.0
#include "policy/syscall_arguments.h"

#include <array>
#include <cassert>
#include <charconv>

#include "policy/data_rows.h"

namespace synpol {

namespace data {
extern const std::string_view syscall_arguments;
} // namespace data

namespace {

constexpr std::array<std::string_view, syscall_argument_count> positional = {
    "arg0", "arg1", "arg2", "arg3", "arg4", "arg5"};
constexpr std::string_view pointer = "p";

using Arguments = std::vector<Argument>;
using ByNumber = std::vector<Arguments>;

/// "flags:s32"; a pointer is "path:p".
Argument read_argument(Abi abi, unsigned index, std::string_view word) {
    Argument argument{index, take_until(word, ':'), register_width(abi), false, word == pointer};
    if (argument.is_pointer) return argument;
    argument.is_signed = word.front() == 's';
    const auto result = std::from_chars(word.data() + 1, word.data() + word.size(), argument.width);
    assert(result.ec == std::errc{} && argument.width <= register_width(abi));
    static_cast<void>(result);
    return argument;
}

Arguments read_arguments(Abi abi, std::string_view text) {
    Arguments arguments;
    if (text == "-") return arguments;
    for (const auto word : split(text, ' ')) {
        arguments.push_back(read_argument(abi, static_cast<unsigned>(arguments.size()), word));
    }
    assert(arguments.size() <= syscall_argument_count);
    return arguments;
}

class Table {
  public:
    Table() {
        for (auto& calls : by_abi_) calls.resize(syscall_unknown);
        for_each_row(data::syscall_arguments, [this](const DataFields& row) { read(row); });
    }
    const Arguments& at(Abi abi, std::uint32_t number) const {
        static const Arguments nothing_known;
        const auto& calls = by_abi_[static_cast<std::size_t>(abi)];
        return number < calls.size() ? calls[number] : nothing_known;
    }

  private:
    void read(const DataFields& row) {
        assert(row.size() == 3);
        for (const auto abi_name : split(row[1], ',')) {
            const auto abi = find_abi(abi_name);
            const auto number = SyscallTable::instance().number(*abi, row[0]);
            by_abi_[static_cast<std::size_t>(*abi)].at(*number) = read_arguments(*abi, row[2]);
        }
    }

    std::array<ByNumber, abi_count> by_abi_;
};

std::optional<unsigned> position_in_name(std::string_view name) {
    for (unsigned index = 0; index < positional.size(); ++index) {
        if (positional[index] == name) return index;
    }
    return std::nullopt;
}

std::optional<Argument> named_by_page(Abi abi, std::uint32_t number, std::string_view name) {
    for (const auto& argument : arguments_of(abi, number)) {
        if (argument.name == name) return argument;
    }
    return std::nullopt;
}

} // namespace

unsigned register_width(Abi abi) {
    return abi == Abi::i386 ? 32 : 64;
}

const std::vector<Argument>& arguments_of(Abi abi, std::uint32_t number) {
    static const Table table;
    return table.at(abi, number);
}

std::optional<Argument> find_argument(Abi abi, std::uint32_t number, std::string_view name) {
    const auto index = position_in_name(name);
    if (!index) return named_by_page(abi, number, name);
    const auto& arguments = arguments_of(abi, number);
    if (*index < arguments.size()) return arguments[*index];
    return Argument{*index, positional[*index], register_width(abi), false, false};
}

std::optional<Argument> page_means_instead(Abi abi, std::uint32_t number, std::string_view name) {
    const auto index = position_in_name(name);
    const auto by_page = named_by_page(abi, number, name);
    if (!index || !by_page || by_page->index == *index) return std::nullopt;
    return by_page;
}

std::vector<std::string_view> argument_names(Abi abi, std::uint32_t number) {
    std::vector<std::string_view> names;
    for (const auto& argument : arguments_of(abi, number)) {
        if (!position_in_name(argument.name)) names.push_back(argument.name);
    }
    names.insert(names.end(), positional.begin(), positional.end());
    return names;
}

} // namespace synpol
