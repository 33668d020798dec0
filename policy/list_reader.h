// SPDX-License-Identifier: Apache-2.0
// Reads list files: the text behind `file "path"` sets. One item a line; `#` and `;` start
// comments; blank lines and CRLF are fine. Takes any bytes and does no I/O: this is what gets
// fuzzed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source.h"
#include "policy/values.h"

namespace synpol {

constexpr std::size_t list_line_max = 8192;
constexpr std::size_t list_errors_shown = 10;

struct ListError {
    std::uint32_t line = 1;  ///< from 1
    std::uint32_t begin = 0; ///< offsets of the item in the text
    std::uint32_t end = 0;
    std::string message;
};

/// What reading gave besides the set.
struct ListReport {
    std::size_t items = 0; ///< good and bad
    std::size_t error_count = 0;
    std::vector<ListError> errors; ///< the first list_errors_shown
};

AddressSet read_address_list(std::string_view text, ListReport& report);
PortSet read_port_list(std::string_view text, ListReport& report);
SyscallSet read_syscall_list(std::string_view text, ListReport& report);
/// Here a comment needs a blank in front, because paths may hold `#` and `;`.
PathSet read_path_list(std::string_view text, ListReport& report);
enum class AccountKind { user, group };
IdSet read_account_list(std::string_view text, AccountKind kind, NameService& names,
                        ListReport& report);

} // namespace synpol
