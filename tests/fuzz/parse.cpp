// SPDX-License-Identifier: Apache-2.0
// The parser takes any bytes: a tree and diagnostics with places inside the text, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/parse.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// A place outside the text would be read by whoever shows the diagnostic.
void check_places(const synpol::Diagnostics& diagnostics, std::size_t size) {
    for (const auto& diagnostic : diagnostics.sorted()) {
        const auto& span = diagnostic.primary.span;
        require(span.begin <= span.end && span.end <= size);
        require(!diagnostic.message.empty());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    synpol::Diagnostics diagnostics;
    synpol::parse(text, 0, diagnostics);
    check_places(diagnostics, size);

    synpol::Diagnostics of_action;
    const auto action = synpol::parse_action_text(text, 0, of_action);
    check_places(of_action, size);
    require(action.has_value() || of_action.has_errors());
    return 0;
}
