// SPDX-License-Identifier: Apache-2.0
// synpol_lint ROOT: every rule on one tree. Exit 0 clean, 1 findings, 2 no such tree.
#include <cstdio>

#include "tests/lint/rule.h"

int main(int count, char** arguments) {
    if (count != 2 || !std::filesystem::is_directory(arguments[1])) {
        std::fprintf(stderr, "usage: synpol_lint ROOT\n");
        return 2;
    }
    const auto tree = synpol::lint::read_tree(arguments[1]);
    std::size_t found = 0;
    for (const auto& rule : synpol::lint::rules())
        for (const auto& finding : rule.check(tree)) {
            std::printf("%s\n", to_string(finding, rule.name).c_str());
            ++found;
        }
    std::printf("%zu files, %zu findings\n", tree.files.size(), found);
    return found == 0 ? 0 : 1;
}
