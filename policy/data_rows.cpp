// SPDX-License-Identifier: Apache-2.0
#include "policy/data_rows.h"

#include <algorithm>

namespace synpol {

std::string_view take_until(std::string_view& text, char end) {
    const auto length = std::min(text.find(end), text.size());
    const auto taken = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    return taken;
}

DataFields split(std::string_view text, char separator) {
    DataFields fields;
    while (!text.empty()) fields.push_back(take_until(text, separator));
    return fields;
}

void for_each_row(std::string_view table, const std::function<void(const DataFields&)>& visit) {
    while (!table.empty()) {
        const auto line = take_until(table, '\n');
        if (!line.empty() && line.front() != '#') visit(split(line, '\t'));
    }
}

} // namespace synpol
