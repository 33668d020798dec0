// SPDX-License-Identifier: Apache-2.0
#include "policy/list_reader.h"

#include <fmt/format.h>

#include "policy/literals.h"
#include "policy/syscall_table.h"

namespace synpol {
namespace {

bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
}

enum class Comment { anywhere, after_blank };

std::string_view without_comment(std::string_view line, Comment comment) {
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (line[at] != '#' && line[at] != ';') continue;
        if (comment == Comment::anywhere || at == 0 || is_blank(line[at - 1])) {
            return line.substr(0, at);
        }
    }
    return line;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Calls accept(item, error) for each item; an error that it sets is recorded with the item's
/// place.
template <typename Accept>
void each_item(std::string_view text, Comment comment, ListReport& report, Accept accept) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    std::size_t begin = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    std::string error;
    for (std::uint32_t line = 1; begin < text.size(); ++line) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string_view whole = text.substr(begin, end - begin);
        const bool too_long = whole.size() > list_line_max;
        const auto item = trimmed(too_long ? whole : without_comment(whole, comment));
        begin = end + 1;
        if (item.empty()) continue;
        ++report.items;
        error.clear();
        if (too_long) {
            error = fmt::format("the line has more than {} bytes", list_line_max);
        } else {
            accept(item, error);
        }
        if (error.empty()) continue;
        if (++report.error_count > list_errors_shown) continue;
        const auto offset = static_cast<std::uint32_t>(item.data() - text.data());
        const auto length = static_cast<std::uint32_t>(item.size());
        report.errors.push_back({line, offset, offset + length, error});
    }
}

template <typename Set, typename Parse>
Set read_intervals(std::string_view text, ListReport& report, Parse parse) {
    typename Set::Intervals intervals;
    each_item(text, Comment::anywhere, report, [&](std::string_view item, std::string& error) {
        if (const std::optional<Set> set = parse(item, error)) {
            const auto& own = set->intervals();
            intervals.insert(intervals.end(), own.begin(), own.end());
        }
    });
    return Set::from(std::move(intervals));
}

} // namespace

AddressSet read_address_list(std::string_view text, ListReport& report) {
    return read_intervals<AddressSet>(text, report, parse_address_range);
}

PortSet read_port_list(std::string_view text, ListReport& report) {
    return read_intervals<PortSet>(text, report, parse_port_item);
}

SyscallSet read_syscall_list(std::string_view text, ListReport& report) {
    const auto parse = [](std::string_view item, std::string& error) {
        auto found = SyscallTable::instance().find(item);
        if (!found) error = "no ABI of x86-64 has this system call";
        return found;
    };
    return read_intervals<SyscallSet>(text, report, parse);
}

IdSet read_account_list(std::string_view text, AccountKind kind, NameService& names,
                        ListReport& report) {
    return read_intervals<IdSet>(text, report, [&](std::string_view item, std::string& error) {
        return parse_account_item(item, kind, names, error);
    });
}

PathSet read_path_list(std::string_view text, ListReport& report) {
    std::vector<PathSet> sets;
    each_item(text, Comment::after_blank, report, [&](std::string_view item, std::string& error) {
        if (auto set = parse_path_item(item, error)) sets.push_back(std::move(*set));
    });
    return unite(std::move(sets));
}

} // namespace synpol
