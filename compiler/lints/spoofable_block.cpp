// SPDX-License-Identifier: Apache-2.0
// A detection that blocks the source of packets which anybody can forge: whoever forges them
// chooses who is blocked. Only a segment of an established TCP connection shows that its source
// answers.
#include <fmt/format.h>

#include "compiler/describe.h"
#include "compiler/lints/lint.h"

namespace synpol {

namespace {

/// The first transport of the event whose source proves nothing.
std::optional<std::uint16_t> forgeable(const Rule& rule) {
    const auto proven =
        TransportSet::single(static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_ESTABLISHED)));
    // A rule about `established` holds the unreadable state, too, by which no packet can be told.
    const auto unreadable =
        TransportSet::single(static_cast<std::uint16_t>(sp_transport_key(6, SP_TCP_UNREADABLE)));
    for (const auto& object : rule.objects) {
        const auto rest = object.flow.transports - proven - unreadable;
        if (!rest.empty()) return rest.intervals().front().first;
    }
    return std::nullopt;
}

} // namespace

void lint_spoofable_block(const LintInput& input, LintReport& report) {
    for (const auto& rule : input.boxes.model.rules) {
        if (!is_packet(rule.action)) continue;
        for (const auto& response : rule.responses) {
            const bool blocks_source =
                response.kind == Response::Kind::block && response.key.key == StateKey::source;
            const auto transport = forgeable(rule);
            if (!blocks_source || !transport) continue;
            report
                .add(rule, response.span,
                     fmt::format("{} blocks sources that anybody can forge", rule.name),
                     "whoever forges them chooses who is blocked")
                .notes.push_back(fmt::format("{} from 192.0.2.1 may come from somebody else",
                                             describe_transport(*transport)));
        }
    }
}

} // namespace synpol
