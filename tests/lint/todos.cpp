// SPDX-License-Identifier: Apache-2.0
#include <regex>

#include "tests/lint/lines.h"

namespace synpol::lint {

namespace {

/// This rule's own texts would be its first findings; the documents of style speak about it too.
bool speaks_about_the_rule(const SourceText& file) {
    return file.path.starts_with("tests/lint/") || file.extension() == ".md";
}

} // namespace

Findings check_todos(const Tree& tree) {
    static const std::regex mark{R"(\b(TODO|FIXME|XXX)\b)"};
    static const std::regex issue{R"((#|issue )[0-9]+)"};
    return check_lines(tree, [](const SourceText& file, const std::string& line) -> std::string {
        if (speaks_about_the_rule(file) || !std::regex_search(line, mark)) return "";
        return std::regex_search(line, issue) ? "" : "names no issue";
    });
}

} // namespace synpol::lint
