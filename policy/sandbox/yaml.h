// SPDX-License-Identifier: Apache-2.0
// YAML as a tree with places. Only what documents need: no anchors, aliases and tags, one document
// a file, bounded in size and depth, so that no text can grow or crash while it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/reporter.h"

namespace synpol {

struct YamlNode {
    enum class Kind { null, scalar, sequence, mapping };

    Kind kind = Kind::null;
    std::string text;    ///< scalar: without quotes and escapes
    bool quoted = false; ///< "true" in quotes is no truth value
    Span span;           ///< null: empty, where the value would be
    /// sequence: its items; mapping: keys and values in turn.
    std::vector<YamlNode> children;
};
/// "no value", "a text", "a list", "a mapping".
std::string_view noun_of(YamlNode::Kind kind);

/// Reports everything that is wrong. Nothing: there is no tree.
std::optional<YamlNode> parse_yaml(std::string_view text, FileId file, Reporter& reporter);

} // namespace synpol
