// SPDX-License-Identifier: Apache-2.0
// The readers of list files take any bytes. The first byte chooses the reader, so that one corpus
// serves all.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/list_reader.h"

namespace {

using synpol::ListReport;

void require(bool holds) {
    if (!holds) std::abort();
}

class NoNames final : public synpol::NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view) override { return {}; }
    std::optional<std::uint32_t> group(std::string_view) override { return {}; }
};

void read_accounts(std::string_view text, ListReport& report) {
    NoNames names;
    synpol::read_account_list(text, synpol::AccountKind::user, names, report);
}

using Reader = void (*)(std::string_view text, ListReport& report);
constexpr std::array<Reader, 5> readers = {
    [](std::string_view text, ListReport& report) { synpol::read_address_list(text, report); },
    [](std::string_view text, ListReport& report) { synpol::read_port_list(text, report); },
    [](std::string_view text, ListReport& report) { synpol::read_syscall_list(text, report); },
    [](std::string_view text, ListReport& report) { synpol::read_path_list(text, report); },
    read_accounts,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // A seed begins with a digit or a '#': both are addresses, the most important of them.
    const auto reader = size > 0 && data[0] < readers.size() ? data[0] : 0u;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    ListReport report;
    readers[reader](text.substr(reader == 0 ? 0 : 1), report);
    require(report.errors.size() <= report.error_count);
    require(report.errors.size() <= synpol::list_errors_shown);
    for (const auto& error : report.errors) require(error.begin <= error.end && error.end <= size);
    return 0;
}
