// SPDX-License-Identifier: Apache-2.0
// Reading the audit database as `synpol audit` does: without the agent, which may be dead, and
// without getting in its way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "agent/sqlite.h"

namespace synpol {

struct AuditFilter {
    std::optional<std::int64_t> since_ns;
    std::string rule;    ///< "policy.label" among the determining rules, or "policy" for all of its
    std::string verdict; ///< audit, deny, block, kill
    std::string exe;     ///< a path, or a pattern with * and ?
    std::optional<std::int64_t> user; ///< uid
    std::optional<std::int64_t> pid;
    std::int64_t limit = 0; ///< the newest so many; 0: all
};

/// Opens for reading; what is not an audit database of a version that is known is an Error.
Result<Database> open_audit(const std::string& state_dir);

/// Rows of event_view as JSON objects, oldest first.
Result<std::vector<nlohmann::ordered_json>> query_audit(Database& database,
                                                        const AuditFilter& filter);

/// Events that are known to be missing since a time.
Result<std::int64_t> missing_since(Database& database, std::optional<std::int64_t> since_ns);

} // namespace synpol
