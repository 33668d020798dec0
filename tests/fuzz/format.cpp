// SPDX-License-Identifier: Apache-2.0
// The formatter takes any bytes. What it lays out can be read again, has as many tokens and
// comments, and is laid out the same the second time.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/format.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// Comments and other bytes, but for blanks and commas, in no order: clauses may move.
std::string bytes_of(const std::string& text) {
    std::string bytes;
    for (const char byte : text) {
        const bool blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
        if (!blank && byte != ',') bytes += byte;
    }
    std::sort(bytes.begin(), bytes.end());
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    synpol::Diagnostics diagnostics;
    const auto once = synpol::format_policy(text, 0, diagnostics);
    require(once.has_value() != diagnostics.has_errors());
    if (!once) return 0;
    const bool marked = text.substr(0, 3) == "\xef\xbb\xbf";
    require(bytes_of(*once) == bytes_of(marked ? text.substr(3) : text));
    const auto twice = synpol::format_policy(*once, 0, diagnostics);
    require(twice == once);
    return 0;
}
