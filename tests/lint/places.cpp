// SPDX-License-Identifier: Apache-2.0
#include <regex>

#include "tests/lint/lines.h"

namespace synpol::lint {

Findings check_places(const Tree& tree) {
    // In two pieces, so that this file is not a finding itself.
    static const std::regex place{"(^|[^A-Za-z0-9_.*}])/(ho"
                                  "me|wo"
                                  "rk)/[a-z0-9_.-]+"};
    return check_lines(tree, [](const SourceText& file, const std::string& line) -> std::string {
        // Policies, their tests and the language's documents name any path of any host.
        const bool speaks_of_any_host = file.extension() == ".syn" || file.extension() == ".md" ||
                                        file.path.starts_with("tests/unit/") ||
                                        file.path.starts_with("tests/golden/");
        std::smatch match;
        if (speaks_of_any_host && line.find("/wo"
                                            "rk/") == std::string::npos)
            return "";
        return std::regex_search(line, match, place) ? "names a folder of one machine" : "";
    });
}

} // namespace synpol::lint
